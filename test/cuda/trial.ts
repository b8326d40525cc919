/** One run of the emulated kernels' tests, and what it told of a fault. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../lib/core/package-root.js";

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

/** Of a core, so that a busy machine changes nothing. A loop that a fault keeps from ending is told, too. */
const MOST_SECONDS = 600;
const LIMITED = `ulimit -S -t ${MOST_SECONDS} && exec "$0" "$@"`;

const SUPPRESSIONS = join(packageRoot(), "test", "cuda", "thread-sanitizer.txt");

/** How the tools begin a report, and who they are. */
const TELLERS: readonly [RegExp, string][] = [
  [/ERROR: AddressSanitizer: ([^\n]*)/, "address sanitizer"],
  [/WARNING: ThreadSanitizer: ([^\n(]*)/, "thread sanitizer"],
  [/runtime error: ([^\n]*)/, "undefined-behaviour sanitizer"],
  [/: the launch failed: ([^\n"]*)/, "emulation"],
  [/Failure\n(?:Failed\n)?([^\n]*(?:\n +[^\n]*)*)/, "numbers"],
];

/** Runs the tests; null when all passed, otherwise who told what. */
export async function trial(program: string, tests: string, setting: Setting): Promise<string | null> {
  const { status, signal, text } = await ended(program, tests, {
    ...process.env,
    VQAT_EMULATION_ORDER: setting.order,
    VQAT_EMULATION_BLOCKS: setting.blocks,
    VQAT_EMULATION_FILL: String(setting.fill),
    VQAT_REQUIRE_CUDA: "1",
    OMP_NUM_THREADS: "1",
    UBSAN_OPTIONS: "halt_on_error=1",
    TSAN_OPTIONS: `halt_on_error=1 suppressions=${SUPPRESSIONS}`,
  });
  const ran = Number(/^\[==========\] Running (\d+) tests?/m.exec(text)?.[1] ?? 0);
  if (status === 0 && ran === 0) throw new Error(`${program}: no test is called ${tests}`);
  if (status === 0) return null;
  for (const [pattern, teller] of TELLERS) {
    const said = pattern.exec(text)?.[1];
    if (said !== undefined) return `${teller}: ${brief(said)}`;
  }
  return signal === "SIGXCPU"
    ? `still running after ${MOST_SECONDS} s of a core`
    : `ended by ${signal ?? `code ${status}`}`;
}

/** How the program ended, and all that it wrote. */
function ended(program: string, tests: string, env: NodeJS.ProcessEnv) {
  const args = ["-c", LIMITED, program, `--gtest_filter=${tests}`];
  return new Promise<{ status: number | null; signal: string | null; text: string }>((resolve) => {
    const child = execFile("sh", args, { env, maxBuffer: 1 << 28 }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode, signal: child.signalCode, text: `${stdout}${stderr}` }),
    );
  });
}

/** On one line, and with the names of files alone. */
const brief = (text: string) =>
  text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/\S*\/([\w.-]+:\d+)/g, "$1");
