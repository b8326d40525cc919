"""Records test/goldens/statistics.json with scipy: correlations with and without ties, and the error function.

Run: python test/goldens/recipes/correlation.py
"""
import json
import pathlib

import numpy
import scipy
from scipy import special, stats

rng = numpy.random.default_rng(20)


def case(name, x, y):
    x, y = numpy.asarray(x, float), numpy.asarray(y, float)
    return {
        "name": name,
        "x": x.tolist(),
        "y": y.tolist(),
        "srcc": float(stats.spearmanr(x, y).statistic),
        "plcc": float(stats.pearsonr(x, y).statistic),
        "krcc": float(stats.kendalltau(x, y, variant="b").statistic),
        "rmse": float(numpy.sqrt(numpy.mean((x - y) ** 2))),
    }


x = rng.normal(3, 0.8, 40)
coarse = numpy.round(x * 2) / 2
cases = [
    case("no ties", x, x + rng.normal(0, 0.5, 40)),
    case("ties in one", coarse, x + rng.normal(0, 0.7, 40)),
    case("ties in both", coarse, numpy.round(x + rng.normal(0, 0.7, 40))),
    case("reversed", x, -2 * x + 9),
    case("monotone, not linear", x, numpy.exp(x)),
    case("three points", [1, 2, 3], [2, 1, 3]),
    case("large offset", x + 1e6, x + rng.normal(0, 0.5, 40)),
]
erf = [[float(v), float(special.erf(v))] for v in numpy.concatenate([numpy.linspace(-6.5, 6.5, 41), [0.0, 1e-8, -1e-3]])]
target = pathlib.Path(__file__).parent.parent / "statistics.json"
target.write_text(json.dumps({"recordedWith": {"scipy": scipy.__version__, "numpy": numpy.__version__}, "cases": cases, "erf": erf}, indent=1) + "\n")
