"""Literal text on a label: made safe to draw, broken into lines, cut with an ellipsis, never evaluated."""

import unicodedata
from collections.abc import Callable, Collection

ELLIPSIS = "…"
MARKS = "\ufffd□?"
"""What stands for a character that cannot be drawn: the first of these that the font has."""

_LONGEST = 400
"""No label holds more characters than this; longer text is cut before anything is measured."""
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that would steer a printer or hide text: controls, direction and zero-width marks, surrogates,
private use, unassigned, line and paragraph separators."""


def literal(text: str, covered: Collection[int]) -> str:
    """Give the text as it may be drawn with a font that covers these code points.

    What would be invisible and what the font lacks becomes a mark, every kind of space becomes a plain one; text
    beyond the longest line is cut with an ellipsis.
    """
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + ELLIPSIS
    mark = next((mark for mark in MARKS if ord(mark) in covered), MARKS[-1])

    def drawn(character: str) -> str:
        category = unicodedata.category(character)
        if category == "Zs":
            return " "
        return mark if category in _INVISIBLE or ord(character) not in covered else character

    return "".join(map(drawn, unicodedata.normalize("NFC", text))).strip()


def wrapped(text: str, lines: int, fits: Callable[[str], bool]) -> list[str]:
    """Break text into at most so many lines that fit, between any two characters but not inside a Latin word.

    What does not fit is cut from the last line and replaced with an ellipsis.
    """
    rest = text
    out: list[str] = []
    while rest and len(out) < lines:
        size = _longest_prefix(rest, fits)
        if size < len(rest) and len(out) == lines - 1:
            return [*out, _cut(rest[:size], fits)]
        size = _word_break(rest, size)
        out.append(rest[:size].rstrip())
        rest = rest[size:].lstrip()
    return out


def _longest_prefix(text: str, fits: Callable[[str], bool]) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle - 1)
    return low


def _word_break(text: str, size: int) -> int:
    """Move a break back to the last space if it would fall inside a Latin word."""
    if size == len(text) or not (text[size - 1].isascii() and text[size].isascii()) or text[size] == " ":
        return size
    space = text.rfind(" ", 0, size)
    return space + 1 if space > 0 else size


def _cut(line: str, fits: Callable[[str], bool]) -> str:
    while line and not fits(line.rstrip() + ELLIPSIS):
        line = line[:-1]
    return line.rstrip() + ELLIPSIS
