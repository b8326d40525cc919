#include "model/packed.h"

#include "tensor/host.h"

namespace vqat::model {
namespace {

int64_t rows_of(const std::vector<int32_t>& completion) {
  return completion.empty() ? 0 : static_cast<int64_t>(completion.size()) - 1;
}

}  // namespace

PackedBatch pack(std::span<const GroupTokens> groups, int64_t image_token, at::Device device) {
  PackedBatch batch;
  std::vector<int64_t> tokens;
  std::vector<int32_t> positions;
  for (const GroupTokens& group : groups) {
    Group out{.begin = static_cast<int64_t>(tokens.size()),
              .prompt_length = static_cast<int64_t>(group.prompt.size()),
              .response_rows = 0,
              .runs = {},
              .image_rows = {}};
    for (size_t i = 0; i < group.prompt.size(); ++i) {
      if (group.prompt[i] == image_token) out.image_rows.push_back(static_cast<int64_t>(tokens.size()));
      tokens.push_back(group.prompt[i]);
      positions.push_back(static_cast<int32_t>(i));
    }
    for (const auto& completion : group.completions) {
      const int64_t length = rows_of(completion);
      if (length == 0) continue;
      if (!out.runs.empty() && out.runs.back().length == length) {
        out.runs.back().count += 1;
      } else {
        out.runs.push_back({static_cast<int64_t>(tokens.size()), 1, length});
      }
      for (int64_t i = 0; i < length; ++i) {
        tokens.push_back(completion[i]);
        positions.push_back(static_cast<int32_t>(out.prompt_length + i));
      }
      out.response_rows += length;
    }
    batch.groups.push_back(std::move(out));
  }
  batch.rows = static_cast<int64_t>(tokens.size());
  batch.tokens = on_device(tokens, device);
  batch.positions = on_device(positions, device);
  return batch;
}

Targets completion_targets(std::span<const GroupTokens> groups, at::Device device) {
  std::vector<int64_t> rows;
  std::vector<int32_t> ids;
  int64_t begin = 0;
  for (const GroupTokens& group : groups) {
    const int64_t last_prompt_row = begin + static_cast<int64_t>(group.prompt.size()) - 1;
    int64_t row = last_prompt_row + 1;
    for (const auto& completion : group.completions) {
      for (size_t i = 0; i < completion.size(); ++i) {
        rows.push_back(i == 0 ? last_prompt_row : row + static_cast<int64_t>(i) - 1);
        ids.push_back(completion[i]);
      }
      row += rows_of(completion);
    }
    begin = row;
  }
  return {on_device(rows, device), on_device(ids, device)};
}

}  // namespace vqat::model
