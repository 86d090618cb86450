# Language and build-wide settings.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(NACRE_TESTS "build the unit tests" OFF)
option(NACRE_FUZZ "build the libFuzzer harnesses (clang only)" OFF)

# Optimised, with symbols for a profiler and a useful core dump. Assertions stay on: they are cheap, and a store that
# notices a broken invariant must stop rather than go on writing.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")

# 64-bit file offsets everywhere, and the GNU interfaces that openat2, O_TMPFILE and friends live behind.
add_compile_definitions(_FILE_OFFSET_BITS=64 _GNU_SOURCE)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
