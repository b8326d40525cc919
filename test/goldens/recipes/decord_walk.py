"""Records which frames decord 0.6.0 gives for the numbers it is asked for: python decord_walk.py > ../decord-walk.json

Needs decord 0.6.0, numpy, and ffmpeg with libx264 and libx265 on PATH. Videos whose frames all differ are rendered into a
scratch folder: closed and open groups of pictures, H.264 and HEVC, MP4 and Matroska, whole, cut at the start (an edit
list then hides packets) and, by a changed edit list, at the end. Stored for each: its packets in decoding order as ffprobe
lists them, and for each list of numbers which of the shown frames, counted in presentation order, decord gave.
"""
import hashlib
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import decord
import numpy

SIZE = 64, 48
FRAMES = 45
assert decord.__version__ == "0.6.0", f"decord 0.6.0 wanted, found {decord.__version__}"


def run(*args):
    return subprocess.run([*args], check=True, capture_output=True).stdout


def ffmpeg(*args):
    return run("ffmpeg", "-nostdin", "-v", "error", "-y", *args)


def render(path, codec, is_open, group, b_frames):
    options = {"open-gop": int(is_open), "keyint": group, "min-keyint": group, "bframes": b_frames, "scenecut": 0}
    if codec == "libx265":
        options |= {"log-level": "none", "rc-lookahead": 10}
    name = "-x264-params" if codec == "libx264" else "-x265-params"
    text = ":".join(f"{key}={value}" for key, value in (options | {"b-adapt": 0}).items())
    source = f"testsrc2=size={SIZE[0]}x{SIZE[1]}:rate=25"
    ffmpeg("-f", "lavfi", "-i", source, "-frames:v", str(FRAMES), "-vf", "noise=alls=30:allf=t,format=yuv420p",
           "-c:v", codec, "-preset", "veryfast", name, text, path)


def shorten(path, milliseconds):
    """Sets the length of the one edit; ffmpeg writes `elst` version 0 behind the frames."""
    data = bytearray(path.read_bytes())
    at = data.index(b"elst") + 12
    data[at:at + 4] = struct.pack(">I", milliseconds)
    path.write_bytes(data)


def plan(count, frames):
    segment = (count - 1) / frames
    return [int(segment / 2 + numpy.round(segment * i)) for i in range(frames)]


def digest(data):
    return hashlib.sha256(data).digest()


def record(path):
    rgb = ffmpeg("-i", path, "-map", "0:V:0", "-fps_mode", "passthrough", "-vf", "scale=flags=bilinear",
                 "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    size = SIZE[0] * SIZE[1] * 3
    shown = {digest(rgb[at:at + size]): at // size for at in range(0, len(rgb), size)}
    assert len(shown) == len(rgb) // size, "every frame must be another picture"
    probe = json.loads(run("ffprobe", "-v", "error", "-select_streams", "V:0", "-show_entries",
                           "packet=pts,dts,flags:format=format_name", "-of", "json", path))
    packets = [[p["pts"], p.get("dts"), p["flags"].replace("_", "")] for p in probe["packets"]]
    count = len(packets)
    asked = [plan(count, 6), plan(count, 12), sorted(random.sample(range(count), 5)), random.sample(range(count), 5)]
    given = []
    for numbers in asked:
        reader = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=1)
        given.append([shown[digest(frame.tobytes())] for frame in reader.get_batch(numbers).asnumpy()])
    return {"container": probe["format"]["format_name"], "packets": packets, "asked": asked, "given": given}


random.seed(4)
cases = {}
with tempfile.TemporaryDirectory() as scratch:
    folder = pathlib.Path(scratch)
    for codec in ("libx264", "libx265"):
        for is_open in (False, True):
            for group, b_frames in ((9, 3), (20, 2), (60, 4)):
                name = f"{codec[3:]}, {'open' if is_open else 'closed'} groups of {group}"
                whole = folder / "whole.mp4"
                render(whole, codec, is_open, group, b_frames)
                cases[name] = record(whole)
                ffmpeg("-i", whole, "-c", "copy", folder / "whole.mkv")
                cases[f"{name}, mkv"] = record(folder / "whole.mkv")
                ffmpeg("-ss", "0.6", "-i", whole, "-c", "copy", folder / "cut.mp4")
                cases[f"{name}, cut"] = record(folder / "cut.mp4")
                shorten(whole, 1700)
                cases[f"{name}, end hidden"] = record(whole)
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(case, separators=(',', ':'))}" for name, case in cases.items())
sys.stdout.write(f"{{\n{lines}\n}}\n")
