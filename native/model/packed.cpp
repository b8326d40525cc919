#include "model/packed.h"

#include <algorithm>

#include "base/error.h"

namespace vqat::model {
namespace {

using Tokens = std::span<const int32_t>;

// The tokens of a completion that feed the model.
Tokens fed(const std::vector<int32_t>& completion) {
  return Tokens(completion).first(completion.empty() ? 0 : completion.size() - 1);
}

// What pack() gathers on the host.
struct Arrays {
  std::vector<int64_t> tokens;
  std::vector<int32_t> table_rows;
  std::vector<int64_t> target_rows;
  std::vector<int32_t> target_ids;
  std::vector<int32_t> segment_offsets{0}, prompt_offsets{0}, response_offsets{0};
  std::vector<int64_t> prompt_rows, response_rows;
  std::vector<int64_t> visual_rows, motion_rows, motion_clips;

  int64_t rows() const { return static_cast<int64_t>(tokens.size()); }

  // Tokens that attend to each other, from this row of the rotary tables on. `among` lists their rows.
  void add_segment(Tokens ids, int64_t table_row, std::vector<int64_t>& among) {
    for (const int32_t id : ids) {
      among.push_back(rows());
      tokens.push_back(id);
      table_rows.push_back(static_cast<int32_t>(table_row++));
    }
    segment_offsets.push_back(static_cast<int32_t>(rows()));
  }

  // A completion whose first response row is the next one.
  void add_targets(const std::vector<int32_t>& completion, int64_t last_prompt_row) {
    for (size_t i = 0; i < completion.size(); ++i) {
      target_rows.push_back(i == 0 ? last_prompt_row : rows() + static_cast<int64_t>(i) - 1);
      target_ids.push_back(completion[i]);
    }
  }

  Group add_group(const GroupTokens& group, int64_t table_begin) {
    const auto prompt = static_cast<int64_t>(group.prompt.size());
    Group out{.begin = rows(), .prompt_length = prompt, .response_rows = 0, .runs = {}};
    add_segment(group.prompt, table_begin, prompt_rows);
    for (const auto& completion : group.completions) {
      add_targets(completion, out.begin + prompt - 1);
      const Tokens ids = fed(completion);
      const auto length = static_cast<int64_t>(ids.size());
      if (length == 0) continue;
      if (!out.runs.empty() && out.runs.back().length == length) {
        out.runs.back().count += 1;
      } else {
        out.runs.push_back({rows(), 1, length});
      }
      add_segment(ids, table_begin + prompt, response_rows);
      out.response_rows += length;
    }
    prompt_offsets.push_back(static_cast<int32_t>(prompt_rows.size()));
    response_offsets.push_back(static_cast<int32_t>(response_rows.size()));
    return out;
  }

  void add_slots(size_t g, const std::vector<int32_t>& prompt, int64_t begin, const GroupPlace& place,
                 const SlotRule& rule) {
    std::vector<int64_t> slots;
    for (size_t i = 0; i < prompt.size(); ++i)
      if (prompt[i] == rule.image_token) slots.push_back(begin + static_cast<int64_t>(i));
    const bool has_clip = place.clip >= 0;
    const int64_t visual = has_clip ? place.visual : 0, found = static_cast<int64_t>(slots.size());
    const bool motion = has_clip && found == visual + 1;
    check(found == visual || motion, "prompt ", g, ": expected ", visual, " visual slots",
          has_clip ? " (one more for the motion token)" : " (the prompt has no clip)", ", found ", found);
    check(!motion || rule.motion, "prompt ", g,
          ": one slot more than visual tokens, but this checkpoint has no motion parts");
    if (motion) {
      motion_rows.push_back(slots.back());
      motion_clips.push_back(place.clip);
      slots.pop_back();
    }
    visual_rows.insert(visual_rows.end(), slots.begin(), slots.end());
  }
};

}  // namespace

RotarySpan rotary_span(const GroupTokens& group) {
  size_t response = 0;
  for (const auto& completion : group.completions) response = std::max(response, fed(completion).size());
  const auto prompt = static_cast<int64_t>(group.prompt.size());
  return {prompt, prompt + static_cast<int64_t>(response)};
}

void pack(std::span<const GroupTokens> groups, std::span<const GroupPlace> places, const SlotRule& slots,
          Upload& upload, PackedBatch& batch) {
  Arrays all;
  for (size_t g = 0; g < groups.size(); ++g) {
    batch.groups.push_back(all.add_group(groups[g], places[g].table_begin));
    const Group& group = batch.groups.back();
    all.add_slots(g, groups[g].prompt, group.begin, places[g], slots);
    batch.longest_prompt = std::max(batch.longest_prompt, group.prompt_length);
    batch.longest_responses = std::max(batch.longest_responses, group.response_rows);
    for (const ResponseRun& run : group.runs)
      batch.longest_segment = std::max(batch.longest_segment, run.length);
  }
  batch.longest_segment = std::max(batch.longest_segment, batch.longest_prompt);
  batch.rows = all.rows();
  upload.add(std::move(all.tokens), &batch.tokens);
  upload.add(std::move(all.table_rows), &batch.rotary.rows);
  upload.add(std::move(all.target_rows), &batch.targets.rows);
  upload.add(std::move(all.target_ids), &batch.targets.ids);
  upload.add(std::move(all.segment_offsets), &batch.segment_offsets);
  upload.add(std::move(all.prompt_rows), &batch.prompt_rows);
  upload.add(std::move(all.prompt_offsets), &batch.prompt_offsets);
  upload.add(std::move(all.response_rows), &batch.response_rows);
  upload.add(std::move(all.response_offsets), &batch.response_offsets);
  upload.add(std::move(all.visual_rows), &batch.visual_rows);
  upload.add(std::move(all.motion_rows), &batch.motion_rows);
  upload.add(std::move(all.motion_clips), &batch.motion_clips);
}

}  // namespace vqat::model
