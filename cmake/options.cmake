# How everything is compiled: the language, warnings, hardening, sanitizers. Target `hallmark_options` carries it.
option(HALLMARK_TESTS "Build the tests" ON)
option(HALLMARK_FUZZ "Build the fuzz targets (needs Clang)" OFF)
option(HALLMARK_STATIC "Link the programs without shared libraries" OFF)
set(HALLMARK_SANITIZE "" CACHE STRING "Sanitizers, e.g. address,undefined")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(HALLMARK_STATIC)
  # What is mapped counts as memory of the process, and what takes time is in the libraries: half the size for 0.1 ms.
  set(CMAKE_CXX_FLAGS_RELEASE "-Os -DNDEBUG")
else()
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_VERIFY_INTERFACE_HEADER_SETS ON)
include(CheckPIESupported)
check_pie_supported()

add_library(hallmark_options INTERFACE)
target_compile_options(hallmark_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -fstack-protector-strong -fcf-protection=full
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffunction-sections -fdata-sections)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(hallmark_options INTERFACE -Wno-restrict)  # GCC 12 sees overlap in "text" + std::string: its bug 105651
endif()
target_link_options(hallmark_options INTERFACE -Wl,-z,relro,-z,now -Wl,--as-needed -Wl,--gc-sections)
target_compile_options(hallmark_options INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>)

if(HALLMARK_SANITIZE)
  target_compile_options(hallmark_options INTERFACE -fsanitize=${HALLMARK_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(hallmark_options INTERFACE -fsanitize=${HALLMARK_SANITIZE})
endif()
if(HALLMARK_FUZZ)
  # Every object is instrumented; only the fuzz targets link libFuzzer's main.
  # A module that is loaded and unloaded has the property UNCOUNTED: the counters' runtime in it would be a leak each time.
  set(counted $<NOT:$<BOOL:$<TARGET_PROPERTY:UNCOUNTED>>>)
  target_compile_options(hallmark_options INTERFACE -fsanitize=fuzzer-no-link
    "$<${counted}:-fprofile-instr-generate;-fcoverage-mapping>")
  target_link_options(hallmark_options INTERFACE $<${counted}:-fprofile-instr-generate>)
endif()
