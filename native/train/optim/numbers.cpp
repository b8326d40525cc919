#include "train/optim/numbers.h"

#include <cmath>

#include "base/error.h"

namespace vqat::train {
namespace {

class Float32 final : public Numbers {
 public:
  explicit Float32(at::Tensor flat) : flat_(std::move(flat)) {}
  at::Tensor load(int64_t from, int64_t to) const override { return flat_.narrow(0, from, to - from); }
  void store(int64_t, const at::Tensor&, int64_t) override {}
  NamedTensors named(const std::string& prefix, int64_t begin, const Parameter& p) const override {
    return {{prefix + p.name, Arena::view(flat_, begin, p)}};
  }

 private:
  const at::Tensor flat_;
};

// The finaliser of splitmix64 (Steele, Lea and Flood 2014).
uint64_t mixed(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// 16 random bits for each number [from, from + count), the same on every device: int32 [count]. Elementwise
// operations of the tensor library, so that no kernel has to be kept in step with another.
at::Tensor random_bits(int64_t from, int64_t count, uint64_t key, const at::Device& device) {
  const auto as_signed = [](uint64_t x) { return static_cast<int64_t>(x); };
  at::Tensor x = at::arange(from, from + count, at::TensorOptions(at::kLong).device(device));
  x.add_(as_signed(key)).mul_(as_signed(0xBF58476D1CE4E5B9u));
  x.bitwise_xor_(at::bitwise_right_shift(x, 32)).mul_(as_signed(0x94D049BB133111EBu));
  return at::bitwise_right_shift(x, 40).bitwise_and_(0xffff).to(at::kInt);
}

class BFloat16 final : public Numbers {
 public:
  BFloat16(at::Tensor flat, uint64_t salt) : flat_(std::move(flat)), salt_(salt) {}

  at::Tensor load(int64_t from, int64_t to) const override {
    return flat_.narrow(0, from, to - from).to(at::kFloat);
  }

  // Nearest rounding would lose every change below half of the last digit, which most changes are.
  void store(int64_t from, const at::Tensor& changed, int64_t step) override {
    const uint64_t key = mixed(mixed(salt_) + static_cast<uint64_t>(step));
    // Half of a float32's bits are cut off; the random ones carry into what stays as often as those amount
    // to.
    at::Tensor bits = random_bits(from, changed.numel(), key, changed.device());
    bits.add_(changed.view(at::kInt)).bitwise_and_(static_cast<int32_t>(0xffff0000u));
    flat_.narrow(0, from, changed.numel()).copy_(bits.view(at::kFloat));
  }

  NamedTensors named(const std::string& prefix, int64_t begin, const Parameter& p) const override {
    return {{prefix + p.name, Arena::view(flat_, begin, p)}};
  }

 private:
  const at::Tensor flat_;
  const uint64_t salt_;
};

class Block8 final : public Numbers {
 public:
  Block8(int64_t count, bool has_sign, const at::Device& device)
      : has_sign_(has_sign),
        values_(dynamic_tree(has_sign).to(device)),
        middles_((values_.slice(0, 1) + values_.slice(0, 0, -1)) / 2),
        codes_(at::full({count}, has_sign ? 127 : 0, at::TensorOptions(at::kByte).device(device))),
        scales_(at::zeros({count / Arena::kBlock}, at::TensorOptions(at::kFloat).device(device))) {}

  at::Tensor load(int64_t from, int64_t to) const override {
    const at::Tensor codes = codes_.narrow(0, from, to - from).to(at::kInt);
    const at::Tensor values = values_.index_select(0, codes).view({-1, Arena::kBlock});
    return (values * scales(from, to)).view({-1});
  }

  void store(int64_t from, const at::Tensor& changed, int64_t) override {
    const int64_t to = from + changed.numel();
    const at::Tensor blocks = changed.view({-1, Arena::kBlock});
    const at::Tensor largest = blocks.abs().amax(1, true);
    const at::Tensor shares = blocks / at::where(largest > 0, largest, 1.0);
    at::Tensor codes = at::bucketize(shares, middles_, true);
    if (!has_sign_) codes = at::where(blocks > 0, codes.clamp_min(1), codes);
    codes_.narrow(0, from, changed.numel()).copy_(codes.view({-1}));
    scales(from, to).copy_(largest);
  }

  NamedTensors named(const std::string& prefix, int64_t begin, const Parameter& p) const override {
    const std::string scale = prefix.substr(0, prefix.find_last_not_of('.') + 1) + "_absmax.";
    const int64_t blocks = (p.value.numel() + Arena::kBlock - 1) / Arena::kBlock;
    return {{prefix + p.name, Arena::view(codes_, begin, p)},
            {scale + p.name, scales_.narrow(0, begin / Arena::kBlock, blocks)}};
  }

 private:
  at::Tensor scales(int64_t from, int64_t to) const {
    return scales_.narrow(0, from / Arena::kBlock, (to - from) / Arena::kBlock).unsqueeze(1);
  }

  const bool has_sign_;
  const at::Tensor values_, middles_;  // float32 [256], [255]
  const at::Tensor codes_, scales_;    // uint8 [count], float32 [blocks]: the largest magnitude of each
};

}  // namespace

std::unique_ptr<Numbers> numbers_in(const at::Tensor& flat, uint64_t salt) {
  if (flat.scalar_type() == at::kFloat) return std::make_unique<Float32>(flat);
  check(flat.scalar_type() == at::kBFloat16, "an optimiser keeps float32 or bfloat16, found ",
        flat.scalar_type());
  return std::make_unique<BFloat16>(flat, salt);
}

std::unique_ptr<Numbers> zeros_of(Width width, int64_t count, bool has_sign, uint64_t salt,
                                  const at::Device& device) {
  if (width == Width::kBlock8) return std::make_unique<Block8>(count, has_sign, device);
  const auto type = width == Width::kFloat32 ? at::kFloat : at::kBFloat16;
  return numbers_in(at::zeros({count}, at::TensorOptions(type).device(device)), salt);
}

double bytes_of(Width width, int64_t values) {
  const auto padded = static_cast<double>(Arena::padded(values));
  if (width == Width::kBlock8) return padded + 4 * padded / Arena::kBlock;
  return padded * (width == Width::kFloat32 ? 4 : 2);
}

at::Tensor dynamic_tree(bool has_sign) {
  std::vector<at::Tensor> parts{at::zeros({1}), at::ones({1})};
  for (int power = 0; power < 7; ++power) {
    const int64_t count = int64_t{1} << (has_sign ? power : power + 1);
    const at::Tensor edges = at::linspace(0.1, 1, count + 1);
    const at::Tensor middles = (edges.slice(0, 1) + edges.slice(0, 0, -1)) / 2 * std::pow(10.0, power - 6);
    parts.push_back(middles);
    if (has_sign) parts.push_back(-middles);
  }
  return std::get<0>(at::cat(parts).sort());
}

}  // namespace vqat::train
