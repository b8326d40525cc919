#include "base/error.h"

namespace vqat {

const char* code_name(Code code) {
  switch (code) {
#define VQAT_CODE(name) \
  case Code::name:      \
    return #name;
#include "base/error_codes.def"
#undef VQAT_CODE
  }
  return "E_INTERNAL";
}

}  // namespace vqat
