"""Records checksums of Pillow's bicubic resize: python resize.py > ../resize.txt

Needs numpy and pillow < 13: from 13 on Pillow runs the vertical pass first when only the height shrinks, which changes
rounding; the models were trained with earlier versions. The image is a formula of (x, y, channel, seed), so that nothing but numbers is stored.
"""
import random
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
    return value


assert int(PIL.__version__.split(".")[0]) < 13, f"pillow < 13 wanted, found {PIL.__version__}"
random.seed(20)
print(f"# Pillow {PIL.__version__}, Image.resize(BICUBIC): in width, height, out width, height, seed, FNV-1a 64 of the bytes")
for seed in range(24):
    width, height = random.randint(1, 400), random.randint(1, 300)
    out_width, out_height = random.randint(1, 200), random.randint(1, 200)
    if seed == 22:
        out_width = width
    if seed == 23:
        out_height = height
    out = Image.fromarray(picture(width, height, seed)).resize((out_width, out_height), Image.BICUBIC)
    print(width, height, out_width, out_height, seed, f"{fnv1a(numpy.asarray(out).tobytes()):016x}")
