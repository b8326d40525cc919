#!/bin/sh
# scikit-video 1.1.11: of NIQE's features of both diagonals, the right tail's scale is never there; the left one's stands twice. Of
# the horizontal and vertical neighbours both are. So its NIQE does not see what changes the right tails of diagonal products
# alone, and is not the authors': they have mean, shape, left and right for all four directions.
#
# Seen, for a picture of a gradient and noise (alpha, mean, left, right): H and V differ in left and right, D1 and D2 do not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps numpy==1.23.5 scipy==1.10.1 "pillow<12.2" scikit-video==1.1.11
"$folder/venv/bin/python" - <<'PYTHON'
import numpy as np

# What scikit-video still calls.
np.int, np.float = int, float
import skvideo
from skvideo.measure.niqe import _niqe_extract_subband_feats
from skvideo.utils import compute_image_mscn_transform

print("scikit-video", skvideo.__version__)
rows, columns = np.mgrid[0:96, 0:96]
picture = 40 + rows + 0.5 * columns + np.random.default_rng(0).normal(0, 12, (96, 96))
contrast, _, _ = compute_image_mscn_transform(picture.astype(np.float32))
features = _niqe_extract_subband_feats(contrast.astype(np.float32))
assert len(features) == 18
for name, at in (("H", 2), ("V", 6), ("D1", 10), ("D2", 14)):
    alpha, mean, left, right = features[at : at + 4]
    print(name, f"{alpha:.4f} {mean:.4f} {left:.4f} {right:.4f}")
    assert (left == right) == (name in ("D1", "D2"))
PYTHON
