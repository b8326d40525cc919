// Functions that are compiled for several processors. Knows the compiler only.
#pragma once

// Compiles a function for AVX-512, AVX2 and the baseline; the loader picks one by the processor. Named by
// level and not by processor, because GCC refuses to inline plain functions into code for another processor.
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__)
#define VQAT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define VQAT_CLONES
#endif
