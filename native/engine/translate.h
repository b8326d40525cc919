// Exceptions of libtorch and the standard library become vqat::Error where they are first caught.
#pragma once

#include <new>
#include <string>

#include "base/cancel.h"
#include "base/error.h"
#include "tensor/torch_compat.h"

namespace vqat::engine {

template <class F>
auto translated(F&& f) {
  try {
    return f();
  } catch (const Error&) {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const c10::OutOfMemoryError& e) {
    throw Error(Code::E_DEVICE_MEMORY, e.what_without_backtrace());
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    const bool memory = text.find("can't allocate memory") != std::string::npos;
    throw Error(memory ? Code::E_MEMORY : Code::E_INTERNAL, text);
  } catch (const std::bad_alloc&) {
    throw Error(Code::E_MEMORY, "memory ran out");
  } catch (const std::exception& e) {
    throw Error(Code::E_INTERNAL, e.what());
  }
}

}  // namespace vqat::engine
