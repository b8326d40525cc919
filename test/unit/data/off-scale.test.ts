/** Labels off their scale: how many are told, with which remedy, where they are moved and where they are compared as they are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { labelWarnings } from "../../../lib/data/off-scale.js";

const model = { min: 1, max: 5 };
const labels = (...scores: number[]) => scores.map((score, i) => ({ id: `v${i}`, score }));

test("labels that are on no known scale and off the model's: how many, what range, which option", () => {
  assert.deepEqual(labelWarnings(labels(1, 2.5, 5), model, {}), []);
  const [said = "", ...more] = labelWarnings(labels(3, 64.2, 31, 85), model, {});
  assert.deepEqual(more, []);
  assert.match(
    said,
    /^3 of 4 labels are not on the model's scale, 1 to 5, .*from 3 to 85; set labelRange to their scale, such as min 0 and max 100/,
  );
  assert.match(said, /labelScale/);
  assert.deepEqual(labelWarnings(labels(3, 64.2), model, { labelRange: { min: 0, max: 100 } }), []);
  assert.match(labelWarnings(labels(0.2, 0.9), model, {}).join(), /^2 of 2 .* 0\.2 to 0\.9/);
});

test("a row's own scale counts, and a label off the scale that it is said to be on is told", () => {
  const scaled = [...labels(3), { id: "own", score: 60, scale: { min: 0, max: 100 } }];
  assert.deepEqual(labelWarnings(scaled, model, {}), []);
  const off = [...scaled, { id: "off", score: 120, scale: { min: 0, max: 100 } }];
  assert.match(labelWarnings(off, model, {}).join(), /^1 of 3 labels .*off: 120 on 0 to 100/);
  assert.match(
    labelWarnings(labels(3, 12), model, { labelRange: { min: 0, max: 10 } }).join(),
    /^1 of 2 .*v1: 12 on 0 to 10/,
  );
});

test("labels that are compared as they are have to be on the model's scale, whatever a row says of theirs", () => {
  const raw = { raw: true };
  assert.deepEqual(labelWarnings(labels(1, 2.5, 5), model, raw), []);
  const scaled = [...labels(3), { id: "own", score: 60, scale: { min: 0, max: 100 } }];
  const [said = "", ...more] = labelWarnings(scaled, model, raw);
  assert.deepEqual(more, []);
  assert.match(
    said,
    /^1 of 2 labels are not on the model's scale, 1 to 5: they go from 3 to 60; RMSE and MAE .*set labelScale/,
  );
  assert.doesNotMatch(said, /labelRange/);
  const off = [...labels(3), { id: "off", score: 4, scale: { min: 0, max: 1 } }];
  assert.match(
    labelWarnings(off, model, raw).join(),
    /^1 of 2 .* \(the list's scale\), first off: 4 on 0 to 1; /,
  );
});
