/** A command in a message can be typed as it stands: by npx, which finds the program wherever it is installed. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findings, sourceFiles } from "../helpers/sources.js";

const COMMANDS = "score|train|eval|ablate|convert|merge|fit-niqe|inspect|make-random|setup|doctor";
const BARE = new RegExp(`(?<!npx )\\bvqathinker (?:${COMMANDS})\\b`);

describe("hints", () => {
  it("in messages, documentation and examples go by npx", () => {
    const bare = (line: string) =>
      /^\s*(\/\*\*|\*|\/\/)/.test(line) ? null : (BARE.exec(line)?.[0] ?? null);
    assert.deepEqual(findings(sourceFiles(/^(lib|examples)\/.*\.ts$|^(docs\/.*|README)\.md$/), bare), []);
  });

  it("would be found without it", () => {
    assert.match("`go on with: vqathinker train --resume`", BARE);
    assert.doesNotMatch("run: npx vqathinker setup", BARE);
  });
});
