"""Renders small videos and records what decord and Pillow make of them: python clips.py

Needs decord 0.6.0, pillow < 12.2, numpy, and ffmpeg with libx264, libx265 and libvpx on PATH. Writes ../clips/*.{mp4,…} and
../clips/clips.json: for each video the packets that decord counts, and for each plan the frame numbers that the public
trainer takes and the SHA-256, cut to 16 digits, of every frame after Image.resize(BICUBIC). With --keep the videos stay
as they are and only the numbers are made again.
"""
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import decord
import numpy
import PIL
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parent.parent / "clips"
PLANS = [(6, 448), (12, 560)]

assert decord.__version__ == "0.6.0", f"decord 0.6.0 wanted, found {decord.__version__}"
version = tuple(int(part) for part in PIL.__version__.split(".")[:2])
assert version < (12, 2), f"pillow < 12.2 wanted, found {PIL.__version__}; resize.py says why"


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *args], check=True)


def render(name, *args, size="64x48", rate="25", frames=26):
    """A zoom with fine edges; args are output options."""
    encode(name, f"mandelbrot=size={size}:rate={rate}:start_scale=0.02:end_scale=0.0005:end_pts=60", frames, *args)


def encode(name, source, frames, *args):
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(frames), *args, "-map_metadata", "-1", OUT / name)


def copy(name, source, *args, before=()):
    ffmpeg(*before, "-i", OUT / source, "-c", "copy", *args, OUT / name)


H264 = ["-c:v", "libx264", "-crf", "38", "-bf", "3", "-pix_fmt"]
HEVC = ["-c:v", "libx265", "-crf", "38", "-tag:v", "hvc1", "-pix_fmt"]
VP9 = ["-c:v", "libvpx-vp9", "-crf", "55", "-b:v", "0", "-pix_fmt"]


def x265(**options):
    return ["-x265-params", ":".join(f"{key}={value}" for key, value in {"log-level": "none", **options}.items())]


def render_all():
    render("25.mp4", *H264, "yuv420p", frames=40)
    render("29.97.mp4", *H264, "yuv420p", rate="30000/1001", frames=36)
    render("60.mp4", *H264, "yuv420p", rate="60", frames=48)
    uneven = ["-vf", "setpts=(N+floor(N/5)*3.5)/25/TB", "-fps_mode", "passthrough"]
    render("uneven.mp4", *uneven, *H264, "yuv420p")
    render("uneven.mkv", *uneven, *H264, "yuv420p")
    render("one.mp4", *H264, "yuv420p", frames=1)
    render("two.mp4", *H264, "yuv420p", frames=2)
    render("five.mp4", *H264, "yuv420p", size="60x44", frames=5)
    render("portrait.mp4", *H264, "yuv420p", size="36x64")
    render("odd-vp9.webm", *VP9, "yuv420p", size="61x45", frames=13)
    render("odd-444.mkv", *H264, "yuv444p", size="61x45", frames=13)
    render("odd-mpeg4.mov", "-c:v", "mpeg4", "-q:v", "31", size="61x45", frames=13)
    render("10bit.mp4", *HEVC, "yuv420p10le", *x265())
    render("10bit-422.mkv", *H264, "yuv422p10le")
    render("10bit-444.mp4", *HEVC, "yuv444p10le", *x265())
    render("422.mp4", *H264, "yuv422p", frames=13)
    render("grey.mp4", *H264, "gray")
    render("full-range.mp4", *H264, "yuvj420p", "-color_range", "pc", frames=13)
    render("bt709.mp4", *H264, "yuv420p", "-colorspace", "bt709", "-color_range", "tv", frames=13)
    bt2020 = x265(colorprim="bt2020", transfer="smpte2084", colormatrix="bt2020nc")
    render("hdr.mp4", *HEVC, "yuv422p10le", *bt2020, frames=13)
    render("interlaced.mp4", "-vf", "tinterlace=interleave_top", "-flags", "+ilme+ildct", *H264, "yuv420p", rate="50")
    render("wide-pixels.mp4", "-vf", "setsar=4/3", *H264, "yuv420p", frames=13)
    render("long-group.mp4", *H264[:-3], "-bf", "8", "-g", "250", "-pix_fmt", "yuv420p", frames=90)
    render("vp8.webm", "-c:v", "libvpx", "-b:v", "60k", frames=25)
    render("mjpeg.avi", "-c:v", "mjpeg", "-q:v", "31", "-pix_fmt", "yuvj422p", frames=6)
    render("prores.mov", "-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le", frames=3)
    render("groups.mp4", *H264, "yuv420p", "-g", "12", "-sc_threshold", "0", frames=40)
    open_groups = x265(keyint=12, **{"min-keyint": 12, "open-gop": 1, "scenecut": 0, "bframes": 4})
    render("open-groups.mp4", *HEVC, "yuv420p", *open_groups, frames=40)
    copy("open-groups.mkv", "open-groups.mp4")
    copy("groups.mov", "groups.mp4", "-movflags", "negative_cts_offsets")
    copy("groups.flv", "groups.mp4")
    copy("cut.mp4", "groups.mp4", before=["-ss", "0.7"])
    copy("cut.mkv", "groups.mp4", before=["-ss", "0.7"])
    copy("cut-long-group.mp4", "long-group.mp4", before=["-ss", "1.3"])
    copy("cut-open-groups.mp4", "open-groups.mp4", before=["-ss", "0.7"])
    copy("late.mp4", "25.mp4", before=["-itsoffset", "1.5"])
    copy("no-edit-list.mp4", "25.mp4", "-use_editlist", "0")
    copy("fragments.mp4", "groups.mp4", "-movflags", "frag_keyframe+empty_moov")
    for angle in (90, 180, 270, 45):
        copy(f"turned-{angle}.mp4", "422.mp4" if angle == 180 else "five.mp4", "-metadata:s:v:0", f"rotate={angle}")
    copy("turned-odd.mov", "odd-mpeg4.mov", "-metadata:s:v:0", "rotate=90")
    copy("turned-tag.mkv", "five.mp4", "-metadata:s:v:0", "ROTATE=270")


