/** A file is read itself: what lists other files, or does not say what it is, is refused in words. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { decodeFrames } from "../../../lib/video/decode.js";
import { isDrawing, OWN_PICTURES, refusedFormat } from "../../../lib/video/formats.js";
import { openFrames } from "../../../lib/video/frames.js";
import { probeVideo } from "../../../lib/video/probe.js";
import { readStill } from "../../../lib/video/still.js";
import { ffmpeg, makeVideo, scratchFolder } from "../../helpers/video-files.js";

const dir = scratchFolder();
const CLIP = "clip.mp4";
before(() => {
  makeVideo(join(dir, CLIP), { args: ["-c:v", "libx264", "-pix_fmt", "yuv420p"] });
});

const LISTS = {
  concat: ["parts.mp4", `ffconcat version 1.0\nfile ${CLIP}\n`],
  hls: [
    "playlist.m3u8",
    `#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.8,\n${CLIP}\n#EXT-X-ENDLIST\n`,
  ],
  sdp: [
    "session.mkv",
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
  ],
} as const;

test("a list of other files is refused by what ffprobe calls it, under any name", async () => {
  for (const [format, [name, text]] of Object.entries(LISTS)) {
    const file = join(dir, name);
    writeFileSync(file, text);
    const message = new RegExp(`${name}: a list of other files \\(ffprobe calls it ${format}\\)`);
    await assert.rejects(probeVideo(file), { code: "E_MEDIA", message });
    await assert.rejects(openFrames(file, { frames: 2 }), { code: "E_MEDIA", message });
  }
});

test("a list that takes a clip's place between probing and decoding is not followed", async () => {
  const facts = await probeVideo(join(dir, CLIP));
  const file = join(dir, "parts-later.mp4");
  writeFileSync(file, LISTS.concat[1]);
  let frames = 0;
  const decoded = decodeFrames({ ...facts, path: file }, [0, 1], () => {
    frames++;
  });
  await assert.rejects(decoded, { code: "E_MEDIA", message: /parts-later\.mp4: frame 0 of 20/ });
  assert.equal(frames, 0);
});

test("containers and raw streams in use are among those that hold their own pictures", async () => {
  for (const [name, ...args] of [
    ["a.mkv", "-c", "copy"],
    ["a.mov", "-c", "copy"],
    ["a.ts", "-c", "copy"],
    ["a.flv", "-c", "copy"],
    ["a.h264", "-c", "copy"],
    ["a.avi", "-c:v", "mpeg4"],
    ["a.mpg", "-c:v", "mpeg2video"],
    ["a.mxf", "-c:v", "mpeg2video"],
    ["a.nut", "-c:v", "ffv1"],
    ["a.y4m", "-pix_fmt", "yuv420p"],
    ["a.gif"],
    ["a.apng"],
    ["a.asf", "-c:v", "wmv2"],
    ["a.dv", "-s", "720x576", "-pix_fmt", "yuv420p", "-f", "dv"],
  ] as const) {
    const file = join(dir, name);
    ffmpeg("-i", join(dir, CLIP), "-an", ...args, file);
    assert.equal((await probeVideo(file)).times.length, 20, name);
  }
  for (const name of ["a.bmp", "a.tga", "a.tif", "a.ppm", "a.jp2", "a.dpx"]) {
    const file = join(dir, name);
    ffmpeg("-i", join(dir, CLIP), "-frames:v", "1", "-update", "1", "-f", "image2", file);
    assert.equal((await probeVideo(file)).times.length, 1, name);
  }
});

test("no format is allowed that this ffmpeg knows to open others, or to run scripts", () => {
  const allowed = new Set(OWN_PICTURES.at(-1)?.split(","));
  const others =
    "hls applehttp dash concat imf sdp rtsp rtp sap webm_dash_manifest mlv vobsub avisynth vapoursynth lavfi tty rawvideo";
  for (const name of others.split(" ")) assert.ok(!allowed.has(name), name);
  const known = execFileSync("ffmpeg", ["-hide_banner", "-demuxers"], { encoding: "utf8" });
  const names = new Set(
    [...known.matchAll(/^ D[. d]*\s(\S+)/gm)].flatMap(([, name = ""]) => name.split(",")),
  );
  const strangers = [...allowed].filter((name) => !names.has(name));
  assert.ok(strangers.length < allowed.size / 4, `most names are names of ffmpeg's: ${strangers}`);
});

test("raw pictures are told what they lack", async () => {
  for (const name of ["a.yuv", "a.rgb", "a.nv12", "a.raw", "a.qcif"]) {
    const file = join(dir, name);
    writeFileSync(file, Buffer.alloc(48 * 32 * 3, 7));
    await assert.rejects(probeVideo(file), {
      code: "E_MEDIA",
      message: /: raw pictures do not say their size, rate and pixel format; .*-video_size .*\.y4m$/,
    });
  }
  const named = join(dir, "named.yuv");
  ffmpeg("-i", join(dir, CLIP), "-pix_fmt", "yuv420p", "-f", "yuv4mpegpipe", named);
  assert.equal((await probeVideo(named)).times.length, 20);
});

test("text that is no video is told as what ffprobe takes it for", async () => {
  const file = join(dir, "words.srt");
  writeFileSync(file, "1\n00:00:00,000 --> 00:00:01,000\nhello\n\n2\n00:00:01,000 --> 00:00:02,000\nworld\n");
  await assert.rejects(probeVideo(file), {
    code: "E_MEDIA",
    message: /ffprobe takes it for srt, which is not/,
  });
  assert.equal(refusedFormat("a.mp4", "[mov @ 0x1] moov atom not found"), null);
});

test("a percent sign, a star or a brace in an image's name or folder is a letter", async () => {
  const colour = async (file: string): Promise<number[]> => {
    const frames = await openFrames(file, { frames: 1 });
    const seen: number[] = [];
    await frames.read((_position, rgb) => {
      seen.push(...rgb.subarray(0, 3));
    });
    return seen;
  };
  const paint = (file: string, name: string) => {
    ffmpeg(
      "-f",
      "lavfi",
      "-i",
      `color=${name}:s=16x16`,
      "-frames:v",
      "1",
      "-update",
      "1",
      join(dir, "p.bmp"),
    );
    ffmpeg("-i", join(dir, "p.bmp"), "-pix_fmt", "rgb24", "-update", "1", "-f", "image2", join(dir, file));
  };
  const RED = 0;
  const folder = join(dir, "take%d");
  for (const ending of ["bmp", "tga", "tif", "ppm", "dpx"]) {
    paint(`red.${ending}`, "red");
    for (const number of [0, 1, 2]) paint(`shot${number}.${ending}`, "blue");
    const red = await colour(join(dir, `red.${ending}`));
    assert.ok((red[RED] ?? 0) > 200 && (red[2] ?? 255) < 60, `${ending} is red: ${red}`);
    for (const name of [
      "shot%d",
      "shot%01d",
      "shot%%d",
      "shot%*",
      "shot*",
      "shot{1,2}",
      "shot?",
      "shot[1]",
    ]) {
      const file = join(dir, `${name}.${ending}`);
      copyFileSync(join(dir, `red.${ending}`), file);
      assert.deepEqual(await colour(file), red, file);
    }
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(dir, `red.${ending}`), join(folder, `a.${ending}`));
    assert.deepEqual(await colour(join(folder, `a.${ending}`)), red);
  }
});

test("an animation with a percent sign in its name keeps its frames, and messages its name", async () => {
  const file = join(dir, "loop%d.gif");
  ffmpeg("-i", join(dir, CLIP), join(dir, "loop.gif"));
  copyFileSync(join(dir, "loop.gif"), file);
  assert.equal((await probeVideo(file)).times.length, 20);
  const text = join(dir, "text%d.bmp");
  writeFileSync(text, "no picture");
  await assert.rejects(probeVideo(text), (error: Error) => {
    assert.ok(error.message.startsWith(`${text}: `), error.message);
    assert.doesNotMatch(error.message, /vqathinker-\w{6}\//);
    return true;
  });
});

test("a playlist of other players is named as one, under any name", async () => {
  for (const [name, text] of [
    ["plain.mp4", `#EXTM3U\n#EXTINF:1,\n${CLIP}\n`],
    ["marked.mkv", `\ufeff#EXTM3U\n${CLIP}\n`],
    ["pls.avi", `[playlist]\nFile1=${CLIP}\n`],
    ["asx.wmv", `<asx version="3.0"><entry><ref href="${CLIP}"/></entry></asx>`],
    ["xspf.mp4", `<?xml version="1.0"?>\n<playlist version="1"><trackList/></playlist>`],
  ] as const) {
    const file = join(dir, name);
    writeFileSync(file, text);
    await assert.rejects(
      probeVideo(file),
      { code: "E_MEDIA", message: /found a playlist: join the files/ },
      name,
    );
  }
});

const DRAWN = `<svg xmlns="${["http:", "", "www.w3.org", "2000", "svg"].join("/")}" width="16" height="16"><rect width="9" height="9"/></svg>`;
const DOCTYPE = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd">';

test("a drawing is refused whatever it is called, with the words of one that is called a picture", async () => {
  const refused = async (
    name: string,
    content: string | Uint8Array,
    read: (file: string) => Promise<unknown>,
  ) => {
    const file = join(dir, name);
    writeFileSync(file, content);
    const message = `${file}: expected a picture, found a drawing (SVG), which can name other files`;
    await assert.rejects(read(file), { code: "E_MEDIA", message }, name);
  };
  await refused("plain.jpg", DRAWN, readStill);
  for (const name of [
    "plain.svg",
    "plain.SVG",
    "plain.svgz",
    "plain.mp4",
    "plain.bmp",
    "plain.tif",
    "plain",
    "%d.svg",
  ])
    await refused(name, DRAWN, probeVideo);
  for (const head of ['<?xml version="1.0"?>\n', "\ufeff\n", "<!-- made -- by hand -->\n<!-- -->", DOCTYPE])
    for (const name of ["headed.svg", "headed.mkv"]) await refused(name, `${head}${DRAWN}`, probeVideo);
  await refused("named.mp4", DRAWN.replaceAll(/(?<=<\/?)(?=svg|rect)/g, "s:"), probeVideo);
  // What its first bytes do not tell, ffprobe does.
  for (const [name, content] of [
    ["packed.svg", gzipSync(DRAWN)],
    ["wide.svg", Buffer.from(`\ufeff${DRAWN}`, "utf16le")],
    ["told.svg", `<!--${" ".repeat(3000)}-->${DRAWN}`],
  ] as const)
    await refused(name, content, probeVideo);
});

test("only what begins as a drawing is one, and many comments take no time", () => {
  const begins = (text: string) => isDrawing(Buffer.from(text));
  assert.ok(begins(DRAWN) && begins(` <!---->${DOCTYPE}`) && begins("<svg>"));
  for (const text of ["", "<svgs>", "svg", "<html><svg>", "<!-- <svg> ", "<!DOCTYPE html><svg>", "RIFF<svg>"])
    assert.ok(!begins(text), text);
  assert.ok(!begins(`${"<!---->".repeat(1000)}<?x?><`));
});

test("a pipe or device is named as one, and not opened", async () => {
  const pipe = join(dir, "pipe.mp4");
  execFileSync("mkfifo", [pipe]);
  await assert.rejects(probeVideo(pipe), {
    code: "E_MEDIA",
    message: /pipe\.mp4: expected a file, found a pipe/,
  });
  await assert.rejects(probeVideo("/dev/null"), {
    code: "E_MEDIA",
    message: /expected a file, found a device/,
  });
});
