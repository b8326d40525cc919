/** Which files a folder stands for: as systems, tools and links leave folders behind. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { expandPaths } from "../../../lib/video/files.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { beginsLikeTransportStream } from "../../../lib/video/transport-stream.js";
import { makeVideo, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();

/** A folder with these files; their content is their name. */
function tree(...names: string[]): string {
  const root = mkdtempSync(join(dir, "tree-"));
  for (const name of names) {
    mkdirSync(join(root, name, ".."), { recursive: true });
    writeFileSync(join(root, name), name);
  }
  return root;
}

async function walked(root: string): Promise<{ files: string[]; unfit: string[]; passedOver: string[] }> {
  const { files, unfit, passedOver } = await expandPaths([root]);
  return {
    files: files.map((file) => relative(root, file)),
    unfit: unfit.map(({ path, problem }) => `${relative(root, path)}: ${problem}`),
    passedOver: passedOver.map((line) => line.slice(root.length + 2)),
  };
}

test("a folder stands for its videos, sorted; one without is told; other paths stay", async () => {
  const root = tree(
    "videos/b.MP4",
    "videos/a.mkv",
    "videos/notes.txt",
    "videos/more/c.webm",
    "none/readme.md",
  );
  const [videos, none, absent] = [join(root, "videos"), join(root, "none"), join(root, "absent.mp4")];
  const { files, unfit, passedOver } = await expandPaths([videos, none, absent]);
  assert.deepEqual(files, [...["a.mkv", "b.MP4", "more/c.webm"].map((name) => join(videos, name)), absent]);
  assert.deepEqual(unfit, [{ path: none, problem: "expected video files in this folder, found none" }]);
  assert.deepEqual(passedOver, []);
});

test("where pictures count, a folder stands for them as well", async () => {
  const root = tree("a.png", "deep/b.JPG", "c.mp4", "d.txt", ".e.png");
  const names = async (stills: boolean) =>
    (await expandPaths([root], { stills })).files.map((file) => relative(root, file));
  assert.deepEqual(await names(true), ["a.png", "c.mp4", "deep/b.JPG"]);
  assert.deepEqual(await names(false), ["c.mp4"]);
  const [none] = (await expandPaths([tree("x.txt")], { stills: true })).unfit;
  assert.match(none?.problem ?? "", /expected pictures or videos in this folder/);
});

test("what is no plain file is passed over, and counted", async () => {
  const root = tree("ok.mp4");
  execFileSync("mkfifo", [join(root, "pipe.mp4")]);
  symlinkSync("pipe.mp4", join(root, "linked.mkv"));
  execFileSync("mkfifo", [join(root, "pipe.txt")]);
  assert.deepEqual(await walked(root), {
    files: ["ok.mp4"],
    unfit: [],
    passedOver: ["passed over: no plain files 2"],
  });
});

test("links to folders are not followed, links to files are, and one that leads nowhere is kept", async () => {
  const root = tree("sub/ok.mp4", "sub/deeper/also.mp4");
  const other = tree("elsewhere.mp4");
  symlinkSync("..", join(root, "sub/loop"));
  symlinkSync(root, join(root, "sub/deeper/again"));
  symlinkSync("/", join(root, "machine"));
  symlinkSync(other, join(root, "linked.mp4"));
  symlinkSync(join(other, "elsewhere.mp4"), join(root, "file.mp4"));
  symlinkSync("nowhere.mp4", join(root, "dangling.mp4"));
  assert.deepEqual(await walked(root), {
    files: ["dangling.mp4", "file.mp4", "sub/deeper/also.mp4", "sub/ok.mp4"],
    unfit: [],
    passedOver: ["passed over: links to folders 4"],
  });
  symlinkSync(other, join(dir, "named"));
  assert.deepEqual(
    (await walked(join(dir, "named"))).files,
    ["elsewhere.mp4"],
    "a link that is named is meant",
  );
});

test("what systems and tools keep beside videos is passed over, and counted", async () => {
  const root = tree(
    "ok.mp4",
    "folder.mp4/inside.mkv",
    "._ok.mp4",
    ".ipynb_checkpoints/ok-checkpoint.mp4",
    ".Trash-1000/files/gone.mp4",
    ".DS_Store",
    "__MACOSX/._ok.mp4",
    "more/@eaDir/ok.mp4/SYNOPHOTO_FILM.mp4",
    "$RECYCLE.BIN/$R1.mp4",
    "System Volume Information/a.mp4",
    "lost+found/a.mp4",
    "Thumbs.db",
  );
  mkdirSync(join(root, "empty.mp4"));
  assert.deepEqual(await walked(root), {
    files: ["folder.mp4/inside.mkv", "ok.mp4"],
    unfit: [],
    passedOver: ["passed over: hidden 3, kept by another system 5"],
  });
});

test(".ts, .mts and .m2ts count where the file begins like a transport stream", async () => {
  const root = tree("code.ts", "module.mts", "declared.d.ts", "notes.m2ts");
  const whole = makeVideo(join(root, "whole.ts"), { args: ["-c:v", "libx264", "-pix_fmt", "yuv420p"] });
  makeVideo(join(root, "camera.M2TS"), { args: ["-c:v", "libx264", "-mpegts_m2ts_mode", "1"] });
  const bytes = readFileSync(whole);
  writeFileSync(join(root, "inside.mts"), bytes.subarray(100));
  writeFileSync(join(root, "G.ts"), `G${"let G = 'GGGG';\n".repeat(90)}`);
  assert.deepEqual(await walked(root), {
    files: ["camera.M2TS", "inside.mts", "whole.ts"],
    unfit: [],
    passedOver: ["passed over: named like transport streams but none 5"],
  });
  assert.ok(!beginsLikeTransportStream(bytes.subarray(0, 3 * 188)));
  assert.ok(!beginsLikeTransportStream(new Uint8Array(0)));
});

test("a name that is not UTF-8 is told as one, in a walk and by itself", async () => {
  const root = tree("ok.mp4");
  const named = (name: string) => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(name, "latin1")]);
  writeFileSync(named("caf\xe9.mp4"), "");
  mkdirSync(named("d\xe9j\xe0"));
  const { files, unfit } = await walked(root);
  assert.deepEqual(files, ["caf\ufffd.mp4", "ok.mp4"]);
  assert.match(
    unfit.join(),
    /^d\ufffdj\ufffd: no such file under this name: .* not UTF-8, rename it \(convmv/,
  );
  await assert.rejects(probeVideo(join(root, "caf\ufffd.mp4")), {
    code: "E_MEDIA",
    message: /not UTF-8, rename it \(convmv/,
  });
  await assert.rejects(probeVideo(join(root, "absent.mp4")), { code: "E_MEDIA", message: /: no such file$/ });
});
