// Bytes to standard output.
#pragma once

#include "archive/byte_stream.h"
#include "cli/context.h"

namespace nacre::cli {

class PrintSink : public archive::ByteSink {
 public:
  explicit PrintSink(Context& context) : context_(context) {}  // borrowed
  void write(Bytes bytes) override { context_.print(as_text(bytes)); }

 private:
  Context& context_;
};

}  // namespace nacre::cli
