# How a program is linked: by default with Debian's shared libraries, with HALLMARK_STATIC (preset `static`) without any, stripped, and
# laid into the top of the build folder. See docs/static-build.md.
add_custom_target(programs)  # all of them

function(hallmark_program target name)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name})
  add_dependencies(programs ${target})
  if(HALLMARK_STATIC)
    set_property(TARGET ${target} PROPERTY POSITION_INDEPENDENT_CODE)  # or CMake says -pie, which -static-pie is already
    set_property(TARGET ${target} PROPERTY RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
    target_link_options(${target} PRIVATE -Wl,-T,${PROJECT_SOURCE_DIR}/cmake/static_unwind.ld)
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/static_unwind.ld)
    # The warnings are of getaddrinfo and dlopen in libcrypto: nothing we call reaches either.
    target_link_options(${target} PRIVATE -static-pie -Wl,--strip-all -Wl,-z,pack-relative-relocs -Wl,--no-warnings)
  elseif(NOT HALLMARK_SANITIZE AND NOT HALLMARK_FUZZ)
    # Loading libstdc++.so costs 1.2 ms of CPU at every start, for 4,300 relocations; in the program it costs 130 KB.
    target_link_options(${target} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
endfunction()
