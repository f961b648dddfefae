"""What a camera sees: codes on a grey plate, a little turned and tilted, a little noisy."""

import io
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import segno
import zxingcpp
from PIL import Image, ImageOps

WIDTH, HEIGHT = 1280, 720
FRAMES = 6
PLATE = 150
"""Grey of the plate, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a code lies before the camera: centre, size in pixels, turned in degrees, tilted by a share."""

    x: float = WIDTH / 2
    y: float = HEIGHT / 2
    size: float = 420
    turned: float = 12
    tilted: float = 0.25

    def coefficients(self, side: int) -> tuple[float, ...]:
        """Of the map from a place in the picture to a place in the code (Pillow's PERSPECTIVE)."""
        zoom = side / self.size
        cosine, sine = math.cos(math.radians(self.turned)) * zoom, math.sin(math.radians(self.turned)) * zoom
        lean = self.tilted / self.size
        # in homogeneous form, with the code's centre in the middle of the pose
        last = (lean, lean / 2, 1 - lean * self.x - lean / 2 * self.y)
        across = (cosine, sine, -cosine * self.x - sine * self.y)
        down = (-sine, cosine, sine * self.x - cosine * self.y)
        rows = [[of + side / 2 * one for of, one in zip(row, last, strict=True)] for row in (across, down)]
        flat = [*rows[0], *rows[1], *last]
        return tuple(number / last[2] for number in flat[:8])


def code(text: str) -> Image.Image:
    """A QR code as it stands on a label."""
    buffer = io.BytesIO()
    segno.make_qr(text, error="q").save(buffer, kind="png", scale=12, border=4)
    return opened(buffer.getvalue())


def data_matrix(text: str) -> Image.Image:
    """A square Data Matrix, with the margin that it needs."""
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.DataMatrix, force_square=True)
    drawn = zxingcpp.write_barcode_to_image(symbol, scale=12)
    flat = Image.frombytes("L", (drawn.shape[1], drawn.shape[0]), bytes(memoryview(drawn)))
    return ImageOps.expand(flat, border=24, fill=255)


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


def scene(codes: Sequence[tuple[Image.Image, Pose]], moment: int = 0) -> Image.Image:
    """One picture; its noise differs from moment to moment, and is the same in every run."""
    noise = random.Random(moment).randbytes(WIDTH * HEIGHT)
    picture = Image.frombytes("L", (WIDTH, HEIGHT), noise).point([PLATE + one // 16 for one in range(256)])
    for flat, pose in codes:
        place = pose.coefficients(flat.width)
        how = (Image.Transform.PERSPECTIVE, place, Image.Resampling.BICUBIC)
        laid = flat.transform(picture.size, *how)
        cut = Image.new("L", flat.size, 255).transform(picture.size, *how)
        picture.paste(laid.point([20 + grey * 9 // 11 for grey in range(256)]), mask=cut)
    return picture.convert("RGB")


def film(path: Path, codes: Sequence[tuple[Image.Image, Pose]]) -> None:
    """A camera's file for Chromium: JPEG pictures, one after the other, played in a loop."""
    buffer = io.BytesIO()
    for moment in range(FRAMES):
        scene(codes, moment).save(buffer, format="JPEG", quality=85, subsampling="4:2:0")
    fresh = path.with_suffix(".new")
    fresh.write_bytes(buffer.getvalue())
    fresh.replace(path)


def jpeg(codes: Sequence[tuple[Image.Image, Pose]]) -> bytes:
    """The same as a photograph."""
    buffer = io.BytesIO()
    scene(codes).save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
