#include "generate/generate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/rng.h"
#include "generate/kv_cache.h"
#include "tensor/dispatch.h"
#include "tensor/launch.h"

namespace vqat::generate {
namespace {

using model::GroupTokens;
using model::PackedBatch;

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
    int64_t rows = 0;
    std::vector<model::RotarySpan> spans;
    offsets_.push_back(0);
    for (size_t p = 0; p < prompts.size(); ++p) {
      rows += static_cast<int64_t>(prompts[p].tokens.size());
      const auto length = static_cast<int64_t>(prompts[p].tokens.size());
      spans.push_back({length, length + settings.max_new_tokens});
      offsets_.push_back(rows);
      for (int32_t k = 0; k < prompts[p].samples; ++k)
        active_.push_back({static_cast<int32_t>(active_.size()), static_cast<int32_t>(p), k});
    }
    samples_.resize(active_.size());
    const auto options = at::dtype(model.dtype()).device(model.device());
    const auto& language = model.geometry().language;
    cache_.emplace(language, rows, static_cast<int64_t>(active_.size()), settings.max_new_tokens, options);
    rotary_ = model::plan_rotary(language, spans, model.device());
    std::vector<uint8_t> banned(language.vocabulary, 0);
    banned[model.geometry().image_token] = 1;
    for (const int32_t id : settings.suppress) banned[id] = 1;
    banned_ = on_device(banned, at::kByte);
    prompt_rows_ = on_device(offsets_, at::kLong);
  }

  std::vector<Sample> run() {
    std::vector<int64_t> prompts;
    for (const Active& a : active_) prompts.push_back(a.prompt);
    at::Tensor logits = prefill().index_select(0, on_device(prompts, at::kLong));
    for (int64_t t = 0;; ++t) {
      cancel_.check();
      choose(logits, t);
      if (active_.empty()) return std::move(samples_);
      logits = decode(t);
    }
  }

