"""Destruction (R52-R54): filing a list, deciding on it, naming witnesses, confirming each item, carrying it out.

Nothing else in the product destroys, removes or writes off an item.
"""

import json
from datetime import timedelta

from msgspec import to_builtins
from pydantic import Field
from sqlmodel import col, select, update

from server.domain import destruction as rules
from server.domain.words import AuthorityKind, Departure, DestructionMethod, DestructionState, LineState, Mode, Task
from server.service.context import Writing
from server.service.disposal.destruction_views import (
    CertificateView,
    DestructionView,
    certificate,
    destruction_views,
    items_of,
    list_facts,
    stored,
    witnesses_of,
)
from server.service.disposal.lifetimes import leave
from server.service.disposal.retention import kept_facts
from server.service.errors import ConflictError, InvalidError, lawful
from server.service.inputs import Code, Codes, Input, Name, Text, Username
from server.service.lending.notices import holders_of, tell
from server.service.lookups import items_coded, known, person_facts, person_named, person_of, pseudonyms
from server.service.requests.authority import give
from server.store.tables import (
    Authority,
    DestroyedItem,
    Destruction,
    DestructionConfirmation,
    DestructionItem,
    DestructionStep,
    DestructionWitness,
    Item,
    Line,
    RetentionTerm,
)

_MICROSECOND = timedelta(microseconds=1)


class NewDestruction(Input):
    items: Codes
    title: Name
    why: Name
    actor: Username | None = None


class Strike(Input):
    item: Code
    why: Name


class NewWitnesses(Input):
    witnesses: list[Username] = Field(max_length=10)


class Scan(Input):
    code: Code


class Carried(Input):
    method: DestructionMethod
    note: Text = ""


def file_list(work: Writing, asked: NewDestruction) -> DestructionView:
    """File a destruction list; every item must have reached its end, be appraised so, and be under no hold."""
    items = items_coded(work.session, asked.items)
    by = person_of(work.session, work.viewer.id)
    actor = person_named(work.session, asked.actor) if asked.actor else by
    kept = kept_facts(work, items)
    lawful(rules.judge_filing(work.policy, person_facts(by), person_facts(actor), kept, work.now_us, work.zone))
    row = Destruction(
        title=asked.title, why=asked.why, filed_by_id=known(by.id), filed_us=work.now_us, actor_id=known(actor.id)
    )
    work.session.add(row)
    work.session.flush()
    number = known(row.id)
    work.session.add_all(DestructionItem(destruction_id=number, item_id=known(item.id)) for item in items)
    work.session.flush()
    work.ledger(
        "destruction_filed",
        destruction=number,
        items=asked.items,
        why=asked.why,
        actor=actor.pseudonym,
        policy=work.policy.digest,
        facts=to_builtins(kept),
    )
    path = rules.path_of(work.policy, kept)
    first = rules.approvers(work.policy, path) if path == rules.Path.COPIES else work.policy.destruction.reviewed_by
    tell(work, holders_of(work.session, first), "destruction_filed", str(number))
    return _shown(work, row)


def decide(work: Writing, number: int, act: str, note: str) -> DestructionView:
    """Review, approve or refuse a list."""
    row = stored(work.session, number)
    facts = list_facts(work, row)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(rules.judge_decision(work.policy, act, by, facts, work.now_us, work.zone))
    _step(work, row, act, note)
    work.ledger(
        f"destruction_{row.state}", destruction=number, note=note, policy=work.policy.digest, facts=to_builtins(facts)
    )
    next_ones = {
        DestructionState.REVIEWED: rules.approvers(work.policy, rules.path_of(work.policy, facts.items)),
        DestructionState.APPROVED: work.policy.destruction.witness_appointed_by,
    }
    told = holders_of(work.session, next_ones.get(DestructionState(row.state), frozenset()))
    tell(work, {*told, row.filed_by_id}, f"destruction_{row.state}", str(number))
    return _shown(work, row)


def withdraw(work: Writing, number: int, note: str) -> DestructionView:
    """Take a list back; the order to take its items out is void."""
    row = stored(work.session, number)
    lawful(rules.judge_withdrawal(person_facts(person_of(work.session, work.viewer.id)), list_facts(work, row)))
    _step(work, row, "withdraw", note)
    _void_order(work, row)
    work.ledger("destruction_withdrawn", destruction=number, note=note)
    return _shown(work, row)


def strike(work: Writing, number: int, asked: Strike) -> DestructionView:
    """Strike an item off a list that is not carried out yet: it stays with us, and its order is void."""
    row = stored(work.session, number)
    if DestructionState(row.state) not in rules.OPEN:
        raise ConflictError("destruction_over", f"destruction list {number} is {row.state}")
    item = next((one for one in items_of(work.session, number) if one.code == asked.item), None)
    if item is None:
        raise InvalidError("not_on_list", f"item {asked.item!r} is not on destruction list {number}")
    line = work.session.get_one(DestructionItem, (number, known(item.id)))
    line.struck_us, line.struck_why = work.now_us, asked.why
    work.session.add(line)
    _void_order(work, row, item)
    work.ledger("destruction_struck", destruction=number, item=item.code, why=asked.why)
    return _shown(work, row)


