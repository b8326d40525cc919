/** What a wheel says of itself. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readMetadata, withWheel } from "../../../lib/libtorch/wheel.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { sha256Of, torchWheel } from "../../helpers/wheels.js";
import { zipArchive } from "../../helpers/zip.js";

const file = join(scratchFolder(), "x.whl");

test("name, version, and requirements without markers and extras", () => {
  const lines = [
    "Metadata-Version: 2.4",
    "Name: torch",
    "Version: 2.13.0+cpu",
    "Requires-Dist: sympy>=1.13.3",
  ];
  lines.push('Requires-Dist: jinja2; python_version > "3"', 'Requires-Dist: optree; extra == "optree"');
  for (const end of ["\n", "\r\n"]) {
    const text = [...lines, "", "Version: of the prose"].join(end);
    assert.deepEqual(readMetadata(text), {
      name: "torch",
      version: "2.13.0+cpu",
      requires: ["sympy>=1.13.3", "jinja2"],
    });
  }
  assert.equal(readMetadata("Name: torch\n\nVersion: 1\n"), null);
});

test("RECORD's sums, with names that are quoted", async () => {
  writeFileSync(file, torchWheel());
  const sums = await withWheel(file, async (wheel) => wheel.sums);
  assert.equal(sums.get("torch/lib/libtorch_cpu.so"), sha256Of("library"));
  assert.equal(sums.get("torch/share/cmake/note, quoted"), sha256Of("kept"));
  assert.equal(sums.has("torch-2.13.0+cpu.dist-info/RECORD"), false);
});

test("a zip that is no wheel, and a RECORD that is no table, are refused by name", async () => {
  writeFileSync(file, zipArchive([{ name: "a", data: new Uint8Array(3) }]));
  const nothing = withWheel(file, async () => {});
  await assert.rejects(nothing, {
    code: "E_NO_LIBTORCH",
    message: /x\.whl: it has no \*\.dist-info\/METADATA; expected a whole torch wheel/,
  });
  writeFileSync(file, torchWheel({ record: () => 'a,"b' }));
  await assert.rejects(
    withWheel(file, async () => {}),
    { code: "E_NO_LIBTORCH", message: /its RECORD does not parse/ },
  );
});
