"""The opaque printed code of an item: made, checked, and read from what a scanner or a person typed.

Laws:
1. A code is `GW`, nine body characters, one check character: twelve ASCII characters, no separators.
2. The alphabet has 31 characters: digits and capitals without 0, 1, I, L, O. 31 is prime, so the weighted sum modulo
   31 catches every single wrong character and every swap of two characters, whether neighbours or not.
3. A code says nothing about the item: never the record number, never a count. Only the server knows what it names.
"""

import secrets

from labels.errors import LabelError

PREFIX = "GW"
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BODY_LENGTH = 9
LENGTH = len(PREFIX) + BODY_LENGTH + 1
TOKENS = len(ALPHABET) ** BODY_LENGTH
"""How many codes there are: about 2.6 * 10**13. With a million printed, a new one meets an old one once in 26 million;
whoever stores codes still keeps them unique and draws again."""

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_SHOWN = 40

_FULL_WIDTH = 0xFEE0  # how far Chinese input methods shift ASCII
_SEPARATORS = " \t\r\n\u00a0\u3000-\uff0d\u2010\u2011\u2012\u2013\u2014\u2212"
_NORMAL = {
    **{code + _FULL_WIDTH: chr(code).upper() for code in range(0x21, 0x7F)},
    **{code: chr(code).upper() for code in range(ord("a"), ord("z") + 1)},
    **{ord(separator): "" for separator in _SEPARATORS},
}


class CodeError(LabelError):
    """The text is not a printed code; the message says which character and what to do."""


def new_code(token: int | None = None) -> str:
    """Make a code from a token below `TOKENS`, or from a fresh random one.

    Leave the token out for anything real: codes made from a running number can be guessed.
    """
    if token is None:
        token = secrets.randbelow(TOKENS)
    if not 0 <= token < TOKENS:
        raise CodeError(f"token {token} is outside 0..{TOKENS - 1}: leave it out to get a random code")
    body = ""
    for _ in range(BODY_LENGTH):
        token, value = divmod(token, len(ALPHABET))
        body = ALPHABET[value] + body
    return PREFIX + body + _check_character(body)


def token_of(code: str) -> int:
    """Give back the token a code was made from, for example to write it to a tag as its own number."""
    token = 0
    for character in parse(code)[len(PREFIX) : -1]:
        token = token * len(ALPHABET) + _VALUE[character]
    return token


def normalise(text: str) -> str:
    """Fold what people and input methods do to a code: case, spaces, hyphens, full-width forms.

    Only ASCII comes out of the folding; any other character stays as it is, for `parse` to name.
    """
    return text.translate(_NORMAL)


def check(code: str) -> bool:
    """Tell whether this is exactly a printed code, in its canonical form."""
    try:
        return parse(code) == code
    except CodeError:
        return False


def parse(text: str) -> str:
    """Read a code as scanned or typed and give its canonical form.

    Raises CodeError naming the wrong character and its position, counted from 1 after folding.
    """
    if len(text) > 4 * LENGTH:
        raise CodeError(f"{_shown(text)} is {len(text)} characters long, a code has {LENGTH}: scan one label at a time")
    code = normalise(text)
    if not code:
        raise CodeError("the code is empty: scan the label, or type the characters printed under it")
    for position, character in enumerate(code, start=1):
        expected = PREFIX[position - 1] if position <= len(PREFIX) else ALPHABET
        if character not in expected:
            raise CodeError(_wrong_character(code, position))
    if len(code) != LENGTH:
        raise CodeError(f"{_shown(code)} has {len(code)} characters, a code has {LENGTH}: the scan was cut, scan again")
    if _check_character(code[len(PREFIX) : -1]) != code[-1]:
        raise CodeError(f"{_shown(code)} fails its check character {code[-1]!r}: scan again or compare it by eye")
    return code


def display(code: str) -> str:
    """Group a code for the eye, as printed under the symbol: `GW XXXXX XXXXX`."""
    return f"{code[:2]} {code[2:7]} {code[7:]}"


def _check_character(body: str) -> str:
    """Give the character that makes the sum of position times value, the check at position 10, zero modulo 31."""
    total = sum(position * _VALUE[character] for position, character in enumerate(body, start=1))
    return ALPHABET[-total * pow(BODY_LENGTH + 1, -1, len(ALPHABET)) % len(ALPHABET)]


def _wrong_character(code: str, position: int) -> str:
    what = f"{_shown(code)}: character {code[position - 1]!a} at position {position}"
    if position <= len(PREFIX):
        return f"{what} is not {PREFIX[position - 1]!r}, every code starts with {PREFIX}: this is not one of our labels"
    return f"{what} cannot occur, codes have no 0, 1, I, L, O and no signs: scan again or compare it by eye"


def _shown(text: str) -> str:
    """Quote foreign text safely: ASCII only, bounded, so that it cannot disturb a log or a terminal."""
    return ascii(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
