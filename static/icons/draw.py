"""Draw the PNG icons after the mark in icon.svg: `python static/icons/draw.py`.

For maintainers: the pictures are committed. Drawn four times as large and reduced: no renderer is needed.
"""

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent
NIGHT, VOLT = "#111614", "#d3f34b"
UNITS = 32  # of the mark's own drawing


def mark(size: int, share: float, background: str | None, corner: float) -> Image.Image:
    """A square picture; `share` of its side is the mark, `corner` the radius of the plate behind it."""
    big = size * 4
    picture = Image.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    if background:
        draw.rounded_rectangle((0, 0, big - 1, big - 1), corner * big, fill=background)
    scale = big * share / UNITS
    shift = big * (1 - share) / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return shift + x * scale, shift + y * scale

    draw.rectangle((*at(12, 2), *at(20, 6)), fill=VOLT)
    draw.rounded_rectangle((*at(5, 5), *at(27, 30)), 3 * scale, fill=VOLT)
    tick = [at(10.5, 18), at(14.5, 22), at(22, 13)]
    draw.line(tick, fill=NIGHT, width=round(3.2 * scale), joint="curve")
    for x, y in tick:
        radius = 1.6 * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=NIGHT)
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write all of them."""
    for name, size, share, corner in (
        ("icon-192.png", 192, 0.72, 0.22),
        ("icon-512.png", 512, 0.72, 0.22),
        ("icon-maskable-512.png", 512, 0.56, 0.0),
        ("apple-touch-icon.png", 180, 0.66, 0.0),
    ):
        mark(size, share, NIGHT, corner).save(HERE / name, optimize=True)


if __name__ == "__main__":
    main()
