/** What a run may take, by its configuration, its machine or its card, and what it says where that is too little. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { MICRO_TOKENS } from "../../../lib/native/training.js";
import type { SftConfigInput, TrainConfigInput } from "../../../lib/run/config.js";
import type { Room } from "../../../lib/run/memory.js";
import { resumeTraining, train } from "../../../lib/run/train.js";
import type { RunEvent } from "../../../lib/run-folder/events.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { config, dataset, stored } from "../../helpers/fake-run.js";

const GIB = 2 ** 30;

async function begun(room: Room, input: TrainConfigInput | SftConfigInput) {
  const own = fakeEngine(fakeState(1.5));
  const engine = { ...own, checkFits: async (keys: never) => ({ ...(await own.checkFits(keys)), room }) };
  const events: RunEvent[] = [];
  await train(input as TrainConfigInput, { dataset, onEvent: (event) => events.push(event) }, engine);
  const [start] = events;
  assert.ok(start?.type === "start" && start.memory !== undefined);
  const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  return { memory: start.memory, warnings, kept: stored(input.out) };
}

const runOn = (room: Room, more: object = {}) => begun(room, config({ steps: 1, ...more }));

test("a machine is bounded by what it has, and what others hold of it is said", async () => {
  const roomy = await runOn({ device: "cpu", total: 100 * GIB, free: 90 * GIB });
  assert.equal(roomy.memory.availableBytes, 95 * GIB);
  assert.equal(roomy.memory.microTokens, MICRO_TOKENS);
  assert.equal(roomy.kept["microTokens"], MICRO_TOKENS);
  assert.equal(
    roomy.warnings.some((message) => /^memory:/.test(message)),
    false,
  );
  const crowded = await runOn({ device: "cpu", total: 100 * GIB, free: GIB });
  assert.equal(crowded.memory.microTokens, MICRO_TOKENS, "the choice is the machine's, not the moment's");
  const [said] = crowded.warnings.filter((message) => /^memory:/.test(message));
  assert.match(
    said ?? "",
    /planned to take [\d.]+ GiB, and this machine has 1\.00 GiB free: others hold the rest$/,
  );
});

test("a card is bounded by its own memory, and refused by its own code; one that does not tell is no bound", async () => {
  const card = { device: "cuda", total: GIB, free: null } as const;
  await assert.rejects(runOn(card), {
    code: "E_OUT_OF_MEMORY",
    message:
      /may take 972\.80 MiB \(the card has 1\.00 GiB, of which 5 % are left alone\); what would fit|nothing/,
  });
  const { memory } = await runOn({ ...card, total: null });
  assert.deepEqual([memory.device, memory.availableBytes], ["cuda", null]);
  assert.ok(memory.hostBytes < memory.peakBytes);
  await assert.rejects(runOn({ device: "cpu", total: GIB, free: GIB }), { code: "E_MEMORY" });
});

test("memoryGiB says what may be taken in place of both", async () => {
  const { memory } = await runOn({ device: "cpu", total: GIB, free: GIB }, { memoryGiB: 50 });
  assert.equal(memory.availableBytes, 50 * GIB);
  await assert.rejects(runOn({ device: "cpu", total: 100 * GIB, free: GIB }, { memoryGiB: 0.5 }), {
    message: /may take 512\.00 MiB \(memoryGiB\)/,
  });
  await assert.rejects(runOn({ device: "cpu", total: GIB, free: GIB }, { memoryGiB: -1 }), {
    code: "E_OPTION",
    message: /memoryGiB/,
  });
});

test("supervised fine-tuning is planned by its longest reply, and samples nothing", async () => {
  const room: Room = { device: "cpu", total: 100 * GIB, free: 90 * GIB };
  const tuned = (reply: string) => {
    const { out, model = "fake" } = config();
    return begun(room, { method: "sft", out, model, reply, steps: 1, videosPerStep: 4 });
  };
  const [short, long] = [await tuned("a"), await tuned("a".repeat(900))];
  assert.equal(short.memory.rollout, 0);
  assert.ok(long.memory.update > short.memory.update);
});

test("a run that goes on where it no longer fits says so, and goes on", async () => {
  const input = config({ steps: 1 });
  const room: Room = { device: "cpu", total: 100 * GIB, free: null };
  await begun(room, input);
  const small = { ...room, total: GIB };
  const own = fakeEngine(fakeState(1.5));
  const engine = {
    ...own,
    checkFits: async (keys: never) => ({ ...(await own.checkFits(keys)), room: small }),
  };
  const events: RunEvent[] = [];
  await resumeTraining(input.out, { dataset, onEvent: (event: RunEvent) => events.push(event) }, engine);
  const said = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
  assert.ok(
    said.some((message) => /^memory: .*may take 972\.80 MiB .*it may end for want of it$/.test(message)),
    said.join(),
  );
});
