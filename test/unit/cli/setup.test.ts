/** The command's flags, as a process on a folder of its own. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { packageRoot } from "../../../lib/core/package-root.js";
import { cacheFolder } from "../../../lib/libtorch/cache.js";
import { addonPath, openLoader } from "../../../lib/native/loader.js";
import { compileDriver } from "../../helpers/stand-in-driver.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { noise, serve, torchWheel, WHEEL_NAME, wheelIndex } from "../../helpers/wheels.js";

const MAIN = join(packageRoot(), "dist", "lib", "cli", "main.js");
const scratch = scratchFolder();

interface Machine {
  readonly env: Record<string, string>;
  run(...args: string[]): { status: number | null; stdout: string; stderr: string };
}

/** Without Python, ffmpeg and libtorch. */
function bareMachine(more: Record<string, string> = {}): Machine {
  const env = { HOME: mkdtempSync(join(scratch, "home-")), PATH: "/nowhere", ...more };
  return {
    env,
    run: (...args) =>
      spawnSync(process.execPath, [MAIN, ...args], {
        env,
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      }),
  };
}

function wheelFile({ env }: Machine): string {
  const file = join(env["HOME"] ?? "", "x.whl");
  writeFileSync(file, torchWheel());
  return file;
}

test("sets up from a wheel, names what is missing for videos, and takes it away again", () => {
  const machine = bareMachine();
  const { status, stdout } = machine.run("setup", "--wheel", wheelFile(machine));
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^videos cannot be read yet: ffmpeg was not found on PATH; install it .* or set FFMPEG_PATH$/m,
  );
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), ["libtorch-2.13.0"]);
  assert.match(machine.run("setup", "--remove").stdout, /^removed 0 MB$/m);
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), []);
  assert.match(machine.run("setup", "--remove").stdout, /^there was nothing to remove$/m);
});

test("takes libtorch from one place at a time", () => {
  const { status, stderr } = bareMachine().run("setup", "--wheel", "a", "--venv", "b");
  assert.equal(status, 2);
  assert.match(
    stderr,
    /^E_OPTION: option venv: expected no second place to take libtorch from beside --wheel/,
  );
  const removed = bareMachine().run("setup", "--remove", "--archive", "x");
  assert.equal(removed.status, 2);
  assert.match(removed.stderr, /option archive: expected nothing beside --remove/);
});

test("an archive is not written over what it is made of", () => {
  const machine = bareMachine();
  const wheel = wheelFile(machine);
  const { status, stderr } = machine.run("setup", "--wheel", wheel, "--archive", wheel);
  assert.equal(status, 2);
  assert.match(stderr, /option archive: expected another file than that of --wheel, .* would be lost/);
});

test("score on a bare machine tells the commands, and with VQAT_SETUP fetches first", async () => {
  const machine = bareMachine();
  const told = machine.run("score", "a.mp4");
  assert.equal(told.status, 1);
  assert.match(
    told.stderr,
    /^E_NO_LIBTORCH: no libtorch 2\.13 .*npx vqathinker setup\nor set VQAT_SETUP=cpu, and this command fetches it \(192 MB to fetch, 510 MB on disk\)$/m,
  );
  const config = join(scratch, "train.jsonl");
  writeFileSync(
    config,
    `${JSON.stringify({ video: wheelFile(machine), score: 1 })}\n${JSON.stringify({ video: MAIN, score: 2 })}\n`,
  );
  const run = join(scratch, "run");
  const train = machine.run("train", "--data", config, "--out", run, "--videos-per-step", "2");
  assert.equal(train.status, 1);
  assert.match(train.stderr, /^E_NO_LIBTORCH: .*\nor set VQAT_SETUP=cpu/m);
  assert.equal(existsSync(run), false);
});

test("the demonstration asks before it renders anything", () => {
  const machine = bareMachine();
  const cwd = mkdtempSync(join(scratch, "demo-"));
  const demo = join(packageRoot(), "dist", "lib", "demo", "main.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [demo], {
    env: machine.env,
    cwd,
    encoding: "utf8",
  });
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^E_NO_LIBTORCH: .*\nor set VQAT_SETUP=cpu/);
  assert.deepEqual(readdirSync(cwd), []);
});

