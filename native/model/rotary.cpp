#include "model/rotary.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "tensor/ops/rope.h"

namespace vqat::model {
namespace {

// Angles [length, head_width / 2] for a prompt of this many tokens.
at::Tensor angles(const LanguageGeometry& geometry, int64_t prompt, int64_t length) {
  const double d = static_cast<double>(geometry.head_width);
  double theta = geometry.rope_theta;
  if (geometry.rope_factor > 1 && prompt > geometry.max_positions) {
    const double ratio = static_cast<double>(prompt) / static_cast<double>(geometry.max_positions);
    theta *= std::pow(geometry.rope_factor * ratio - (geometry.rope_factor - 1), d / (d - 2));
  }
  const auto f32 = at::dtype(at::kFloat);
  const at::Tensor exponent = at::arange(0, geometry.head_width, 2, f32) / d;
  return at::outer(at::arange(length, f32), at::reciprocal(at::pow(theta, exponent)));
}

}  // namespace

RotaryPlan plan_rotary(const LanguageGeometry& geometry, const std::vector<RotarySpan>& spans) {
  std::map<int64_t, int64_t> lengths;  // of each table, by the prompt length that stretches it
  const auto stretch = [&](const RotarySpan& span) { return std::max(span.prompt, geometry.max_positions); };
  for (const RotarySpan& span : spans) lengths[stretch(span)] = std::max(lengths[stretch(span)], span.whole);
  std::map<int64_t, int32_t> begins;
  std::vector<at::Tensor> parts;
  int64_t rows = 0;
  for (const auto& [prompt, length] : lengths) {
    begins[prompt] = static_cast<int32_t>(rows);
    parts.push_back(angles(geometry, prompt, length));
    rows += length;
  }
  const at::Tensor all = at::cat(parts, 0);
  RotaryPlan plan{.cos = all.cos(), .sin = all.sin(), .begins = {}};
  for (const RotarySpan& span : spans) plan.begins.push_back(begins[stretch(span)]);
  return plan;
}

void rotate(at::Tensor& qkv, const RotaryTables& tables, const LanguageGeometry& geometry, bool inverse) {
  ops::rope(qkv, geometry.heads + geometry.kv_heads, tables.rows, tables.cos, tables.sin, inverse);
}

}  // namespace vqat::model
