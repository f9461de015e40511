"""The one scan box: an item, a place, a person or a request, by whatever was scanned or typed.

A place comes first, then the items in it: while a place is chosen, an item is compared with it and the box stays open.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from fastapi import Response

from labels.codes import CodeError, normalise, parse
from server.service.errors import InvalidError
from server.service.lookups import place_of
from server.service.people.rights import Act
from server.store import queries_pages
from server.web.auth import gate

from .routing import Look, go, page_router

MAX_NUMBER = 2**31
router = page_router()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a scan came to; `item` is its code when there is one."""

    kind: Literal["ok", "already", "refused"]
    text: str
    item: str | None = None


@router.get("/scan", **gate(Act.FIND_ITEMS))
async def scan(look: Look, code: str = "", at: str = "") -> Response:
    """Go to what was scanned; with a place chosen, stay there with the comparison."""
    text = code.strip()[:200]
    if not text:
        return go("/")
    if is_place(look, text):
        return go(f"/places/{text}")
    address = address_of(look, text)
    if at and is_place(look, at) and (address is None or address.startswith("/items/")):
        return go(f"/places/{at}?code={quote(text, safe='')}")
    if address:
        return go(address)
    return look.show("scan.html", status=404, code=text, outcome=Outcome("refused", unknown(look, text)))


def address_of(look: Look, text: str) -> str | None:
    """Give the page of the item, request or person that the text names."""
    if code := item_code(look, text):
        return f"/items/{quote(code, safe='')}"
    number = text.lstrip("#RrNnOo.№ ").strip()
    asked = number.isdecimal() and int(number) < MAX_NUMBER and look.viewer.may(Act.SEE_REQUESTS)
    if asked and queries_pages.has_request(look.session, int(number)):
        return f"/requests/{int(number)}"
    if look.viewer.may(Act.FIND_PEOPLE) and (username := queries_pages.find_person(look.session, text)):
        return f"/people/{quote(username, safe='')}"
    return None


def item_code(look: Look, text: str) -> str | None:
    """Give the code of the item that the text names, as printed or as typed under an input method."""
    return next((code for code in dict.fromkeys((text, normalise(text))) if look.names.find(code)), None)


def is_place(look: Look, text: str) -> bool:
    """Say whether the text is a place such as a/1."""
    try:
        place_of(look.session, text)
    except InvalidError:
        return False
    return True


def at_place(look: Look, place: str, text: str) -> Outcome:
    """Compare a scanned item with the place it was scanned at."""
    code = item_code(look, text)
    if code is None:
        return Outcome("refused", unknown(look, text))
    item = look.names.item(code)
    if item.home != place:
        return Outcome("refused", look.page.text("It belongs to %(home)s.", home=item.home or "—"), code)
    if item.custody.state == "held":
        return Outcome("refused", look.page.text("It is recorded as out, but it is here."), code)
    if item.custody.state == "incident":
        return Outcome("refused", look.page.text("It is recorded as unaccounted for, but it is here."), code)
    return Outcome("ok", look.page.text("It belongs here and is recorded here."), code)


def unknown(look: Look, text: str) -> str:
    """Say why a scanned text leads nowhere: misread, or simply unknown."""
    try:
        parse(text)
    except CodeError:
        if normalise(text).startswith("GW"):
            return look.page.text("%(code)s was misread: its check character does not fit. Scan it again.", code=text)
    return look.page.text("Nothing here is called %(code)s.", code=text)
