"""Records test/goldens/bootstrap.json with scipy.stats.bootstrap(method="percentile"), whose units are drawn by the stream that
lib/core/rng.ts names, written here from its description (Philox4x32-10, Salmon et al. 2011): the same drawings, so that
bounds are held to rounding and not to chance.

Run: python test/goldens/recipes/bootstrap.py
"""
import hashlib
import json
import pathlib

import numpy
import scipy
from scipy import stats

LOW = 0xFFFFFFFF


def stream_of(*parts):
    text = b""
    for part in parts:
        kind = "string" if isinstance(part, str) else "number"
        text += f"{kind} {len(str(part))} {part}\n".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "little")


def uniform(stream, a):
    c = [a, 0, 0, 0]
    k = [stream & LOW, stream >> 32]
    for _ in range(10):
        first, second = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(second >> 32) ^ c[1] ^ k[0], second & LOW, (first >> 32) ^ c[3] ^ k[1], first & LOW]
        k = [(k[0] + 0x9E3779B9) & LOW, (k[1] + 0xBB67AE85) & LOW]
    return ((c[0] >> 5) * 2**26 + (c[1] >> 6)) / 2**53


class Named(numpy.random.Generator):
    """Integers of the named stream in order; scipy asks for all of a sample's at once, a row for a replicate."""

    def __init__(self, seed):
        super().__init__(numpy.random.PCG64())
        self.stream, self.at = stream_of("bootstrap", seed), 0

    def integers(self, low, high=None, size=None, dtype=numpy.int64, endpoint=False):
        assert low == 0 and not endpoint
        count = int(numpy.prod(size))
        drawn = [int(uniform(self.stream, self.at + i) * high) for i in range(count)]
        self.at += count
        return numpy.array(drawn, dtype=dtype).reshape(size)


def case(name, seed, replicates, level, statistic, *samples):
    result = stats.bootstrap(
        samples, statistic, paired=True, vectorized=False, n_resamples=replicates, confidence_level=level,
        method="percentile", rng=Named(seed), batch=None,
    )
    return {
        "name": name, "seed": seed, "replicates": replicates, "level": level,
        "samples": [sample.tolist() for sample in samples], "value": float(statistic(*samples)),
        "low": float(result.confidence_interval.low), "high": float(result.confidence_interval.high),
    }


rng = numpy.random.default_rng(31)
x = rng.normal(3, 0.8, 25)
y = x + rng.normal(0, 0.5, 25)
z = x + rng.normal(0, 0.9, 25)
rank = lambda a, b: float(stats.spearmanr(a, b).statistic)
linear = lambda a, b: float(stats.pearsonr(a, b).statistic)
cases = [
    case("mean", 0, 400, 0.95, lambda a: float(numpy.mean(a)), x),
    case("srcc", 7, 300, 0.95, rank, y, x),
    case("plcc", 7, 257, 0.9, linear, y, x),
    case("srcc of ties", 2, 200, 0.8, rank, numpy.round(y), numpy.round(x * 2) / 2),
    case("difference of srcc", 3, 300, 0.95, lambda a, b, c: rank(a, c) - rank(b, c), y, z, x),
]
target = pathlib.Path(__file__).parent.parent / "bootstrap.json"
recorded = {"recordedWith": {"scipy": scipy.__version__, "numpy": numpy.__version__}, "cases": cases}
target.write_text(json.dumps(recorded, indent=1) + "\n")
