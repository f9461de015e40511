"""How the words of keeping the record look: fields, filing, approvals of credit (text, tone, icon)."""

from collections.abc import Mapping
from typing import Final

from .i18n import N_

Row = tuple[str, str, str]

KEEPING: Final[Mapping[str, Mapping[str, Row]]] = {
    "phase": {
        "temporary": (N_("Temporary file"), "warn", "clock"),
        "formal": (N_("Formal file"), "good", "check"),
    },
    "filing": {
        "project": (N_("Project papers"), "plain", "minus"),
        "service": (N_("Papers of a service"), "plain", "minus"),
        "contract": (N_("Contract"), "plain", "minus"),
    },
    "filing_event": {
        "signed": (N_("Contract signed"), "plain", "minus"),
        "completed": (N_("Completion documents received"), "plain", "minus"),
        "begun": (N_("Service begun"), "plain", "minus"),
        "ended": (N_("Service ended"), "plain", "minus"),
        "handed_over": (N_("Handed over to the records office"), "plain", "minus"),
        "filed": (N_("Filed and shelved"), "plain", "minus"),
    },
    "review_result": {
        "accurate": (N_("It is accurate"), "good", "check"),
        "inaccurate": (N_("It is not"), "warn", "alert"),
    },
    "credit_act": {
        "see": (N_("See the grade"), "plain", "minus"),
        "change": (N_("Change the grade or credit file"), "plain", "minus"),
    },
    "field": {
        "title": (N_("Title"), "plain", "minus"),
        "kind": (N_("Kind"), "plain", "minus"),
        "category": (N_("Category"), "plain", "minus"),
        "secrecy": (N_("Secrecy"), "plain", "minus"),
        "department": (N_("Department"), "plain", "minus"),
        "parts": (N_("Parts"), "plain", "minus"),
        "pages": (N_("Pages"), "plain", "minus"),
        "record_number": (N_("Record number"), "plain", "minus"),
        "file_type": (N_("Type of file"), "plain", "minus"),
        "customer": (N_("Customer"), "plain", "minus"),
        "contents": (N_("Contents list"), "plain", "minus"),
        "review": (N_("Review"), "plain", "minus"),
        "name": (N_("Name"), "plain", "minus"),
        "industry": (N_("Industry"), "plain", "minus"),
        "size": (N_("Size"), "plain", "minus"),
        "region": (N_("Region"), "plain", "minus"),
        "grade": (N_("Grade"), "plain", "minus"),
        "note": (N_("Note"), "plain", "minus"),
    },
}