def render_uncertain():
    """Streams of which not every packet shows a picture, files of several streams, and what newer versions of ffmpeg read otherwise."""
    two_passes("vp8-hidden.webm", "testsrc2=size=64x48:rate=25", 80, "-c:v", "libvpx", "-b:v", "40k", "-g", "40",
               "-auto-alt-ref", "1", "-lag-in-frames", "16", "-arnr-maxframes", "7", "-arnr-strength", "3",
               "-deadline", "good", "-cpu-used", "2", "-pix_fmt", "yuv420p")
    copy("vp8-hidden.mkv", "vp8-hidden.webm")
    without = "noise=drop='lt(n\\,5)'"
    for container in ("mkv", "mp4"):
        copy(f"mid-group.{container}", "groups.mp4", "-copyinkf", "-bsf:v", without)
    with tempfile.TemporaryDirectory() as scratch:
        long = pathlib.Path(scratch) / "long.mp4"
        render(long, *HEVC, "yuv420p", *x265(keyint=24, bframes=4, **{"min-keyint": 24, "open-gop": 1, "scenecut": 0, "b-adapt": 0}), frames=72)
        copy("open-start-fragments.mp4", long, "-movflags", "frag_keyframe+empty_moov", before=["-ss", "1.1"])
        copy("open-start.mkv", long, before=["-ss", "1.1"])
    sizes = "[0:v]split[a][b];[a]scale=32:24[small];[b]null[large]"
    both = ["-filter_complex", sizes, "-map", "[small]", "-map", "[large]"]
    for container in ("mp4", "mkv"):
        render(f"two-streams.{container}", *both, *H264, "yuv420p", frames=13)
    marked = ["-map", "0", "-disposition:v:0", "0", "-disposition:v:1", "default"]
    copy("second-is-default.mkv", "two-streams.mkv", *marked)
    with tempfile.TemporaryDirectory() as scratch:
        still = pathlib.Path(scratch) / "still.png"
        ffmpeg("-i", OUT / "five.mp4", "-frames:v", "1", still)
        ffmpeg("-i", still, "-i", OUT / "portrait.mp4", "-map", "0", "-map", "1", "-c", "copy", OUT / "still-first.mkv")
    for name in ("ycgco", "bt2020c"):
        render(f"{name}.mp4", "-colorspace", name, *H264, "yuv420p", frames=13)
    crop("clean-aperture.mp4", "422.mp4", 48, 32)


def two_passes(name, source, frames, *args):
    with tempfile.TemporaryDirectory() as scratch:
        log = ["-passlogfile", str(pathlib.Path(scratch) / "log")]
        encode(name, source, frames, *args, "-pass", "1", *log)
        encode(name, source, frames, *args, "-pass", "2", *log)


def crop(name, source, width, height):
    """Adds a clean aperture (ISO 14496-12, `clap`) to the one sample entry; the index stands behind the frames, so none moves."""
    data = (OUT / source).read_bytes()
    box = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    entry = data.index(b"avc1", data.index(b"stsd")) - 4
    end = entry + struct.unpack(">I", data[entry:entry + 4])[0]
    grown = bytearray(data[:end] + box + data[end:])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = grown.index(kind, grown.index(b"moov") if kind != b"avc1" else entry) - 4
        grown[at:at + 4] = struct.pack(">I", struct.unpack(">I", grown[at:at + 4])[0] + len(box))
    (OUT / name).write_bytes(grown)


def plan(count, frames):
    segment = (count - 1) / frames
    return [int(segment / 2 + numpy.round(segment * i)) for i in range(frames)]


def record(file):
    plans = []
    for frames, size in PLANS:
        reader = decord.VideoReader(str(file), ctx=decord.cpu(0), num_threads=1)
        numbers = plan(len(reader), frames)
        hashes = []
        for rgb in reader.get_batch(numbers).asnumpy():
            resized = Image.fromarray(rgb).resize((size, size), Image.BICUBIC)
            hashes.append(hashlib.sha256(resized.tobytes()).hexdigest()[:16])
        plans.append({"frames": frames, "size": size, "numbers": numbers, "hashes": hashes})
    return {"count": len(reader), "plans": plans}


if "--keep" not in sys.argv:
    OUT.mkdir(exist_ok=True)
    render_all()
    render_uncertain()
clips = sorted(path for path in OUT.iterdir() if path.suffix != ".json")
lines = ",\n".join(f"{json.dumps(path.name)}: {json.dumps(record(path))}" for path in clips)
(OUT / "clips.json").write_text(f"{{\n{lines}\n}}\n")
