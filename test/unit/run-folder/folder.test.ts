/** Run folders as they are met: of an earlier version, cut short by a full disk or a power cut, half made, in use. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TrainEvent } from "../../../lib/grpo/event.js";
import { parseConfig, type TrainConfigInput } from "../../../lib/run/config.js";
import { resumeTraining, type TrainOptions, train } from "../../../lib/run/train.js";
import { RunFolder } from "../../../lib/run-folder/folder.js";
import { readSafetensorsHeader } from "../../../lib/weights/safetensors.js";
import { fakeEngine, fakeState } from "../../helpers/fake-engine.js";
import { goldenPath } from "../../helpers/goldens.js";
import { recordedLines, recordedPart } from "../../helpers/recorded-part.js";
import { rejects } from "../../helpers/refused.js";
import { scratchFolder } from "../../helpers/video-files.js";

const recorded = goldenPath("run-folder");
const dir = scratchFolder();
const dataset = Array.from({ length: 6 }, (_, i) => ({
  video: `clip${i}-q${10 + 4 * i}.mp4`,
  score: 1 + 0.4 * i,
}));
for (const { video } of dataset) writeFileSync(join(dir, video), "");
const [EVENTS, COMPLETIONS] = ["events.jsonl", "completions.jsonl"];
let runs = 0;

const text = (folder: string, name: string) => readFileSync(join(folder, name), "utf8");
const steps = (folder: string) =>
  text(folder, EVENTS)
    .split("\n")
    .filter((line) => line.includes('"type":"step"'))
    .map((line) => line.replace(/"(\w*[sS]econds)":[^,}]+/g, '"$1":0'));
const checkpoints = (folder: string) => readdirSync(join(folder, "checkpoints")).sort();

function config(more: Partial<TrainConfigInput> = {}): TrainConfigInput {
  const sizes = { steps: 6, videosPerStep: 3, samples: 2, maxNewTokens: 64, checkpointEvery: 2 };
  return { out: join(dir, `run${runs++}`), videos: dir, model: "fake", learningRate: 0.5, ...sizes, ...more };
}

/** A whole run, its bias, and what it told. */
async function begun(input: TrainConfigInput, options: TrainOptions = {}) {
  const state = fakeState(1.5);
  await train(input, { dataset, ...options }, fakeEngine(state));
  return { run: input.out, bias: state.bias };
}

async function resumed(run: string, options: TrainOptions = {}) {
  const [state, warnings] = [fakeState(99), [] as string[]];
  const onEvent = (event: TrainEvent) => event.type === "warning" && warnings.push(event.message);
  const summary = await resumeTraining(run, { dataset, onEvent, ...options }, fakeEngine(state));
  assert.equal(summary.step, 6);
  return { bias: state.bias, warnings: warnings.filter((line) => !line.startsWith("reward ")) };
}

test("one of an earlier version: steps after its last checkpoint are made again to the last digit and key", async () => {
  const run = join(dir, "run");
  cpSync(recorded, run, { recursive: true });
  rmSync(join(run, "checkpoints", "step-5"), { recursive: true });
  for (const name of ["config.json", EVENTS, COMPLETIONS])
    writeFileSync(join(run, name), text(recorded, name).replaceAll("{dir}", dir));
  const stored = JSON.parse(text(run, "config.json")) as object;
  const heard: TrainEvent[] = [];
  const options = { dataset, onEvent: (event: TrainEvent) => heard.push(event) };

  await assert.rejects(resumeTraining(run, options, fakeEngine(fakeState(99))), {
    code: "E_OPTION",
    message: /^option model: expected an absolute path in config\.json, found "fake"; .*--model/,
  });
  const model = join(dir, "fake");
  const summary = await resumeTraining(run, { ...options, model }, fakeEngine(fakeState(99)));

  assert.deepEqual([summary.step, summary.steps, summary.stopped], [5, 5, false]);
  const { inputs, ...now } = JSON.parse(text(run, "config.json")) as Record<string, unknown>;
  assert.deepEqual(recordedPart(now, { ...stored, rules: 1 }), { ...stored, rules: 1, model });
  // What later versions can be told besides is what it was.
  assert.deepEqual(now, JSON.parse(JSON.stringify({ ...parseConfig(stored), rules: 1, model })));
  assert.match(JSON.stringify(inputs), /"dataset":"[0-9a-f]{64}"/);
  const unknown = heard.filter((event) => event.type === "warning" && /did not say/.test(event.message));
  assert.equal(unknown.length, 1);
  assert.deepEqual(recordedLines(steps(run), steps(recorded)), steps(recorded));
  assert.equal(steps(run).length, 5);
  assert.equal(text(run, COMPLETIONS).replaceAll(dir, "{dir}"), text(recorded, COMPLETIONS));
  const trainer = join("checkpoints", "step-5", "trainer.json");
  assert.equal(text(run, trainer), text(recorded, trainer));
});

