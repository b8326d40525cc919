// A linear layer y = x·Wᵀ + b with low-rank adapters and a written backward. What does not train gets no
// gradient work.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tensor/parameter.h"

namespace vqat {

// Low-rank adaptation (Hu et al. 2022) of a run of the weight's rows, such as q's of a fused q, k, v: the
// same run of y's columns gains scale·(x·Aᵀ)·Bᵀ, as if those rows were W + scale·B·A. With magnitudes
// (DoRA, Liu et al. 2024, equation 5) each of those rows is divided by its norm and multiplied by its
// magnitude; the backward takes the norm for a constant (their equation 11).
struct Adapter {
  Parameter* a;       // [rank, in]
  Parameter* b;       // [rows, rank]
  int64_t first_row;  // of the weight
  double scale;
  Parameter* magnitude = nullptr;  // [rows], or nullptr
  at::Tensor norm = {};            // float32 [rows], as last measured

  int64_t rows() const { return b->value.size(0); }
  at::Tensor gain() const { return magnitude->value / norm; }
  bool trainable() const { return any_trains(a, b, magnitude); }
};

// What an adapter begins with.
struct NewAdapter {
  int64_t first_row;
  at::Tensor a, b;
  double scale;
  bool has_magnitude = false;
  at::Tensor magnitude = {};  // undefined: the norms that the adapted rows have
};

// Whether a parameter of this name is an adapter's.
bool is_adapter(const std::string& name);

struct Linear {
  Parameter* weight = nullptr;         // [out, in]
  Parameter* bias = nullptr;           // [out] or nullptr
  std::vector<Adapter> adapters = {};  // on top of each other where their rows overlap

  // x [rows, in] → [rows, out]
  at::Tensor forward(const at::Tensor& x) const;

  // Adds to the gradients of the weight, the bias and the adapters where they train; returns dL/dx, or an
  // undefined tensor when `need_input` is false. dy [rows, out], x as in forward, undefined unless
  // wants_input().
  at::Tensor backward(const at::Tensor& dy, const at::Tensor& x, bool need_input = true) const;

  // Kept by the store as `<weight's name>.<first_row>.lora_a`, `….lora_b` and `….lora_m`, in float32 on the
  // weight's device: a magnitude that is rounded is not the norm that it is divided by. E_ARGUMENT unless
  // they fit the weight, where rows with magnitudes are adapted twice, and for magnitudes of a row of zeros;
  // E_FORMAT when an adapter begins at this row already.
  void add_adapter(ParameterStore& parameters, const NewAdapter& added);
  // Norms of rows with magnitudes, after the weight or the adapter has changed.
  void measure();
  // The weight as its adapters make it, summed in float32; they are gone, from the store too.
  void merge(ParameterStore& parameters);
  // Takes the adapters away.
  void drop(ParameterStore& parameters);

  bool trainable() const { return any_trains(weight, bias, adapters); }
  // Whether the backward reads x: a bias's gradient does without.
  bool wants_input() const { return any_trains(weight, adapters); }

 private:
  // W + scale·B·A of the adapted rows, float32.
  at::Tensor summed(const Adapter& adapter) const;
  bool has_magnitudes() const;
  // dL/d(x·(W + scale·B·A)ᵀ); adds to the gradients of magnitudes.
  at::Tensor before_gains(const at::Tensor& dy, const at::Tensor& x) const;
};

using LinearVisitor = std::function<void(Linear&)>;

// grad += aᵀ·b with a [rows, m], b [rows, n], grad [m, n] float32, whatever the dtype of a and b.
void add_outer(at::Tensor& grad, const at::Tensor& a, const at::Tensor& b);

// grad += rows summed; grad [n] float32, a [rows, n].
void add_row_sum(at::Tensor& grad, const at::Tensor& a);

}  // namespace vqat
