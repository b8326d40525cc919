"""Records checksums of Pillow's bicubic resize:

    python resize.py > ../resize.txt            24 pairs of sizes, FNV-1a 64, for the C++ tests
    python resize.py 500 > ../resize-500.txt    500 pairs, SHA-256 cut to 16 digits, for test/parity

Needs numpy and pillow < 12.2: later versions run the vertical pass first for some sizes, which changes rounding; the models
were trained with earlier ones. Versions 9.5 to 12.1 give the same 500 lines; 12.2 and 12.3 change 2, both of pictures far higher
than wide, and 13.0 changes 90, all with a shrinking height. The image is a formula of (x, y, channel, seed), so that nothing
but numbers is stored.
"""
import hashlib
import random
import sys
import numpy
import PIL
from PIL import Image


def picture(width, height, seed):
    y, x, c = numpy.meshgrid(
        numpy.arange(height), numpy.arange(width), numpy.arange(3), indexing="ij"
    )
    value = x * x * 7 + y * 151 + c * 89 + (x // 5) * (y // 3) * 31 + seed * 17
    return (value % 256).astype(numpy.uint8)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return f"{value:016x}"


def sha256(data):
    return hashlib.sha256(data).hexdigest()[:16]


def random_pairs():
    random.seed(20)
    for seed in range(24):
        width, height = random.randint(1, 400), random.randint(1, 300)
        out_width, out_height = random.randint(1, 200), random.randint(1, 200)
        if seed == 22:
            out_width = width
        if seed == 23:
            out_height = height
        yield width, height, out_width, out_height


def sides(largest):
    return random.randint(1, largest), random.randint(1, largest)


def spread_pairs():
    """Tiny, ordinary and large, up and down, one axis alone, sides of one pixel, and the sizes of both plans."""
    random.seed(500)
    for _ in range(60):
        yield *sides(12), *sides(24)
    for _ in range(120):
        yield *sides(500), *sides(300)
    for size in (448, 560):
        for _ in range(70):
            yield random.randint(60, 1920), random.randint(60, 1080), size, size
        for width, height in ((1920, 1080), (1280, 720), (640, 360), (480, 854), (3840, 2160)):
            yield width, height, size, size
    for _ in range(45):
        width, height = sides(600)
        yield width, height, random.randint(1, 900), height
    for _ in range(45):
        width, height = sides(600)
        yield width, height, width, random.randint(1, 900)
    for _ in range(15):
        yield 1, random.randint(1, 400), *sides(100)
        yield random.randint(1, 400), 1, *sides(100)
        yield *sides(400), 1, random.randint(1, 100)
        yield *sides(400), random.randint(1, 100), 1
    for _ in range(15):
        yield *sides(60), random.randint(300, 1300), random.randint(300, 1300)
    yield from ((7680, 4320, 448, 448), (7680, 4320, 560, 560), (4320, 7680, 448, 448))
    yield from ((7680, 2, 448, 448), (2, 7680, 560, 560))


version = tuple(int(part) for part in PIL.__version__.split(".")[:2])
assert version < (12, 2), f"pillow < 12.2 wanted, found {PIL.__version__}"
many = sys.argv[1:] == ["500"]
pairs, checksum, name = (spread_pairs(), sha256, "SHA-256") if many else (random_pairs(), fnv1a, "FNV-1a 64")
print(f"# Pillow {PIL.__version__}, Image.resize(BICUBIC): in width, height, out width, height, seed, {name} of the bytes")
for seed, (width, height, out_width, out_height) in enumerate(pairs):
    out = Image.fromarray(picture(width, height, seed)).resize((out_width, out_height), Image.BICUBIC)
    print(width, height, out_width, out_height, seed, checksum(numpy.asarray(out).tobytes()))
