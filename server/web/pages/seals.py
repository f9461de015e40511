"""The seal register with its uses (R17), what customers entrusted (R19), and the cabinets' key sets (R21).

What is looked at are functions; what is filled in is a row of FORMS. A picture comes with its form: the digest that the
register keeps is computed here, never asked for.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile

from server.domain.words import Mode
from server.service.context import Writing
from server.service.errors import NotFoundError
from server.service.inputs import Conclusion, Input
from server.service.lending.lending_shapes import (
    EntrustedView,
    HandBack,
    KeySetView,
    KeyUseView,
    NewEntrusted,
    NewKeeper,
    NewKeySet,
    NewKeyUse,
    NewSeal,
    NewSealUse,
    PassedView,
    Reasoned,
    SealUseView,
    SealView,
)
from server.service.people.rights import Act
from server.service.records.attachments import Handed, list_attachments
from server.service.records.blobs import TooLargeError
from server.service.seals import entrusted, keysets, seals
from server.web.auth import gate
from server.web.deps import Given
from server.web.writing import Do

from .forms import local
from .lending import carry_out
from .routing import Look, Seen, page_router
from .uploads import handed_in, too_large

ROWS = 50
router = page_router()


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it came: what the address names, what was asked, and the file that came with it."""

    work: Writing
    asked: Any
    code: str
    number: int
    file: Handed | None


@dataclass(frozen=True, slots=True)
class Form:
    """One form: where it is sent and by whom, what is read from it, what it does, and the page it belongs to.

    Its page is shown again with what is wrong, and after it was carried out, where that page is open to the reader.
    """

    path: str
    act: Act
    asked: type[Input]
    view: type[BaseModel]
    do: Callable[[Filled], BaseModel]
    page: Callable[[Seen, str, int], Response]
    file: str = ""
    moments: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    def read(self, look: Seen, form: FormData) -> dict[str, Any]:
        """Give what was filled in: moments of the office's own time, lists, and texts that a rule asks for."""
        given: dict[str, Any] = {
            name: value for name, value in form.items() if name != "csrf" and isinstance(value, str) and value
        }
        given |= {name: local(look, str(given[name])) for name in self.moments if name in given}
        given |= {name: [str(value) for value in form.getlist(name)] for name in self.lists}
        return {**dict.fromkeys(self.texts, ""), **given}


def _seals(look: Seen, _: str, status: int, after: int | None = None) -> Response:
    page = seals.list_seals(look, after, ROWS)
    return look.show("seals.html", page.rows, status, rows=page.rows, next=page.next)


def _seal(look: Seen, code: str, status: int) -> Response:
    seal = seals.get_seal(look, code)
    uses = seals.list_uses(look, code, None, ROWS).rows
    return look.show("seal.html", [seal, *uses], status, seal=seal, uses=uses, pictures=_pictures(look, code))


def _pictures(look: Seen, code: str) -> dict[str, int]:
    """Number the attachments of a seal by their digest, for who may see them."""
    try:
        return {one.sha256: one.id for one in list_attachments(look, "item", code).rows}
    except NotFoundError:
        return {}


def _entrusted_list(look: Seen, _: str, status: int, after: int | None = None, show: str = "") -> Response:
    page = entrusted.list_entrusted(look, show == "all", after, ROWS)
    modes = [mode for mode in Mode if mode != Mode.DUTY]
    return look.show("entrusted.html", page.rows, status, rows=page.rows, next=page.next, show=show, modes=modes)


def _entrusted(look: Seen, code: str, status: int) -> Response:
    receipt = entrusted.get_entrusted(look, code)
    uses = entrusted.list_uses(look, code, None, ROWS).rows
    return look.show("receipt.html", [receipt], status, r=receipt, uses=uses)


def _keys(look: Seen, _: str, status: int) -> Response:
    sets = keysets.list_sets(look).rows
    uses = keysets.list_uses(look, None, ROWS).rows
    shown = {
        "sets": sets,
        "openings": keysets.list_openings(look, None, ROWS).rows,
        "uses": uses,
        "cabinets": sorted({row.cabinet for row in sets}),
        "set_names": sorted({row.set for row in sets}),
    }
    return look.show("keys.html", [*sets, *uses], status, **shown)


