import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { KernelFacts } from "../../../../scripts/kernels/facts.js";
import { factsTable, versionOfTable, withTable } from "../../../../scripts/kernels/table.js";

const KERNEL: KernelFacts = {
  operation: "sample",
  kernel: "choose<float>",
  architecture: "sm_80",
  threads: 1024,
  registers: 60,
  stack: 104,
  spillStores: 96,
  spillLoads: 100,
  shared: 904,
  divisions: [],
};
const BOTH = [KERNEL, { ...KERNEL, architecture: "sm_90" as const, registers: 64, stack: 96 }];
const BEGIN = "<!-- kernels:facts: made by the command of this name, not by hand -->";
const DOCUMENT = `before $&\n\n${BEGIN}\nold\n<!-- /kernels:facts -->\n\nafter\n`;

describe("factsTable", () => {
  it("has a row for each kernel: what differs between architectures twice, the rest once", () => {
    const rows = factsTable([...BOTH, { ...KERNEL, kernel: "other" }], "13.0").split("\n");
    assert.equal(
      rows[2],
      "| `sample` | `choose<float>` | 1024 | 60, 64 | 100 | 104, 96 | 904 | 1 block, 1024 threads |",
    );
    assert.match(rows[3] ?? "", /^\| `sample` \| `other` \|/);
    assert.deepEqual(rows.slice(4), ["", "Compiled by nvcc 13.0."]);
  });
});

describe("withTable", () => {
  it("puts a table between the markers, as often as it likes, and leaves the rest alone", () => {
    const table = factsTable(BOTH, "13.0");
    const once = withTable(DOCUMENT, table);
    assert.equal(once, `before $&\n\n${BEGIN}\n\n${table}\n\n<!-- /kernels:facts -->\n\nafter\n`);
    assert.equal(withTable(once, table), once);
    assert.equal(versionOfTable(once), "13.0");
    assert.equal(versionOfTable(DOCUMENT), null);
  });

  it("refuses a document without its markers", () => {
    assert.throws(
      () => withTable(`${BEGIN} alone`, ""),
      /expected the lines '<!-- kernels:facts.*found not both/,
    );
    assert.throws(() => withTable("neither", ""), /found not both/);
  });
});