def appoint(work: Writing, number: int, asked: NewWitnesses) -> DestructionView:
    """Name the witnesses, once; who carries it out is ordered to take the items out of their cabinets."""
    row = stored(work.session, number)
    if witnesses_of(work.session, number):
        raise ConflictError("witnesses_named", f"the witnesses of destruction list {number} are named already")
    people = [person_named(work.session, name) for name in dict.fromkeys(asked.witnesses)]
    facts = list_facts(work, row)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(rules.judge_witnesses(work.policy, by, facts, tuple(person_facts(person) for person in people)))
    for person in people:
        work.session.add(
            DestructionWitness(
                destruction_id=number,
                person_id=known(person.id),
                appointed_by_id=work.viewer.id,
                appointed_us=work.now_us,
            )
        )
    authority = _order(work, row)
    work.session.flush()
    work.ledger(
        "destruction_witnesses",
        destruction=number,
        witnesses=[person.pseudonym for person in people],
        actor=pseudonyms(work.session, [row.actor_id])[row.actor_id],
        authority=authority.id,
    )
    told = {row.actor_id, *(known(person.id) for person in people)}
    tell(work, told, "destruction_witnesses", str(number))
    return _shown(work, row)


def confirm(work: Writing, number: int, asked: Scan) -> DestructionView:
    """Confirm one item at the act by scanning it, as who carries it out or as a witness."""
    row = stored(work.session, number)
    facts = list_facts(work, row)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(rules.judge_confirmation(work.policy, by, facts, asked.code, work.now_us, work.zone))
    item = next(kept.item for kept in facts.items if kept.item.code == asked.code)
    if (item.id, by.id) not in facts.confirmed:
        work.session.add(
            DestructionConfirmation(destruction_id=number, item_id=item.id, person_id=by.id, at_us=work.now_us)
        )
        work.session.flush()
        work.ledger("destruction_confirmed", destruction=number, item=item.code)
    return _shown(work, row)


def carry_out(work: Writing, number: int, asked: Carried) -> CertificateView:
    """Record that everything on the list was destroyed by this method; gives the certificate."""
    row = stored(work.session, number)
    facts = list_facts(work, row)
    by = person_facts(person_of(work.session, work.viewer.id))
    lawful(rules.judge_act(work.policy, by, facts, asked.method, work.now_us, work.zone))
    items = items_of(work.session, number)
    witnesses = witnesses_of(work.session, number)
    entry = work.ledger(
        "destruction_carried_out",
        destruction=number,
        items=[item.code for item in items],
        method=asked.method,
        witnesses=[person.pseudonym for person in witnesses],
        note=asked.note,
        policy=work.policy.digest,
        facts=to_builtins(facts),
    )
    row.method, row.destroyed_us = asked.method, work.now_us
    _step(work, row, "destroy", asked.note)
    for item in items:
        tags = leave(work, item, Departure.DESTROYED, entry)
        _register(work, row, item, tags, [known(person.id) for person in witnesses], entry)
    work.session.flush()
    return certificate(work, number)


def _register(work: Writing, row: Destruction, item: Item, tags: list[str], witnesses: list[int], entry: int) -> None:
    approved = (DestructionStep.destruction_id == row.id, DestructionStep.step == "approve")
    term = work.session.get(RetentionTerm, known(item.id))
    what = item.model_dump(
        include={"code", "record_number", "title", "kind", "category", "secrecy", "department", "parts", "pages"}
    )
    work.session.add(
        DestroyedItem(
            **what,
            destruction_id=known(row.id),
            item_id=known(item.id),
            tags=json.dumps(tags),
            period=term.period if term else "",
            begun_us=term.begun_us if term else 0,
            method=str(row.method),
            actor_id=row.actor_id,
            witnesses=json.dumps(witnesses),
            approved_by_id=work.session.exec(select(DestructionStep.by_id).where(*approved)).one(),
            destroyed_us=work.now_us,
            ledger_id=entry,
        )
    )


def _order(work: Writing, row: Destruction) -> Authority:
    """Give who carries it out the duty order to take the items."""
    days = timedelta(days=work.policy.destruction.order_days)
    authority = Authority(
        kind=AuthorityKind.ORDER,
        person_id=row.actor_id,
        mode=Mode.DUTY,
        purpose=f"{Task.DESTRUCTION}: {row.title}",
        given_by_id=work.viewer.id,
        from_us=work.now_us,
        until_us=work.now_us + days // _MICROSECOND,
    )
    give(work.session, authority, [known(item.id) for item in items_of(work.session, known(row.id))])
    work.session.flush()
    row.authority_id = authority.id
    work.session.add(row)
    return authority


def _void_order(work: Writing, row: Destruction, item: Item | None = None) -> None:
    """Withdraw the order to take them out, also what a session has reserved: taking it from now on is unlawful."""
    if row.authority_id is None:
        return
    unused = col(Line.state).in_((LineState.OPEN, LineState.RESERVED))
    lines = update(Line).where(col(Line.authority_id) == row.authority_id, unused)
    if item is not None:
        lines = lines.where(col(Line.item_id) == item.id)
    work.session.exec(lines.values(state=LineState.VOID))


def _step(work: Writing, row: Destruction, act: str, note: str) -> None:
    row.state = rules.NEXT[DestructionState(row.state), act]
    work.session.add(row)
    work.session.add(
        DestructionStep(destruction_id=known(row.id), step=act, by_id=work.viewer.id, at_us=work.now_us, note=note)
    )
    work.session.flush()


def _shown(work: Writing, row: Destruction) -> DestructionView:
    work.session.flush()
    return destruction_views(work, [row])[0]
