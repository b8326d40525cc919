"""The features and the distance of NIQE in plain numpy, by their definition; whatever is below `flat` counts as 0."""
import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import gamma

D = np.arange(7) - 3
WINDOW = np.exp(-D * D / (2 * (7 / 6) ** 2))
WINDOW /= WINDOW.sum()
SHAPES = 0.2 + 0.001 * np.arange(9801)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))


def aggd(v):
    v = v.ravel()
    left, right = v[v < 0], v[v > 0]
    with np.errstate(all="ignore"):
        ls = np.sqrt(np.mean(left**2)) if left.size else np.nan
        rs = np.sqrt(np.mean(right**2)) if right.size else np.nan
        g = ls / rs
        wanted = np.mean(np.abs(v)) ** 2 / np.mean(v**2) * (g**3 + 1) * (g + 1) / (g**2 + 1) ** 2
    a = SHAPES[0] if np.isnan(wanted) else SHAPES[np.argmin((RATIOS - wanted) ** 2)]
    k = np.sqrt(gamma(1 / a) / gamma(3 / a))
    return a, ls * k, rs * k


def block_features(n):
    a, bl, br = aggd(n)
    out = [a, (bl + br) / 2]
    for shift in [(0, 1), (1, 0), (1, 1), (1, -1)]:
        a, bl, br = aggd(n * np.roll(n, shift, (0, 1)))
        out += [a, (br - bl) * gamma(2 / a) / gamma(1 / a), bl, br]
    return out


def cubic(x):
    x = np.abs(x)
    return np.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, np.where(x < 2, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2, 0))


def half(im):
    """MATLAB's imresize(im, 0.5): the cubic widened to twice the pixels, mirrored border."""
    for axis in (0, 1):
        n = im.shape[axis]
        u = 2 * np.arange(-(-n // 2)) + 0.5
        place = np.floor(u - 4).astype(int)[:, None] + 1 + np.arange(9)
        w = 0.5 * cubic(0.5 * (u[:, None] - place))
        w /= w.sum(1, keepdims=True)
        place = place % (2 * n)
        place = np.where(place < n, place, 2 * n - 1 - place)
        im = np.moveaxis((np.moveaxis(im, axis, -1)[..., place] * w).sum(-1), -1, axis)
    return im


def contrast(im, flat):
    def f(x):
        return correlate1d(correlate1d(x, WINDOW, 0, mode="nearest"), WINDOW, 1, mode="nearest")

    mu = f(im)
    variance = np.abs(f(im * im) - mu * mu)
    sigma = np.sqrt(np.where(variance < flat, 0, variance))
    difference = im - mu
    return np.where(np.abs(difference) < flat, 0, difference) / (sigma + 1), sigma


def features(im, flat=0.0):
    """[blocks, 36] and the sharpness [blocks]; blocks in column order."""
    rows, cols = im.shape[0] // 96, im.shape[1] // 96
    x = im[: rows * 96, : cols * 96].astype(float)
    scales, sharpness = [], []
    for s in (1, 2):
        n, sigma = contrast(x, flat)
        b = 96 // s
        tiles = [(slice(i * b, i * b + b), slice(j * b, j * b + b)) for j in range(cols) for i in range(rows)]
        scales.append([block_features(n[t]) for t in tiles])
        if s == 1:
            sharpness = [float(sigma[t].mean()) for t in tiles]
            x = half(x)
    return np.hstack(scales), sharpness


def score(feat, mu, cov):
    with np.errstate(all="ignore"):
        m = np.nanmean(feat, axis=0)
        rows = feat[~np.isnan(feat).any(1)]
        c = np.cov(rows.T) if len(rows) > 1 else np.zeros_like(cov)
    d = np.ravel(mu) - m
    if not np.isfinite(d).all() or len(rows) == 0:
        return float("nan")
    return float(np.sqrt(d @ np.linalg.pinv((cov + c) / 2) @ d))
