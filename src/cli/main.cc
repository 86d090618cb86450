#include "base/fd.h"
#include "cli/program.h"

int main(int argc, char** argv) {
  nacre::occupy_standard_descriptors();
  return nacre::cli::run_program({argv + 1, argv + argc});
}
