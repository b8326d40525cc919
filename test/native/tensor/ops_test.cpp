// Every operation on every device: its kernel runs there, or it refuses with the code for that, before any
// memory is touched. What the kernels compute is in test/native/kernels.
#include <gtest/gtest.h>

#include <functional>

#include "base/error.h"
#include "tensor/device.h"
#include "tensor/host.h"
#include "tensor/ops/attention.h"
#include "tensor/ops/decode_attention.h"
#include "tensor/ops/norm.h"
#include "tensor/ops/pixels.h"
#include "tensor/ops/policy_loss.h"
#include "tensor/ops/rope.h"
#include "tensor/ops/sample.h"
#include "tensor/ops/swiglu.h"
#include "tensor/ops/token_logprob.h"

namespace vqat::ops {
namespace {

// Zeros of every kind that operations read, on one device.
struct Inputs {
  at::Device device;
  at::Tensor of(at::IntArrayRef shape, at::ScalarType type = at::kFloat) const {
    return at::zeros(shape, at::dtype(type).device(device));
  }
  at::Tensor ids(int64_t rows) const { return of({rows}, at::kInt); }
};

struct Operation {
  const char* name;
  std::function<void(const Inputs&)> run;
  bool cuda;        // whether CUDA has it
  bool cpu = true;  // whether the CPU has it
};

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all{
      {"rms_norm",
       [](const Inputs& in) {
         rms_norm(in.of({2, 4}), in.of({4}), 1e-6);
       },
       true},
      {"rms_norm backward",
       [](const Inputs& in) {
         rms_norm_backward(in.of({2, 4}), in.of({2, 4}), in.of({4}), in.of({2}), in.of({4}));
       },
       true},
      {"swiglu",
       [](const Inputs& in) {
         swiglu(in.of({2, 8}));
       },
       true},
      {"swiglu backward",
       [](const Inputs& in) {
         swiglu_backward(in.of({2, 4}), in.of({2, 8}));
       },
       true},
      {"rope",
       [](const Inputs& in) {
         at::Tensor x = in.of({2, 8});
         rope(x, 1, in.ids(2), in.of({3, 2}), in.of({3, 2}), false);
       },
       true},
      {"token_logprob", [](const Inputs& in) { token_logprob_begin(2, true, in.device); }, true},
      {"token_logprob tile",
       [](const Inputs& in) {
         token_logprob_tile(in.of({4, 2}), in.of({2, 5}), {in.ids(2), 0, 1.0});
       },
       true},
      {"token_logprob finish",
       [](const Inputs& in) {
         token_logprob_finish(in.of({4, 2}), in.ids(2));
       },
       true},
      {"token_logprob backward",
       [](const Inputs& in) {
         at::Tensor logits = in.of({2, 5});
         const at::Tensor rows = in.of({2});
         token_logprob_backward_tile(logits, {in.ids(2), 0, 1.0}, {rows, rows, rows}, {rows, rows});
       },
       true},
      {"attention",
       [](const Inputs& in) {
         flash_forward(in.of({1, 2, 3, 8}), in.of({1, 2, 3, 8}), in.of({1, 2, 3, 8}), true);
       },
       true},
      {"attention backward",
       [](const Inputs& in) {
         const at::Tensor x = in.of({1, 2, 3, 8});
         flash_backward(x, x, x, x, x, in.of({1, 2, 3}), true);
       },
       true},
      {"attention of segments",
       [](const Inputs& in) {
         const at::Tensor x = in.of({3, 2, 8}, at::kBFloat16),
                          offsets = at::arange(0, 4, 3, in.ids(1).options());
         segments_forward(x, x, x, {offsets, offsets, 3, 3}, true);
       },
       true, false},
      {"attention of segments backward",
       [](const Inputs& in) {
         const at::Tensor x = in.of({3, 2, 8}, at::kBFloat16),
                          offsets = at::arange(0, 4, 3, in.ids(1).options());
         segments_backward(x, x, x, x, x, in.of({2, 3}), {offsets, offsets, 3, 3}, true);
       },
       true, false},
      {"decode_attention",
       [](const Inputs& in) {
         const at::Tensor prompt = in.of({3, 1, 8}), own = in.of({2, 4, 1, 8});
         const at::Tensor length = in.of({2}, at::kInt) + 1;
         decode_attention(in.of({2, 16}), {prompt, prompt, own, own, /*longest_prompt=*/0},
                          in.of({2}, at::kLong), {in.ids(2), in.ids(2), length}, in.of({2, 16}));
       },
       true},
      {"sample",
       [](const Inputs& in) {
         sample(in.of({2, 5}), in.of({2}, at::kDouble), in.of({5}, at::kByte), {}, sampled_in(in.ids(4)));
       },
       true},
      {"resize",
       [](const Inputs& in) {
         resize(in.of({4, 6, 3}, at::kByte), in.of({2, 2, 3}, at::kByte));
       },
       false},
      {"normalize",
       [](const Inputs& in) {
         normalize(in.of({2, 4, 4, 3}, at::kByte), in.ids(3), at::kFloat);
       },
       true},
      {"policy_loss",
       [](const Inputs& in) {
         const at::Tensor tokens = in.of({3}), offsets = at::arange(0, 4, 3, in.of({1}, at::kLong).options());
         policy_loss({.log_probs = tokens,
                      .old_log_probs = tokens,
                      .reference = tokens,
                      .entropy = tokens,
                      .weights = in.of({3}, at::kDouble),
                      .offsets = offsets,
                      .advantages = in.of({1}),
                      .objective = {.beta = 0.04, .entropy_weight = 0.01},
                      .entropy_floor = 0},
                     policy_sums(in.device));
       },
       true},
  };
  return all;
}

// "" when it ran, else the refusal.
std::string refusal(const Operation& operation, const at::Device& device) {
  try {
    operation.run({device});
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_UNAVAILABLE);
    return error.what();
  }
}

