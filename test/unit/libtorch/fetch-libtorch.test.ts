/** Fetching libtorch: small wheels, a pip that is told to find nothing, and an index on this machine. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { cachedRoot, cacheFolder, downloadFolder, setupLock } from "../../../lib/libtorch/cache.js";
import { type FetchOptions, fetchLibtorch } from "../../../lib/libtorch/fetch-libtorch.js";
import { removeCache } from "../../../lib/libtorch/remove.js";
import { coded } from "../../helpers/refused.js";
import {
  serve,
  sha256Of,
  torchWheel,
  WHEEL_NAME,
  type WheelFacts,
  wheelIndex,
} from "../../helpers/wheels.js";

let home: string;
let env: Record<string, string>;
let lines: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "vqat-fetch-"));
  // A pip that finds nothing, whatever this machine's is configured to do.
  env = { PATH: process.env["PATH"] ?? "", HOME: home, PIP_NO_INDEX: "1", PIP_CONFIG_FILE: "/dev/null" };
  lines = [];
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function wheelFile(facts: WheelFacts = {}): string {
  const file = join(home, "given.whl");
  writeFileSync(file, torchWheel(facts));
  return file;
}

const fetch = (options: FetchOptions): Promise<string> =>
  fetchLibtorch({ env, retryMs: 1, log: (line) => lines.push(line), ...options });

const inCache = (): string[] => (existsSync(cacheFolder(env)) ? readdirSync(cacheFolder(env)) : []);

describe("a wheel that is given", () => {
  it("gives lib, include and share, and the second call does nothing", async () => {
    const root = await fetch({ wheel: wheelFile({ requires: ["filelock", 'pyyaml; extra == "pyyaml"'] }) });
    assert.equal(root, cachedRoot("2.13.0", false, env));
    assert.deepEqual(readdirSync(root).sort(), ["include", "lib", "share"]);
    assert.equal(readFileSync(join(root, "share", "cmake", "note, quoted"), "utf8"), "kept");
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
    lines = [];
    assert.equal(await fetch({}), root);
    assert.deepEqual(lines, [`libtorch 2.13.0 is already in ${root}`]);
  });

  it("is refused as a CUDA wheel unless that was asked for, naming the requirement, and the other way round", async () => {
    const cuda = wheelFile({
      version: "2.13.0",
      requires: ['nvidia-cublas==13.0; platform_system == "Linux"'],
    });
    await assert.rejects(
      fetch({ wheel: cuda }),
      coded("E_NO_LIBTORCH", cuda, "nvidia-cublas==13.0", "--cuda"),
    );
    assert.deepEqual(inCache(), []);
    assert.equal(await fetch({ wheel: cuda, cuda: true }), cachedRoot("2.13.0", true, env));
    await assert.rejects(fetch({ wheel: wheelFile(), cuda: true }), coded("E_NO_LIBTORCH", "is a CPU build"));
  });

  it("is refused when it is another minor version or another project", async () => {
    const older = wheelFile({ version: "2.11.0+cpu" });
    await assert.rejects(fetch({ wheel: older }), coded("E_TORCH_VERSION", "2.11.0+cpu", "2.13", older));
    const other = wheelFile({ name: "torchvision" });
    await assert.rejects(
      fetch({ wheel: other }),
      coded("E_NO_LIBTORCH", other, "torchvision, expected torch"),
    );
    assert.deepEqual(inCache(), []);
  });

  it("is refused when it is for another processor or another maker's card", async () => {
    const tag = "cp311-cp311-manylinux_2_28_s390x";
    await assert.rejects(fetch({ wheel: wheelFile({ tag }) }), coded("E_NO_LIBTORCH", `is for ${tag}`));
    const version = "2.13.0+rocm6.4";
    await assert.rejects(fetch({ wheel: wheelFile({ version }) }), coded("E_NO_LIBTORCH", '"rocm6.4"'));
  });

  it("is refused when it is half a wheel, a web page or nothing", async () => {
    const file = wheelFile();
    const whole = readFileSync(file);
    for (const bytes of [
      whole.subarray(0, whole.length / 2),
      Buffer.from("<html>sign in</html>"),
      Buffer.alloc(0),
    ]) {
      writeFileSync(file, bytes);
      await assert.rejects(fetch({ wheel: file }), coded("E_NO_LIBTORCH", file));
    }
    await assert.rejects(fetch({ wheel: join(home, "gone.whl") }), coded("E_NO_LIBTORCH", "gone.whl"));
    assert.deepEqual(inCache(), []);
  });

  it("is refused when a file is not the one that RECORD vouches for, and what was there stays", async () => {
    const root = await fetch({ wheel: wheelFile() });
    const changed = sha256Of("another");
    const digest = Buffer.from(changed, "hex").toString("base64url");
    const record = (honest: string) => honest.replace(/(libtorch_cpu\.so,sha256=)[^,]+/, `$1${digest}`);
    const message = ["torch/lib/libtorch_cpu.so", changed, sha256Of("library")];
    await assert.rejects(fetch({ wheel: wheelFile({ record }) }), coded("E_NO_LIBTORCH", ...message));
    const without = (honest: string) => honest.replace(/.*libtorch_cpu\.so.*\n/, "");
    await assert.rejects(
      fetch({ wheel: wheelFile({ record: without }) }),
      coded("E_NO_LIBTORCH", "not in the wheel's RECORD"),
    );
    assert.equal(readFileSync(join(root, "lib", "libtorch_cpu.so"), "utf8"), "library");
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
  });

  it("says what is missing where the disk has no room, before it writes", async () => {
    const free = async () => 5;
    const what = ["no room in", "XDG_CACHE_HOME"];
    await assert.rejects(fetch({ wheel: wheelFile(), free }), coded("E_NO_LIBTORCH", ...what));
    await assert.rejects(fetch({ free }), coded("E_NO_LIBTORCH", "torch 2.13.0 takes 702 MB, 0 MB are free"));
    assert.deepEqual(inCache(), []);
  });
});

describe("without a wheel", () => {
  it("asks pip first, as it is configured", async () => {
    const links = join(home, "links");
    mkdirSync(links);
    const python = execFileSync("python3", ["-c", "import sys; print('cp%d%d' % sys.version_info[:2])"], {
      encoding: "utf8",
    }).trim();
    writeFileSync(
      join(links, `torch-2.13.0+cpu-${python}-${python}-manylinux_2_28_x86_64.whl`),
      torchWheel(),
    );
    const index = await wheelIndex(torchWheel());
    env = { ...env, PIP_FIND_LINKS: links, VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` };
    await fetch({});
    assert.equal(lines[0], "asking pip for torch==2.13.0+cpu (about 192 MB)");
    assert.deepEqual(index.asked, []);
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
  });

  for (const [who, path] of [
    ["pip has none", process.env["PATH"]],
    ["there is no Python", "/nowhere"],
  ] as const) {
    it(`takes the index where ${who}, saying so before it fetches`, async () => {
      const wheel = torchWheel({ zip64: true });
      const index = await wheelIndex(wheel);
      env = { ...env, PATH: path ?? "", VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` };
      const root = await fetch({});
      assert.deepEqual(readdirSync(root).sort(), ["include", "lib", "share"]);
      assert.match(
        lines[1] ?? "",
        path === "/nowhere" ? /python3 was not found$/ : /No matching distribution/,
      );
      assert.equal(lines[2], `looking for torch 2.13.0+cpu in ${index.url}/whl/cpu`);
      assert.match(
        lines[3] ?? "",
        /^fetching http:.*x86_64\.whl \(about 192 MB, SHA-256: the index's own, no known one\)$/,
      );
      assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
    });
  }

  it("--cuda is pip's alone, and says so with pip's last words", async () => {
    const index = await wheelIndex(torchWheel());
    env = { ...env, VQAT_WHEEL_INDEX: `${index.url}/whl/cpu` };
    await assert.rejects(
      fetch({ cuda: true }),
      coded("E_NO_LIBTORCH", "torch==2.13.0", "No matching distribution", "--wheel"),
    );
    await assert.rejects(fetch({ cuda: true, index: index.url }), coded("E_OPTION", "CPU wheels only"));
    assert.deepEqual(index.asked, []);
  });

  it("an index may begin with HTTP:// in capitals", async () => {
    const index = await wheelIndex(torchWheel());
    await fetch({ index: `${index.url.replace("http", "HTTP")}/whl/cpu` });
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
  });

  it("an index that is no address is refused as an option", async () => {
    for (const index of ["whl/cpu", "file:///whl", "https://"])
      await assert.rejects(fetch({ index }), coded("E_OPTION", "option index", index));
  });
});

describe("the cache", () => {
  it("is filled by one at a time: the other waits, and finds it done", async () => {
    const index = await wheelIndex(torchWheel());
    const options = { index: `${index.url}/whl/cpu` };
    const roots = await Promise.all([fetch(options), fetch(options), fetch(options)]);
    assert.deepEqual(new Set(roots), new Set([cachedRoot("2.13.0", false, env)]));
    assert.equal(index.asked.length, 2, "one page and one wheel");
    assert.ok(lines.includes(`waiting for process ${process.pid}, which sets up too`));
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
  });

  it("keeps of a set-up that ended early what can be gone on with, and no more", async () => {
    const wheel = torchWheel({ files: { "torch/lib/libc10.so": Buffer.alloc(2 ** 18, "x7q") } });
    const half = join(cacheFolder(env), ".fetch-abc", "unpacked");
    mkdirSync(half, { recursive: true });
    mkdirSync(downloadFolder(env));
    writeFileSync(join(downloadFolder(env), `${WHEEL_NAME}.part`), wheel.subarray(0, 100));
    writeFileSync(setupLock(env), JSON.stringify({ pid: 2 ** 22 + 1 }));
    rmSync(setupLock(env));
    const index = await wheelIndex(wheel);
    await fetch({ index: `${index.url}/whl/cpu` });
    assert.match(index.asked[1] ?? "", / bytes=100-$/);
    assert.deepEqual(inCache(), ["libtorch-2.13.0"]);
  });

  it("is removed as a whole, with what it took, but nothing of anybody else's", async () => {
    assert.equal(await removeCache(env, () => {}), 0);
    await fetch({ wheel: wheelFile({ files: { "torch/lib/more.so": Buffer.alloc(1000) } }) });
    writeFileSync(join(cacheFolder(env), "notes.txt"), "mine");
    const bytes = await removeCache(env, () => {});
    assert.ok(bytes > 1000 && bytes < 2000, `${bytes}`);
    assert.deepEqual(inCache(), ["notes.txt"]);
    rmSync(join(cacheFolder(env), "notes.txt"));
    await removeCache(env, () => {});
    assert.deepEqual(readdirSync(cacheFolder(env)), []); // it stays for who waits for the lock in it
  });

  it("is written to or named in the message, with what names another one", async () => {
    const index = await wheelIndex(torchWheel());
    const refused = (place: string) =>
      assert.rejects(
        fetch({ index: `${index.url}/whl/cpu` }),
        coded("E_FORMAT", `${place}: cannot be written: `, "; name another folder by XDG_CACHE_HOME"),
      );
    writeFileSync(join(home, ".cache"), "a file");
    await refused(cacheFolder(env));
    rmSync(join(home, ".cache"));
    mkdirSync(setupLock(env), { recursive: true });
    await refused(setupLock(env));
    rmSync(setupLock(env), { recursive: true });
    writeFileSync(downloadFolder(env), "a file");
    await refused(cacheFolder(env));
  });
});

it("a server that nobody finds is one message with the address and what to do", async () => {
  const index = await serve(() => {});
  await index.close();
  await assert.rejects(
    fetch({ index: index.url }),
    coded("E_NO_LIBTORCH", index.url, "ECONNREFUSED", "HTTPS_PROXY"),
  );
});
