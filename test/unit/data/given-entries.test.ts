/** Entries that a program gives: what a list could not hold is refused before anything is made. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { TrainOptions } from "../../../lib/run/train.js";
import { config, dataset, run } from "../../helpers/fake-run.js";

test("half of a character in what a model is shown is refused, as in a list", async () => {
  for (const key of ["question", "reply"])
    await assert.rejects(run(config(), { dataset: [{ ...dataset[0], [key]: "half \ud83d" }] as never }), {
      code: "E_OPTION",
      message: new RegExp(
        `^option dataset\\[0\\]\\.${key}: expected a text of whole characters, found "half `,
      ),
    });
});

test("two videos of one id would be drawn alike: a dataset that holds them is refused", async () => {
  const [first, second, third] = dataset;
  const twice = async (list: TrainOptions["dataset"], message: RegExp) => {
    const input = config();
    await assert.rejects(run(input, { dataset: list }), { code: "E_OPTION", message });
    assert.ok(!existsSync(input.out));
  };
  assert.ok(first && second && third);
  const named = [first, { ...second, id: "same" }, { ...third, id: "same" }];
  await twice(
    named,
    /option dataset\[2\]\.id: expected an id of its own .*found "same"; dataset\[1\] has it/,
  );
  await twice([first, second, first], /dataset\[2\]\.id: .*clip0-q10\.mp4"; dataset\[0\] has it/);
});
