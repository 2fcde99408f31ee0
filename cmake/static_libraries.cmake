# With HALLMARK_STATIC every library is its archive: Debian's own, and a libcurl that is built here once, because Debian's brings 30
# libraries along that have no archives.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(OPENSSL_USE_STATIC_LIBS ON)
set(HALLMARK_STATIC_DEPS "${CMAKE_SOURCE_DIR}/build/static-deps" CACHE PATH "Where the small libcurl is built and kept")

execute_process(COMMAND ${CMAKE_SOURCE_DIR}/scripts/build-static-curl.sh ${HALLMARK_STATIC_DEPS}
                OUTPUT_VARIABLE curl OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
find_library(HALLMARK_NGHTTP2 NAMES nghttp2 REQUIRED)
find_library(HALLMARK_CARES NAMES cares REQUIRED)

add_library(CURL::libcurl STATIC IMPORTED)
set_target_properties(CURL::libcurl PROPERTIES IMPORTED_LOCATION ${curl}/lib/libcurl.a INTERFACE_COMPILE_DEFINITIONS CURL_STATICLIB
  INTERFACE_INCLUDE_DIRECTORIES ${curl}/include
  INTERFACE_LINK_LIBRARIES "${HALLMARK_NGHTTP2};${HALLMARK_CARES};OpenSSL::SSL;OpenSSL::Crypto")
