"""The seal register with its uses (R17), what customers entrusted (R19), and the cabinets' key sets (R21)."""

from typing import Any
from urllib.parse import quote

from fastapi import Request, Response

from server.domain.words import Mode
from server.service.inputs import Conclusion
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
from server.service.seals import entrusted, keysets, seals
from server.web.auth import gate
from server.web.writing import Do

from .forms import local
from .lending import carry_out, filled
from .routing import Look, Seen, page_router

ROWS = 50
router = page_router()


@router.get("/seals", **gate(Act.SEE_SEALS))
async def seal_list(look: Look, after: int | None = None) -> Response:
    """List the register's pages, with the form to write one."""
    return _seals(look, after, 200)


@router.post("/seals", **gate(Act.KEEP_SEALS))
async def enter_seal(look: Look, act: Do, request: Request) -> Response:
    """Write a seal's page."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: NewSeal.model_validate(_timed(look, values, "engraved_at")),
        SealView,
        seals.enter,
        "/seals",
        lambda status: _seals(look, None, status),
    )


@router.get("/seals/{code}", **gate(Act.SEE_SEALS))
async def one_seal(look: Look, code: str) -> Response:
    """Show one seal: its page in the register and its uses."""
    return _seal(look, code, 200)


@router.post("/seals/{code}/uses", **gate(Act.USE_SEALS))
async def record_use(look: Look, act: Do, code: str, request: Request) -> Response:
    """Enter impressions in the register of uses."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: NewSealUse.model_validate(values),
        SealUseView,
        lambda work, a: seals.record_use(work, code, a),
        f"/seals/{quote(code)}",
        lambda status: _seal(look, code, status),
    )


@router.post("/seals/{code}/keeper", **gate(Act.KEEP_SEALS))
async def pass_seal(look: Look, act: Do, code: str, request: Request) -> Response:
    """Pass it to another keeper before a witness."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: NewKeeper.model_validate(values),
        PassedView,
        lambda work, a: seals.pass_on(work, code, a),
        f"/seals/{quote(code)}",
        lambda status: _seal(look, code, status),
    )


@router.post("/seals/{code}/retire", **gate(Act.KEEP_SEALS))
async def retire_seal(look: Look, act: Do, code: str, request: Request) -> Response:
    """Take it out of use."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: Reasoned.model_validate({"reason": "", **values}),
        SealView,
        lambda work, a: seals.retire(work, code, a.reason),
        f"/seals/{quote(code)}",
        lambda status: _seal(look, code, status),
    )


@router.post("/seals/{code}/uses/{number}/explain", **gate(Act.CONCLUDE))
async def explain_use(look: Look, act: Do, code: str, number: int, request: Request) -> Response:
    """Explain why more impressions were made than approved."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: Conclusion.model_validate(values),
        SealUseView,
        lambda work, a: seals.explain(work, number, a.conclusion),
        f"/seals/{quote(code)}",
        lambda status: _seal(look, code, status),
    )


@router.get("/entrusted", **gate(Act.SEE_ENTRUSTED))
async def entrusted_list(look: Look, show: str = "", after: int | None = None) -> Response:
    """List what is held for customers, or everything that ever was, with the form of a receipt."""
    return _entrusted_list(look, show == "all", after, 200)


@router.post("/entrusted", **gate(Act.ENTRUST))
async def receive(look: Look, act: Do, request: Request) -> Response:
    """Take something in against a receipt."""
    values = await filled(request)
    modes = (await request.form()).getlist("modes")
    return await carry_out(
        look,
        act,
        lambda: NewEntrusted.model_validate(
            {"mandate": "", **_timed(look, values, "until"), "modes": [str(mode) for mode in modes]}
        ),
        EntrustedView,
        entrusted.receive,
        "/entrusted",
        lambda status: _entrusted_list(look, False, None, status),
    )


@router.get("/entrusted/{code}", **gate(Act.SEE_ENTRUSTED))
async def one_entrusted(look: Look, code: str) -> Response:
    """Show a receipt with every use, to be shown to the customer."""
    return _entrusted(look, code, 200)


@router.post("/entrusted/{code}/hand-back", **gate(Act.ENTRUST))
async def hand_back(look: Look, act: Do, code: str, request: Request) -> Response:
    """Hand it back against a signed receipt."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: HandBack.model_validate(values),
        EntrustedView,
        lambda work, a: entrusted.hand_back(work, code, a),
        f"/entrusted/{quote(code)}",
        lambda status: _entrusted(look, code, status),
    )


@router.get("/keys", **gate(Act.SEE_KEYS))
async def keys(look: Look) -> Response:
    """Show who has which key set, openings by key, and declarations."""
    return _keys(look, 200)


@router.post("/keys/sets", **gate(Act.KEEP_KEYS))
async def give_keys(look: Look, act: Do, request: Request) -> Response:
    """Record who has a key set."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: NewKeySet.model_validate(values),
        KeySetView,
        keysets.give,
        "/keys",
        lambda status: _keys(look, status),
    )


@router.post("/keys/uses", **gate(Act.DECLARE_KEY))
async def declare_key(look: Look, act: Do, request: Request) -> Response:
    """Declare the use of a key; who does not see the page of keys is thanked on the first one."""
    values = await filled(request)
    return await carry_out(
        look,
        act,
        lambda: NewKeyUse.model_validate({"reason": "", **_timed(look, values, "when")}),
        KeyUseView,
        keysets.declare,
        "/keys" if look.viewer.may(Act.SEE_KEYS) else "/",
        lambda status: _keys(look, status),
    )


def _timed(look: Seen, values: dict[str, Any], name: str) -> dict[str, Any]:
    return {**values, name: local(look, str(values[name]))} if name in values else values


def _seals(look: Seen, after: int | None, status: int) -> Response:
    page = seals.list_seals(look, after, ROWS)
    return look.show("seals.html", page.rows, status, rows=page.rows, next=page.next)


def _seal(look: Seen, code: str, status: int) -> Response:
    seal = seals.get_seal(look, code)
    uses = seals.list_uses(look, code, None, ROWS).rows
    return look.show("seal.html", [seal, *uses], status, seal=seal, uses=uses)


def _entrusted_list(look: Seen, every: bool, after: int | None, status: int) -> Response:
    page = entrusted.list_entrusted(look, every, after, ROWS)
    modes = [mode for mode in Mode if mode != Mode.DUTY]
    return look.show(
        "entrusted.html", page.rows, status, rows=page.rows, next=page.next, show="all" if every else "", modes=modes
    )


def _entrusted(look: Seen, code: str, status: int) -> Response:
    receipt = entrusted.get_entrusted(look, code)
    uses = entrusted.list_uses(look, code, None, ROWS).rows
    return look.show("receipt.html", [receipt], status, r=receipt, uses=uses)


def _keys(look: Seen, status: int) -> Response:
    sets = keysets.list_sets(look).rows
    openings = keysets.list_openings(look, None, ROWS).rows
    uses = keysets.list_uses(look, None, ROWS).rows
    cabinets = sorted({row.cabinet for row in sets})
    names = sorted({row.set for row in sets})
    return look.show(
        "keys.html", [*sets, *uses], status, sets=sets, openings=openings, uses=uses, cabinets=cabinets, set_names=names
    )
