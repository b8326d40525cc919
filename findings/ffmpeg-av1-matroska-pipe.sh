#!/bin/sh
# FFmpeg 7.0.2 (the build in imageio-ffmpeg 0.6.0; 5.1.9 does the same): AV1 of libaom cannot be written as Matroska to a
# pipe. What comes out is a header of under 1 KB and "Invalid data found when processing input", as if the input were wrong;
# the same frames go into a Matroska file, and as IVF or NUT into a pipe. The muxer needs the sequence header before the
# first packet and can only go back for it in a file.
#
# Seen: pipe 955 bytes, Invalid data found when processing input; file, ivf and nut more than 10000 bytes each.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps imageio-ffmpeg==0.6.0
ffmpeg=$("$folder/venv/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
"$ffmpeg" -version | head -n 1
encode() {
  "$ffmpeg" -v error -y -f lavfi -i testsrc2=s=176x144:r=25:d=1 -c:v libaom-av1 -cpu-used 8 -crf 30 -f "$@"
}
encode matroska pipe:1 >"$folder/pipe" 2>"$folder/said" && exit 1
cat "$folder/said"
grep -q 'Invalid data found when processing input' "$folder/said"
encode matroska "$folder/file"
encode ivf pipe:1 >"$folder/ivf"
encode nut pipe:1 >"$folder/nut"
wc -c "$folder/pipe" "$folder/file" "$folder/ivf" "$folder/nut"
[ "$(wc -c <"$folder/pipe")" -lt 1000 ]
for written in file ivf nut; do [ "$(wc -c <"$folder/$written")" -gt 10000 ]; done
