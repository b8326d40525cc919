/** One process in a folder, whoever comes at once, and whoever was killed there. */
import assert from "node:assert/strict";
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { type Holder, thisProcess } from "../../../lib/core/holder.js";
import { takeLock, waitForLock } from "../../../lib/core/lock.js";
import { packageRoot } from "../../../lib/core/package-root.js";
import type { TakeOrder, TakeReport } from "../../helpers/lock-taker.js";
import { scratchFolder } from "../../helpers/video-files.js";

const scratch = scratchFolder();
const TAKER = join(packageRoot(), "dist", "test", "helpers", "lock-taker.js");
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
});
let files = 0;

function lockFile(): string {
  const dir = join(scratch, String(files++));
  mkdirSync(dir);
  return join(dir, "run.lock");
}

async function taker(): Promise<ChildProcess> {
  const child = fork(TAKER);
  children.push(child);
  await once(child, "message");
  return child;
}

async function take(child: ChildProcess, order: TakeOrder): Promise<TakeReport> {
  const answer = once(child, "message");
  child.send(order);
  return (await answer)[0] as TakeReport;
}

/** A lock as a process of this machine left it that has ended: ids are used again, starts are not. */
const ended = (more: Partial<Holder> = {}) =>
  JSON.stringify({
    ...thisProcess(),
    ...(existsSync("/proc/self") ? { started: "1" } : { pid: 2 ** 22 + 1 }),
    ...more,
  });
const unseen = (): Holder => ({ ...thisProcess(), pid: 77, host: "elsewhere", boot: "b", machine: "m" });
const busy = (message: RegExp) => ({ code: "E_BUSY", message });

test("a lock is held by one, named to the others, and free again after it", async () => {
  const file = lockFile();
  const lock = await takeLock(file, "a run");
  await assert.rejects(takeLock(file, "a run"), busy(/^a run: this process uses it$/));
  const child = await taker();
  const { won, told } = await take(child, { file, takers: 1 });
  assert.equal(won, 0);
  assert.match(told.join(), new RegExp(`^a run: process ${process.pid} on ${thisProcess().host} uses it$`));
  await lock.release();
  await lock.release();
  assert.deepEqual(readdirSync(join(file, "..")), []);
  assert.equal((await take(child, { file, takers: 1 })).won, 1);
  await lock.release();
  await assert.rejects(takeLock(file, "a run"), busy(new RegExp(`process ${child.pid} on`)));
});

test("a killed process holds nothing, not even while its parent has not looked", async () => {
  const file = lockFile();
  const child = await taker();
  await take(child, { file, takers: 1 });
  child.kill("SIGKILL");
  await once(child, "exit");
  const lock = await takeLock(file, "a run");
  await lock.release();
  assert.deepEqual(readdirSync(join(file, "..")), []);
});

test("who has the lock sweeps what killed takers left beside it", async () => {
  const file = lockFile();
  const half = (name: string, pid: number) => writeFileSync(`${file}${name}.part-${pid}-2`, "");
  for (const name of ["", ".next", ".next.next"]) half(name, 2 ** 22 + 1);
  half("", process.ppid);
  const lock = await takeLock(file, "a run");
  await lock.release();
  assert.deepEqual(readdirSync(join(file, "..")), [`run.lock.part-${process.ppid}-2`]);
});

test("of many at once one gets it, be it free or left by a process that has ended", async () => {
  const takers = await Promise.all([taker(), taker(), taker()]);
  const left = [null, ended(), ended({ pid: 2 ** 22 + 5 })];
  for (let round = 0; round < 30; round++) {
    const file = lockFile();
    const old = left[round % left.length];
    if (old != null) writeFileSync(file, old);
    // And a taker that ended while it took.
    if (old != null && round % 2 === 1) writeFileSync(`${file}.next`, ended());
    const reports = await Promise.all(takers.map((child) => take(child, { file, takers: 6 })));
    assert.deepEqual(reports.map(({ won }) => won).sort(), [0, 0, 1], `round ${round}`);
    const winner = reports.find(({ won }) => won === 1)?.pid;
    assert.equal((JSON.parse(readFileSync(file, "utf8")) as Holder).pid, winner);
    const told = reports.flatMap((report) => report.told);
    assert.ok(
      told.every((line) => /^a run: (this process|process \d+ on \S+) uses it$/.test(line)),
      told.join("\n"),
    );
    assert.deepEqual(readdirSync(join(file, "..")), ["run.lock"]);
  }
});

test("a lock of another machine, or that says nothing, stays, and how to remove it is said", async () => {
  const file = lockFile();
  const text = JSON.stringify(unseen());
  writeFileSync(file, text);
  await assert.rejects(
    takeLock(file, "a run"),
    busy(
      /^a run: process 77 on elsewhere uses it; it cannot be seen from here: if it has ended, remove \S+run\.lock$/,
    ),
  );
  assert.equal(readFileSync(file, "utf8"), text);
  for (const nothing of ["", "{}", "[1]", '{"pid":', '"x"']) {
    writeFileSync(file, nothing);
    await assert.rejects(
      takeLock(file, "a run"),
      busy(/its lock does not say whose it is; .* remove \S+run\.lock$/),
    );
  }
});

test("a lock that cannot be written is named", async () => {
  const file = join(scratch, "none", "run.lock");
  await assert.rejects(takeLock(file, "a run"), {
    code: "E_FORMAT",
    message: /^\S+run\.lock: cannot be written: ENOENT: no such file or directory$/,
  });
});

test("a process that is dead but not yet looked after has ended", {
  skip: existsSync("/proc/self") ? false : "needs /proc",
}, async () => {
  const file = lockFile();
  const program = `import { takeLock, waitForLock } from ${JSON.stringify(join(packageRoot(), "dist/lib/core/lock.js"))};
    await takeLock(${JSON.stringify(file)}, "a run"); process.kill(process.pid, "SIGKILL");`;
  // The shell becomes a program that never asks how its child ended, and says so by a line once it is that.
  const node = `"$0" --input-type=module --eval "$1" & exec "$0" --eval 'setInterval(() => {}, 1e6); console.log("there")'`;
  const parent = spawn("sh", ["-c", node, process.execPath, program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(parent);
  await once(parent.stdout, "data");
  const stat = () => {
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as Holder;
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  };
  while (!existsSync(file) || !/\) Z /.test(stat())) await new Promise((go) => setTimeout(go, 10));
  const lock = await takeLock(file, "a run");
  await lock.release();
});

test("who waits gets the lock when its holder lets go, is told once whom it waits for, and waits for nobody unseen", async () => {
  const file = lockFile();
  const lock = await takeLock(file, "a cache");
  const told: number[] = [];
  let got = false;
  const waiting = waitForLock(file, "a cache", (pid) => told.push(pid)).then((second) => {
    got = true;
    return second;
  });
  await new Promise((ready) => setTimeout(ready, 500));
  assert.equal(got, false);
  await lock.release();
  await (await waiting).release();
  assert.deepEqual(told, [process.pid]);
  writeFileSync(file, ended());
  await (await waitForLock(file, "a cache", (pid) => told.push(pid))).release();
  writeFileSync(file, JSON.stringify(unseen()));
  await assert.rejects(
    waitForLock(file, "a cache", (pid) => told.push(pid)),
    busy(/process 77 on elsewhere/),
  );
  assert.equal(told.length, 1);
});
