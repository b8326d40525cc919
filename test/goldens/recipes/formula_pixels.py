"""Frames that follow a formula, for recipes whose pixels are not stored: the tests compute the same ones."""

import numpy
import torch


def pixels(frames, size):
    """[frames, 3, size, size]: float32(sin(double(i * i % 10007) * 0.7 + double(i % 13))), i the flat index."""
    index = numpy.arange(frames * 3 * size * size, dtype=numpy.int64)
    values = numpy.sin((index * index % 10007).astype(numpy.float64) * 0.7 + (index % 13).astype(numpy.float64))
    return torch.from_numpy(values.astype(numpy.float32)).view(frames, 3, size, size)
