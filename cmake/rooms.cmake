# A room is one folder of lib or keys: an object library that may use the rooms below it and nothing else.
#   hallmark_room(oci USES crypto base SOURCES digest.cpp … LIBRARIES …)
# Whoever uses a room links its objects and, through the closure, those of every room below. A room that reaches for what it did
# not name does not link; the structure test reads its #includes too.
function(hallmark_room name)
  cmake_parse_arguments(ROOM "" "" "USES;SOURCES;LIBRARIES" ${ARGN})
  add_library(room_${name} OBJECT ${ROOM_SOURCES})
  target_include_directories(room_${name} PUBLIC ${PROJECT_SOURCE_DIR}/lib/include ${PROJECT_SOURCE_DIR}/keys/include
                                                 ${PROJECT_SOURCE_DIR}/lib ${PROJECT_SOURCE_DIR})
  target_link_libraries(room_${name} PUBLIC ${ROOM_LIBRARIES} PRIVATE hallmark_options)
  set(closure ${name})
  foreach(used IN LISTS ROOM_USES)
    get_target_property(below room_${used} HALLMARK_CLOSURE)
    list(APPEND closure ${below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  set_target_properties(room_${name} PROPERTIES HALLMARK_CLOSURE "${closure}")
endfunction()

# Gives a program or library the objects of these rooms and of all below.
function(hallmark_use_rooms target)
  set(closure)
  foreach(room IN LISTS ARGN)
    get_target_property(below room_${room} HALLMARK_CLOSURE)
    list(APPEND closure ${below})
  endforeach()
  list(REMOVE_DUPLICATES closure)
  list(TRANSFORM closure PREPEND room_)
  target_link_libraries(${target} PRIVATE ${closure} hallmark_options)
endfunction()
