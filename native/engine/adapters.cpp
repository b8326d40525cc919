// The façade's calls on adapters.
#include <cmath>

#include "base/error.h"
#include "engine/engine.h"
#include "engine/handles.h"
#include "engine/planned.h"
#include "engine/requests.h"
#include "engine/translate.h"
#include "tensor/finite.h"

namespace vqat::engine {

void add_adapters(const ModelRef& model, const std::vector<AdapterSpec>& added, const CancelToken& cancel) {
  const auto add = [&] {
    check_free(*model);
    model::Model& net = *model->net;
    WeightReader reader;
    const auto read = [&](const ParameterSpec& one) {
      const at::Tensor values = reader.read(stored(one), at::kFloat, net.device(), cancel);
      if (!std::isfinite(norm_of(values)))
        fail(Code::E_FORMAT, "adapter: '", one.name, "' holds numbers that are not finite");
      return values;
    };
    std::vector<NewAdapter> made;
    for (const AdapterSpec& one : added)
      made.push_back({.first_row = one.first_row,
                      .a = read(one.a),
                      .b = read(one.b),
                      .scale = one.scale,
                      .has_magnitude = one.has_magnitude,
                      .magnitude = one.magnitude ? read(*one.magnitude) : at::Tensor()});
    try {
      for (size_t i = 0; i < made.size(); ++i) net.add_adapter(added[i].weight, made[i]);
    } catch (...) {
      net.drop_adapters();
      throw;
    }
  };
  translated(add, [&] { return planned_at(*model); });
}

void merge_adapters(const ModelRef& model, const CancelToken&) {
  const auto merge = [&] {
    check_free(*model);
    model->net->merge_adapters();
  };
  translated(merge, [&] { return planned_at(*model, " with one more of the largest in float32"); });
}

}  // namespace vqat::engine
