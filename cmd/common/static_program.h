// prepare_static_program: what a program that was linked without shared libraries tells OpenSSL before anything else.
#pragma once

namespace hallmark::cmd {

// openssl.cnf may ask for providers and engines, which are shared libraries: such a program must not even look. Does
// nothing in any other.
void prepare_static_program();

}  // namespace hallmark::cmd
