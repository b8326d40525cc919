/**
 * `npm test`: sets up, builds, then runs every suite: Node's tests, the C++ tests, the fuzz targets, format and lint.
 * Goes on after a failure, says of each suite how many tests were skipped, ends with one line that counts what passed
 * and failed, and fails when any did.
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootstrap } from "./bootstrap.mjs";
import { countGoogleTest, countTap, skippedCases, summary, withExitCode } from "./counts.mjs";
import { main, output, ROOT, run, say, told } from "./shell.mjs";

/** The formatter's taste changes between majors; another one than this would fail on good code. */
const CLANG_FORMAT_MAJOR = 14;
/**
 * How long the readers of files are fed inputs, and from which seed: always the same, so that a failure comes from the
 * change that is tested. `npm run fuzz` takes a new one each time.
 */
const FUZZ_SECONDS = 60;
const FUZZ_SEED = 1;

const scratch = mkdtempSync(join(tmpdir(), "vqat-test-"));

await main(async () => {
  const suites = [];
  try {
    await bootstrap({ tests: true });
    suites.push(["TypeScript tests", await nodeTests()]);
    suites.push(["C++ tests", await nativeTests()]);
    suites.push(["fuzz targets", await fuzz()]);
    const biome = join(ROOT, "node_modules", ".bin", "biome");
    suites.push(["format and lint of TypeScript", await one(biome, ["check", "."])]);
    suites.push(["format of C++ and CUDA", await clangFormat()]);
  } catch (error) {
    process.stderr.write(`${told(error)}\n`);
    suites.push(["set-up", { passed: 0, failed: 1, skipped: 0 }]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const { lines, last, failed } = summary(suites);
  lines.forEach(say);
  process.stdout.write(`${last}\n`);
  return failed === 0 ? 0 : 1;
});

async function nodeTests() {
  const files = readdirSync(join(ROOT, "test"), { recursive: true })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .map((name) => join("dist", "test", name.replace(/\.ts$/, ".js")));
  const tap = join(scratch, "node.tap");
  const reporters = ["spec", "stdout", "tap", tap].map((value, place) =>
    place % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  );
  say(`running ${files.length} TypeScript test files`);
  const code = await run(process.execPath, ["--test", ...reporters, ...files]);
  return withExitCode(countTap(existsSync(tap) ? readFileSync(tap, "utf8") : ""), code);
}

async function nativeTests() {
  say("running the C++ tests");
  const results = `${join(scratch, "gtest")}/`;
  const env = { ...process.env, GTEST_OUTPUT: `json:${results}`, GTEST_BRIEF: "1" };
  const code = await run("ctest", ["--test-dir", "build", "--output-on-failure", "--no-tests=error"], {
    env,
  });
  const reports = existsSync(results)
    ? readdirSync(results).map((name) => JSON.parse(readFileSync(join(results, name), "utf8")))
    : [];
  // The programs are brief, and say nothing of what they skip.
  for (const name of reports.flatMap(skippedCases)) say(`skipped: ${name}`);
  return withExitCode(countGoogleTest(reports), code);
}

async function fuzz() {
  const report = join(scratch, "fuzz.json");
  const program = join("dist", "test", "fuzz", "main.js");
  const options = { "--seconds": FUZZ_SECONDS, "--seed": FUZZ_SEED, "--report": report };
  const code = await run(process.execPath, [program, ...Object.entries(options).flat().map(String)]);
  const { passed, failed } = existsSync(report)
    ? JSON.parse(readFileSync(report, "utf8"))
    : { passed: 0, failed: 0 };
  return withExitCode({ passed, failed, skipped: 0 }, code);
}

async function clangFormat() {
  const version = output("clang-format", ["--version"]);
  const major = Number(/version (\d+)/.exec(version ?? "")?.[1] ?? 0);
  if (major !== CLANG_FORMAT_MAJOR) {
    say(
      `not checking the format of C++: needs clang-format ${CLANG_FORMAT_MAJOR}, found ${version ?? "none"}`,
    );
    return { passed: 0, failed: 0, skipped: 1 };
  }
  const files = ["native", join("test", "native"), join("test", "cuda")]
    .filter((folder) => existsSync(join(ROOT, folder)))
    .flatMap((folder) =>
      readdirSync(join(ROOT, folder), { recursive: true }).map((name) => join(folder, name)),
    )
    .filter((name) => /\.(h|cpp|cu|cuh)$/.test(name));
  return one("clang-format", ["--dry-run", "-Werror", ...files]);
}

/** A check that is one test. */
async function one(program, args) {
  return withExitCode({ passed: 1, failed: 0, skipped: 0 }, await run(program, args));
}
