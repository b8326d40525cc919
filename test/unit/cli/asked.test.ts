/** Flags that choose what scores: those of a model and of a measure do not mix, and each says what it is read from. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { type Asked, addScorerFlags, askedBy, modelAsked, type ScorerFlags } from "../../../lib/cli/asked.js";
import { subjectDifferences } from "../../../lib/infer/journal-subject.js";
import { readNiqeModel, writeNiqeModel } from "../../../lib/measures/niqe-model.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const model = goldenPath("niqe/model.json");
const dir = scratchFolder();

async function asked(...args: string[]): Promise<Asked> {
  const command = addScorerFlags(new Command("eval"));
  command.parse(args, { from: "user" });
  return askedBy(command, command.opts<ScorerFlags>());
}

test("niqe wants its model, and nothing of a language model", async () => {
  const refused = (args: string[], message: RegExp) =>
    assert.rejects(asked(...args), { code: "E_OPTION", message });
  await refused(
    ["--scorer", "niqe"],
    /option niqeModel: expected a file, found none; npx vqathinker fit-niqe/,
  );
  await refused(["--niqe-model", model], /option niqeModel: expected it beside --scorer niqe alone/);
  for (const [name, ...flag] of [
    ["model", "--model", "tiny"],
    ["adapter", "--adapter", "a"],
    ["template", "--template", "default"],
    ["threads", "--threads", "2"],
    ["temperature", "--temperature", "0"],
  ] as const)
    await refused(
      ["--scorer", "niqe", "--niqe-model", model, ...flag],
      new RegExp(`option ${name}: expected none beside --scorer niqe`),
    );
  await assert.rejects(asked("--scorer", "niqe", "--niqe-model", join(dir, "gone.json")), {
    code: "E_FORMAT",
  });
});

test("niqe is its numbers and its frames, wherever the file lies", async () => {
  const given = ["--scorer", "niqe", "--niqe-model", model];
  const one = await asked(...given, "--batch-size", "3");
  assert.equal(one.batchSize, 3);
  assert.deepEqual(await one.inputs(), [{ name: "niqeModel", path: model }]);
  const copy = join(dir, "copy.json");
  const numbers = await readNiqeModel(model);
  await writeNiqeModel(copy, numbers);
  const subject = await one.subject(["/a.mp4"]);
  assert.deepEqual(
    await (await asked("--scorer", "niqe", "--niqe-model", copy)).subject(["/a.mp4"]),
    subject,
  );
  const other = join(dir, "other.json");
  await writeNiqeModel(other, { ...numbers, mean: numbers.mean.map((value) => value + 1) });
  const changes: readonly [args: string[], said: string[]][] = [
    [["--scorer", "niqe", "--niqe-model", other], ["model: NIQE model has changed"]],
    [[...given, "--frames", "8"], ["setting frames: 8, it was null"]],
  ];
  for (const [args, said] of changes)
    assert.deepEqual(subjectDifferences(subject, await (await asked(...args)).subject(["/a.mp4"])), said);
});

test("without a scorer's name it is the model, asked as its flags say", async () => {
  const [here, there] = [
    await asked("--frames", "5", "--batch-size", "2"),
    modelAsked({ model: "small" }, { frames: 5 }),
  ];
  assert.equal(here.batchSize, 2);
  const rows = ["/a.mp4"];
  assert.deepEqual(await here.subject(rows), await there.subject(rows));
  assert.ok((await here.inputs()).some(({ path }) => path.endsWith("config.json")));
  const measure = await asked("--scorer", "niqe", "--niqe-model", model);
  const said = subjectDifferences(await measure.subject(rows), await here.subject(rows));
  assert.ok(said.includes('setting scorer: none, it was "niqe"'), said.join("\n"));
});
