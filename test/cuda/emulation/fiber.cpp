#include "emulation/fiber.h"

#include "emulation/sanitizers.h"

#ifndef __x86_64__
#error "the emulation switches fibers on x86-64 only"
#endif

extern "C" void vqat_switch_stack(void** save, void* load);
// The registers that a call keeps (System V ABI), and the stack pointer, are all that a fiber has.
asm(R"(
  .text
  .type vqat_switch_stack,@function
vqat_switch_stack:
  pushq %rbx
  pushq %rbp
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbp
  popq %rbx
  ret
  .size vqat_switch_stack,.-vqat_switch_stack
)");

namespace vqat::emulation {
namespace {

constexpr int kSavedRegisters = 6;
constexpr unsigned kOrdersNothing = 1;  // a switch is no synchronisation for the thread sanitizer

Context* left = nullptr;  // the one that was switched from

}  // namespace

void prepare(Context& context, void* stack, size_t bytes, void (*entry)(), size_t top_gap) {
  context.stack = stack;
  context.stack_bytes = bytes;
  context.asan = nullptr;
  auto* top = reinterpret_cast<void**>(static_cast<char*>(stack) + bytes - top_gap);
  *--top = nullptr;  // the place of a return address, so that the entry finds its stack aligned
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < kSavedRegisters; ++i) *--top = nullptr;
  context.stack_pointer = top;
}

void switch_context(Context& from, Context& to, bool ends) {
  left = &from;
  if (__tsan_switch_to_fiber) __tsan_switch_to_fiber(to.tsan, kOrdersNothing);
  if (__sanitizer_start_switch_fiber)
    __sanitizer_start_switch_fiber(ends ? nullptr : &from.asan, to.stack, to.stack_bytes);
  vqat_switch_stack(&from.stack_pointer, to.stack_pointer);
  if (__sanitizer_finish_switch_fiber)
    __sanitizer_finish_switch_fiber(from.asan, &left->stack, &left->stack_bytes);
}

void arrived() {
  if (__sanitizer_finish_switch_fiber)
    __sanitizer_finish_switch_fiber(nullptr, &left->stack, &left->stack_bytes);
}

}  // namespace vqat::emulation