test("a last line that was cut short is left out, with a line that says so, and its step is made again", async () => {
  const whole = await begun(config());
  for (const tail of ['{"type":"step","step":5,"steps":6,"learn', "\0".repeat(200)]) {
    const { run } = await begun(config());
    rmSync(join(run, "checkpoints", "step-6"), { recursive: true });
    for (const name of [EVENTS, COMPLETIONS]) appendFileSync(join(run, name), tail);
    const { bias, warnings } = await resumed(run);
    assert.equal(bias, whole.bias);
    assert.equal(warnings.length, 2);
    for (const [i, name] of [EVENTS, COMPLETIONS].entries())
      assert.ok(
        warnings[i]?.startsWith(`${name}: its last line was cut short and is left out: `),
        warnings[i],
      );
    assert.ok(warnings.every((line) => line.length < 160 && !/\\u0000/.test(line)));
    assert.deepEqual(steps(run), steps(whole.run));
    assert.equal(text(run, COMPLETIONS), text(whole.run, COMPLETIONS));
  }
});

test("a checkpoint that cannot be read is refused with what the run goes on from without it", async () => {
  const whole = await begun(config());
  const engine = fakeEngine(fakeState());
  const { openTrainer } = engine;
  engine.openTrainer = async (model, options) => ({
    ...(await openTrainer(model, options)),
    load: async (dir) => void (await readSafetensorsHeader(join(dir, "trainer.safetensors"))),
  });
  const cut = Buffer.concat([Buffer.of(0xf8, 0x4d, 0, 0, 0, 0, 0, 0), Buffer.from("{".padEnd(992))]);
  const refused = async (run: string, step: number, onward: string) => {
    const place = join(run, "checkpoints", `step-${step}`);
    writeFileSync(join(place, "trainer.safetensors"), cut);
    const remedy = `it is truncated; without the folder ${place} the run goes on from ${onward}`;
    const message = new RegExp(`^: its header ends at .*: ${remedy}$`);
    await rejects(resumeTraining(run, { dataset }, engine), join(place, "trainer.safetensors"), message);
    rmSync(place, { recursive: true });
  };
  const { run } = await begun(config());
  await refused(run, 6, "step 4");
  await refused(run, 4, "step 2");
  assert.equal((await resumed(run)).bias, whole.bias);
  await refused((await begun(config({ checkpointEvery: 6 }))).run, 6, "its start");
});

test("a checkpoint is no run, nor is what lies in one: the run is named", async () => {
  const { run } = await begun(config());
  const at = join(run, "checkpoints", "step-6");
  writeFileSync(join(at, "config.json"), '{"architectures":["X"]}');
  for (const inside of [at, join(at, "config.json"), join(run, "checkpoints"), join(run, "config.json")])
    await rejects(
      resumed(inside),
      inside,
      new RegExp(`: expected a run folder, found .* of the run ${run}: resume that`),
    );
  const model = join(dir, "a-model");
  mkdirSync(model);
  for (const key of ["architectures", "model_type"]) {
    writeFileSync(join(model, "config.json"), `{"${key}":"x"}`);
    await rejects(
      resumed(model),
      model,
      /^: expected a run folder, found a checkpoint: its config\.json is a model's/,
    );
  }
});

test("a line that is no JSON elsewhere is refused by its number", async () => {
  const { run } = await begun(config());
  const [first, ...rest] = text(run, EVENTS).split("\n");
  writeFileSync(join(run, EVENTS), [first, '{"type":"st', ...rest].join("\n"));
  await rejects(resumed(run), join(run, EVENTS), /^:2: expected a JSON object/);
});

