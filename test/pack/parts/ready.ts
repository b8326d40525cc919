/** A stranger's first minute: install, look, set up, score; and the same in one command. Gives the one who has it all. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Checks, holds, same } from "../checks.js";
import { IMPORTED, writePrograms } from "../consumers.js";
import { type Ground, install, scoresAsExpected } from "../ground.js";
import type { Stranger } from "../stranger.js";
import { pipFrom } from "../wheel.js";

const BUILD_TOOLS = ["cmake-js", "node-addon-api", "node-api-headers", "node-gyp", "prebuildify"];

/** @param wheels  folder with the wheel. */
export async function firstMinute(checks: Checks, ground: Ground, wheels: string): Promise<Stranger> {
  const who = ground.stranger("first", { env: pipFrom(wheels) });
  await checks.check("install: npm install --ignore-scripts", () => install(who));
  writePrograms(who.folder);
  await checks.check("installed: no build tools, and our two packages of one version", () =>
    installed(who.folder),
  );
  await checks.check("import", async () => {
    same(JSON.parse((await who.must("node", ["import.mjs"])).stdout), IMPORTED, "import");
  });
  await checks.check("--version", async () => {
    const { stdout } = await who.must("npx", ["vqathinker", "--version"]);
    holds(stdout, /^\d+\.\d+\.\d+\S*\n$/, "version");
  });
  await checks.check(
    "doctor before set-up names the platform's package and the missing libtorch",
    async () => {
      const { code, stdout } = await who.run("npx", ["vqathinker", "doctor"]);
      same(code, 1, "exit code");
      holds(stdout, /MISSING libtorch .*npx vqathinker setup/, "libtorch");
    },
  );
  await checks.check("set-up: npx vqathinker setup, pip pointed at a folder", async () => {
    await who.must("npx", ["vqathinker", "setup"]);
  });
  await checks.check("score: npx vqathinker score", () => scoresAsExpected(ground, who));
  await checks.check("doctor after set-up", async () => {
    const { stdout } = await who.must("npx", ["vqathinker", "doctor"]);
    holds(stdout, /^ok +addon +.*node_modules.@vqathinker.linux-x64.prebuilds/m, "addon");
    holds(stdout, /^ok +libtorch /m, "libtorch");
  });
  return who;
}

function installed(folder: string): void {
  const modules = join(folder, "node_modules");
  const present = BUILD_TOOLS.filter((name) => existsSync(join(modules, name)));
  same(present, [], "build tools");
  const [main, platform] = ["vqathinker", join("@vqathinker", "linux-x64")].map((name) => {
    const { version } = JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8")) as {
      version: string;
    };
    return version;
  });
  same(platform, main, "version of @vqathinker/linux-x64");
}

/** Where nothing is set up, a command that needs libtorch sets up when it is told to. */
export async function oneCommand(
  checks: Checks,
  ground: Ground,
  first: Stranger,
  wheels: string,
): Promise<void> {
  const who = ground.stranger("one-command", { folder: first.folder, env: pipFrom(wheels) });
  await checks.check("set-up and score in one: VQAT_SETUP=cpu npx vqathinker score", () =>
    scoresAsExpected(ground, who, { VQAT_SETUP: "cpu" }),
  );
}

/** As firstMinute, of somebody who lacks libtorch, or the platform's package. */
export async function bare(checks: Checks, ground: Ground): Promise<void> {
  const who = ground.stranger("bare");
  await install(who);
  writePrograms(who.folder);
  await checks.check("without libtorch: score says so, with what to type", async () => {
    const { code, stdout, stderr } = await who.run("npx", ["vqathinker", "score", ground.video]);
    same([code, stdout], [1, ""], "exit code and output");
    holds(stderr, /^E_NO_LIBTORCH: .*npx vqathinker setup/ms, "message");
  });
  await checks.check("without libtorch: the API throws the code", async () => {
    same((await who.must("node", ["load.mjs"])).stdout, "E_NO_LIBTORCH\n", "code");
  });
  await checks.check("without the platform's package: score names it", async () => {
    rmSync(join(who.folder, "node_modules", "@vqathinker"), { recursive: true });
    const { code, stderr } = await who.run("npx", ["vqathinker", "score", ground.video]);
    same(code, 1, "exit code");
    holds(stderr, /^E_\w+: .*@vqathinker\/linux-x64/ms, "message");
  });
}
