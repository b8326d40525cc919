/**
 * Every file of lib/ that reads what others wrote is fed by a fuzz target: whoever adds a reader names it in the READERS
 * of its target, or here with the reason why nothing foreign passes there.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { FuzzTarget } from "../fuzz/target.js";
import { TARGET_NAMES } from "../fuzz/targets.js";
import { findings, reachedFrom, readSource, sourceFiles } from "../helpers/sources.js";

/** Through these bytes come in: what opens, decodes or parses them, of Node, of core/ and of packages; and other programs. */
const DOORS = new RegExp(
  [
    /\b(readFile|readFileSync|createReadStream|JSON\.parse|TextDecoder|getUrl|withWheel|readSync|withElf)\b|\bfetch\(/,
    /\b(withFile|readRange|Cursor|ByteSource|readIfThere|decodeUtf8|parseJsonObject|read(Cut)?Json\w+|parseJson\w+)\b/,
    /"(node:child_process|csv-parse\/sync|sharp|@huggingface\/tokenizers|fluent-ffmpeg)"/,
  ]
    .map(({ source }) => source)
    .join("|"),
);
const COMMENT = /^\s*(\/?\*|\/\/)/;

const NOTHING_FOREIGN: Readonly<Record<string, string>> = {
  "lib/ablation/folder.ts": "what the ablation itself wrote, held to its schema",
  "lib/ablation/recorded.ts": "our own values, as JSON gives them back",
  "lib/ablation/start.ts": "answers that the ablation itself wrote",
  "lib/cli/ablate.ts": "a JSON object by core/json.ts, its keys checked as a configuration's",
  "lib/cli/doctor.ts": "the first line that ffmpeg says of its version is shown",
  "lib/core/package-root.ts": "our own package.json",
  "lib/libtorch/archive.ts": "bytes are hashed and packed, none is read further",
  "lib/libtorch/cache.ts": "our own record; anything else says nothing",
  "lib/libtorch/download.ts": "bytes are held to a sum that is known, none is read further",
  "lib/libtorch/fetch-libtorch.ts": "hands an open wheel on",
  "lib/libtorch/libtorch.ts": "three numbers in a header of libtorch; anything else is no libtorch",
  "lib/libtorch/pip.ts": "pip's last words are shown",
  "lib/libtorch/web.ts": "hands an answer's bytes on",
  "lib/model/save.ts": "bytes are copied, none is read further",
  "lib/native/apart.ts": "the last words of our own child are shown",
  "lib/native/libtorch-trial.ts": "what our own child says of an error",
  "lib/native/find-addon.ts": "versions in package.json of our own packages",
  "lib/run-folder/folder.ts": "lines that the run itself wrote",
  "lib/core/holder.ts": "what the system says of its processes",
  "lib/core/lock.ts": "what another process of ours wrote; anything else is nobody's",
  "lib/run/read-inputs.ts": "bytes are hashed, none is read further",
  "lib/setup/setup.ts": "runs our own build, asks an open wheel for its kind",
  "lib/synthetic/encode.ts": "ffmpeg's last words are shown",
  "lib/video/ffmpeg-command.ts": "ffmpeg's pixels are counted, its words are shown",
  "lib/video/tools.ts": "the names of ffmpeg's options, of which one is looked for",
};

const doors = new Set(
  findings(sourceFiles(/^lib\/.*\.ts$/), (line) =>
    DOORS.test(line) && !COMMENT.test(line) ? "reads" : null,
  ).map((found) => found.slice(0, found.indexOf(":"))),
);
const readers = await Promise.all(
  TARGET_NAMES.map(async (name) => {
    const target = (await import(`../fuzz/${name}.js`)) as FuzzTarget;
    return { source: `test/fuzz/${name}.ts`, files: target.READERS };
  }),
);
const fed = new Set(readers.flatMap(({ files }) => files));

describe("readers of foreign files", () => {
  it("are fuzzed", () => {
    assert.deepEqual(
      [...doors].filter((file) => !fed.has(file) && !(file in NOTHING_FOREIGN)),
      [],
    );
  });

  it("are imported by the target that names them", () => {
    for (const { source, files } of readers) {
      const reached = reachedFrom(source);
      assert.ok(files.length > 0, source);
      for (const file of files) assert.ok(reached.has(file), `${source} does not reach ${file}`);
    }
  });

  it("are what the lists say: no name is left over", () => {
    for (const file of [...fed, ...Object.keys(NOTHING_FOREIGN)])
      assert.ok(doors.has(file), `${file} reads nothing`);
    for (const file of Object.keys(NOTHING_FOREIGN)) assert.ok(!fed.has(file), `${file} is fuzzed after all`);
  });

  it("have targets that all run", () => {
    const written = sourceFiles(/^test\/fuzz\/.*\.ts$/).filter((path) =>
      /^export const READERS/m.test(readSource(path)),
    );
    assert.deepEqual(written, readers.map(({ source }) => source).sort());
  });
});
