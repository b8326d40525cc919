"""Records the motion feature of pytorchvideo's SlowFast R50 at its real widths: python slowfast_r50.py

Needs what slowfast.py needs. Weights and pixels follow formulas that the test computes too, so that nothing but the two
features is stored (test/goldens/slowfast-r50.json); test/helpers/formula-weights.ts has the other half.
"""

import json
import zlib
from pathlib import Path

import numpy
import torch
from formula_pixels import pixels
from slowfast import REAL_CASES, feature, random_network

OUT = Path(__file__).parent.parent / "slowfast-r50.json"


def uniform(name, count):
    """[count] in [0, 1): murmur3's finalizer of crc32(name) + i * 0x9E3779B9, over 2^32."""
    h = numpy.uint32(zlib.crc32(name.encode())) + numpy.arange(count, dtype=numpy.uint32) * numpy.uint32(0x9E3779B9)
    h ^= h >> numpy.uint32(16)
    h *= numpy.uint32(0x85EBCA6B)
    h ^= h >> numpy.uint32(13)
    h *= numpy.uint32(0xC2B2AE35)
    h ^= h >> numpy.uint32(16)
    return h.astype(numpy.float64) / 2**32


def ends(name, shape):
    """Lowest and highest value of a tensor: convolutions keep the size of what they are given through ReLU."""
    if len(shape) == 5:
        spread = (6 / float(numpy.prod(shape[1:]))) ** 0.5
        return -spread, spread
    if name.endswith("running_var"):
        return 0.6, 1.6
    return (0.4, 1.1) if name.endswith("weight") else (-0.3, 0.3)


def main():
    torch.set_num_threads(2)
    cases = {}
    for name, (depths, stages, stems, ratio, frames, size) in REAL_CASES.items():
        network = random_network(depths, stages, stems, ratio, 0)
        for key, tensor in network.state_dict().items():
            if key.endswith("num_batches_tracked"):
                continue
            low, high = ends(key, tensor.shape)
            values = low + (high - low) * uniform(key, tensor.numel())
            tensor.copy_(torch.from_numpy(values.astype(numpy.float32)).view(tensor.shape))
        found = feature(network, pixels(frames, size)[None])
        cases[name] = {"frames": frames, "size": size, "feature": [float(f"{value:.9g}") for value in found.tolist()]}
        print(name, found.abs().mean().item(), found.std().item())
    made = {"recipe": "recipes/slowfast_r50.py", "torch": torch.__version__, "pytorchvideo": "0.1.5"}
    OUT.write_text(json.dumps({**made, **cases}, separators=(",", ":")) + "\n")


main()
