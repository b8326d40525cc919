"""Records test/goldens/niqe/scores.json: block features and scores of formula frames by the NIQE of its authors (github
utlive/niqe) in Octave, and by reference.py with the zone |x - mu| < 1e-9 counted as 0.

Also writes test/goldens/niqe/model.json, the authors' modelparameters.mat as JSON. Their notice is beside it.

Run: NIQE_AUTHORS=checkout-of-utlive/niqe python test/goldens/recipes/niqe/record.py
needs Octave 7.3 with its image package. Without NIQE_AUTHORS only what reference.py gives is recorded anew.
"""
import json
import os
import pathlib
import subprocess
import tempfile
import warnings

import numpy as np

import frames as F
import reference as N

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
target = here.parents[1] / "niqe"
authors = os.environ.get("NIQE_AUTHORS")
KINDS = ("texture", "noisy", "blurred", "noise", "blocky", "halfflat", "flat")
CASES = [(k, 192, 192) for k in KINDS] + [
    ("texture", 200, 290), ("noisy", 288, 384), ("halfflat", 200, 290), ("texture", 96, 96), ("texture", 96, 192)]


def by_authors(folder):
    with open(f"{folder}/frames.txt", "w") as names:
        for k, h, w in CASES:
            F.FRAMES[k](h, w).astype(np.float64).tofile(f"{folder}/{k}-{h}x{w}.bin")
            names.write(f"{k}-{h}x{w} {h} {w}\n")
    subprocess.run(["octave-cli", "--no-gui", "-q", f"{here}/authors.m", folder], check=True,
                   env=dict(os.environ, MATLAB_SHIMS=f"{here}/matlab"), stderr=subprocess.DEVNULL)
    scores = {line.split()[0]: float(line.split()[1]) for line in open(f"{folder}/scores.txt")}
    found = {}
    for name, value in scores.items():
        rows = np.fromfile(f"{folder}/{name}.features").reshape(-1, 36)
        found[name] = {"score": finite(value), "first": [finite(v) for v in rows[0]], "last": [finite(v) for v in rows[-1]]}
    return found


def finite(v):
    return float(v) if np.isfinite(v) else None


if authors:
    import scipy.io
    stored = scipy.io.loadmat(f"{authors}/modelparameters.mat")
    model = {"mu": stored["mu_prisparam"].ravel().tolist(), "cov": stored["cov_prisparam"].tolist()}
    (target / "model.json").write_text(json.dumps(model) + "\n")
    with tempfile.TemporaryDirectory() as folder:
        recorded = by_authors(folder)
else:
    model = json.loads((target / "model.json").read_text())
    recorded = {c["name"]: c["authors"] for c in json.loads((target / "scores.json").read_text())["cases"]}
mu, cov = np.array(model["mu"]), np.array(model["cov"])
cases = []
for k, h, w in CASES:
    name, a = f"{k}-{h}x{w}", F.FRAMES[k](h, w)
    rows, sharpness = N.features(a, flat=1e-9)
    cases.append({
        "name": name, "kind": k, "height": h, "width": w, "checksum": F.checksum(a), "authors": recorded[name],
        "exact": {"score": finite(N.score(rows, mu, cov)), "first": [finite(v) for v in rows[0]],
                  "last": [finite(v) for v in rows[-1]], "sharpness": sharpness},
    })
    print(name, recorded[name]["score"], cases[-1]["exact"]["score"])
(target / "scores.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")
