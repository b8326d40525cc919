/** Model files: what is read comes back when it is written, and what does not fit is refused by its place. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkNiqeModel, readNiqeModel, writeNiqeModel } from "../../../lib/measures/niqe-model.js";
import { goldenPath } from "../../helpers/goldens.js";
import { scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const authors = goldenPath("niqe/model.json");
const { mu, cov } = JSON.parse(readFileSync(authors, "utf8")) as { mu: number[]; cov: number[][] };

function file(name: string, content: string | object): string {
  const path = join(dir, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

test("the authors' numbers are read, whatever else stands beside them, and come back as written", async () => {
  const model = await readNiqeModel(file("more.json", { what: "more", mu, cov }));
  assert.deepEqual([...model.mean], mu);
  assert.deepEqual([...model.covariance], cov.flat());
  assert.equal(model.fitted, undefined);
  const fitted = { pictures: 2, blocks: 40, sharpness: 0.75, version: "1.2.3" };
  const out = join(dir, "out.json");
  await writeNiqeModel(out, { ...model, fitted });
  assert.deepEqual(await readNiqeModel(out), { ...model, fitted });
});

const turned = cov.map((row, i) => row.map((value, j) => (i === 3 && j === 5 ? value + 1 : value)));
const negative = cov.map((row, i) => row.map((value, j) => (i === 7 && j === 7 ? -value : value)));
const REFUSED: readonly [name: string, content: string | object, message: RegExp][] = [
  ["short.json", { mu: mu.slice(1), cov }, /short\.json: mu: expected a list of at least 36 entries/],
  ["rows.json", { mu, cov: cov.slice(1) }, /rows\.json: cov: expected a list of at least 36 entries/],
  ["text.json", { mu: ["1", ...mu.slice(1)], cov }, /text\.json: mu\.0: expected a number, found "1"/],
  ["none.json", { mean: mu, covariance: cov }, /none\.json: mu: expected a list, found none; cov: /],
  [
    "turned.json",
    { mu, cov: turned },
    /turned\.json: cov: expected a symmetric matrix, .* at 5, 3 than at 3, 5/,
  ],
  ["negative.json", { mu, cov: negative }, /negative\.json: cov: expected no eigenvalue below 0, found -/],
  [
    "authors.mat",
    "MATLAB 5.0 MAT-file, Platform: PCWIN",
    /authors\.mat: .*found a MATLAB file: docs\/measures\.md/,
  ],
  ["list.json", "[]", /list\.json: expected a JSON object/],
];

for (const [name, content, message] of REFUSED)
  test(`${name} is no model`, async () => {
    await assert.rejects(readNiqeModel(file(name, content)), { code: "E_FORMAT", message });
  });

test("a file that is not there is refused by its name", async () => {
  await assert.rejects(readNiqeModel(join(dir, "gone.json")), {
    code: "E_FORMAT",
    message: /gone\.json: no such file/,
  });
});

test("what no file gave is refused as an option", async () => {
  const model = await readNiqeModel(authors);
  const wrong = (given: unknown, message: RegExp) =>
    assert.throws(() => checkNiqeModel(given), { code: "E_OPTION", message });
  wrong(3, /option model: expected an object/);
  wrong({ ...model, mean: mu }, /option model\.mean: expected a Float64Array of 36 finite numbers/);
  wrong(
    { ...model, covariance: new Float64Array(36) },
    /option model\.covariance: .* of 1296 finite numbers/,
  );
  wrong({ ...model, mean: Float64Array.from(mu).fill(Number.NaN, 3, 4) }, /model\.mean: .* finite/);
  wrong({ ...model, covariance: Float64Array.from(negative.flat()) }, /no eigenvalue below 0/);
});
