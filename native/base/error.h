// The one exception type that leaves a floor, with a code of base/error_codes.def.
// Knows the standard library only.
#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace vqat {

enum class Code {
#define VQAT_CODE(name) name,
#include "base/error_codes.def"
#undef VQAT_CODE
};

// "E_OPTION" and so on.
const char* code_name(Code code);

class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}
  Code code() const { return code_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  Code code_;
  std::string message_;
};

// fail(Code::E_FORMAT, file, ": expected ", want, ", found ", got)
template <class... Parts>
[[noreturn]] void fail(Code code, const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw Error(code, text.str());
}

// check(rows > 0, "rows must be positive, got ", rows): E_ARGUMENT when false.
template <class... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) fail(Code::E_ARGUMENT, parts...);
}

}  // namespace vqat
