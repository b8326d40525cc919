#include "generate/generate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "generate/step.h"
#include "tensor/finite.h"

namespace vqat::generate {
namespace {

// Prompt rows prefilled at once: bounds the activations, not the call.
constexpr int64_t kPrefillRows = 16384;

struct Active {
  int32_t slot;    // index of the sample
  int32_t prompt;  // its prompt
  int32_t index;   // which sample of the prompt
};

class Generation {
 public:
  Generation(model::Model& model, const std::vector<Prompt>& prompts, const Settings& settings,
             const CancelToken& cancel)
      : model_(model), prompts_(prompts), settings_(settings), cancel_(cancel) {
    std::vector<model::RotarySpan> spans;
    for (size_t p = 0; p < prompts.size(); ++p) {
      const auto length = static_cast<int64_t>(prompts[p].tokens.size());
      spans.push_back({length, length + settings.max_new_tokens});
      offsets_.push_back(offsets_.back() + length);
      for (int32_t k = 0; k < prompts[p].samples; ++k)
        active_.push_back({static_cast<int32_t>(active_.size()), static_cast<int32_t>(p), k});
    }
    samples_.resize(active_.size());
    const auto& language = model.geometry().language;
    model::RotaryPlan plan = model::plan_rotary(language, spans);
    table_begins_ = std::move(plan.begins);
    std::vector<uint8_t> banned(language.vocabulary, 0);
    banned[model.geometry().image_token] = 1;
    for (const int32_t id : settings.suppress) banned[id] = 1;
    StepSettings step{
        .tables = {}, .banned = {}, .rule = {settings.temperature, settings.top_k, settings.top_p}};
    at::Tensor offsets;
    Upload upload;
    upload.add(plan.cos, &step.tables.cos);
    upload.add(plan.sin, &step.tables.sin);
    upload.add(std::move(banned), &step.banned);
    upload.add(std::span(std::as_const(offsets_)), &offsets);
    upload.send(model.device());
    tables_ = step.tables;
    const auto samples = static_cast<int64_t>(active_.size());
    int64_t longest = 0;
    for (const Prompt& prompt : prompts) longest = std::max(longest, std::ssize(prompt.tokens));
    const CachedPrompts cached{.offsets = offsets, .rows = offsets_.back(), .longest = longest};
    cache_.emplace(language, cached, samples, settings.max_new_tokens,
                   at::dtype(model.dtype()).device(model.device()));
    stepper_.emplace(model, *cache_, std::move(step), samples, row_count(model.device()));
  }

  std::vector<Sample> run() {
    std::vector<StepRow> rows;
    for (const Active& a : active_) rows.push_back(row_of(a, 0));
    for (int64_t t = 0;; ++t) {
      cancel_.check();
      rows = take(t == 0 ? stepper_->first(prefill(), rows) : stepper_->next(rows, t), t);
      if (active_.empty()) return std::move(samples_);
    }
  }

 private:
  // Fills the prompts' caches; logits [prompts, vocabulary] after each prompt's last token.
  at::Tensor prefill() {
    std::vector<at::Tensor> logits;
    for (size_t begin = 0; begin < prompts_.size();) {
      size_t end = begin + 1;
      while (end < prompts_.size() && offsets_[end + 1] - offsets_[begin] <= kPrefillRows) ++end;
      cancel_.check();
      logits.push_back(prefill_part(begin, end));
      begin = end;
    }
    return at::cat(logits, 0);
  }

  at::Tensor prefill_part(size_t begin, size_t end) {
    std::vector<model::GroupTokens> groups;
    std::vector<int64_t> last;
    model::Clips of_groups, clips;
    for (size_t p = begin; p < end; ++p) {
      groups.push_back({prompts_[p].tokens, {}});
      of_groups.push_back(prompts_[p].clip);
      if (prompts_[p].clip) clips.push_back(prompts_[p].clip);
      last.push_back(offsets_[p + 1] - offsets_[begin] - 1);
    }
    const model::Features features = model_.encode(clips);
    Upload upload;
    model::PackedBatch batch;
    at::Tensor last_rows;
    model_.pack(groups, of_groups, {table_begins_.begin() + begin, table_begins_.begin() + end}, upload,
                batch);
    upload.add(std::move(last), &last_rows);
    upload.send(model_.device());
    batch.rotary.cos = tables_.cos;
    batch.rotary.sin = tables_.sin;
    const auto attention = [&](size_t layer, const at::Tensor& qkv) {
      cancel_.check();
      cache_->put_prompt(layer, offsets_[begin], qkv);
      return model::group_attention(qkv, model_.geometry().language.layout(), batch, nullptr);
    };
    at::Tensor x = model_.embed(batch, features);
    x = model_.decoder().forward(std::move(x), batch.rotary, attention);
    return model_.head().logits(x.index_select(0, last_rows));
  }

