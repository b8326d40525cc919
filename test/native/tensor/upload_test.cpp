// Several arrays in one copy: their types, shapes and order, and where they lie.
#include "tensor/upload.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>

#include "base/error.h"
#include "tensor/host.h"

namespace vqat {
namespace {

TEST(Upload, HandsOutEveryArrayAsItWas) {
  const std::vector<float> kept{1.5f, -2, 3, 4};
  const std::vector<int64_t> longs{7, int64_t{1} << 40, -1};
  at::Tensor bytes, wide, part, none, table;
  Upload upload;
  upload.add(std::vector<uint8_t>{1, 2, 255}, &bytes);
  upload.add(longs, &wide);
  upload.add(std::span(kept).subspan(1, 2), &part);
  upload.add(std::vector<int32_t>{}, &none);
  upload.add(at::arange(6, at::kDouble).view({3, 2}).t(), &table);  // not contiguous
  EXPECT_FALSE(bytes.defined());
  upload.send(at::kCPU);
  EXPECT_EQ(host_values<uint8_t>(bytes), (std::vector<uint8_t>{1, 2, 255}));
  EXPECT_EQ(host_values<int64_t>(wide), longs);
  EXPECT_EQ(host_values<float>(part), (std::vector<float>{-2, 3}));
  EXPECT_EQ(none.scalar_type(), at::kInt);
  EXPECT_EQ(none.numel(), 0);
  EXPECT_EQ(table.sizes(), at::IntArrayRef({2, 3}));
  EXPECT_EQ(host_values<double>(table), (std::vector<double>{0, 2, 4, 1, 3, 5}));
}

TEST(Upload, LiesInOneAlignedPieceThatEveryArrayKeepsAlive) {
  at::Tensor first, second;
  {
    Upload upload;
    upload.add(std::vector<uint8_t>{1}, &first);
    upload.add(std::vector<double>{2.5}, &second);
    EXPECT_EQ(upload.bytes(), 2 * Upload::kAlign);
    upload.send(at::kCPU);
  }
  EXPECT_TRUE(first.is_alias_of(second));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(second.data_ptr()) % Upload::kAlign, 0);
  first.reset();
  EXPECT_EQ(host_values<double>(second), std::vector<double>{2.5});
}

TEST(Upload, KeepsTheAddressesOfGivenMemory) {
  const at::Tensor memory = at::zeros({4 * Upload::kAlign}, at::kByte);
  at::Tensor ids, numbers;
  const auto send = [&](int32_t id, double number) {
    Upload upload;
    upload.add(std::vector<int32_t>{id, id + 1}, &ids);
    upload.add(std::vector<double>{number}, &numbers);
    upload.send_into(memory);
  };
  send(5, 0.5);
  const void *ids_at = ids.data_ptr(), *numbers_at = numbers.data_ptr();
  const at::Tensor before = ids;
  send(8, 0.25);
  EXPECT_EQ(ids.data_ptr(), ids_at);
  EXPECT_EQ(numbers.data_ptr(), numbers_at);
  EXPECT_EQ(host_values<int32_t>(before), (std::vector<int32_t>{8, 9}));
  EXPECT_EQ(host_values<double>(numbers), std::vector<double>{0.25});
}

TEST(Upload, RefusesMemoryThatIsTooSmall) {
  at::Tensor ids;
  Upload upload;
  upload.add(std::vector<int32_t>(17), &ids);
  EXPECT_THROW(upload.send_into(at::zeros({Upload::kAlign}, at::kByte)), Error);
}

TEST(Upload, SendsNothing) {
  at::Tensor none;
  Upload upload;
  upload.add(std::vector<int32_t>{}, &none);
  upload.send(at::kCPU);
  EXPECT_EQ(none.numel(), 0);
  Upload().send(at::kCPU);
}

}  // namespace
}  // namespace vqat
