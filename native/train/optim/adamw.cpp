#include "train/optim/adamw.h"

#include <algorithm>
#include <vector>

namespace vqat::train {
namespace {

// Numbers that are widened at once where they are kept narrow: 16 MB of float32.
constexpr int64_t kPiece = int64_t{1} << 22;

// What tells the random bits of one array from another's.
enum Salt : uint64_t { kMasters, kFirst, kSecond };

Width width_of(const Parameter& p, const AdamWSettings& settings) {
  const bool wide = p.value.numel() < kLeast8 || p.name == "language.embed.weight";
  return settings.moments == Width::kBlock8 && wide ? Width::kFloat32 : settings.moments;
}

const char* name_of(Width width) {
  switch (width) {
    case Width::kFloat32:
      return "adamw";
    case Width::kBFloat16:
      return "adamw-bfloat16";
    case Width::kBlock8:
      return "adamw-8bit";
  }
  return "";
}

// Neighbours in the arena that decay, or do not, and whose moments are of one width.
struct Run {
  bool decayed;
  Width width;
  int64_t begin = 0, end = 0;
  std::vector<Arena::Range> ranges = {};
  std::unique_ptr<Numbers> m = nullptr, v = nullptr;
};

std::vector<Run> runs_of(const Arena& arena, const AdamWSettings& settings) {
  std::vector<Run> runs;
  for (const Arena::Range& range : arena.ranges()) {
    const bool decayed = settings.decays_all || decays(range.parameter->name);
    const Width width = width_of(*range.parameter, settings);
    if (runs.empty() || runs.back().decayed != decayed || runs.back().width != width)
      runs.push_back({.decayed = decayed, .width = width, .begin = range.begin});
    runs.back().end = range.begin + Arena::padded(range.count);
    runs.back().ranges.push_back(range);
  }
  const at::Device device = arena.gradients().device();
  for (Run& run : runs) {
    // The random bits of an array are told apart by where it begins.
    const uint64_t salt = static_cast<uint64_t>(run.begin) * 4;
    run.m = zeros_of(run.width, run.end - run.begin, true, salt + kFirst, device);
    run.v = zeros_of(run.width, run.end - run.begin, false, salt + kSecond, device);
  }
  return runs;
}

class AdamW final : public Optimizer {
 public:
  AdamW(const Arena& arena, const AdamWSettings& settings)
      : arena_(arena),
        settings_(settings),
        runs_(runs_of(arena, settings)),
        masters_(numbers_in(arena.masters(), kMasters)) {}

  std::string name() const override { return name_of(settings_.moments); }

  void update(int64_t begin, int64_t end, double learning_rate, int64_t step) override {
    for (const Run& run : runs_)
      for (int64_t from = std::max(begin, run.begin); from < std::min(end, run.end); from += kPiece)
        update_piece(run, from, std::min({from + kPiece, end, run.end}), learning_rate, step);
  }

  NamedTensors state() const override {
    NamedTensors first, second;
    const auto join = [](NamedTensors& to, NamedTensors more) {
      for (auto& one : more) to.push_back(std::move(one));
    };
    for (const Run& run : runs_)
      for (const Arena::Range& range : run.ranges) {
        join(first, run.m->named("m.", range.begin - run.begin, *range.parameter));
        join(second, run.v->named("v.", range.begin - run.begin, *range.parameter));
      }
    join(first, std::move(second));
    return first;
  }

 private:
  void update_piece(const Run& run, int64_t from, int64_t to, double learning_rate, int64_t step) {
    const at::Tensor p = masters_->load(from, to), g = arena_.gradients().narrow(0, from, to - from);
    const at::Tensor m = run.m->load(from - run.begin, to - run.begin);
    const at::Tensor v = run.v->load(from - run.begin, to - run.begin);
    const at::Tensor count = at::full({}, static_cast<double>(step), g.options());
    at::_fused_adamw_({p}, {g}, {m}, {v}, {}, {count}, learning_rate, settings_.beta1, settings_.beta2,
                      run.decayed ? settings_.weight_decay : 0, settings_.epsilon, false, false);
    masters_->store(from, p, step);
    run.m->store(from - run.begin, m, step);
    run.v->store(from - run.begin, v, step);
  }

  const Arena& arena_;
  const AdamWSettings settings_;
  const std::vector<Run> runs_;
  const std::unique_ptr<Numbers> masters_;
};

}  // namespace

bool decays(const std::string& name) {
  return !name.ends_with(".bias") && name.find("norm") == std::string::npos;
}

MakeOptimizer adamw(AdamWSettings settings) {
  return {.make = [settings](const Arena& arena) { return std::make_unique<AdamW>(arena, settings); },
          .bytes = [settings](
                       const Parameter& p) { return 2 * bytes_of(width_of(p, settings), p.value.numel()); }};
}

}  // namespace vqat::train
