#include "engine/engine.h"
#include "engine/requests.h"
#include "engine/translate.h"
#include "measures/niqe.h"

namespace vqat::engine {

NiqeResult niqe_features(std::span<const uint8_t> rgb, int64_t width, int64_t height,
                         const CancelToken& cancel) {
  return translated([&] {
    check_rgb(rgb, width, height);
    measures::NiqeBlocks found = measures::niqe_blocks(rgb, width, height);
    return NiqeResult{std::move(found.features), std::move(found.sharpness)};
  });
}

}  // namespace vqat::engine
