/** Results kept as they come: an evaluation that is killed anywhere goes on to the same report, scoring nothing twice. */
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { shippedCheckpoint } from "../../../lib/checkpoint/shipped.js";
import { evaluate } from "../../../lib/eval/evaluate.js";
import type { PlacedScore } from "../../../lib/infer/journal.js";
import { openJournal } from "../../../lib/infer/journal-file.js";
import {
  type JournalSubject,
  journalSubject,
  subjectDifferences,
} from "../../../lib/infer/journal-subject.js";
import { scoreMany } from "../../../lib/infer/score-many.js";
import type { VideoScore } from "../../../lib/infer/video-score.js";
import type { Model } from "../../../lib/model/types.js";
import { fakeModel, fakeState } from "../../helpers/fake-engine.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const VIDEOS = 60;
const BATCH = 7;
const entries = Array.from({ length: VIDEOS }, (_, i) => {
  const name = i === 20 ? "absent-q20.mp4" : i === 2 ? "broken.mp4" : `v${i}-q${10 + ((i * 7) % 31)}.mp4`;
  if (i !== 20) writeFileSync(join(dir, name), "");
  return { id: name, video: join(dir, name), name, score: 1 + ((i * 5) % 17) / 4 };
});
const hash = "0".repeat(64);
const subject: JournalSubject = {
  model: {
    files: { "config.json": hash },
    weights: [
      {
        name: "model.safetensors",
        bytes: 8,
        modified: "2026-01-01T00:00:00.000Z",
        header: hash,
        sample: hash,
      },
    ],
  },
  list: { videos: VIDEOS, sha256: hash },
  settings: { frames: 4, question: null },
};
const open = (file: string, { resume = true, of = subject, said = [] as string[] } = {}) =>
  openJournal(file, of, { resume, onTrouble: (message) => said.push(message) });
const options = { batchSize: BATCH, temperature: 1, seed: 9 };

/** Without the clock. */
const timeless = (value: unknown) =>
  JSON.parse(JSON.stringify(value).replace(/"seconds":[\d.e-]+/g, '"seconds":0')) as unknown;
const linesOf = (file: string) => readFileSync(file, "utf8").trim().split("\n").slice(1);
const placesOf = (file: string) =>
  linesOf(file).flatMap((line) =>
    (JSON.parse(line) as { batch: PlacedScore[] }).batch.map(({ place }) => place),
  );

test("60 videos killed three times in the middle of a line: the same report, nothing kept is scored again", async () => {
  const straight = fakeState();
  const expected = await evaluate(fakeModel(straight), entries, options);
  const file = join(dir, "killed.journal");
  for (const calls of [2, 3, 1]) {
    const journal = await open(file);
    const known = new Set([...entries.keys()].filter((place) => journal.known(place) !== undefined));
    const state = fakeState();
    const stop = new AbortController();
    state.onGenerate = () => {
      if (state.generateCalls > calls) stop.abort();
    };
    await assert.rejects(evaluate(fakeModel(state), entries, { ...options, journal, signal: stop.signal }));
    await journal.close();
    const again = state.opened.filter((name) => known.has(entries.findIndex((entry) => entry.name === name)));
    assert.deepEqual(again, []);
    assert.equal(new Set(placesOf(file)).size, placesOf(file).length);
    truncateSync(file, statSync(file).size - 11);
  }
  const journal = await open(file);
  const left = entries.filter((_, place) => journal.known(place) === undefined).map(({ name }) => name);
  assert.ok(left.length > BATCH && left.length < VIDEOS - BATCH, `${left.length} left`);
  const state = fakeState();
  const told: string[] = [];
  const onPrediction = ({ name }: { name?: string | undefined }) => told.push(name ?? "");
  const report = await evaluate(fakeModel(state), entries, { ...options, journal, onPrediction });
  assert.deepEqual(report, expected);
  assert.deepEqual(told.sort(), entries.map(({ name }) => name).sort());
  // Failed videos are tried again, absent ones never opened.
  assert.deepEqual(
    state.opened,
    left.filter((name) => name !== "absent-q20.mp4"),
  );
  assert.deepEqual(
    placesOf(file).sort((a, b) => a - b),
    [...entries.keys()].filter((place) => place !== 20 && place !== 2),
  );
  await journal.remove();
  await journal.close();
  assert.ok(!existsSync(file));
});

