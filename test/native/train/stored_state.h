// A trainer's state back from its file: just enough of safetensors for what write_safetensors wrote.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "train/trainer.h"

namespace vqat::train {

inline StoredState read_state(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), sizeof length);
  std::string header(length, ' ');
  file.read(header.data(), static_cast<std::streamsize>(length));
  EXPECT_TRUE(file) << path;
  const auto metadata = [&](const std::string& key) {
    std::smatch match;
    EXPECT_TRUE(std::regex_search(header, match, std::regex("\"" + key + "\":\"([^\"]*)\""))) << key;
    return match[1].str();
  };
  StoredState out{.steps = std::stoll(metadata("steps")),
                  .optimizer = metadata("optimizer"),
                  .ranks = std::stoll(metadata("ranks")),
                  .tensors = {}};
  const auto begin = static_cast<int64_t>(sizeof length + length);
  const std::regex entry(
      R"re("([^"]+)":\{"dtype":"(\w+)","shape":\[([\d,]*)\],"data_offsets":\[(\d+),(\d+)\]\})re");
  for (std::sregex_iterator it(header.begin(), header.end(), entry), end; it != end; ++it) {
    const std::smatch& found = *it;
    StoredTensor tensor{.name = found[1], .shape = {}, .sources = {}, .start = {}};
    std::stringstream sizes(found[3]);
    for (std::string text; std::getline(sizes, text, ',');) tensor.shape.push_back(std::stoll(text));
    tensor.sources.push_back({.file = path,
                              .begin = begin + std::stoll(found[4]),
                              .end = begin + std::stoll(found[5]),
                              .dtype = type_named(found[2])});
    out.tensors.push_back(std::move(tensor));
  }
  return out;
}

}  // namespace vqat::train
