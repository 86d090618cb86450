# A room is a folder of src/ with one static library. nacre_room(NAME USES room... LINKS target...) makes it from
# every .cc file of the folder; USES must agree with src/layers.txt, which tools/check-layers enforces.
function(nacre_room name)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  add_library(nacre_${name} STATIC ${sources})
  target_include_directories(nacre_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  list(TRANSFORM ROOM_USES PREPEND nacre_)
  target_link_libraries(nacre_${name} PUBLIC ${ROOM_USES} PRIVATE nacre_warnings ${ROOM_LINKS})
endfunction()