test("expected scores go on, too; results without them are of another setting", async () => {
  const asked = { ...options, expected: true };
  const law: Model["logProbs"] = async ({ completions }) =>
    completions.map((_, i) => Float32Array.of(-Math.abs(i - 9) / 7));
  const model = (state = fakeState()) => ({ ...fakeModel(state), logProbs: law });
  const expected = await evaluate(model(), entries, asked);
  assert.ok((expected.expected?.read ?? 0) > 2 * BATCH);
  const file = join(dir, "expected.journal");
  const journal = await open(file);
  const state = fakeState();
  const stop = new AbortController();
  state.onGenerate = () => {
    if (state.generateCalls > 2) stop.abort();
  };
  await assert.rejects(evaluate(model(state), entries, { ...asked, journal, signal: stop.signal }));
  await journal.close();
  const again = await open(file);
  assert.ok(again.kept > BATCH);
  assert.deepEqual(await evaluate(model(), entries, { ...asked, journal: again }), expected);
  await again.remove();
  const of = async (options: { expected?: boolean }) =>
    journalSubject({ dir: shippedCheckpoint("tiny") as string }, options, ["a.mp4"]);
  const [plain, off, on] = [await of({}), await of({ expected: false }), await of({ expected: true })];
  assert.deepEqual(off, plain);
  assert.ok(!("expected" in plain.settings), "journals of before are as good as they were");
  assert.deepEqual(subjectDifferences(plain, on), ['setting expected: "on", it was none']);
  assert.deepEqual(subjectDifferences(on, plain), ['setting expected: none, it was "on"']);
});

test("a batch keeps its neighbours: what is left is judged as it would have been", async () => {
  const files = Array.from({ length: 8 }, (_, i) => `v${i}-q3${i}.mp4`);
  const batches: string[][] = [];
  const scorer = {
    scale: { min: 1, max: 5 },
    open: async (path: string) => ({ path, frameTimes: new Float64Array(1), dispose: () => {} }),
    async score(videos: readonly { path: string }[]) {
      batches.push(videos.map(({ path }) => basename(path)));
      return videos.map(() => ({ number: 2, text: "2", choice: null }));
    },
  };
  const kept: PlacedScore[] = [];
  const known: VideoScore[] = [];
  const journal = {
    known: (place: number) => known[place],
    keep: (more: readonly PlacedScore[]) => void kept.push(...more),
  };
  const run = async () => {
    const results: VideoScore[] = [];
    for await (const result of scoreMany(scorer as never, files, { batchSize: 3, journal }))
      results.push(result);
    return results;
  };
  const first = await run();
  for (const { place, result } of kept.splice(0))
    if (place < 3 || place === 4) known[place] = { ...result, file: "moved" };
  batches.length = 0;
  assert.deepEqual(timeless(await run()), timeless(first));
  assert.deepEqual(batches, [
    ["v3-q33.mp4", "v5-q35.mp4"],
    ["v6-q36.mp4", "v7-q37.mp4"],
  ]);
  assert.deepEqual(
    kept.map(({ place }) => place),
    [3, 5, 6, 7],
  );
});

const result = (place: number): PlacedScore => ({
  place,
  result: {
    file: `${place}.mp4`,
    score: 2 + place / 3,
    scale: { min: Number.NEGATIVE_INFINITY, max: 5 },
    status: "ok",
    reasoning: "so\nit is",
    answer: null,
    frameTimes: [0, 1 / 3],
    seconds: 0.25,
  },
});

test("results come back as they were; failed ones and a file without any are not kept", async () => {
  const file = join(dir, "back.journal");
  const journal = await open(file, { resume: false });
  const failed = { ...result(2).result, status: "failed" as const };
  await journal.keep([result(0), { place: 2, result: failed }]);
  await journal.keep([{ place: 2, result: failed }]);
  await journal.close();
  const back = await open(file);
  assert.deepEqual([back.kept, back.known(0), back.known(2)], [1, result(0).result, undefined]);
  await back.close();
  const empty = join(dir, "empty.journal");
  await (await open(empty)).close();
  assert.ok(!existsSync(empty));
  // A process that was killed leaves it; nothing is lost by beginning anew, with whatever settings.
  writeFileSync(empty, `${readFileSync(file, "utf8").split("\n")[0]}\n`);
  await (await open(empty, { resume: false, of: { ...subject, settings: {} } })).close();
});

