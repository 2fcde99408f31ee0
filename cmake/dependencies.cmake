# The libraries hallmark stands on, all from Debian 12; docs/architecture.md says what each is for.
if(HALLMARK_STATIC)
  include(cmake/static_libraries.cmake)
else()
  find_package(CURL 7.88 REQUIRED)
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(LibArchive 3.6 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
# Each shared library costs every start of a program 0.1 ms and more: where a small one has a static twin, that is taken.
find_library(HALLMARK_SODIUM_STATIC NAMES libsodium.a)
if(HALLMARK_SODIUM_STATIC)
  set_property(TARGET PkgConfig::sodium PROPERTY INTERFACE_LINK_LIBRARIES ${HALLMARK_SODIUM_STATIC})
endif()
pkg_check_modules(psl REQUIRED IMPORTED_TARGET libpsl)
if(HALLMARK_STATIC)
  target_link_libraries(PkgConfig::psl INTERFACE static_psl_names)
endif()
pkg_check_modules(tomlplusplus REQUIRED IMPORTED_TARGET tomlplusplus)

# The static twin again: its 3,000 relocations would cost every start half a millisecond.
pkg_check_modules(yaml_cpp REQUIRED IMPORTED_TARGET yaml-cpp)
find_library(HALLMARK_YAML_STATIC NAMES libyaml-cpp.a)
add_library(hallmark_yaml INTERFACE)
target_link_libraries(hallmark_yaml INTERFACE $<IF:$<BOOL:${HALLMARK_YAML_STATIC}>,${HALLMARK_YAML_STATIC},PkgConfig::yaml_cpp>)

# Debian's libarchive.so brings ICU, libxml2 and six more; its static twin, of which only tar, gzip and zstd are drawn, needs just the
# two libraries that libcurl loads anyway. Where either is not there, the shared one does.
find_library(HALLMARK_LIBARCHIVE_STATIC NAMES libarchive.a)
find_library(HALLMARK_ZSTD NAMES zstd)
# Its checksums name nettle, which nothing we call reaches: the linker drops them, but has to find the names in what libcurl loads.
if(HALLMARK_STATIC)
  find_library(HALLMARK_NETTLE NAMES nettle)
else()
  find_library(HALLMARK_NETTLE NAMES libnettle.so.8 nettle)
endif()
add_library(hallmark_archive INTERFACE)
if(HALLMARK_LIBARCHIVE_STATIC AND HALLMARK_ZSTD AND HALLMARK_NETTLE)
  target_include_directories(hallmark_archive SYSTEM INTERFACE ${LibArchive_INCLUDE_DIRS})
  target_link_libraries(hallmark_archive INTERFACE ${HALLMARK_LIBARCHIVE_STATIC} ZLIB::ZLIB ${HALLMARK_ZSTD}
    ${HALLMARK_NETTLE})
else()
  target_link_libraries(hallmark_archive INTERFACE LibArchive::LibArchive)
endif()

# SQLite: only who keeps decisions links it.
find_package(SQLite3 3.40 REQUIRED)
find_library(HALLMARK_SQLITE_STATIC NAMES libsqlite3.a)
add_library(hallmark_sqlite INTERFACE)
if(HALLMARK_SQLITE_STATIC)
  target_link_libraries(hallmark_sqlite INTERFACE ${HALLMARK_SQLITE_STATIC} m)
else()
  target_link_libraries(hallmark_sqlite INTERFACE SQLite::SQLite3)
endif()

pkg_check_modules(seccomp REQUIRED IMPORTED_TARGET libseccomp)
find_library(HALLMARK_SECCOMP_STATIC NAMES libseccomp.a)
add_library(hallmark_seccomp INTERFACE)
target_link_libraries(hallmark_seccomp INTERFACE
  $<IF:$<BOOL:${HALLMARK_SECCOMP_STATIC}>,${HALLMARK_SECCOMP_STATIC},PkgConfig::seccomp>)

# p11-kit's headers alone: the library is loaded when a key on a token is asked for (keys/pkcs11/kit.h).
if(NOT HALLMARK_STATIC)
  pkg_check_modules(p11_kit REQUIRED p11-kit-1)
  add_library(hallmark_p11_kit_headers INTERFACE)
  target_include_directories(hallmark_p11_kit_headers SYSTEM INTERFACE ${p11_kit_INCLUDE_DIRS})
endif()

# The headers of tpm2-tss alone: the libraries are loaded when a key in a TPM is asked for (keys/tpm/tss.h).
if(NOT HALLMARK_STATIC)
  pkg_check_modules(tss2_esys REQUIRED tss2-esys)
  add_library(hallmark_tss_headers INTERFACE)
  target_include_directories(hallmark_tss_headers SYSTEM INTERFACE ${tss2_esys_INCLUDE_DIRS})
endif()
