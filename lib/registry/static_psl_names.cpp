// What libpsl calls for names outside ASCII, in a program without shared libraries. Such a name does not get this far:
// net::Url refuses it, and so does oci::Reference. Each answers "cannot", as libidn2 and libunistring may, and spares
// their 360 KB of tables.
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {

extern const int uninorm_nfkc;
const int uninorm_nfkc = 0;

int idn2_lookup_u8(const std::uint8_t* name, std::uint8_t** result, int flags);
int idn2_lookup_u8(const std::uint8_t* /*name*/, std::uint8_t** /*result*/, int /*flags*/) {
  constexpr int kEncodingError = -200;  // IDN2_ENCODING_ERROR
  return kEncodingError;
}

std::uint8_t* u8_tolower(const std::uint8_t* text, std::size_t size, const char* language, const void* form,
                         void* result, std::size_t* length);
std::uint8_t* u8_tolower(const std::uint8_t* /*text*/, std::size_t /*size*/, const char* /*language*/,
                         const void* /*form*/, void* /*result*/, std::size_t* /*length*/) {
  return nullptr;
}

std::size_t u8_strlen(const std::uint8_t* text);
std::size_t u8_strlen(const std::uint8_t* text) { return std::strlen(reinterpret_cast<const char*>(text)); }

}  // extern "C"