TEST(Operations, RunOnTheCpuOrRefuse) {
  for (const Operation& operation : operations())
    EXPECT_EQ(refusal(operation, at::kCPU).empty(), operation.cpu) << operation.name;
}

TEST(Operations, RefuseADeviceWithoutKernels) {
  for (const Operation& operation : operations())
    EXPECT_NE(refusal(operation, at::kMeta).find("no kernel for device meta"), std::string::npos)
        << operation.name;
}

TEST(Operations, RunOnCudaOrRefuse) {
  try {
    check_device(at::kCUDA);
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  for (const Operation& operation : operations())
    EXPECT_EQ(refusal(operation, at::kCUDA).empty(), operation.cuda) << operation.name;
}

TEST(Devices, AnotherCardIsChosenByTheEnvironment) {
  try {
    check_device(at::Device("cuda:1"));
    FAIL() << "cuda:1 was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::E_UNAVAILABLE);
    EXPECT_STREQ(error.what(),
                 "device 'cuda:1': expected cuda or cuda:0; choose another card with CUDA_VISIBLE_DEVICES");
  }
}

TEST(Attention, RefusesHeadsThatFlashHasNoKernelFor) {
  EXPECT_NO_THROW(check_attention(20, at::kBFloat16, at::kCPU));
  EXPECT_NO_THROW(check_attention(20, at::kFloat, at::kCUDA));
  EXPECT_NO_THROW(check_attention(256, at::kBFloat16, at::kCUDA));
  for (const int64_t width : {20, 264}) EXPECT_THROW(check_attention(width, at::kBFloat16, at::kCUDA), Error);
}

TEST(Operations, RefuseAnotherType) { EXPECT_THROW(swiglu(at::zeros({2, 8}, at::kDouble)), Error); }

TEST(Host, ValuesKeepTheirTypeAndOrder) {
  const std::vector<int64_t> values{3, -1, int64_t{1} << 40};
  const at::Tensor tensor = on_device(values, at::kCPU);
  EXPECT_EQ(tensor.scalar_type(), at::kLong);
  EXPECT_EQ(host_values<int64_t>(tensor), values);
  EXPECT_EQ(host_values<int64_t>(tensor.view({3, 1}).expand({3, 2}).t()[0]), values);
  EXPECT_EQ(on_device(std::vector<uint8_t>{}, at::kCPU).numel(), 0);
}

}  // namespace
}  // namespace vqat::ops
