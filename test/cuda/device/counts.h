// What the stand-in device counts: everything that a card would run, copy or wait for, and every wrong
// access.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace vqat::stand_in {

struct Counts {
  int64_t operators = 0;  // of libtorch, on the device
  int64_t to_device = 0;  // copies in either direction; each waits for the stream
  int64_t to_host = 0;
  int64_t items = 0;  // single values that the host asks for, operators that look at their values among them
  int64_t wrong = 0;  // the host in device memory, or host memory given to an operator
  std::map<std::string, int64_t> by_name;
};

// Since the last call of forget(), of all threads.
Counts counted();
void forget();

// Each adds one, under a name for messages: an operator's or the place of a wrong access.
void count_operator(const std::string& name);
void count_copy_to_device();
void count_copy_to_host();
void count_item(const std::string& name);
void count_wrong(const std::string& what);

}  // namespace vqat::stand_in