  // A sample's row when token t is chosen.
  StepRow row_of(const Active& a, int64_t t) const {
    const auto& prompt = prompts_[a.prompt];
    const auto fed = static_cast<int32_t>(prompt.tokens.size() + t) - 1;
    return {.source = 0,
            .table_row = table_begins_[a.prompt] + fed,
            .prompt = a.prompt,
            .slot = a.slot,
            .uniform = uniform(prompt.stream, static_cast<uint32_t>(a.index), static_cast<uint32_t>(t))};
  }

  [[noreturn]] void fail_without_token(int64_t prompt, int64_t t) const {
    check_finite(model_.parameters(), "no token can be sampled");
    fail(Code::E_NUMERIC, "the logits of prompt ", prompt, " at new token ", t,
         " are not finite, or every token is suppressed");
  }

  // Takes token t of every active sample and retires those that end. Rows of the others at the next token.
  std::vector<StepRow> take(const ops::HostSampled& chosen, int64_t t) {
    std::vector<Active> left;
    std::vector<StepRow> rows;
    for (size_t i = 0; i < active_.size(); ++i) {
      const Active& a = active_[i];
      const int32_t token = chosen.tokens[i];
      if (token < 0) fail_without_token(a.prompt, t);
      Sample& sample = samples_[a.slot];
      sample.tokens.push_back(token);
      sample.log_probs.push_back(chosen.log_probs[i]);
      sample.ended = std::count(settings_.end_tokens.begin(), settings_.end_tokens.end(), token) > 0;
      if (sample.ended || t + 1 == settings_.max_new_tokens) continue;
      left.push_back(a);
      rows.push_back(row_of(a, t + 1));
      rows.back().source = static_cast<int32_t>(i);
    }
    active_ = std::move(left);
    return rows;
  }

  model::Model& model_;
  const std::vector<Prompt>& prompts_;
  const Settings& settings_;
  const CancelToken& cancel_;
  std::vector<int64_t> offsets_{0};  // [prompts + 1], rows of the prompts
  std::vector<Active> active_;
  std::vector<Sample> samples_;
  model::RotaryTables tables_;         // without rows
  std::vector<int32_t> table_begins_;  // of each prompt
  std::optional<KvCache> cache_;
  std::optional<Stepper> stepper_;
};

void check_request(const model::Model& model, const std::vector<Prompt>& prompts, const Settings& settings) {
  const int64_t vocabulary = model.geometry().language.vocabulary;
  check(settings.max_new_tokens >= 1, "max new tokens: expected at least 1, found ", settings.max_new_tokens);
  check(settings.temperature >= 0 && std::isfinite(settings.temperature),
        "temperature: expected 0 or more, found ", settings.temperature);
  check(settings.top_p > 0 && settings.top_p <= 1, "top-p: expected (0, 1], found ", settings.top_p);
  check(settings.top_k >= 0, "top-k: expected 0 or more, found ", settings.top_k);
  for (const int32_t id : settings.suppress) check(id >= 0 && id < vocabulary, "suppressed token ", id);
  for (const Prompt& prompt : prompts) {
    check(!prompt.tokens.empty(), "a prompt needs at least one token");
    check(prompt.samples >= 1, "samples: expected at least 1, found ", prompt.samples);
    for (const int32_t id : prompt.tokens)
      check(id >= 0 && id < vocabulary, "token ", id, " of a prompt is outside the vocabulary of ",
            vocabulary);
  }
}

}  // namespace

std::vector<Sample> generate(model::Model& model, const std::vector<Prompt>& prompts,
                             const Settings& settings, const CancelToken& cancel) {
  check_request(model, prompts, settings);
  if (prompts.empty()) return {};
  return Generation(model, prompts, settings, cancel).run();
}

}  // namespace vqat::generate
