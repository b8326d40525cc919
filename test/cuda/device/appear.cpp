// For a C++ test: the device is there before its first line.
#include "allocator.h"

namespace {

const bool there = [] {
  vqat::stand_in::appear();
  return true;
}();

}  // namespace
