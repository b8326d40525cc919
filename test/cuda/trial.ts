/** One run of the emulated kernels' tests, and what it told of a fault. */
import { spawnSync } from "node:child_process";

/** How the emulation is run: see test/cuda/emulation/settings.h. */
export interface Setting {
  readonly order: string;
  readonly blocks: string;
  readonly fill: number;
}

export const SETTINGS: readonly Setting[] = [
  { order: "forward", blocks: "forward", fill: 255 },
  { order: "high", blocks: "reverse", fill: 0 },
  { order: "low", blocks: "1", fill: 127 },
  { order: "2", blocks: "3", fill: 255 },
];

export const settingName = ({ order, blocks, fill }: Setting): string =>
  `threads ${order}, blocks ${blocks}, fill ${fill}`;

/** A loop that a fault keeps from ending is told, too. */
const MOST_SECONDS = 300;

/** How the tools begin a report, and who they are. */
const TELLERS: readonly [RegExp, string][] = [
  [/ERROR: AddressSanitizer: ([^\n]*)/, "address sanitizer"],
  [/WARNING: ThreadSanitizer: ([^\n(]*)/, "thread sanitizer"],
  [/runtime error: ([^\n]*)/, "undefined-behaviour sanitizer"],
  [/: the launch failed: ([^\n"]*)/, "emulation"],
  [/Failure\n(?:Failed\n)?([^\n]*(?:\n +[^\n]*)*)/, "numbers"],
];

/** Runs the tests; null when all passed, otherwise who told what. */
export function trial(program: string, tests: string, setting: Setting): string | null {
  const { status, signal, stdout, stderr } = spawnSync(program, [`--gtest_filter=${tests}`], {
    encoding: "utf8",
    timeout: 1000 * MOST_SECONDS,
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      VQAT_EMULATION_ORDER: setting.order,
      VQAT_EMULATION_BLOCKS: setting.blocks,
      VQAT_EMULATION_FILL: String(setting.fill),
      VQAT_REQUIRE_CUDA: "1",
      OMP_NUM_THREADS: "1",
      UBSAN_OPTIONS: "halt_on_error=1",
      TSAN_OPTIONS: "halt_on_error=1",
    },
  });
  const text = `${stdout}${stderr}`;
  const ran = Number(/^\[==========\] Running (\d+) tests?/m.exec(text)?.[1] ?? 0);
  if (status === 0 && ran === 0) throw new Error(`${program}: no test is called ${tests}`);
  if (status === 0) return null;
  for (const [pattern, teller] of TELLERS) {
    const said = pattern.exec(text)?.[1];
    if (said !== undefined) return `${teller}: ${brief(said)}`;
  }
  return signal === "SIGTERM"
    ? `still running after ${MOST_SECONDS} s`
    : `ended by ${signal ?? `code ${status}`}`;
}

/** On one line, and with the names of files alone. */
const brief = (text: string) =>
  text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/\S*\/([\w.-]+:\d+)/g, "$1");
