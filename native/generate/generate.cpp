#include "generate/generate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "generate/step.h"
#include "tensor/host.h"
#include "tensor/ops/sample.h"

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
    const auto options = at::dtype(model.dtype()).device(model.device());
    const auto& language = model.geometry().language;
    cache_.emplace(language, offsets_, static_cast<int64_t>(active_.size()), settings.max_new_tokens,
                   options);
    rotary_ = model::plan_rotary(language, spans, model.device());
    std::vector<uint8_t> banned(language.vocabulary, 0);
    banned[model.geometry().image_token] = 1;
    for (const int32_t id : settings.suppress) banned[id] = 1;
    banned_ = on_device(banned, model.device());
  }

  std::vector<Sample> run() {
    std::vector<int64_t> prompts;
    for (const Active& a : active_) prompts.push_back(a.prompt);
    at::Tensor logits = prefill().index_select(0, on_device(prompts, model_.device()));
    for (int64_t t = 0;; ++t) {
      cancel_.check();
      choose(logits, t);
      if (active_.empty()) return std::move(samples_);
      logits = decode(model_, *cache_, step_inputs(next_, t, rotary_.tables));
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
    std::vector<int64_t> clip_of, last;
    model::Clips clips;
    for (size_t p = begin; p < end; ++p) {
      groups.push_back({prompts_[p].tokens, {}});
      clip_of.push_back(prompts_[p].clip ? static_cast<int64_t>(clips.size()) : -1);
      if (prompts_[p].clip) clips.push_back(prompts_[p].clip);
      last.push_back(offsets_[p + 1] - offsets_[begin] - 1);
    }
    const model::PackedBatch batch = model_.pack(groups);
    model::RotaryTables tables = rotary_.tables;
    tables.rows = model::rotary_rows(batch, {rotary_.begins.begin() + static_cast<std::ptrdiff_t>(begin),
                                             rotary_.begins.begin() + static_cast<std::ptrdiff_t>(end)});
    const auto attention = [&](size_t layer, const at::Tensor& qkv) {
      cancel_.check();
      cache_->put_prompt(layer, offsets_[begin], qkv);
      return model::group_attention(qkv, model_.geometry().language.layout(), batch, nullptr);
    };
    at::Tensor x = model_.embed(batch, model_.encode(clips), clip_of);
    x = model_.decoder().forward(std::move(x), tables, attention);
    return model_.head().logits(x.index_select(0, on_device(last, model_.device())));
  }

  // Chooses token t of every active sample and retires those that end.
  void choose(const at::Tensor& logits, int64_t t) {
    std::vector<double> uniforms;
    for (const Active& a : active_)
      uniforms.push_back(
          uniform(prompts_[a.prompt].stream, static_cast<uint32_t>(a.index), static_cast<uint32_t>(t)));
    const ops::Sampled chosen = ops::sample(
        logits, on_device(uniforms, model_.device()), banned_,
        {.temperature = settings_.temperature, .top_k = settings_.top_k, .top_p = settings_.top_p});
    const auto tokens = host_values<int32_t>(chosen.tokens);
    const auto log_probs = host_values<float>(chosen.log_probs);
    std::vector<Active> left;
    next_.clear();
    for (size_t i = 0; i < active_.size(); ++i) {
      if (tokens[i] < 0)
        fail(Code::E_NUMERIC, "the logits of prompt ", active_[i].prompt, " at new token ", t,
             " are not finite, or every token is suppressed");
      Sample& sample = samples_[active_[i].slot];
      sample.tokens.push_back(tokens[i]);
      sample.log_probs.push_back(log_probs[i]);
      sample.ended = std::count(settings_.end_tokens.begin(), settings_.end_tokens.end(), tokens[i]) > 0;
      if (sample.ended || t + 1 == settings_.max_new_tokens) continue;
      const Active& a = active_[i];
      const auto position = static_cast<int32_t>(prompts_[a.prompt].tokens.size() + t);
      left.push_back(a);
      next_.push_back({.token = tokens[i],
                       .table_row = rotary_.begins[a.prompt] + position,
                       .prompt = a.prompt,
                       .slot = a.slot});
    }
    active_ = std::move(left);
  }

  model::Model& model_;
  const std::vector<Prompt>& prompts_;
  const Settings& settings_;
  const CancelToken& cancel_;
  std::vector<int64_t> offsets_{0};  // [prompts + 1], rows of the prompts
  std::vector<Active> active_;
  std::vector<StepRow> next_;  // the tokens just chosen, of the active samples
  std::vector<Sample> samples_;
  at::Tensor banned_;  // [vocabulary], byte
  std::optional<KvCache> cache_;
  model::RotaryPlan rotary_;
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