 private:
  // A host vector as a tensor on the model's device.
  template <class V>
  at::Tensor on_device(const std::vector<V>& values, at::ScalarType type) const {
    return at::tensor(values, type).to(model_.device());
  }

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
    std::vector<GroupTokens> groups;
    std::vector<int64_t> clip_of, last;
    model::Clips clips;
    for (size_t p = begin; p < end; ++p) {
      groups.push_back({prompts_[p].tokens, {}});
      clip_of.push_back(prompts_[p].clip ? static_cast<int64_t>(clips.size()) : -1);
      if (prompts_[p].clip) clips.push_back(prompts_[p].clip);
      last.push_back(offsets_[p + 1] - offsets_[begin] - 1);
    }
    const PackedBatch batch = model::pack(groups, model_.device());
    model::RotaryTables tables = rotary_.tables;
    tables.rows = model::rotary_rows(batch, {rotary_.begins.begin() + static_cast<std::ptrdiff_t>(begin),
                                             rotary_.begins.begin() + static_cast<std::ptrdiff_t>(end)});
    at::Tensor x = model_.embed(batch, model_.encode(clips), clip_of);
    const auto& language = model_.geometry().language;
    const auto& layers = model_.decoder().layers();
    for (size_t i = 0; i < layers.size(); ++i) {
      cancel_.check();
      const at::Tensor qkv = layers[i].project_qkv(x, tables);
      cache_->put_prompt(i, offsets_[begin], qkv);
      x = layers[i].after_attention(
          x, model::group_attention(qkv, {language.heads, language.kv_heads, language.head_width}, batch,
                                    nullptr));
    }
    return model_.head().logits(x.index_select(0, on_device(last, at::kLong)));
  }

  // One token for each row of logits, with its log-probability.
  std::pair<std::vector<int32_t>, std::vector<float>> sample(const at::Tensor& logits,
                                                             const std::vector<double>& uniforms) const {
    const int64_t rows = logits.size(0);
    const at::Tensor uniform_rows = on_device(uniforms, at::kDouble);
    const at::Tensor tokens = at::empty({rows}, logits.options().dtype(at::kInt));
    const at::Tensor log_probs = at::empty({rows}, logits.options().dtype(at::kFloat));
    dispatch_type(logits, [&](auto zero) {
      using T = decltype(zero);
      launch(logits.device(), kernels::Sample<T>{.logits = data<T>(logits),
                                                 .uniform = data<double>(uniform_rows),
                                                 .banned = data<uint8_t>(banned_),
                                                 .tokens = data<int32_t>(tokens),
                                                 .logprobs = data<float>(log_probs),
                                                 .rows = rows,
                                                 .vocabulary = logits.size(1),
                                                 .row_stride = logits.stride(0),
                                                 .temperature = static_cast<float>(settings_.temperature),
                                                 .top_k = settings_.top_k,
                                                 .top_p = settings_.top_p});
    });
    const at::Tensor host_tokens = tokens.cpu(), host_log_probs = log_probs.cpu();
    const auto* ids = data<int32_t>(host_tokens);
    const auto* values = data<float>(host_log_probs);
    return {{ids, ids + rows}, {values, values + rows}};
  }

  // Chooses token t of every active sample and retires those that end.
  void choose(const at::Tensor& logits, int64_t t) {
    const auto rows = static_cast<int64_t>(active_.size());
    std::vector<double> uniforms;
    for (const Active& a : active_)
      uniforms.push_back(
          uniform(prompts_[a.prompt].stream, static_cast<uint32_t>(a.index), static_cast<uint32_t>(t)));
    const auto [tokens, log_probs] = sample(logits, uniforms);
    std::vector<Active> left;
    next_.clear();
    for (int64_t i = 0; i < rows; ++i) {
      if (tokens[i] < 0)
        fail(Code::E_NUMERIC, "the logits of prompt ", active_[i].prompt, " at new token ", t,
             " are not finite, or every token is suppressed");
      Sample& sample = samples_[active_[i].slot];
      sample.tokens.push_back(tokens[i]);
      sample.log_probs.push_back(log_probs[i]);
      sample.ended = std::count(settings_.end_tokens.begin(), settings_.end_tokens.end(), tokens[i]) > 0;
      if (sample.ended || t + 1 == settings_.max_new_tokens) continue;
      left.push_back(active_[i]);
      next_.push_back(tokens[i]);
    }
    active_ = std::move(left);
  }

  // Feeds the tokens chosen at position t; logits [active, vocabulary] for position t + 1.
  at::Tensor decode(int64_t t) {
    std::vector<int32_t> table_rows, group, slot;
    for (const Active& a : active_) {
      table_rows.push_back(rotary_.begins[a.prompt] +
                           static_cast<int32_t>(prompts_[a.prompt].tokens.size() + t));
      group.push_back(a.prompt);
      slot.push_back(a.slot);
    }
    const at::Tensor groups = on_device(group, at::kInt), own_slots = on_device(slot, at::kInt);
    const at::Tensor own_length = at::full_like(groups, t + 1);
    const at::Tensor slots = own_slots.to(at::kLong);
    model::RotaryTables tables = rotary_.tables;
    tables.rows = on_device(table_rows, at::kInt);
    at::Tensor x =
        model_.parameters().get("language.embed.weight").value.index_select(0, on_device(next_, at::kLong));
    const auto& language = model_.geometry().language;
    const auto& layers = model_.decoder().layers();
    const at::Tensor attended = at::empty({x.size(0), language.heads * language.head_width}, x.options());
    for (size_t i = 0; i < layers.size(); ++i) {
      const at::Tensor qkv = layers[i].project_qkv(x, tables);
      cache_->put_own(i, t, slots, qkv);
      const at::Tensor q = qkv.narrow(1, 0, language.heads * language.head_width).contiguous();
      const LayerCache& cache = cache_->layer(i);
      dispatch_type(q, [&](auto zero) {
        using T = decltype(zero);
        launch(q.device(),
               kernels::DecodeAttention<T>{
                   .q = data<T>(q),
                   .prompt_k = data<T>(cache.prompt_k),
                   .prompt_v = data<T>(cache.prompt_v),
                   .prompt_offsets = data<int64_t>(prompt_rows_),
                   .own_k = data<T>(cache.own_k),
                   .own_v = data<T>(cache.own_v),
                   .group = data<int32_t>(groups),
                   .slot = data<int32_t>(own_slots),
                   .own_length = data<int32_t>(own_length),
                   .out = data<T>(attended),
                   .rows = x.size(0),
                   .heads = language.heads,
                   .kv_heads = language.kv_heads,
                   .head_dim = language.head_width,
                   .max_new = settings_.max_new_tokens,
                   .scale = static_cast<float>(1.0 / std::sqrt(static_cast<double>(language.head_width)))});
      });
      x = layers[i].after_attention(x, attended);
    }
    return model_.head().logits(x);
  }

  model::Model& model_;
  const std::vector<Prompt>& prompts_;
  const Settings& settings_;
  const CancelToken& cancel_;
  std::vector<int64_t> offsets_;  // [prompts + 1], rows of the prompts
  std::vector<Active> active_;
  std::vector<int64_t> next_;  // the tokens just chosen, of the active samples
  std::vector<Sample> samples_;
  at::Tensor banned_;       // [vocabulary], byte
  at::Tensor prompt_rows_;  // offsets_ on the device
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
