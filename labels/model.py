"""What a label says: the five things a template may print, and the words for secrecy."""

from dataclasses import dataclass

from labels.codes import parse
from labels.errors import LabelError

SECRECY = {
    "ordinary": "普通  ORDINARY",
    "secret": "秘密  SECRET",
    "confidential": "机密  CONFIDENTIAL",
    "top_secret": "绝密  TOP SECRET",
}
"""Secrecy level -> what its band says. Every level but ordinary is printed white on black."""


@dataclass(frozen=True)
class Label:
    """Hold the text of one label; `code` is brought to its canonical form, everything else is literal text.

    Raises CodeError for a wrong code and LabelError for an unknown secrecy.
    """

    code: str
    title: str
    record_number: str = ""
    secrecy: str = "ordinary"
    place: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", parse(self.code))
        if self.secrecy not in SECRECY:
            raise LabelError(f"label {self.code}: secrecy {self.secrecy[:40]!a} is unknown: use {', '.join(SECRECY)}")