test("results of an interrupted run are not lost, and not gone on with as something else", async () => {
  const file = join(dir, "refused.journal");
  const journal = await open(file);
  await journal.keep([result(0), result(1)]);
  await journal.close();
  const before = readFileSync(file, "utf8");
  const refused = (message: RegExp, options = {}) =>
    assert.rejects(open(file, options), { code: "E_OPTION", message });
  await refused(/refused\.journal holds 2 of 60 results .*--resume, or delete that file/, { resume: false });
  const { model, settings, list } = subject;
  const [weights] = model.weights;
  await refused(/\(setting frames: 8, it was 4\)/, {
    of: { ...subject, settings: { ...settings, frames: 8 } },
  });
  await refused(/\(setting question: "Why\?", it was null\)/, {
    of: { ...subject, settings: { ...settings, question: "Why?" } },
  });
  await refused(/\(list: 61 videos, it was another one of 60\)/, {
    of: { ...subject, list: { videos: 61, sha256: `1${hash}` } },
  });
  const [place, elsewhere] = [
    { folder: "/clips", within: hash },
    { folder: "/moved/clips", within: hash },
  ];
  const placed = { ...subject, list: { ...list, place } };
  const differences = (now: object) =>
    subjectDifferences(placed, { ...subject, list: { videos: VIDEOS, sha256: "1", ...now } });
  assert.deepEqual(differences({ place: elsewhere }), [
    'list: the same videos in "/moved/clips", they were in "/clips"',
  ]);
  for (const other of [{}, { place: { ...elsewhere, within: "1" } }])
    assert.deepEqual(differences(other), [`list: ${VIDEOS} videos, it was another one of ${VIDEOS}`]);
  await refused(/\(model: model\.safetensors holds other values\)/, {
    of: { ...subject, model: { ...model, weights: [{ ...weights, sample: "1".repeat(64) }] } },
  });
  await refused(/\(model: .*, setting frames: 8, .*list: /, {
    of: {
      model: { ...model, files: { "config.json": "1".repeat(64) } },
      settings: { frames: 8, question: null },
      list: { ...list, sha256: "1" },
    },
  });
  assert.equal(readFileSync(file, "utf8"), before);
  const copied = {
    ...model,
    weights: [{ ...weights, modified: "2026-02-02T00:00:00.000Z" }],
  } as JournalSubject["model"];
  const moved = await open(file, { of: { ...subject, model: copied } });
  assert.equal(moved.kept, 2);
  await assert.rejects(open(file), { code: "E_BUSY", message: /refused\.journal: this process uses it/ });
  await moved.close();
});

test("a last line that is cut short is dropped; any other is refused with its number", async () => {
  const file = join(dir, "torn.journal");
  const journal = await open(file);
  await journal.keep([result(0)]);
  await journal.keep([result(1)]);
  await journal.close();
  const whole = readFileSync(file);
  const second = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (const cut of [second + 1, second + 30, whole.length - 2]) {
    writeFileSync(file, whole.subarray(0, cut));
    const torn = await open(file);
    assert.deepEqual([torn.kept, torn.known(1)], [1, undefined]);
    await torn.keep([result(1)]);
    await torn.close();
    assert.deepEqual(readFileSync(file), whole, "what was torn is written again");
  }
  writeFileSync(file, whole.subarray(0, -1));
  const unended = await open(file);
  assert.equal(unended.kept, 2, "a line that lacks its end alone is whole");
  await unended.close();
  assert.deepEqual(readFileSync(file), whole);
  const [head = "", ...lines] = whole.toString().trim().split("\n");
  const refuse = async (content: string, message: RegExp) => {
    writeFileSync(file, content);
    await assert.rejects(open(file), { code: "E_FORMAT", message });
    assert.equal(readFileSync(file, "utf8"), content);
  };
  await refuse(
    `${head}\n${lines[0]?.slice(0, 40)}\n${lines[1]}\n`,
    /torn\.journal:2: expected a JSON object/,
  );
  await refuse(
    `${head}\n${lines[0]}\n{"batch":[]}\n`,
    /torn\.journal:3: batch: expected a list of at least 1/,
  );
  await refuse(`${head}\n${lines[0]?.replace('"place":0', '"place":60')}\n`, /below 60, found 60/);
  await refuse(
    `${head.slice(0, -9)}${lines.join("")}`.slice(0, -1),
    /expected a journal of results, found "/,
  );
  await refuse(
    "my notes",
    /torn\.journal: expected a journal of results, found "my notes": move that file away/,
  );
  await refuse("video,score\na.mp4,1\n", /torn\.journal:1: expected a JSON object/);
  await refuse('{"video":"a.mp4","score":1}\n', /vqathinkerJournal/);
});

test("a journal that ends before its first result is begun anew, and that is said", async () => {
  const file = join(dir, "begun.journal");
  await (await open(file)).close();
  const journal = await open(file);
  const head = readFileSync(file, "utf8");
  await journal.close();
  for (const left of [
    "",
    "\n",
    "\0".repeat(40),
    head.slice(0, 9),
    head.slice(0, 60),
    `${head.slice(0, 60)}\n`,
  ])
    for (const resume of [true, false]) {
      writeFileSync(file, left);
      const said: string[] = [];
      const anew = await open(file, { resume, said });
      assert.equal(anew.kept, 0);
      assert.deepEqual(said, [`${file} was cut short before its first result: it is begun anew`]);
      assert.equal(readFileSync(file, "utf8"), head);
      await anew.close();
    }
});

test("a disk that is full for a while loses nothing and leaves no half line", async () => {
  const { default: fs } = await import("node:fs");
  const { syncBuiltinESMExports } = await import("node:module");
  const file = join(dir, "full.journal");
  const said: string[] = [];
  const journal = await open(file, { said });
  await journal.keep([result(0)]);
  const before = readFileSync(file);
  const { writeSync } = fs;
  const full = (descriptor: number, bytes: Uint8Array, at: number) => {
    const nothing = { code: "ENOSPC", syscall: "write" };
    if (at > 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), nothing);
    return writeSync(descriptor, bytes, 0, 9);
  };
  fs.writeSync = full as typeof writeSync;
  syncBuiltinESMExports();
  try {
    await journal.keep([result(1)]);
    await journal.keep([result(2), result(3)]);
  } finally {
    fs.writeSync = writeSync;
    syncBuiltinESMExports();
  }
  assert.deepEqual([journal.kept, readFileSync(file)], [1, before]);
  await journal.keep([result(4)]);
  await journal.close();
  assert.deepEqual(placesOf(file), [0, 1, 2, 3, 4]);
  assert.equal(said.length, 2);
  assert.match(said[0] ?? "", /full\.journal: cannot be written: ENOSPC/);
  assert.match(said[1] ?? "", /nothing is missing/);
});

