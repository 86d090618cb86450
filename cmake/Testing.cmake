# Unit tests: nacre_unit_test(ROOM [LINKS ...]) makes unit_<room> from every .cc file of the folder. ctest runs each
# test case in a process of its own, so that one crash costs one case and none can lean on what another left behind.
enable_testing()
find_package(GTest REQUIRED)
include(GoogleTest)

function(nacre_unit_test room)
  cmake_parse_arguments(TEST "" "" "LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  add_executable(unit_${room} ${sources})
  target_include_directories(unit_${room} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(unit_${room} PRIVATE NACRE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(unit_${room} PRIVATE nacre_${room} nacre_warnings GTest::gtest_main GTest::gmock ${TEST_LINKS})
  gtest_discover_tests(unit_${room} TEST_PREFIX ${room}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300)
endfunction()

# Fuzz harnesses: nacre_fuzzer(NAME ROOM) makes fuzz_<name> from fuzz_<name>.cc; a plain build replays the seeds.
add_custom_target(fuzzers)

function(nacre_fuzzer name room)
  add_executable(fuzz_${name} fuzz_${name}.cc)
  target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(fuzz_${name} PRIVATE nacre_${room} nacre_warnings)
  add_dependencies(fuzzers fuzz_${name})
  if(NACRE_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE replay_main.cc)
    add_test(NAME fuzz_${name}_seeds COMMAND fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/seeds/${name})
  endif()
endfunction()
