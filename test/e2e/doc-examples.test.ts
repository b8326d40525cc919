/** Every example of README.md and docs/ holds: programs compile and run, commands have the flags that they are shown with. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { packageRoot } from "../../lib/core/package-root.js";
import { cli } from "../helpers/command.js";
import { fences, spokenCommands } from "../helpers/fences.js";
import { goldenPath } from "../helpers/goldens.js";
import { renderedVideos } from "../helpers/rendered.js";
import { readSource } from "../helpers/sources.js";
import { scratchFolder } from "../helpers/video-files.js";

/** Inside the package, so that they import it by its name. */
const PROGRAMS = join(packageRoot(), "dist", "doc-examples");

/** Lines that are not run here, and why. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm install vqathinker$/, "installs what test/pack installs"],
  [/^npm (run (demo|bench:learning .*)|test)$/, "runs for minutes or hours, or runs this test"],
  [/^npx vqathinker setup\b/, "fetches libtorch; test/unit/libtorch has local indexes for it"],
  [/^npx vqathinker ablate --table/, "runs for an hour; test/e2e/ablate.test.ts runs a small one"],
  [
    /^npx vqathinker (ablate|convert|fit-niqe|merge|train|inspect|eval|score .* --model) /,
    "names files of the reader's own",
  ],
];

/** Commands as they are typed, comments and variables before them left out. */
function typed(text: string): string[] {
  return text
    .split("\n")
    .map((line) =>
      line
        .replace(/\s+#.*$/, "")
        .replace(/^(\w+=\S+\s+)+/, "")
        .trim(),
    )
    .filter((line) => line !== "");
}

describe("programs of the documentation", () => {
  const programs = fences()
    .filter(({ language }) => language === "ts")
    .map((fence, i) => ({ ...fence, name: `example-${i}` }));
  const folder = scratchFolder();

  before(async () => {
    mkdirSync(PROGRAMS, { recursive: true });
    for (const { name, text } of programs)
      writeFileSync(join(PROGRAMS, `${name}.ts`), `${text}\nexport {};\n`);
    const { manifest, videos } = await renderedVideos(4);
    for (const [i, name] of ["a.mp4", "b.mp4"].entries()) copyFileSync(videos[i] ?? "", join(folder, name));
    const rows = videos.map((video, i) => JSON.stringify({ video, score: 1 + i }));
    writeFileSync(join(folder, "train.jsonl"), `${rows.join("\n")}\n`);
    writeFileSync(join(folder, "prompt.txt"), "Rate the quality from 1 to 5.\nReason, then answer.\n");
    copyFileSync(goldenPath("niqe/model.json"), join(folder, "pristine.json"));
    assert.ok(manifest.endsWith(".jsonl"));
  });
  after(() => rmSync(PROGRAMS, { recursive: true, force: true }));

  it("are there, and compile as a strict program does", () => {
    assert.ok(programs.length >= 2);
    const tsc = join(packageRoot(), "node_modules", "typescript", "bin", "tsc");
    const flags = [
      "--ignoreConfig",
      "--strict",
      "--target",
      "es2023",
      "--module",
      "nodenext",
      "--types",
      "node",
      "--skipLibCheck",
    ];
    const files = programs.map(({ name }) => join(PROGRAMS, `${name}.ts`));
    const { status, stdout } = spawnSync(process.execPath, [tsc, ...flags, ...files], { encoding: "utf8" });
    assert.equal(
      status,
      0,
      `${stdout}\n${programs.map(({ name, place }) => `${name}: ${place}`).join("\n")}`,
    );
  });

  for (const { name, place } of programs)
    it(`run: ${place}`, () => {
      const options = { cwd: folder, encoding: "utf8" } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(PROGRAMS, `${name}.js`)], options);
      assert.equal(status, 0, stderr);
      assert.notEqual(stdout, "");
    });
});

describe("commands of the documentation", () => {
  const shell = fences()
    .filter(({ language }) => language === "sh")
    .flatMap(({ place, text }) => typed(text).map((line): [string, string] => [place, line]));
  const helps = new Map<string, string>();

  /** What is wrong with a command of ours; null when its name and flags exist. */
  async function wrong(command: string): Promise<string | null> {
    const [, name = "", ...words] = command.replace(/^npx /, "").split(/\s+/);
    if (name.startsWith("-")) return null;
    const help = helps.get(name) ?? (await cli(name, "--help")).stdout;
    helps.set(name, help);
    if (!help.startsWith(`Usage: vqathinker ${name} `)) return `no command ${name}`;
    const flags = words.filter((word) => /^--\w/.test(word)).map((word) => word.replace(/[=,;.)].*$/, ""));
    const unknown = flags.filter((flag) => !new RegExp(`^ +(-\\w, )?${flag}\\b`, "m").test(help));
    return unknown.length === 0 ? null : `${name} has no ${unknown.join(", ")}`;
  }

  it("exist, with every flag that they are shown with", async () => {
    const ours = [...shell.filter(([, line]) => line.startsWith("npx vqathinker")), ...spokenCommands()];
    assert.ok(ours.length > 20);
    const found: string[] = [];
    for (const [place, command] of ours) {
      const problem = await wrong(command);
      if (problem !== null) found.push(`${place}: ${command}: ${problem}`);
    }
    assert.deepEqual(found, []);
  });

  it("of npm are scripts of package.json, or npm's own", () => {
    const { scripts } = JSON.parse(readSource("package.json")) as { scripts: object };
    const named = shell.flatMap(([, line]) => /^npm run ([\w:-]+)/.exec(line)?.[1] ?? []);
    assert.ok(named.length > 0);
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      [],
    );
  });

  it("are run, or it is said why not", async () => {
    const dir = scratchFolder();
    const { videos } = await renderedVideos(4);
    copyFileSync(videos[0] ?? "", join(dir, "clip.mp4"));
    const rest = shell.filter(([, line]) => !NOT_RUN.some(([pattern]) => pattern.test(line)));
    assert.ok(rest.some(([, line]) => line === "npx vqathinker score clip.mp4"));
    for (const [place, line] of rest) {
      assert.ok(line.startsWith("npx vqathinker "), `${place}: ${line}: neither run here nor said why not`);
      const args = line.split(" ").slice(2);
      const file = join(packageRoot(), "dist", "lib", "cli", "main.js");
      const { status, stderr } = spawnSync(process.execPath, [file, ...args], { cwd: dir, encoding: "utf8" });
      assert.equal(status, 0, `${place}: ${stderr}`);
    }
  });
});
