/** What is made of pip's answers, given by a program that takes python3's place. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { pipDownload } from "../../../lib/libtorch/pip.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();

/** @param script  of the shell; its folder is "$here", where pip is to put wheels "$3"; what comes before pip's own arguments is taken off. */
function asked(script: string, whole = false) {
  const here = mkdtempSync(join(scratch, "pip-"));
  const python = join(here, "python3");
  writeFileSync(python, `#!/bin/sh\nhere='${here}'\nshift 2; echo "$@" >"$here/asked"\n${script}\n`);
  chmodSync(python, 0o755);
  const folder = join(here, "wheels");
  const answer = pipDownload("torch==2.13.0+cpu", folder, whole, { PATH: here });
  return answer.then((said) => ({ said, folder, args: readFileSync(join(here, "asked"), "utf8").trim() }));
}

/** What pip writes on the way is not among the wheels, and is gone with it. */
const left = (folder: string) => readdirSync(join(folder, "..")).filter((name) => name.startsWith("wheels."));

/** One that has ended and that nobody has asked about does not. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const put = (...names: string[]) =>
  `/bin/mkdir -p "$3"; cd "$3"; ${names.map((name) => `: >${name}`).join("; ")}`;

test("one wheel is asked for, or the wheel and what it requires", async () => {
  const { said, args, folder } = await asked(put("torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl"));
  assert.equal(args, `download --dest ${folder} --no-deps torch==2.13.0+cpu`);
  assert.deepEqual(said, { wheels: [join(folder, "torch-2.13.0+cpu-cp311-cp311-linux_x86_64.whl")] });
  const all = await asked(
    put("sympy-1.whl", "nvidia_cublas-13.whl", "torch-2.13.0.whl", "torch-notes.txt"),
    true,
  );
  assert.equal(all.args, `download --dest ${all.folder} torch==2.13.0+cpu`);
  assert.deepEqual(
    all.said.wheels,
    ["torch-2.13.0.whl", "nvidia_cublas-13.whl"].map((name) => join(all.folder, name)),
  );
});

test("pip writes on the way into a folder of its own, which goes with it, whether it brought something or not", async () => {
  const named = `echo "$TMPDIR" >"$here/temporary"; : >"$TMPDIR/part"`;
  for (const end of [put("torch-1.whl"), "exit 3"]) {
    const { folder } = await asked(`${named}; ${end}`);
    assert.equal(readFileSync(join(folder, "..", "temporary"), "utf8"), `${folder}.part\n`);
    assert.deepEqual(left(folder), []);
  }
});

test("what keeps pip from it is told: no Python, no pip, pip's last words, no wheel", async () => {
  const folder = join(scratch, "none");
  const none = await pipDownload("torch==1", folder, false, { PATH: "/nowhere" });
  assert.deepEqual(none, { wheels: null, why: "python3 was not found" });
  const without = await asked("echo '/usr/bin/python3: No module named pip' >&2; exit 1");
  assert.deepEqual(without.said, {
    wheels: null,
    why: "python3 has no pip (on Debian: apt-get install python3-pip)",
  });
  const failed = await asked(
    "for i in 1 2 3 4 5 6 7 8 9; do echo line $i >&2; done; echo >&2; echo '[notice] To update' >&2; exit 1",
  );
  assert.deepEqual(failed.said, { wheels: null, why: [4, 5, 6, 7, 8, 9].map((i) => `line ${i}`).join("\n") });
  assert.deepEqual((await asked("exit 3")).said, { wheels: null, why: "python3 exited with 3" });
  assert.deepEqual((await asked(put("sympy-1.whl"))).said, { wheels: null, why: "pip brought no wheel" });
});

for (const how of ["SIGINT", "SIGTERM", "SIGHUP", "exit"] as const)
  test(`pip ends with the process that asked it: ${how}`, { timeout: 30_000 }, async () => {
    const here = mkdtempSync(join(scratch, "ended-"));
    const started = join(here, "started");
    const python = join(here, "python3");
    // Its own number is written in one step, and stays that of what it becomes.
    writeFileSync(
      python,
      `#!/bin/sh\n: >"$TMPDIR/pip-part"\necho $$ >'${started}.part'; mv '${started}.part' '${started}'\nexec sleep 60\n`,
    );
    chmodSync(python, 0o755);
    const script = fileURLToPath(new URL("../../helpers/pip-process.js", import.meta.url));
    const env = { ...process.env, PATH: `${here}:${process.env["PATH"]}` };
    const asking = spawn(process.execPath, [script, here, ...(how === "exit" ? ["7"] : [])], { env });
    const ended = once(asking, "exit");
    while (!existsSync(started)) await setTimeout(10);
    const pip = Number(readFileSync(started, "utf8"));
    try {
      if (how !== "exit") asking.kill(how);
      assert.deepEqual(await ended, how === "exit" ? [7, null] : [null, how]);
      for (let tries = 0; lives(pip) && tries < 200; tries++) await setTimeout(10);
      assert.equal(lives(pip), false);
      assert.deepEqual(left(join(here, "wheels")), []);
    } finally {
      if (lives(pip)) process.kill(pip, "SIGKILL");
    }
  });

test("nobody listens to signals any more when pip has ended", async () => {
  const listeners = () => ["exit", "SIGINT", "SIGTERM", "SIGHUP"].map((name) => process.listenerCount(name));
  const before = listeners();
  await asked("exit 3");
  await pipDownload("torch==1", join(scratch, "none"), false, { PATH: "/nowhere" });
  assert.deepEqual(listeners(), before);
});

test("a module that lies in the current folder is not run in the place of pip or of its like", async () => {
  const here = mkdtempSync(join(scratch, "current-"));
  const mark = join(here, "was-run");
  for (const name of ["pip", "runpy", "json"])
    writeFileSync(join(here, `${name}.py`), `open(${JSON.stringify(mark)}, "w").close()\n`);
  const env = { PATH: process.env["PATH"], HOME: here, PIP_NO_INDEX: "1", PIP_CONFIG_FILE: "/dev/null" };
  const before = process.cwd();
  process.chdir(here);
  try {
    // An empty entry of PYTHONPATH is the current folder too.
    for (const path of ["", ":/nowhere"]) {
      const said = await pipDownload("torch==1", join(here, "wheels"), false, { ...env, PYTHONPATH: path });
      assert.equal(existsSync(mark), false);
      assert.match(said.wheels === null ? said.why : "", /No matching distribution found for torch==1/);
    }
  } finally {
    process.chdir(before);
  }
});
