# Warnings every room is compiled with. They are errors wherever CI runs (CI=true in the environment).
add_library(nacre_warnings INTERFACE)
target_compile_options(nacre_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wswitch-enum -Wunused-result)

option(NACRE_WERROR "treat warnings as errors" $ENV{CI})
if(NACRE_WERROR)
  target_compile_options(nacre_warnings INTERFACE -Werror)
endif()

# GCC 12 sees uninitialised members in std::optional, std::variant and moved-from strings, more of them with each change in
# its inlining. The sanitizers and clang's analyzer look for the real ones.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(nacre_warnings INTERFACE -Wno-maybe-uninitialized)
endif()
