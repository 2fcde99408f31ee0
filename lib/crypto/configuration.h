// prepare_static_openssl: OpenSSL in a program without shared libraries.
#pragma once

namespace hallmark::crypto {

// To be called before anything of OpenSSL is used; later it does nothing. openssl.cnf, which may ask for providers and
// engines, is not read; nor is OpenSSL's memory given back at the end, piece by piece, to a system that takes it
// anyway.
void prepare_static_openssl();

}  // namespace hallmark::crypto
