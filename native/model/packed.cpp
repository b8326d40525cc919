#include "model/packed.h"

namespace vqat::model {
namespace {

int64_t rows_of(const std::vector<int32_t>& completion) {
  return completion.empty() ? 0 : static_cast<int64_t>(completion.size()) - 1;
}

template <class T>
at::Tensor to_device(const std::vector<T>& values, at::ScalarType type, at::Device device) {
  return at::from_blob(const_cast<T*>(values.data()), {static_cast<int64_t>(values.size())}, at::dtype(type))
      .clone()
      .to(device);
}

}  // namespace

PackedBatch pack(const std::vector<GroupTokens>& groups, at::Device device) {
  PackedBatch batch;
  std::vector<int64_t> tokens;
  std::vector<int32_t> positions;
  for (const GroupTokens& group : groups) {
    Group out{static_cast<int64_t>(tokens.size()), static_cast<int64_t>(group.prompt.size()), 0, {}};
    for (size_t i = 0; i < group.prompt.size(); ++i) {
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
  batch.tokens = to_device(tokens, at::kLong, device);
  batch.positions = to_device(positions, at::kInt, device);
  return batch;
}

Targets completion_targets(const std::vector<GroupTokens>& groups, at::Device device) {
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
  return {to_device(rows, at::kLong, device), to_device(ids, at::kInt, device)};
}

}  // namespace vqat::model
