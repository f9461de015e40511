"""Labels for items: printing one is an act of its own, on record."""

from collections.abc import Iterable

from labels.errors import LabelError
from labels.model import Label
from labels.sheet import sheet_pdf
from labels.single import label_png
from labels.template import load
from labels.zpl import label_zpl
from server.service.context import Reading, Writing
from server.service.errors import InvalidError
from server.service.inputs import NewLabels
from server.service.lookups import items_coded
from server.service.shapes import Done, place_text
from server.store.tables import Item

SINGLE = "shelf-60x40"
MEDIA = {"pdf": "application/pdf", "png": "image/png", "zpl": "application/zpl"}


def draw_labels(look: Reading, asked: NewLabels) -> bytes:
    """Draw the labels of these items: a sheet as PDF, or one label as PNG or ZPL."""
    items = items_coded(look.session, asked.items)
    if asked.format != "pdf" and len(items) != 1:
        raise InvalidError("one_label", f"{asked.format} holds one label; take pdf for {len(items)}")
    try:
        return _draw([_label(item) for item in items], asked.format)
    except LabelError as error:
        raise InvalidError("label", str(error)) from None


def draw_sheet(items: Iterable[Item]) -> bytes:
    """Draw the labels of many items on sheets, as PDF."""
    try:
        return sheet_pdf([_label(item) for item in items])
    except LabelError as error:
        raise InvalidError("label", str(error)) from None


def record_labels(work: Writing, codes: list[str], form: str) -> Done:
    """Say in the ledger what was drawn to be printed."""
    work.ledger("labels_printed", items=codes, format=form)
    return Done()


def _label(item: Item) -> Label:
    place = place_text(item.home_station, item.home_door) or ""
    return Label(item.code, item.title, item.record_number or "", item.secrecy, place)


def _draw(drawn: list[Label], form: str) -> bytes:
    if form == "pdf":
        return sheet_pdf(drawn)
    template = load(SINGLE)
    return label_png(drawn[0], template) if form == "png" else label_zpl(drawn[0], template)
