#include "emulation/settings.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace vqat::emulation {
namespace {

[[noreturn]] void refuse(const char* name, const std::string& value, const char* expected) {
  std::fprintf(stderr, "%s: expected %s, found '%s'\n", name, expected, value.c_str());
  std::exit(2);
}

uint64_t number(const char* name, const std::string& value, uint64_t most, const char* expected) {
  uint64_t parsed = 0;
  const char* end = value.data() + value.size();
  const auto [stopped, error] = std::from_chars(value.data(), end, parsed);
  if (error != std::errc() || stopped != end || parsed > most) refuse(name, value, expected);
  return parsed;
}

std::string given(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Settings read() {
  Settings s;
  constexpr const char* kOrder = "VQAT_EMULATION_ORDER";
  const std::string order = given(kOrder);
  if (order == "low") {
    s.order = Order::kLow;
  } else if (order == "high") {
    s.order = Order::kHigh;
  } else if (!order.empty() && order != "forward") {
    s.order = Order::kRandom;
    s.thread_seed = number(kOrder, order, ~uint64_t{0}, "forward, low, high or a seed");
  }
  constexpr const char* kBlocks = "VQAT_EMULATION_BLOCKS";
  const std::string blocks = given(kBlocks);
  if (blocks == "reverse") {
    s.blocks = BlockOrder::kReverse;
  } else if (!blocks.empty() && blocks != "forward") {
    s.blocks = BlockOrder::kRandom;
    s.block_seed = number(kBlocks, blocks, ~uint64_t{0}, "forward, reverse or a seed");
  }
  constexpr const char* kFill = "VQAT_EMULATION_FILL";
  const std::string fill = given(kFill);
  if (!fill.empty()) s.fill = static_cast<int>(number(kFill, fill, 255, "a byte, 0 to 255"));
  return s;
}

}  // namespace

Settings& settings() {
  static Settings of_this_run = read();
  return of_this_run;
}

}  // namespace vqat::emulation