test("a model that is asked otherwise is another subject, batch size and place of the model aside", async () => {
  const tiny = join(import.meta.dirname, "../../../../assets/tiny");
  const plain = await journalSubject({ dir: tiny }, {}, ["a", "b"]);
  assert.deepEqual(
    await journalSubject({ dir: tiny, dtype: "float32" }, { frames: 6, seed: 0 }, ["a", "b"]),
    plain,
  );
  const others = await Promise.all([
    journalSubject({ dir: tiny, dtype: "bfloat16" }, {}, ["a", "b"]),
    journalSubject({ dir: tiny }, {}, ["b", "a"]),
    journalSubject({ dir: `${tiny}-start` }, {}, ["a", "b"]),
    ...[
      { frames: 7 },
      { imageSize: 56 },
      { maxNewTokens: 5 },
      { temperature: 1 },
      { topK: 3 },
      { topP: 0.5 },
      { seed: 1 },
    ].map((option) => journalSubject({ dir: tiny }, option, ["a", "b"])),
    ...[
      { variant: "released" as const },
      { template: "released-train" as const },
      { question: "Q" },
      { instruction: "I" },
    ].map((option) => journalSubject({ dir: tiny }, option, ["a", "b"])),
  ]);
  const cut = { sampling: "fragments" as const, frames: 13 };
  const fragments = await Promise.all([
    journalSubject({ dir: tiny }, cut, ["a", "b"]),
    ...[{ patch: 16 }, { neighbours: 2 }, { seed: 1 }].map(async (said, i) => {
      const own = join(dir, `cut${i}`);
      cpSync(tiny, own, { recursive: true });
      const file = join(own, "vqathinker.json");
      const settings = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, JSON.stringify({ ...settings, fragments: said }));
      const same = await journalSubject({ dir: own }, {}, ["a", "b"]);
      assert.deepEqual(same.settings, plain.settings, "fragments that are not taken are no setting");
      return journalSubject({ dir: own }, cut, ["a", "b"]);
    }),
  ]);
  const [usual, patched] = fragments;
  assert.deepEqual(
    Object.entries(usual?.settings ?? {}).filter(([name]) => name.startsWith("fragments")),
    [
      ["fragments.patch", 32],
      ["fragments.neighbours", 4],
      ["fragments.seed", 0],
    ],
  );
  if (usual === undefined || patched === undefined) assert.fail("two subjects");
  assert.deepEqual(
    subjectDifferences(usual, patched).filter((line) => line.startsWith("setting")),
    ["setting fragments.patch: 16, it was 32"],
  );
  assert.equal(Object.keys(plain.settings).filter((name) => name.startsWith("fragments")).length, 0);
  const texts = [plain, ...others, ...fragments].map((one) => JSON.stringify(one));
  assert.equal(new Set(texts).size, texts.length);
});
