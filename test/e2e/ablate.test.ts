/** An ablation that is stopped, killed and gone on with comes to the numbers of the uninterrupted one, bit for bit. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { type AblateOptions, type AblationEvent, ablate } from "../../lib/index.js";
import { cli } from "../helpers/command.js";
import { coded } from "../helpers/refused.js";
import { renderedVideos, scratch } from "../helpers/rendered.js";

const SMALL = {
  rows: ["rank", "no-reasoning"],
  seeds: 2,
  clips: 8,
  heldOut: 4,
  steps: 3,
  videosPerStep: 4,
  startSteps: 4,
} as const satisfies Partial<AblateOptions>;
const FLAGS = [
  ...["--rows", "rank,no-reasoning", "--seeds", "2", "--clips", "8", "--held-out", "4", "--steps", "3"],
  ...["--videos-per-step", "4", "--start-steps", "4"],
];

/** Ends a command's process in the middle of the learning that this line tells of. */
async function killedAfter(line: RegExp, ...args: string[]): Promise<void> {
  const main = join(packageRoot(), "dist", "lib", "cli", "main.js");
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (line.test(said)) child.kill("SIGKILL");
  });
  const [, signal] = await new Promise<[number | null, string | null]>((settle) => {
    child.once("close", (code, name) => settle([code, name]));
  });
  assert.equal(signal, "SIGKILL", said);
}

