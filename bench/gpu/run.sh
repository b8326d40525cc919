#!/bin/sh
# What a machine with a CUDA device is for: builds there, checks, then times. Needs nvcc, cmake, ninja, a Node binary, a
# Python with a CUDA torch, and, brought along because such a machine may be offline, node_modules and dist.
#
#   NODE=path/to/node PYTHON=python3 OUT=folder sh bench/gpu/run.sh
set -eu
cd "$(dirname "$0")/../.."
NODE=$(command -v "${NODE:-node}")
PATH=$(dirname "$NODE"):$PATH
VQAT_LIBTORCH=$("${PYTHON:-python3}" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
OUT=${OUT:-bench/results}
export PATH VQAT_LIBTORCH
mkdir -p "$OUT"

cmake -S . -B build -G Ninja -DVQAT_LIBTORCH="$VQAT_LIBTORCH" -DVQAT_CUDA=ON -DVQAT_TESTS="${VQAT_TESTS:-OFF}"
ninja -C build
if [ "${VQAT_TESTS:-OFF}" = ON ]; then
  VQAT_REQUIRE_CUDA=1 ctest --test-dir build --output-on-failure
fi
"$NODE" dist/bench/gpu/scoring.js | tee "$OUT/scoring.jsonl"
