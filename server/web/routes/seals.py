"""The seal register and its uses (R17), what customers entrusted (R19), key sets (R21)."""

from typing import Annotated

from fastapi import APIRouter, Query

from server.service.inputs import Conclusion
from server.service.lending.lending_shapes import (
    EntrustedUse,
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
    OpeningView,
    PassedView,
    Reasoned,
    SealUseView,
    SealView,
)
from server.service.people.rights import Act
from server.service.seals import entrusted, keysets, seals
from server.service.shapes import Page
from server.web.auth import gate
from server.web.routes.common import Cursor, Limit, Number
from server.web.writing import Do, Look

router = APIRouter(prefix="/api/v1", tags=["seals and keys"])


@router.get("/seals", **gate(Act.SEE_SEALS))
async def list_seals(look: Look, after: Cursor = None, limit: Limit = 100) -> Page[SealView]:
    """List the seal register's pages."""
    return seals.list_seals(look, after, limit)


@router.post("/seals", status_code=201, **gate(Act.KEEP_SEALS))
async def enter_seal(body: NewSeal, do: Do) -> SealView:
    """Write a seal's page: its impression's digest, who engraved it by which approval, its scope, its keeper."""
    return await do(SealView, lambda work: seals.enter(work, body))


@router.get("/seals/{code}", **gate(Act.SEE_SEALS))
async def get_seal(code: str, look: Look) -> SealView:
    """Show one seal's page."""
    return seals.get_seal(look, code)


@router.post("/seals/{code}/retire", **gate(Act.KEEP_SEALS))
async def retire_seal(code: str, body: Reasoned, do: Do) -> SealView:
    """Take a seal out of use, with the reason."""
    return await do(SealView, lambda work: seals.retire(work, code, body.reason))


@router.post("/seals/{code}/keeper", **gate(Act.KEEP_SEALS))
async def pass_seal(code: str, body: NewKeeper, do: Do) -> PassedView:
    """Pass a seal to another keeper before a witness (R14)."""
    return await do(PassedView, lambda work: seals.pass_on(work, code, body))


@router.get("/items/{code}/uses", **gate(Act.SEE_SEALS))
async def list_uses(code: str, look: Look, before: Cursor = None, limit: Limit = 100) -> Page[SealUseView]:
    """List a seal's uses, the newest first."""
    return seals.list_uses(look, code, before, limit)


@router.post("/items/{code}/uses", status_code=201, **gate(Act.USE_SEALS))
async def record_use(code: str, body: NewSealUse, do: Do) -> SealUseView:
    """Enter impressions in the register of uses (R17): how many, on what, and who supervised."""
    return await do(SealUseView, lambda work: seals.record_use(work, code, body))


@router.post("/seal-uses/{number}/explain", **gate(Act.CONCLUDE))
async def explain_use(number: Number, body: Conclusion, do: Do) -> SealUseView:
    """Explain why more impressions were made than approved."""
    return await do(SealUseView, lambda work: seals.explain(work, number, body.conclusion))


@router.get("/entrusted", **gate(Act.SEE_ENTRUSTED))
async def list_entrusted(
    look: Look, every: Annotated[bool, Query(alias="all")] = False, after: Cursor = None, limit: Limit = 100
) -> Page[EntrustedView]:
    """List what is held for customers, or everything that ever was."""
    return entrusted.list_entrusted(look, every, after, limit)


@router.post("/entrusted", status_code=201, **gate(Act.ENTRUST))
async def receive(body: NewEntrusted, do: Do) -> EntrustedView:
    """Take a customer's seal or original in against a receipt (R19)."""
    return await do(EntrustedView, lambda work: entrusted.receive(work, body))


@router.get("/entrusted/{code}", **gate(Act.SEE_ENTRUSTED))
async def get_entrusted(code: str, look: Look) -> EntrustedView:
    """Show the latest receipt of an item."""
    return entrusted.get_entrusted(look, code)


@router.get("/entrusted/{code}/uses", **gate(Act.SEE_ENTRUSTED))
async def entrusted_uses(code: str, look: Look, after: Cursor = None, limit: Limit = 100) -> Page[EntrustedUse]:
    """List what a customer's item was used for, so that they can be told; nobody of ours is named."""
    return entrusted.list_uses(look, code, after, limit)


@router.post("/entrusted/{code}/hand-back", **gate(Act.ENTRUST))
async def hand_back(code: str, body: HandBack, do: Do) -> EntrustedView:
    """Hand it back against a signed receipt, named by the SHA-256 of its picture."""
    return await do(EntrustedView, lambda work: entrusted.hand_back(work, code, body))


@router.get("/key-sets", **gate(Act.SEE_KEYS))
async def list_key_sets(look: Look) -> Page[KeySetView]:
    """List every cabinet's key sets and who has them (R21)."""
    return keysets.list_sets(look)


@router.post("/key-sets", status_code=201, **gate(Act.KEEP_KEYS))
async def give_key_set(body: NewKeySet, do: Do) -> KeySetView:
    """Record who has a key set from now on."""
    return await do(KeySetView, lambda work: keysets.give(work, body))


@router.get("/key-uses", **gate(Act.SEE_KEYS))
async def list_key_uses(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[KeyUseView]:
    """List declared uses of keys, the newest first."""
    return keysets.list_uses(look, before, limit)


@router.post("/key-uses", status_code=201, **gate(Act.DECLARE_KEY))
async def declare_key(body: NewKeyUse, do: Do) -> KeyUseView:
    """Declare that a cabinet was or will be opened by key (R21); the records manager is told at once."""
    return await do(KeyUseView, lambda work: keysets.declare(work, body))


@router.get("/key-openings", **gate(Act.SEE_KEYS))
async def list_openings(look: Look, before: Cursor = None, limit: Limit = 100) -> Page[OpeningView]:
    """List openings by mechanical key: declared, waiting to be, or undeclared."""
    return keysets.list_openings(look, before, limit)
