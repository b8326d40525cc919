// Exceptions of libtorch and the standard library become vqat::Error where they are first caught.
#pragma once

#include <new>
#include <string>

#include "base/cancel.h"
#include "base/error.h"
#include "tensor/device.h"
#include "tensor/torch_compat.h"

namespace vqat::engine {

inline std::string in_parentheses(const std::string& planned) {
  return planned.empty() ? "" : " (planned: " + planned + ")";
}

// What of the CPU allocator's message says how much was asked for; "" where it is none of its.
inline std::string asked_of_memory(const std::string& text) {
  const size_t from = text.find("you tried to allocate");
  return text.find("can't allocate memory") == std::string::npos || from == std::string::npos
             ? ""
             : text.substr(from, text.find('.', from) - from);
}

// The first words of libtorch's message: what was asked for, and what was free.
inline std::string out_of_memory(const std::string& text, const std::string& planned) {
  const std::string head = text.substr(0, text.find(" Including non-PyTorch memory"));
  return "the device's memory ran out" + in_parentheses(planned) + ": " + head +
         (head.ends_with('.') ? " " : ". ") + "What was freed was given back; the model is as it was";
}

// Whether libtorch's message says that CUDA or one of its libraries got no memory of its own, outside of
// libtorch's allocator: a failed allocation leaves the device usable, as other CUDA errors do not.
inline bool is_of_device_memory(const std::string& text) {
  for (const char* words :
       {"CUDA error: out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"})
    if (text.find(words) != std::string::npos) return true;
  return false;
}

// Whether libtorch's message is of the device or its libraries: what a kernel did wrong surfaces in such a
// call.
inline bool is_of_device(const std::string& text) {
  for (const char* words : {"CUDA error", "CUBLAS_STATUS", "cuDNN error", "CUDNN_STATUS"})
    if (text.find(words) != std::string::npos) return true;
  return false;
}

inline std::string device_failed(const std::string& text) {
  const std::string kernels = kernels_in_flight();
  return text.substr(0, text.find('\n')) +
         (kernels.empty() ? "" : "; in one of " + kernels + " (CUDA_LAUNCH_BLOCKING=1 says which)") +
         "; this call updated nothing, and the process must be started again";
}

// `planned` says what the call was going to hold, for a message that the device's memory did not do.
template <class Planned>
[[noreturn]] void fail_out_of_memory(const std::string& text, Planned&& planned) {
  const std::string message = out_of_memory(text, planned());
  return_device_memory();
  throw Error(Code::E_OUT_OF_MEMORY, message);
}

template <class F, class Planned>
auto translated(F&& f, Planned&& planned) {
  try {
    return f();
  } catch (const Error&) {
    throw;
  } catch (const Cancelled&) {
    throw;
  } catch (const c10::OutOfMemoryError& e) {
    fail_out_of_memory(e.what_without_backtrace(), planned);
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    if (is_of_device_memory(text)) fail_out_of_memory(text.substr(0, text.find('\n')), planned);
    if (is_of_device(text)) throw Error(Code::E_DEVICE, device_failed(text));
    const std::string asked = asked_of_memory(text);
    if (asked.empty()) throw Error(Code::E_INTERNAL, text);
    throw Error(Code::E_MEMORY, "memory ran out" + in_parentheses(planned()) + ": " + asked);
  } catch (const std::bad_alloc&) {
    throw Error(Code::E_MEMORY, "memory ran out" + in_parentheses(planned()));
  } catch (const std::exception& e) {
    throw Error(Code::E_INTERNAL, e.what());
  }
}

template <class F>
auto translated(F&& f) {
  return translated(std::forward<F>(f), [] { return std::string(); });
}

}  // namespace vqat::engine
