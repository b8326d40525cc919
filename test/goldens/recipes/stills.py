"""Makes small still images and records what Pillow reads from them: python stills.py

Needs numpy and pillow < 12.2 (resize.py says why). Writes ../stills/*.{jpg,png,webp} and ../stills/stills.json: for each
image its size, and the SHA-256, cut to 16 digits, of the bytes of convert("RGB") and of these after Image.resize(BICUBIC)
to 448 x 448. With --keep the images stay as they are and only the numbers are made again.
"""
import hashlib
import json
import pathlib
import sys

import numpy
import PIL
from PIL import Image, ImageCms

OUT = pathlib.Path(__file__).resolve().parent.parent / "stills"
SUBSAMPLINGS = {"444": 0, "422": 1, "420": 2}

version = tuple(int(part) for part in PIL.__version__.split(".")[:2])
assert version < (12, 2), f"pillow < 12.2 wanted, found {PIL.__version__}"


def picture(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    waves = numpy.stack([128 + 100 * numpy.sin(x / 7 + y / 11), 128 + 110 * numpy.cos(x / 5 - y / 13), x * 5 + y * 3], -1)
    noise = numpy.random.default_rng(1).normal(0, 15, waves.shape)
    return Image.fromarray((waves + noise).clip(0, 255).astype(numpy.uint8))


def make_all():
    even, odd = picture(48, 32), picture(45, 31)
    for name, subsampling in SUBSAMPLINGS.items():
        even.save(OUT / f"{name}.jpg", subsampling=subsampling, quality=80)
        odd.save(OUT / f"odd-{name}.jpg", subsampling=subsampling, quality=50)
        odd.save(OUT / f"progressive-{name}.jpg", subsampling=subsampling, quality=70, progressive=True)
    odd.convert("L").save(OUT / "grey.jpg")
    odd.save(OUT / "restarts.jpeg", restart_marker_blocks=2)
    odd.save(OUT / "capitals.JPG")
    orientation = Image.Exif()
    orientation[0x112] = 6
    odd.save(OUT / "exif-turned.jpg", exif=orientation)
    # Another profile than sRGB, so that a reader which applies it is found out.
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag in (b"rTRC", b"gTRC", b"bTRC"):
        at = profile.index(tag, 128)
        offset = int.from_bytes(profile[at + 4:at + 8], "big")
        profile[offset + 12:offset + 16] = (3 << 16).to_bytes(4, "big")
    odd.save(OUT / "profile.jpg", icc_profile=bytes(profile))

    alpha = odd.convert("RGBA")
    alpha.putalpha(Image.fromarray(numpy.mgrid[0:31, 0:45][1].astype(numpy.uint8) * 5))
    odd.save(OUT / "rgb.png")
    alpha.save(OUT / "alpha.png")
    odd.quantize(64).save(OUT / "palette.png", transparency=3)
    odd.convert("LA").save(OUT / "grey-alpha.png")
    odd.convert("1").save(OUT / "black-white.png")
    odd.save(OUT / "lossy.webp", quality=60)
    odd.save(OUT / "lossless.webp", lossless=True)
    alpha.save(OUT / "alpha.webp", quality=70)

    odd.convert("CMYK").save(OUT / "refused-cmyk.jpg")
    Image.fromarray(numpy.mgrid[0:31, 0:45][1].astype(numpy.uint16) * 1000).save(OUT / "refused-16-bit-grey.png")
    odd.save(OUT / "refused-two-pages.webp", save_all=True, append_images=[picture(45, 31).rotate(180)], quality=40)


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


def record(path):
    rgb = Image.open(path).convert("RGB")
    resized = rgb.resize((448, 448), Image.BICUBIC)
    return {"width": rgb.width, "height": rgb.height, "rgb": digest(rgb), "resized": digest(resized)}


if "--keep" not in sys.argv:
    OUT.mkdir(exist_ok=True)
    make_all()
images = sorted(path for path in OUT.iterdir() if path.suffix != ".json" and not path.name.startswith("refused"))
lines = ",\n".join(f"{json.dumps(path.name)}: {json.dumps(record(path))}" for path in images)
(OUT / "stills.json").write_text(f"{{\n{lines}\n}}\n")
