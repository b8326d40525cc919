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
import { findTool } from "../../../lib/video/tools.js";
import { SERVED_FOLDER, SERVED_MINOR, SERVED_WHEEL, servedIndex, servedWheel } from "../../helpers/served.js";
import { compileDriver } from "../../helpers/stand-in-driver.js";
import { scratchFolder } from "../../helpers/video-files.js";
import { noise, serve } from "../../helpers/wheels.js";

const MAIN = join(packageRoot(), "dist", "lib", "cli", "main.js");
const scratch = scratchFolder();

interface Machine {
  readonly env: Record<string, string>;
  run(...args: string[]): { status: number | null; stdout: string; stderr: string };
}

/** What videos are read with. */
const TOOLS = { FFMPEG_PATH: findTool("ffmpeg"), FFPROBE_PATH: findTool("ffprobe") };
/** A video as far as can be seen without opening it. */
const VIDEO = join(scratch, "a.mp4");
writeFileSync(VIDEO, "never opened");

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

/** As its run, while a server of this process answers. */
async function ended(
  env: Record<string, string>,
  ...args: readonly string[]
): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child, "close");
  return { status: child.exitCode, stderr };
}

function wheelFile({ env }: Machine): string {
  const file = join(env["HOME"] ?? "", "x.whl");
  writeFileSync(file, servedWheel());
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
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), [SERVED_FOLDER]);
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