test("a log that cannot be written ends the run by its name; with room again the run goes on", {
  skip: existsSync("/dev/full") ? false : "needs /dev/full",
}, async () => {
  const whole = await begun(config());
  for (const name of [EVENTS, COMPLETIONS]) {
    const input = config();
    const file = join(input.out, name);
    const fill = (event: TrainEvent) => {
      if (event.type !== "step" || event.step !== 3) return;
      renameSync(file, `${file}.kept`);
      symlinkSync("/dev/full", file);
    };
    await rejects(begun(input, { onEvent: fill }), file, /^: cannot be written: ENOSPC/);
    renameSync(`${file}.kept`, file);
    assert.equal((await resumed(input.out)).bias, whole.bias);
  }
});

test("a checkpoint whose steps the log has lost is gone on from, and the loss is said", async () => {
  const whole = await begun(config());
  const { run } = await begun(config());
  rmSync(join(run, "checkpoints", "step-6"), { recursive: true });
  const kept = text(run, EVENTS)
    .split("\n")
    .filter((line) => !/"step":[34],/.test(line));
  writeFileSync(join(run, EVENTS), kept.join("\n"));
  const { bias, warnings } = await resumed(run);
  assert.equal(bias, whole.bias);
  assert.deepEqual(warnings, ["events.jsonl tells of 2 of the 4 steps before the checkpoint"]);
});

test("the newest checkpoints are kept, the last one always, and the run goes on from it", async () => {
  const whole = await begun(config({ checkpointEvery: 1 }));
  const { run } = await begun(config({ checkpointEvery: 1, keep: 2 }));
  assert.deepEqual(checkpoints(run), ["step-5", "step-6"]);
  rmSync(join(run, "checkpoints", "step-6"), { recursive: true });
  assert.equal((await resumed(run)).bias, whole.bias);
  assert.deepEqual(checkpoints(run), ["step-5", "step-6"]);
  assert.equal(checkpoints(whole.run).length, 6);
  await assert.rejects(train(config({ keep: 0 }), { dataset }), { code: "E_OPTION", message: /keep/ });
});

test("an older checkpoint goes only when the newer one is there, and one that stays is said", async () => {
  const input = config({ checkpointEvery: 2, keep: 1 });
  const folder = await RunFolder.create(input.out, input);
  await folder.saveCheckpoint(2, async () => {});
  await assert.rejects(
    folder.saveCheckpoint(4, async () => {
      throw new Error("power cut");
    }),
    /power cut/,
  );
  assert.deepEqual(checkpoints(input.out), ["step-2"]);
  await folder.saveCheckpoint(4, async (part) => {
    assert.deepEqual(
      checkpoints(input.out).filter((name) => name === "step-2"),
      ["step-2"],
    );
    writeFileSync(join(part, "x"), "");
  });
  assert.deepEqual(await folder.keepLast(1), []);
  assert.deepEqual(checkpoints(input.out), ["step-4"]);
  await folder.close();
});

test("what a killed process left is put right when the folder is used again", async () => {
  const whole = await begun(config());
  const { run } = await begun(config());
  const place = (name: string) => join(run, "checkpoints", name);
  renameSync(place("step-6"), place("step-6.part-7-0"));
  renameSync(place("step-4"), place("step-4.old-7-1"));
  renameSync(place("step-2"), place("step-2.gone-7-2"));
  writeFileSync(join(run, "config.json.part-7"), "{");
  assert.equal((await resumed(run)).bias, whole.bias);
  assert.deepEqual(checkpoints(run), ["step-4", "step-6"]);
  assert.deepEqual(readdirSync(run).sort(), [
    "checkpoints",
    COMPLETIONS,
    "config.json",
    EVENTS,
    "tensorboard",
  ]);
});

test("a folder in which a run was not quite begun is one without a run; one that lost its config.json is not", async () => {
  const { out } = config();
  mkdirSync(join(out, "checkpoints"), { recursive: true });
  writeFileSync(join(out, "config.json.part-7"), "{");
  writeFileSync(join(out, "run.lock"), "");
  const refused = { code: "E_BUSY", message: /its lock does not say whose it is/ };
  await assert.rejects(begun(config({ out })), refused);
  rmSync(join(out, "run.lock"));
  await begun(config({ out }));
  const again = (message: RegExp) => assert.rejects(begun(config({ out })), { code: "E_OPTION", message });
  await again(/go on with the run that is there: npx vqathinker train --resume /);
  rmSync(join(out, "config.json"));
  await again(/a run without its config\.json is there \(events\.jsonl\)/);
  for (const name of [EVENTS, COMPLETIONS]) rmSync(join(out, name));
  await again(/a run without its config\.json is there \(checkpoints\/step-2\)/);
  assert.deepEqual(readdirSync(out).sort(), ["checkpoints", "tensorboard"]);
});

