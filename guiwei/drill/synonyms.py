"""Other words for the vocabulary's words: as the rule book writes them, in Chinese or English, in any case.

A word is looked up without its case, blanks and hyphens; what is not known stays as it is and is refused where used.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from server.domain.wordings import WORDS
from server.domain.words import (
    CustodyState,
    ItemKind,
    LoanState,
    Mode,
    RequestState,
    Role,
    Secrecy,
    StocktakeResult,
    Task,
)

VOCABULARY: Final[dict[str, Collection[str]]] = {
    "role": set(Role),
    "kind": set(ItemKind),
    "secrecy": set(Secrecy),
    "mode": set(Mode),
    "task": set(Task),
    "state": {*RequestState, *LoanState, "overdue"},
    "count": {*CustodyState, "misplaced"},
    "counted": set(StocktakeResult),
}
"""The words of each key. `state` is a loan's (`overdue` is computed), `count` an item's, `counted` a stocktake's."""
ALSO: Final[dict[str, dict[str, str]]] = {
    "role": {
        "manager": "department_manager",
        "deputy": "deputy_general_manager",
        "deputy_manager": "deputy_general_manager",
        "deputy_in_charge": "deputy_general_manager",
        "head": "head_of_office",
        "office_head": "head_of_office",
        "head_of_managers_office": "head_of_office",
        "vice_general_manager": "deputy_general_manager",
        "seal_keeper": "keeper",
        "employee": "requester",
        "staff": "requester",
        "auditor": "internal_auditor",
        "outside_auditor": "guest_auditor",
        "external_auditor": "guest_auditor",
        "key_keeper": "keeper",
        "gm": "general_manager",
    },
    "kind": {
        "folder": "file",
        "original": "document",
        "chop": "seal",
        "company_seal": "seal",
        "customer_seal": "seal",
        "公章": "seal",
        "档案": "file",
    },
    "secrecy": {"normal": "ordinary", "common": "ordinary", "普通件": "ordinary"},
    "mode": {
        "read": "reading",
        "read_in_room": "reading",
        "read_in_the_room": "reading",
        "reading_in_room": "reading",
        "reading_room": "reading",
        "consult": "reading",
        "borrow": "loan",
        "lend": "loan",
        "loan_inside": "loan",
        "loan_inside_the_company": "loan",
        "copy": "photocopy",
        "photocopying": "photocopy",
        "seal": "seal_use",
        "use": "seal_use",
        "share": "sharing",
        "outside": "sharing",
        "share_outside": "sharing",
        "sharing_outside": "sharing",
        "hand_over": "transfer",
        "handover": "transfer",
        "pass_on": "transfer",
    },
    "count": {
        "in": "place",
        "in_place": "place",
        "present": "place",
        "out": "held",
        "on_loan": "held",
        "unaccounted": "incident",
    },
    "counted": {"in_place": "found", "present": "found", "out": "on_loan"},
    "task": {"destroy": "destruction", "count": "stocktake"},
    "state": {
        "requested": "filed",
        "pending": "filed",
        "waiting": "filed",
        "ready": "approved",
        "rejected": "refused",
        "denied": "refused",
        "cancelled": "withdrawn",
        "lent": "out",
        "checked": "closed",
        "incomplete": "discrepancy",
    },
}
OUTSIDE: Final = frozenset({"outside", "share_outside", "sharing_outside"})
"""Words for sharing that say that it leaves the company."""


def plain(word: str) -> str:
    """Give a word as it is looked up."""
    return re.sub(r"[\s\-]+", "_", re.sub(r"['’]", "", word.strip().lower()))


def _known(key: str) -> dict[str, str]:
    found = {plain(said): str(word) for word in VOCABULARY[key] for said in (word, *WORDS.get(word, ()))}
    return {**ALSO[key], **found}


_KNOWN: Final[Mapping[str, Mapping[str, str]]] = {key: _known(key) for key in VOCABULARY}


def meant(key: str, word: object) -> object:
    """Give the vocabulary's word for what is written, or what is written."""
    return _KNOWN[key].get(plain(word), word) if isinstance(word, str) else word
