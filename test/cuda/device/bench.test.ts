/**
 * bench/gpu/run.sh: its limits, what it does when parts fail, and its programs on the stand-in device in small. The last
 * is for VQAT_SLOW=1.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../../lib/core/package-root.js";
import { missing } from "./stand-in.js";

const EIGHT_MINUTES = 480;
const STAND_IN = new URL("./stand-in.js", import.meta.url).href;

interface Row {
  readonly what: string;
  readonly part?: string;
  readonly code?: number;
  readonly dtype?: string;
  readonly within?: boolean;
  readonly device?: string;
  readonly shape?: string;
  readonly like?: string;
}

/** What no row of the small shape may pass for: a card's, or one of published widths. */
const ON_STAND_IN = { device: "cuda, no card", shape: "small", like: "tiny" };

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "vqat-gpu-run-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function run(name: string, env: Readonly<Record<string, string>>) {
  const out = join(folder, name);
  const prebuild = join(packageRoot(), "build", "stand-in");
  const { status, stderr } = spawnSync("sh", [join(packageRoot(), "bench", "gpu", "run.sh")], {
    env: { ...process.env, OUT: out, VQATHINKER_PREBUILD: prebuild, ...env },
    encoding: "utf8",
  });
  const rows = (part: string): Row[] =>
    readFileSync(join(out, `gpu-${part}.jsonl`), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as Row);
  return { status, stderr, rows };
}

/** Programs that are found before the real ones. */
function programs(name: string, scripts: Readonly<Record<string, string>>): string {
  const bin = join(folder, `${name}-bin`);
  mkdirSync(bin);
  for (const [program, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, program), 0o755);
  }
  return `${bin}:${process.env["PATH"]}`;
}

describe("bench/gpu/run.sh", () => {
  it("gives every part a limit, eight minutes in sum", () => {
    const log = join(folder, "limits");
    const PATH = programs("limits", { timeout: `echo "$3" >>"${log}"` });
    assert.equal(run("limits-out", { PATH }).status, 0);
    const limits = readFileSync(log, "utf8").trim().split("\n").map(Number);
    assert.equal(limits.length, 5);
    assert.ok(limits.reduce((a, b) => a + b) <= EIGHT_MINUTES, limits.join(" + "));
  });

  it("goes on after a part that fails and one that takes too long, and says which", () => {
    const PATH = programs("failing", {
      cmake: `echo '{"what":"no row"}'; exit 7`,
      timeout: `shift 3; exec "$(command -v -p timeout)" 2 "$@"`,
      node: `case $1 in *parity*) exit 3;; *speed*) sleep 60 & wait;; *) echo '{"what":"reached"}';; esac`,
    });
    const { status, rows, stderr } = run("failing-out", { PATH, VQAT_LIBTORCH: "nowhere" });
    assert.equal(status, 1 + 2 + 4 + 8);
    assert.deepEqual(
      rows("parts").map(({ part, code }) => [part, code]),
      [
        ["build", 7],
        ["kernels", 7],
        ["parity", 3],
        ["speed", 124],
        ["step", 0],
      ],
    );
    assert.deepEqual(rows("build"), []);
    assert.deepEqual(rows("step"), [{ what: "reached" }]);
    assert.match(stderr, /part parity failed \(3\)/);
  });

  it("says what it lacks where Python has no torch", () => {
    const PATH = programs("no-torch", { python3: "exit 1" });
    const { status, stderr } = run("no-torch-out", { PATH, VQATHINKER_PREBUILD: "", VQAT_LIBTORCH: "" });
    assert.equal(status, 64);
    assert.match(stderr, /^run\.sh: python3 has no torch; /);
  });

  const slow = process.env["VQAT_SLOW"] === "1" ? false : "a minute of emulated kernels: VQAT_SLOW=1 runs it";
  it("checks and times all of it on the stand-in device", { skip: missing ?? slow }, () => {
    // However long it takes here: the limits are those of a card.
    const PATH = programs("device", { timeout: 'shift 3; exec "$@"' });
    const { status, rows, stderr } = run("device-out", {
      PATH,
      PARTS: "parity speed step",
      VQAT_BENCH_SHAPE: "small",
      NODE_OPTIONS: `--import ${STAND_IN}`,
    });
    assert.equal(status, 0, stderr);
    const compared = rows("parity").filter(({ within }) => within !== undefined);
    assert.ok(compared.every(({ within }) => within));
    const comparedIn = (dtype: string) =>
      compared.filter((one) => one.dtype === dtype).map(({ what }) => what.replace("parity ", ""));
    const first = ["logits", "logProbs", "step 1 loss", "step 1 gradNorm"];
    assert.deepEqual(comparedIn("float32"), [...first, "step 2 loss", "step 2 gradNorm"]);
    assert.deepEqual(comparedIn("bfloat16"), first);
    const timed = [...rows("speed"), ...rows("step")];
    for (const one of timed) {
      const { device, shape, like, dtype } = one;
      assert.deepEqual({ device, shape, like, dtype }, { ...ON_STAND_IN, dtype: "bfloat16" }, one.what);
    }
    assert.deepEqual(
      [...new Set(timed.map(({ what }) => what))],
      ["encode", "prefill", "decode", "head", "decoder layer", "update", "GRPO step"],
    );
  });
});
