# What is installed: `hallmark` (lib) and `hallmark_keys` as static libraries with their headers, CMake package and pkg-config files,
# and the programs. An archive member that a program does not use is not linked into it.
include(CMakePackageConfigHelpers)

get_target_property(keys_rooms room_keys_every HALLMARK_CLOSURE)
set(lib_rooms base crypto net oci layout registry formats policy node verify sign transfer cache trust)
list(REMOVE_ITEM keys_rooms ${lib_rooms})

add_library(hallmark STATIC)
add_library(hallmark::hallmark ALIAS hallmark)
foreach(room IN LISTS lib_rooms)
  target_sources(hallmark PRIVATE $<TARGET_OBJECTS:room_${room}>)
endforeach()
target_sources(hallmark PUBLIC FILE_SET HEADERS BASE_DIRS lib/include FILES ${HALLMARK_PUBLIC_HEADERS})
target_compile_features(hallmark PUBLIC cxx_std_23)
target_link_libraries(hallmark PRIVATE Threads::Threads OpenSSL::Crypto OpenSSL::SSL CURL::libcurl LibArchive::LibArchive
                                       PkgConfig::sodium PkgConfig::psl SQLite::SQLite3 PkgConfig::yaml_cpp)
set_target_properties(hallmark PROPERTIES LINKER_LANGUAGE CXX)

add_library(hallmark_keys STATIC)
add_library(hallmark::keys ALIAS hallmark_keys)
foreach(room IN LISTS keys_rooms)
  target_sources(hallmark_keys PRIVATE $<TARGET_OBJECTS:room_${room}>)
endforeach()
target_sources(hallmark_keys PUBLIC FILE_SET HEADERS BASE_DIRS keys/include FILES keys/include/hallmark/keys.h keys/include/hallmark/key_provider.h)
target_link_libraries(hallmark_keys PUBLIC hallmark)
set_target_properties(hallmark_keys PROPERTIES LINKER_LANGUAGE CXX EXPORT_NAME keys)

install(TARGETS hallmark hallmark_keys EXPORT hallmark ARCHIVE COMPONENT development FILE_SET HEADERS COMPONENT development)
install(EXPORT hallmark NAMESPACE hallmark:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hallmark FILE hallmark-targets.cmake
        COMPONENT development)
configure_package_config_file(cmake/hallmark-config.cmake.in hallmark-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hallmark)
write_basic_package_version_file(hallmark-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/hallmark-config.cmake ${PROJECT_BINARY_DIR}/hallmark-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/hallmark COMPONENT development)
foreach(package hallmark hallmark-keys)
  configure_file(cmake/${package}.pc.in ${package}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${package}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
endforeach()

install(TARGETS hallmark_cli RUNTIME COMPONENT programs)
install(TARGETS hallmark_verifier RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/hallmark COMPONENT programs)
