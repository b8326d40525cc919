/** One line on standard error that says how far a long read or write is. */

/** Without a terminal a line is written each time a tenth more is done, so that a log stays short. */
const LOG_STEPS = 10;
/** Below this many bytes of a disk, or of a network, nobody waits. */
const SHORT = 256e6;
const SHORT_FETCH = 32e6;

/** Like "15.89 GB", powers of ten. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** As byteProgress, for work in stages, each one a line of its own: "fetching: 0.10 GB of 0.19 GB". */
export function stageProgress(
  to: Screen = process.stderr,
): (stage: string, doneBytes: number, totalBytes: number) => void {
  const lines = new Map<string, ReturnType<typeof byteProgress>>();
  return (stage, done, total) => {
    const line = lines.get(stage) ?? byteProgress(stage, to, SHORT_FETCH);
    lines.set(stage, line);
    line(done, total);
  };
}

/** A callback of (done, total) bytes that keeps the line; it ends the line when both are equal. */
export function byteProgress(
  what: string,
  to: Screen = process.stderr,
  short = SHORT,
): (doneBytes: number, totalBytes: number) => void {
  let step = 0;
  let shown = "";
  return (done, total) => {
    if (total < short) return;
    const now = Math.floor((LOG_STEPS * done) / total);
    const text = `${what}: ${gigabytes(done)} of ${gigabytes(total)}`;
    if (to.isTTY) {
      if (text === shown) return;
      to.write(`\r${text}${done === total ? "\n" : ""}`);
    } else if (now > step) {
      to.write(`${text}\n`);
    }
    step = Math.max(step, now);
    shown = text;
  };
}
