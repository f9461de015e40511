"""Printed codes: what the check character catches, what input methods do to them, what refusals say."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labels.codes import ALPHABET, LENGTH, TOKENS, CodeError, check, display, new_code, normalise, parse, token_of

tokens = st.integers(0, TOKENS - 1)
PRINTABLE = [chr(code) for code in range(0x21, 0x7F)]


def full_width(code: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) for character in code)


def test_a_code_is_known_for_ever() -> None:
    assert new_code(0) == "GW2222222222"
    assert new_code(123_456_789) == "GW2226BQ524W"


@given(tokens)
def test_a_code_is_canonical_and_gives_its_token_back(token: int) -> None:
    code = new_code(token)
    assert len(code) == LENGTH
    assert set(code[2:]) <= set(ALPHABET)
    assert check(code)
    assert token_of(code) == token


def test_fresh_codes_differ() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(check(code) for code in codes)


@given(tokens)
def test_every_single_wrong_character_is_caught(token: int) -> None:
    code = new_code(token)
    for position in range(LENGTH):
        for other in PRINTABLE:
            if other != code[position]:
                assert not check(code[:position] + other + code[position + 1 :])


@given(tokens)
def test_every_swap_of_two_characters_is_caught(token: int) -> None:
    code = new_code(token)
    for left, right in combinations(range(LENGTH), 2):
        if code[left] != code[right]:
            swapped = list(code)
            swapped[left], swapped[right] = code[right], code[left]
            assert not check("".join(swapped))


def test_the_check_is_complete_for_all_pairs_of_places_and_values() -> None:
    """A linear check misses an error only if its change is 0 modulo 31: go through all of them."""
    weights, size = range(1, 11), len(ALPHABET)
    assert all(weight * change % size for weight in weights for change in range(1, size))
    assert all((a - b) * change % size for a, b in combinations(weights, 2) for change in range(1, size))


@given(tokens, st.integers(0, LENGTH - 1))
def test_a_cut_or_doubled_scan_is_caught(token: int, cut: int) -> None:
    code = new_code(token)
    for wrong in (code[:cut], code[cut + 1 :], code[:cut] + code[cut] + code[cut:], code + code):
        with pytest.raises(CodeError):
            parse(wrong)


@given(tokens)
def test_what_people_and_input_methods_do_is_folded(token: int) -> None:
    code = new_code(token)
    cut = f" {code[:6]}-{code[6:]}\r\n"
    for typed in (cut, code.lower(), display(code), full_width(code), full_width(code.lower())):
        assert normalise(typed) == code
        assert parse(typed) == code


@given(st.text())
def test_any_text_is_read_or_refused_in_plain_ascii(text: str) -> None:
    try:
        said = parse(text)
    except CodeError as error:
        said = str(error)
    else:
        assert check(said)
    assert said.isascii()
    assert said.isprintable()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        ("XX2222222222", "position 1 is not 'G'"),
        ("6901234567892", "not one of our labels"),
        ("GW22222O2222", "character 'O' at position 8"),
        ("GW222222222", "the scan was cut"),
        ("GW2222222223", "fails its check character"),
        ("ſW2222222222", r"'\u017f'"),
        ("GW2222\u202e222222", r"'\u202e' at position 7"),
        ("GW" * 5000, "10000 characters long"),
    ],
)
def test_a_refusal_says_what_and_where(text: str, said: str) -> None:
    with pytest.raises(CodeError) as caught:
        parse(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("token", [-1, TOKENS])
def test_a_token_out_of_range_is_refused(token: int) -> None:
    with pytest.raises(CodeError, match="outside"):
        new_code(token)
