/** Faults are found: a sample of them in every run, all of them by `npm run test:cuda`. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { cudaFiles } from "../../scripts/kernels/facts.js";
import { lookFor, withFault } from "./plant.js";
import { FAULTS } from "./planted/all.js";
import { PLAIN } from "./programs.js";
import { SETTINGS } from "./trial.js";

describe("planted faults", () => {
  it("are at least twenty, no two of one name, in every kernel", () => {
    assert.ok(FAULTS.length >= 20);
    assert.equal(new Set(FAULTS.map(({ name }) => name)).size, FAULTS.length);
    const reached = FAULTS.flatMap(({ file, users }) => users ?? [file]);
    assert.deepEqual(
      cudaFiles().filter((path) => !reached.some((file) => path.endsWith(`/native/${file}`))),
      [],
    );
  });

  it("have a place in the sources as they are", () => {
    for (const fault of FAULTS) assert.notEqual(withFault(fault), "");
  });

  it("without a place are refused", () => {
    const gone = { name: "gone", file: "kernels/cuda/device.cuh", find: "no such text", put: "", tests: "*" };
    assert.throws(() => withFault(gone), /'gone': expected its text once in .*device\.cuh, found it 0 times/);
    assert.throws(() => withFault({ ...gone, find: "__syncthreads" }), /found it \d+ times/);
  });

  const built = existsSync(PLAIN.program);
  const sampled = FAULTS.filter((fault) => fault.sampled);

  it("of the sample are four", () => assert.equal(sampled.length, 4));

  for (const fault of sampled)
    it(`are found: ${fault.name}`, { skip: !built && "needs the C++ tests' build" }, async (t) => {
      const { told, missed } = await lookFor(fault, [{ build: () => PLAIN, settings: SETTINGS.slice(0, 2) }]);
      assert.notEqual(told, null, `passed all tests: ${missed.join("; ")}`);
      t.diagnostic(told ?? "");
    });

  it("are not found where none is planted", { skip: !built && "needs the C++ tests' build" }, async () => {
    const [fault] = sampled;
    assert.ok(fault);
    const none = { ...fault, put: fault.find };
    const looks = [{ build: () => PLAIN, settings: SETTINGS.slice(0, 1) }];
    assert.equal((await lookFor(none, looks)).told, null);
  });
});
