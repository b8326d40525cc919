#include "engine/planned.h"

#include <iomanip>
#include <sstream>

namespace vqat::engine {

int64_t weight_bytes(const Model& model) {
  int64_t bytes = 0;
  for (const Parameter* parameter : model.net->parameters().in_order())
    bytes += static_cast<int64_t>(parameter->value.nbytes());
  return bytes;
}

std::string in_gigabytes(double bytes) {
  std::ostringstream text;
  text << std::setprecision(3) << bytes / 1e9 << " GB";
  return text.str();
}

std::string planned_at(const Model& model, const std::string& more) {
  return "weights of " + in_gigabytes(static_cast<double>(weight_bytes(model))) + more;
}

std::string planned_rows(const Model& model, const char* what, size_t rows) {
  return planned_at(model, std::string(", and ") + what + " " + std::to_string(rows) + " tokens");
}

std::string planned_clips(const Model& model, const std::vector<ClipRef>& clips) {
  int64_t frames = 0;
  for (const ClipRef& clip : clips) frames += clip->frames();
  return planned_at(model, ", and activations of " + std::to_string(frames) + " frames");
}

}  // namespace vqat::engine
