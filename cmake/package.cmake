# What goes beside the programs: manual pages and completions, which the programs themselves say, and the files of deploy/. And the
# Debian package of it all, by `cpack` in a static build (./run build --deb): it depends on nothing, so it fits every node.
find_package(Python3 COMPONENTS Interpreter)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND Python3_FOUND AND NOT HALLMARK_SANITIZE AND NOT HALLMARK_FUZZ)
  set(spoken ${PROJECT_BINARY_DIR}/spoken)
  add_custom_command(OUTPUT ${spoken}/stamp
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${spoken}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/docs/man/generate.py $<TARGET_FILE:hallmark_cli> $<TARGET_FILE:hallmark_verifier> ${spoken}/man
    COMMAND ${CMAKE_COMMAND} -E make_directory ${spoken}/completion
    COMMAND $<TARGET_FILE:hallmark_cli> completion bash > ${spoken}/completion/hallmark
    COMMAND $<TARGET_FILE:hallmark_cli> completion zsh > ${spoken}/completion/_hallmark
    COMMAND $<TARGET_FILE:hallmark_cli> completion fish > ${spoken}/completion/hallmark.fish
    COMMAND gzip -9nr ${spoken}/man
    COMMAND ${CMAKE_COMMAND} -E touch ${spoken}/stamp
    DEPENDS hallmark_cli hallmark_verifier ${PROJECT_SOURCE_DIR}/docs/man/generate.py ${PROJECT_SOURCE_DIR}/docs/outcomes.md
    WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMENT "Manual pages and completions" VERBATIM)
  add_custom_target(spoken ALL DEPENDS ${spoken}/stamp)
  add_dependencies(programs spoken)
  foreach(section 1 8)
    install(DIRECTORY ${spoken}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT programs FILES_MATCHING PATTERN "*.${section}.gz")
  endforeach()
  install(FILES ${spoken}/completion/hallmark DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
  install(FILES ${spoken}/completion/_hallmark DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT programs)
  install(FILES ${spoken}/completion/hallmark.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs)
endif()
install(DIRECTORY deploy/containerd deploy/ci DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples COMPONENT programs)

# The verifier lies where containerd does not look: who installs a package has not yet decided that it decides.
install(DIRECTORY DESTINATION /etc/hallmark/policy.d COMPONENT node EXCLUDE_FROM_ALL)
install(DIRECTORY DESTINATION /var/lib/hallmark COMPONENT node EXCLUDE_FROM_ALL)
install(FILES deploy/debian/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT node EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The hallmark authors <hallmark@localhost>")
set(CPACK_SET_DESTDIR ON)  # for what lies outside the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL programs node)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/deploy/debian/prerm ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "hallmark signs the digests of container images and verifies them, with keys
and policies, in the formats of cosign. hallmark-verifier has containerd pull
what the policy of the machine admits, and nothing else.")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/package)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)
