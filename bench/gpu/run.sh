#!/bin/sh
# What a machine with a CUDA device is for: builds there, runs the kernels' tests, holds the whole model against the CPU,
# then times. Needs nvcc, cmake, ninja and a Python with a CUDA torch; Node, node_modules, dist and GoogleTest are
# brought along (bench/gpu/pack.mjs), because such a machine may be offline.
#
#   [CARRIED=carried.tar.xz] [OUT=folder] [PARTS="build kernels parity speed step"] sh bench/gpu/run.sh
#
# Every part has a limit of its own, eight minutes in sum, and a failed one does not stop the others. Rows go to
# $OUT/gpu-PART.jsonl, what a part says besides to $OUT/gpu-PART.log. The exit code is the sum of what failed:
# build 1, kernels 2, parity 4, speed 8, step 16.
set -u
cd "$(dirname "$0")/../.." || exit 64
OUT=${OUT:-bench/results}
PARTS=${PARTS:-build kernels parity speed step}
mkdir -p "$OUT"
if [ -n "${CARRIED:-}" ]; then
  "${PYTHON:-python3}" -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(".")' "$CARRIED" || exit 64
  PATH=$PWD/carried:$PATH
  VQAT_COMMIT=$(cat carried/commit)
  export VQAT_COMMIT
fi
[ -n "${VQAT_LIBTORCH:-}" ] || [ -n "${VQATHINKER_PREBUILD:-}" ] ||
  VQAT_LIBTORCH=$("${PYTHON:-python3}" -c \
    'import importlib.util as i, os; print(os.path.dirname(i.find_spec("torch").origin))' 2>/dev/null) || {
  echo "run.sh: ${PYTHON:-python3} has no torch; name another one (PYTHON) or a libtorch (VQAT_LIBTORCH)" >&2
  exit 64
}
export PATH VQAT_LIBTORCH
GTEST=carried/googletest
[ -d "$GTEST" ] && GTEST=$PWD/$GTEST || GTEST=

build() {
  cmake -S . -B build -G Ninja -DVQAT_LIBTORCH="$VQAT_LIBTORCH" -DVQAT_CUDA=ON -DVQAT_TESTS=OFF &&
    ninja -C build vqat_node
}

kernels() {
  cmake -S . -B build -DVQAT_TESTS=ON -DVQAT_GTEST="$GTEST" && ninja -C build vqat_kernels_test &&
    VQAT_REQUIRE_CUDA=1 build/vqat_kernels_test --gtest_filter='*/Cuda' --gtest_brief=1
}

parity() { node dist/bench/gpu/parity.js; }
speed() { node dist/bench/gpu/speed.js; }
step() { node dist/bench/gpu/step.js; }

# A part in a process group of its own, which ends at its limit with everything that it has started.
if [ "${1:-}" = --part ]; then
  # What a compiler and GoogleTest print is no row.
  case $2 in build | kernels) exec >&2 ;; esac
  "$2"
  exit
fi

failed=0
part() { # name, code when it fails, limit in seconds
  case " $PARTS " in *" $1 "*) ;; *) return ;; esac
  began=$(date +%s)
  CARRIED='' timeout -k 5 "$3" sh bench/gpu/run.sh --part "$1" >"$OUT/gpu-$1.jsonl" 2>"$OUT/gpu-$1.log"
  code=$?
  echo "{\"what\":\"part\",\"part\":\"$1\",\"code\":$code,\"seconds\":$(($(date +%s) - began)),\"limit\":$3}" |
    tee -a "$OUT/gpu-parts.jsonl"
  [ $code -eq 0 ] && return
  failed=$((failed + $2))
  echo "part $1 failed ($code); comparisons that are off, if any, and the end of $OUT/gpu-$1.log:" >&2
  grep -h '"within":false' "$OUT/gpu-$1.jsonl" >&2
  tail -n 20 "$OUT/gpu-$1.log" >&2
}

: >"$OUT/gpu-parts.jsonl"
part build 1 150
part kernels 2 90
part parity 4 100
part speed 8 70
part step 16 70
exit $failed