test("score and train on a bare machine tell the commands", () => {
  const machine = bareMachine(TOOLS);
  const told = machine.run("score", VIDEO);
  assert.equal(told.status, 1);
  assert.ok(told.stderr.startsWith(`E_NO_LIBTORCH: no libtorch ${SERVED_MINOR} was found`), told.stderr);
  assert.match(
    told.stderr,
    / run: npx vqathinker setup\nor set VQAT_SETUP=cpu, and this command fetches it \(192 MB to fetch, 510 MB on disk\)$/m,
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
  const machine = bareMachine(TOOLS);
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
  const machine = bareMachine({ ...TOOLS, LD_LIBRARY_PATH: drivers });
  const told =
    /for NVIDIA H200, 140 GiB, sm_90: npx vqathinker setup --cuda, or VQAT_SETUP=cuda \(2\.7 GB to fetch, 4\.3 GB on disk\)$/m;
  assert.match(machine.run("score", VIDEO).stderr, told);
  // For a card that was asked for, only that build is named.
  assert.match(
    machine.run("score", VIDEO, "--device", "cuda").stderr,
    /; run: npx vqathinker setup --cuda\nor set VQAT_SETUP=cuda, and this command fetches it \(2\.7 GB to fetch, 4\.3 GB on disk\)$/m,
  );
  const { stdout } = machine.run("setup", "--wheel", wheelFile(machine));
  assert.match(
    stdout,
    /^NVIDIA H200, 140 GiB, sm_90 is here; for it: npx vqathinker setup --cuda \(2\.7 GB to fetch/m,
  );
});

test("what VQAT_SETUP fetches is what score then opens", async () => {
  const index = await servedIndex();
  const { env } = bareMachine({ ...TOOLS, VQAT_SETUP: "cpu", VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` });
  const { stderr } = await ended(env, "score", VIDEO);
  assert.match(stderr, /^fetching http/m);
  // Its libtorch opens, and has nothing of what the addon needs.
  assert.match(stderr, /^E_UNAVAILABLE: .*vqathinker\.node cannot be loaded /m);
  assert.deepEqual(readdirSync(cacheFolder(env)), [SERVED_FOLDER]);
});

test("what can be refused without libtorch is refused before it is fetched", async () => {
  const index = await servedIndex();
  const bare = { ...TOOLS, VQAT_SETUP: "cpu", VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` };
  const list = join(scratch, "absent.jsonl");
  writeFileSync(list, '{"video":"gone.mp4","score":1}\n{"video":"lost.mp4","score":2}\n');
  const there = join(scratch, "there.jsonl");
  writeFileSync(there, [VIDEO, MAIN].map((video, score) => `${JSON.stringify({ video, score })}\n`).join(""));
  const train = ["train", "--out", join(scratch, "none"), "--videos-per-step", "2", "--data"];
  const empty = mkdtempSync(join(scratch, "empty-"));
  const slot = join(scratch, "slot.txt");
  writeFileSync(slot, "What about <IMG_CONTEXT>?");
  const demo = join(packageRoot(), "dist", "lib", "demo", "main.js");
  const cases: readonly (readonly [args: readonly string[], said: RegExp, more?: Record<string, string>])[] =
    [
      [["score", "gone.mp4"], /^E_MEDIA: gone\.mp4: no such file$/m],
      [
        ["score", "gone.mp4", empty],
        /^E_MEDIA: \S*empty-\w+: expected video files .*; nor can the other one be read$/m,
      ],
      [["score", VIDEO, "--model", empty], /^E_FORMAT: \S*empty-/m],
      [["score", VIDEO, "--image-size", "30"], /^E_OPTION: option imageSize: expected a multiple of/m],
      [["score", VIDEO, "--frames", "9999997"], /^E_OPTION: option frames: expected at most/m],
      [
        ["score", VIDEO, "--prompt", slot],
        /^E_OPTION: option question: expected a text without <IMG_CONTEXT>/m,
      ],
      [["score", VIDEO, "--device", "cuda:1"], /^E_UNAVAILABLE: device 'cuda:1'/m],
      [["score", VIDEO], /^E_NO_FFMPEG: /m, { FFMPEG_PATH: "", FFPROBE_PATH: "" }],
      [["eval", "--data", list], /^E_MEDIA: 2 of 2 videos do not exist: /m],
      [
        ["eval", "--data", "gone.jsonl"],
        /^E_FORMAT: \S*gone\.jsonl: expected a list of videos: no such file/m,
      ],
      [[...train, list], /^E_MEDIA: 2 of 2 videos do not exist: /m],
      [[...train, there, "--frames", "9999997"], /^E_OPTION: option frames: expected at most/m],
      [[...train, there, "--image-size", "30"], /^E_OPTION: option imageSize: expected a multiple of/m],
      [[...train, there, "--model", empty], /^E_FORMAT: \S*empty-/m],
    ];
  for (const [args, said, more] of cases) {
    const { status, stderr } = await ended({ ...bareMachine(bare).env, ...more }, ...args);
    assert.notEqual(status, 0, args.join(" "));
    assert.match(stderr, said, args.join(" "));
  }
  const { stderr } = spawnSync(process.execPath, [demo], {
    env: bareMachine({ ...bare, FFMPEG_PATH: "", FFPROBE_PATH: "" }).env,
    cwd: scratch,
    encoding: "utf8",
  });
  assert.match(stderr, /^E_NO_FFMPEG: /);
  assert.deepEqual(index.asked, []);
});

test("a card on a bare machine without a driver is refused for that, and nothing is offered", {
  skip: OWN_DRIVER,
}, () => {
  const machine = bareMachine({ ...TOOLS, VQAT_SETUP: "cpu" });
  const list = join(scratch, "one.jsonl");
  writeFileSync(
    list,
    `${JSON.stringify({ video: VIDEO, score: 1 })}\n${JSON.stringify({ video: MAIN, score: 2 })}\n`,
  );
  const run = ["train", "--data", list, "--out", join(scratch, "card"), "--videos-per-step", "2"];
  for (const args of [["score", VIDEO], ["eval", "--data", list], run]) {
    const { status, stderr } = machine.run(...args, "--device", "cuda");
    assert.equal(status, 1);
    assert.match(stderr, /^E_UNAVAILABLE: device 'cuda': no NVIDIA driver: libcuda\.so\.1 is not found/m);
  }
});

test("a set-up that is killed half way leaves no libtorch, and the next one goes on with what came", async () => {
  const wheel = servedWheel({ "torch/share/noise": noise(400_000) });
  const honest = await servedIndex(wheel);
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
  const closed = once(child, "close");
  const part = join(cacheFolder(machine.env), "downloads", `${SERVED_WHEEL}.part`);
  while ((!existsSync(part) || held === 0) && child.exitCode === null) await setTimeout(20);
  await setTimeout(300);
  child.kill("SIGKILL");
  await closed;
  const left = readdirSync(cacheFolder(machine.env));
  assert.ok(!left.some((name) => name.startsWith("libtorch-")), left.join());
  const next = spawn(process.execPath, [MAIN, "setup", "--index", `${honest.url}/whl/cpu`], {
    env: machine.env,
    stdio: "ignore",
  });
  await once(next, "close");
  assert.equal(next.exitCode, 0);
  assert.match(honest.asked.at(-1) ?? "", / bytes=\d+-$/);
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), [SERVED_FOLDER]);
});

test("two at once: one fetches, the other waits for it", async () => {
  const index = await servedIndex(servedWheel({ "torch/share/noise": noise(400_000) }));
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
  assert.deepEqual(readdirSync(cacheFolder(machine.env)), [SERVED_FOLDER]);
  assert.equal(index.asked.filter((line) => line.includes(".whl")).length, 1);
});