FORMS: Final = (
    Form(
        "/seals",
        Act.KEEP_SEALS,
        NewSeal,
        SealView,
        lambda f: seals.enter(f.work, f.asked, f.file),
        _seals,
        file="impression",
        moments=("engraved_at",),
    ),
    Form(
        "/seals/{code}/uses",
        Act.USE_SEALS,
        NewSealUse,
        SealUseView,
        lambda f: seals.record_use(f.work, f.code, f.asked, f.file),
        _seal,
        file="photo",
    ),
    Form(
        "/seals/{code}/keeper",
        Act.KEEP_SEALS,
        NewKeeper,
        PassedView,
        lambda f: seals.pass_on(f.work, f.code, f.asked),
        _seal,
    ),
    Form(
        "/seals/{code}/retire",
        Act.KEEP_SEALS,
        Reasoned,
        SealView,
        lambda f: seals.retire(f.work, f.code, f.asked.reason),
        _seal,
        texts=("reason",),
    ),
    Form(
        "/seals/{code}/uses/{number}/explain",
        Act.CONCLUDE,
        Conclusion,
        SealUseView,
        lambda f: seals.explain(f.work, f.number, f.asked.conclusion),
        _seal,
    ),
    Form(
        "/entrusted",
        Act.ENTRUST,
        NewEntrusted,
        EntrustedView,
        lambda f: entrusted.receive(f.work, f.asked),
        _entrusted_list,
        moments=("until",),
        lists=("modes",),
        texts=("mandate",),
    ),
    Form(
        "/entrusted/{code}/hand-back",
        Act.ENTRUST,
        HandBack,
        EntrustedView,
        lambda f: entrusted.hand_back(f.work, f.code, f.asked, f.file),
        _entrusted,
        file="signed",
    ),
    Form(
        "/keys/sets",
        Act.KEEP_KEYS,
        NewKeySet,
        KeySetView,
        lambda f: keysets.give(f.work, f.asked),
        _keys,
    ),
    Form(
        "/keys/uses",
        Act.DECLARE_KEY,
        NewKeyUse,
        KeyUseView,
        lambda f: keysets.declare(f.work, f.asked),
        _keys,
        moments=("when",),
        texts=("reason",),
    ),
)


def _served(form: Form) -> Callable[..., Awaitable[Response]]:
    """Make the handler of a form."""

    async def handle(look: Look, act: Do, deps: Given, request: Request) -> Response:
        code, number = request.path_params.get("code", ""), str(request.path_params.get("number", ""))
        async with AsyncExitStack() as stack:
            came = await stack.enter_async_context(request.form())
            values, handed = form.read(look, came), None
            upload = came.get(form.file) if form.file else None
            if isinstance(upload, UploadFile) and upload.filename:
                try:
                    handed = await stack.enter_async_context(handed_in(deps, upload))
                except TooLargeError:
                    return form.page(look, code, too_large(look))
                values[form.file] = handed.received.sha256
            return await carry_out(
                look,
                act,
                lambda: form.asked.model_validate(values),
                form.view,
                lambda work, asked: form.do(
                    Filled(work, asked, code, int(number) if number.isdecimal() else 0, handed)
                ),
                _after(look, form, code),
                lambda status: form.page(look, code, status),
            )

    return handle


def _after(look: Seen, form: Form, code: str) -> str:
    """Say where a form leads: to its page; who does not see the page of keys is thanked on the first one."""
    if form.page is _keys:
        return "/keys" if look.viewer.may(Act.SEE_KEYS) else "/"
    noun = form.path.split("/")[1]
    return f"/{noun}/{quote(code)}" if code else f"/{noun}"


for _form in FORMS:
    router.post(_form.path, **gate(_form.act))(_served(_form))


@router.get("/seals", **gate(Act.SEE_SEALS))
async def seal_list(look: Look, after: int | None = None) -> Response:
    """List the register's pages, with the form to write one."""
    return _seals(look, "", 200, after)


@router.get("/seals/{code}", **gate(Act.SEE_SEALS))
async def one_seal(look: Look, code: str) -> Response:
    """Show one seal: its page in the register and its uses."""
    return _seal(look, code, 200)


@router.get("/entrusted", **gate(Act.SEE_ENTRUSTED))
async def entrusted_list(look: Look, show: str = "", after: int | None = None) -> Response:
    """List what is held for customers, or everything that ever was, with the form of a receipt."""
    return _entrusted_list(look, "", 200, after, "all" if show == "all" else "")


@router.get("/entrusted/{code}", **gate(Act.SEE_ENTRUSTED))
async def one_entrusted(look: Look, code: str) -> Response:
    """Show a receipt with every use, to be shown to the customer."""
    return _entrusted(look, code, 200)


@router.get("/keys", **gate(Act.SEE_KEYS))
async def keys(look: Look) -> Response:
    """Show who has which key set, openings by key, and declarations."""
    return _keys(look, "", 200)
