/** A libcuda.so.1 that answers what a test says, and a CUDA library without kernels, compiled where they are needed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CudaCard } from "../../lib/native/loader.js";

export interface DriverAnswers {
  /** "abort" crashes, and first appends a byte to the file that VQAT_TRIES names. */
  readonly init?: number | "abort";
  readonly version: number;
  readonly cards?: readonly CudaCard[];
}

/** Writes it into the folder; LD_LIBRARY_PATH leads a process there. */
export function compileDriver(folder: string, { init = 0, version, cards = [] }: DriverAnswers): void {
  const rows = cards.map(
    ({ name, bytes, major, minor }) => `{${JSON.stringify(name)}, ${bytes}ul, ${major}, ${minor}},`,
  );
  compile(
    join(folder, "libcuda.so.1"),
    `#include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    struct card { const char* name; unsigned long bytes; int major, minor; };
    static const struct card cards[] = {${rows.join("\n")} {"", 0, 0, 0}};
    int cuInit(unsigned flags) { ${init === "abort" ? CRASH : `return ${init};`} }
    int cuDriverGetVersion(int* version) { *version = ${version}; return 0; }
    int cuDeviceGetCount(int* count) { *count = ${cards.length}; return 0; }
    int cuDeviceGet(int* device, int number) { *device = number + 40; return 0; }
    int cuDeviceGetName(char* name, int length, int device) {
      strncpy(name, cards[device - 40].name, length);
      return 0;
    }
    int cuDeviceTotalMem_v2(unsigned long* bytes, int device) { *bytes = cards[device - 40].bytes; return 0; }
    int cuDeviceGetAttribute(int* value, int attribute, int device) {
      if (attribute != 75 && attribute != 76) return 1;
      *value = attribute == 75 ? cards[device - 40].major : cards[device - 40].minor;
      return 0;
    }`,
  );
}

const CRASH = `
    FILE* tries = fopen(getenv("VQAT_TRIES"), "a");
    fputc('.', tries);
    fclose(tries);
    fputs("the driver is unwell\\n", stderr);
    abort();`;

/** Another vqathinker_cuda.so: its table says `table` and no more; it was compiled with CUDA `cuda`. */
export function compileKernels(folder: string, table: number, cuda: number): void {
  compile(
    join(folder, "vqathinker_cuda.so"),
    `static const int table[512] = {${table}};
    const void* vqat_cuda_table(void) { return table; }
    int vqat_cuda_version(void) { return ${cuda}; }`,
  );
}

/** A library from C. */
export function compile(out: string, source: string): void {
  mkdirSync(join(out, ".."), { recursive: true });
  writeFileSync(`${out}.c`, source);
  execFileSync("cc", ["-shared", "-fPIC", "-o", out, `${out}.c`]);
}