describe("an ablation", () => {
  it("ended in every part and gone on with equals the uninterrupted one", async () => {
    const dir = await scratch();
    const [whole, parts] = [join(dir, "whole"), join(dir, "parts")];
    const straight = await ablate({ ...SMALL, out: whole });
    assert.deepEqual([straight.finished, straight.count, straight.stopped], [4, 4, false]);
    const { report } = straight;
    assert.deepEqual(
      report?.rows.map(({ row }) => row),
      ["rank", "no-reasoning"],
    );
    assert.deepEqual(
      report?.rows[0]?.seeds.map(({ sets }) => sets.map(({ videos }) => videos)),
      [
        [4, 4, 4],
        [4, 4, 4],
      ],
    );

    // In each of its parts once, the learning's first step among them.
    for (const type of ["rendering", "answering", "starting", "learning", "measuring"] as const) {
      const stop = new AbortController();
      const onEvent = (event: AblationEvent) => {
        if (event.type !== type || ("event" in event && event.event.type !== "step")) return;
        stop.abort();
      };
      const {
        stopped,
        finished,
        count,
        report: none,
      } = await ablate({
        ...SMALL,
        out: parts,
        signal: stop.signal,
        onEvent,
      });
      assert.deepEqual([stopped, finished, count, none], [true, 0, 4, null], type);
    }
    assert.equal(existsSync(join(parts, "ablation.lock")), false);
    await killedAfter(/rank alone, seed 2\n.*step/s, "ablate", "--out", parts, ...FLAGS);
    const learned: string[] = [];
    const last = await ablate({
      ...SMALL,
      out: parts,
      onEvent: (event) => {
        if (event.type === "measured") learned.push(`${event.row} ${event.seed}`);
      },
    });
    // The killed one had measured the first two.
    assert.deepEqual(learned, ["rank 2", "no-reasoning 2"]);
    assert.deepEqual(last.report, report);
    for (const row of SMALL.rows)
      for (const seed of [1, 2]) {
        const [one, other] = [whole, parts].map((folder) =>
          JSON.parse(readFileSync(join(folder, "results", `${row}-seed-${seed}.json`), "utf8")),
        ) as { sets: { predictions: { video: string }[] }[] }[];
        const bare = (result: typeof one) =>
          JSON.stringify(result).replaceAll(whole, "").replaceAll(parts, "");
        assert.equal(bare(other), bare(one), `${row} ${seed}`);
      }

    // What is finished is told again without a step, by the command too; other settings are refused.
    const json = join(dir, "numbers.json");
    const again = await cli("ablate", "--out", parts, ...FLAGS, "--json", json);
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stderr, /^4 of 4 learnings are there already\n$/);
    assert.match(again.stdout, /^Table 4 by tiny-start, 2 seeds, 3 steps a learning/);
    assert.match(again.stdout, /^rank alone .* 0\.780 /m);
    assert.deepEqual(JSON.parse(readFileSync(json, "utf8")), report);
    await assert.rejects(
      ablate({ ...SMALL, steps: 4, out: parts }),
      coded("E_OPTION", "rows.rank.steps was 3 there, is 4 now"),
    );
  });

  it("moved, or copied, in the middle of a learning goes on as if it had not", async () => {
    const dir = await scratch();
    const options = { ...SMALL, rows: ["full"], seeds: 1, config: { checkpointEvery: 1 } } as const;
    const warnings: string[] = [];
    const straight = await ablate({
      ...options,
      out: join(dir, "whole"),
      onEvent: (event) => {
        if (event.type === "learning" && event.event.type === "warning") warnings.push(event.event.message);
      },
    });
    // What the row is by the table is not told as something else than its preset.
    assert.deepEqual(
      warnings.filter((message) => /otherwise than in preset/.test(message)),
      [],
    );
    const stopIn = async (out: string, type: "starting" | "learning") => {
      const stop = new AbortController();
      const onEvent = (event: AblationEvent) => {
        if (event.type === type && event.event.type === "step" && event.event.step === 2) stop.abort();
      };
      const { stopped } = await ablate({ ...options, out, signal: stop.signal, onEvent });
      assert.equal(stopped, true, type);
    };
    await stopIn(join(dir, "first"), "starting");
    renameSync(join(dir, "first"), join(dir, "second"));
    await stopIn(join(dir, "second"), "learning");
    cpSync(join(dir, "second"), join(dir, "third"), { recursive: true });
    rmSync(join(dir, "second"), { recursive: true });
    const { report } = await ablate({ ...options, out: join(dir, "third") });
    assert.deepEqual(report, straight.report);
  });

  it("takes lists and replies of one's own, and makes more rows later", async () => {
    const dir = await scratch();
    const { manifest, videos } = await renderedVideos(12);
    const copy = join(dirname(manifest), "copy.jsonl");
    copyFileSync(manifest, copy);
    const replies = join(dir, "replies.jsonl");
    const reply = (i: number) => `<think> it is ${i}. </think><answer>${(1 + i / 4).toFixed(2)}</answer>`;
    writeFileSync(
      replies,
      videos.map((video, i) => `${JSON.stringify({ id: `v${i}`, video, reply: reply(i) })}\n`).join(""),
    );
    const options = {
      out: join(dir, "own"),
      data: manifest,
      inDomain: [manifest],
      outOfDomain: [manifest, copy],
      startReplies: replies,
      seeds: 1,
      steps: 1,
      videosPerStep: 3,
      startSteps: 2,
      // It hardly learns, so that its answers stay whole.
      config: { learningRate: 1e-7 },
      startConfig: { learningRate: 1e-7 },
    };
    const one = await ablate({ ...options, rows: ["no-motion"] });
    const [row] = one.report?.rows ?? [];
    assert.deepEqual(
      row?.seeds[0]?.sets.map(({ videos: count }) => count),
      [12, 12, 12],
    );
    assert.equal(row?.inDomain.srcc.sd, null);
    // The same list three times: its average is its own figure.
    const { inDomain, outOfDomain } = row?.seeds[0] ?? assert.fail();
    assert.ok(inDomain.plcc !== null && outOfDomain.plcc !== null);
    assert.ok(Math.abs(inDomain.plcc - outOfDomain.plcc) < 1e-12);
    const asked: string[] = [];
    const two = await ablate({
      ...options,
      rows: ["no-motion", "full"],
      onEvent: (event) => asked.push(event.type),
    });
    assert.deepEqual(two.report?.rows[0]?.seeds, one.report?.rows[0]?.seeds);
    assert.ok(two.report?.rows[0]?.inDomain.difference);
    assert.ok(!asked.includes("answering") && asked.filter((type) => type === "measured").length === 1);
  });
});