test("where no run can begin, only a run is one to go on with: anything else is said to be there", async () => {
  const { run } = await begun(config());
  const part = join(run, "checkpoints", "step-6");
  // Of adapters: no config.json; nor is there one in what is not there yet.
  const [adapter, within, next] = ["step-4", "step-4/more", "step-99"].map((name) =>
    join(run, "checkpoints", name),
  ) as [string, string, string];
  rmSync(adapter, { recursive: true });
  mkdirSync(adapter);
  writeFileSync(join(adapter, "adapter_config.json"), "{}");
  const [model, other, broken] = ["m", "other", "broken"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  for (const [folder, content] of [
    [part, '{"model_type":"x"}'],
    [model, '{"architectures":["X"]}'],
    [other, '{"name":"x"}'],
    [broken, "{"],
  ] as const) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.json"), content);
  }
  for (const [out, there] of [
    [model, "there is a checkpoint: its config.json is a model's"],
    ...[part, adapter, within, next].map((out) => [out, `there is a part of the run ${run}: resume that`]),
    [other, "a config.json is there, and no run beside it"],
    [broken, `${join(broken, "config.json")}: expected JSON: `],
  ] as [string, string][])
    await assert.rejects(begun(config({ out })), (error: Error & { code?: string }) => {
      const says = `option out: expected a folder without a run, found "${out}"; choose another one: ${there}`;
      assert.equal(error.code, "E_OPTION");
      assert.ok(error.message.startsWith(says), error.message);
      assert.doesNotMatch(error.message, /--resume/);
      return true;
    });
});

test("a run folder is of one process at a time: begun at once, one wins; in use, it is refused; afterwards it is free", async () => {
  const input = config();
  const all = await Promise.allSettled(Array.from({ length: 4 }, () => begun(input)));
  const lost = all.flatMap((one) => (one.status === "rejected" ? [one.reason as { code: string }] : []));
  assert.equal(lost.length, 3);
  for (const { code } of lost) assert.ok(["E_BUSY", "E_OPTION"].includes(code), String(code));
  const other = config();
  let attempt: Promise<unknown> = Promise.resolve();
  const onEvent = (event: TrainEvent) => {
    if (event.type === "step" && event.step === 2)
      attempt = resumed(other.out).catch((error: unknown) => error);
  };
  let power = false;
  const schedule = (step: number) => {
    if (step === 5 && !power) throw new Error("power cut");
    return 0.5 * (1 - (step - 1) / 6);
  };
  await assert.rejects(begun(other, { onEvent, schedule }), /power cut/);
  const { code, message } = (await attempt) as { code: string; message: string };
  assert.deepEqual([code, message], ["E_BUSY", `${other.out}: this process uses it`]);
  power = true;
  assert.equal((await resumed(other.out, { schedule })).bias, (await begun(config())).bias);
});

test("a folder that cannot be made is refused before a model is opened, and nothing is made", async () => {
  const dir = scratchFolder();
  writeFileSync(join(dir, "plain"), "");
  const refused = (out: string, reason: RegExp) =>
    assert.rejects(RunFolder.checkFree(out), (error: { code: string; message: string }) => {
      assert.equal(error.code, "E_OPTION");
      assert.match(error.message, /^option out: expected a folder that can be written, /);
      assert.match(error.message, reason);
      return true;
    });
  await refused(join(dir, "plain"), /plain is no folder$/);
  await refused(join(dir, "plain", "deep", "run"), /plain is no folder$/);
  await refused("/proc/nothing/run", /in \/proc no file can be made$/);
  await RunFolder.checkFree(join(dir, "new", "run"));
  assert.deepEqual(readdirSync(dir), ["plain"]);
});

test("a folder whose config.json cannot be written is let go of, and what others keep there stays", async () => {
  const { out } = config();
  mkdirSync(out);
  writeFileSync(join(out, "notes.old-2019"), "");
  symlinkSync("nowhere", join(out, "config.json"));
  await rejects(
    begun(config({ out })),
    join(out, "config.json"),
    /^: cannot be written: its link leads nowhere$/,
  );
  assert.deepEqual(readdirSync(out).sort(), ["checkpoints", "config.json", "notes.old-2019"]);
  rmSync(join(out, "config.json"));
  await begun(config({ out }));
  assert.ok(existsSync(join(out, "notes.old-2019")));
});
