"""Find an installed Chinese font and open it; the printer's own fonts are never used."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont
from PIL import ImageFont

from labels.errors import LabelError

FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts", "/Library/Fonts")
FILES = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("wqy-zenhei.ttc", 0),
    ("wqy-microhei.ttc", 0),
)
"""File name and number of the face in it, best first; the third face of the Noto collection is Simplified Chinese."""


class FontError(LabelError):
    """No Chinese font is installed, or it cannot be opened."""


@dataclass(frozen=True)
class Face:
    """Point at one face in a font file, and know which characters it can draw."""

    path: Path
    number: int
    covered: frozenset[int]

    def at(self, pixels: int) -> ImageFont.FreeTypeFont:
        """Open the face at an em of so many pixels; the basic layout never reorders or joins characters."""
        return _open(self.path, self.number, pixels)


def chinese_face(folders: Iterable[str] = FOLDERS) -> Face:
    """Give the best installed Chinese face. Raises FontError saying where it looked and what to install."""
    return _find(tuple(folders))


@lru_cache
def _find(folders: tuple[str, ...]) -> Face:
    for name, number in FILES:
        for folder in folders:
            for path in sorted(Path(folder).expanduser().rglob(name)):
                return Face(path, number, _covered(path, number))
    raise FontError(
        f"no Chinese font in {', '.join(folders)} (looked for {', '.join(name for name, _ in FILES)}): "
        "install one with `apt-get install fonts-wqy-zenhei` or `fonts-noto-cjk`"
    )


@lru_cache(maxsize=64)
def _open(path: Path, number: int, pixels: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, pixels, index=number, layout_engine=ImageFont.Layout.BASIC)


def _covered(path: Path, number: int) -> frozenset[int]:
    try:
        with path.open("rb") as file, TTFont(file, fontNumber=number, lazy=True) as font:
            return frozenset(font.getBestCmap())
    except Exception as error:
        raise FontError(f"font {path} cannot be read ({error}): install it again") from error