const H200 = { name: "NVIDIA H200", bytes: 150_754_820_096, major: 9, minor: 0 };
const OWN_DRIVER = openLoader(addonPath()).cudaDriver().library ? "this machine has a driver" : false;

test("where a driver shows a card, the CUDA build is named with its size", { skip: OWN_DRIVER }, () => {
  const drivers = mkdtempSync(join(scratch, "driver-"));
  compileDriver(drivers, { version: 13000, cards: [H200] });
  const machine = bareMachine({ LD_LIBRARY_PATH: drivers });
  const told =
    /for NVIDIA H200, 140 GiB, sm_90: npx vqathinker setup --cuda, or VQAT_SETUP=cuda \(2\.7 GB to fetch, 4\.3 GB on disk\)$/m;
  assert.match(machine.run("score", "a.mp4").stderr, told);
  const { stdout } = machine.run("setup", "--wheel", wheelFile(machine));
  assert.match(
    stdout,
    /^NVIDIA H200, 140 GiB, sm_90 is here; for it: npx vqathinker setup --cuda \(2\.7 GB to fetch/m,
  );
});

test("what VQAT_SETUP fetches is what score then opens", async () => {
  const index = await wheelIndex(torchWheel());
  const machine = bareMachine({ VQAT_SETUP: "cpu", VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` });
  const child = spawn(process.execPath, [MAIN, "score", "a.mp4"], {
    env: machine.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child, "close");
  assert.match(stderr, /^fetching http/m);
  // Its libtorch is a text, which is found, opened and refused.
  assert.match(stderr, /^E_UNAVAILABLE: .*libtorch-2\.13\.0.*cannot be loaded/m);
});

test("a set-up that is killed half way leaves no libtorch, and the next one goes on with what came", async () => {
  const wheel = torchWheel({ files: { "torch/lib/libc10.so": noise(400_000) } });
  const honest = await wheelIndex(wheel);
  let held = 0;
  // Gives half of the wheel, and then nothing more.
  const slow = await serve((request, response) => {
    if (request.url?.endsWith("/torch/")) {
      void fetch(`${honest.url}${request.url}`).then(async (page) => response.end(await page.text()));
      return;
    }
    response.writeHead(200, { "content-length": wheel.length });
    response.write(wheel.subarray(0, 200_000), () => held++);
  });
  const machine = bareMachine();
  const child = spawn(process.execPath, [MAIN, "setup", "--index", `${slow.url}/whl/cpu`], {
    env: machine.env,
    stdio: "ignore",
  });
  const part = join(cacheFolder(machine.env), "downloads", `${WHEEL_NAME}.part`);
  while ((!existsSync(part) || held === 0) && child.exitCode === null) await setTimeout(20);
  await setTimeout(300);
  child.kill("SIGKILL");
  await once(child, "close");
  const left = readdirSync(cacheFolder(machine.env));
  assert.ok(!left.some((name) => name.startsWith("libtorch-")), left.join());
  const next = spawn(process.execPath, [MAIN, "setup", "--index", `${honest.url}/whl/cpu`], {
    env: machine.env,
    stdio: "ignore",
  });
  await once(next, "close");
  assert.equal(next.exitCode, 0);
  assert.match(honest.asked.at(-1) ?? "", / bytes=\d+-$/);
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), ["libtorch-2.13.0"]);
});

test("two at once: one fetches, the other waits for it", async () => {
  const index = await wheelIndex(torchWheel({ files: { "torch/lib/libc10.so": noise(400_000) } }));
  const machine = bareMachine();
  mkdirSync(cacheFolder(machine.env), { recursive: true });
  const ended = [1, 2].map(async () => {
    const child = spawn(process.execPath, [MAIN, "setup", "--index", `${index.url}/whl/cpu`], {
      env: machine.env,
      stdio: "ignore",
    });
    await once(child, "close");
    return child.exitCode;
  });
  assert.deepEqual(await Promise.all(ended), [0, 0]);
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), ["libtorch-2.13.0"]);
  assert.equal(index.asked.filter((line) => line.includes(".whl")).length, 1);
});
