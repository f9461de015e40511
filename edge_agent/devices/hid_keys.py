"""Which character each key of a US keyboard gives, by the key codes of Linux' input-event-codes.h."""

from __future__ import annotations

ROWS: tuple[tuple[int, str, str], ...] = (
    (2, "1234567890-=", "!@#$%^&*()_+"),
    (16, "qwertyuiop[]", "QWERTYUIOP{}"),
    (30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    (43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (57, " ", " "),
    (15, "\t", "\t"),
)
"""First key code of a run of keys, what they give alone, and with Shift."""
KEYPAD = {
    55: "*",
    71: "7",
    72: "8",
    73: "9",
    74: "-",
    75: "4",
    76: "5",
    77: "6",
    78: "+",
    79: "1",
    80: "2",
    81: "3",
    82: "0",
    83: ".",
    98: "/",
    117: "=",
    121: ",",
}
"""The keypad with Num Lock on, as scanners assume it."""

PLAIN = {first + n: key for first, plain, _ in ROWS for n, key in enumerate(plain)} | KEYPAD
SHIFTED = {first + n: key for first, _, shifted in ROWS for n, key in enumerate(shifted)} | KEYPAD
LETTERS = {code for code, key in PLAIN.items() if key.isalpha()}
SHIFTS = {42, 54}
CONTROLS = {29, 97}
ALTS = {56, 100}
CAPS_LOCK = 58
OTHER_LOCKS = {69, 70}
"""Num Lock and Scroll Lock: scanners switch them, and they give no character."""
ENDS = {28: "enter", 96: "enter", 15: "tab"}
"""Keys that may end a code; Tab is a character where it does not."""
CONTROL_ENDS = {b"\r": "enter", b"\n": "enter", b"\t": "tab"}
"""The same as Ctrl combinations: Ctrl+M, Ctrl+J, Ctrl+I."""
DIGITS = {code: key for code, key in KEYPAD.items() if key.isdigit()}
"""Keys of the keypad that, with Alt held, spell a character's number."""
