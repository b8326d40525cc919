#include "kernels/impl.h"

#include <cstdlib>
#include <string>

#include "base/error.h"

namespace vqat::kernels {

bool use_reference() {
  static const bool reference = [] {
    const char* value = std::getenv("VQAT_IMPL");
    const std::string text = value ? value : "";
    check(text.empty() || text == "fast" || text == "reference",
          "VQAT_IMPL: expected 'fast' or 'reference', found '", text, "'");
    return text == "reference";
  }();
  return reference;
}

}  // namespace vqat::kernels
