"""Handing an item on to another person (R14): the receiver answers for it by an authority of their own."""

from sqlmodel import col, func, select, update

from server.domain.authorities import LineFacts
from server.domain.copies import keeps_open
from server.domain.custody import ItemFacts
from server.domain.handovers import HandoverFacts, judge_handover, passed_on_due
from server.domain.lending import OUT_STATES
from server.domain.loans import due_moment, next_state
from server.domain.verdicts import Reason, Refused
from server.domain.words import AuthorityKind, Direction, Legality, LineState, LoanState, Mode, Verdict
from server.service.context import Writing
from server.service.errors import ConflictError, RefusedError
from server.service.inputs import NewHandover
from server.service.lending.notices import tell
from server.service.lookups import item_facts, items_coded, known, person_facts, person_named, person_of
from server.service.shapes import HandoverView, moment
from server.store.tables import Authority, CopyMade, Item, Line, Loan, Movement, Person


def hand_over(work: Writing, asked: NewHandover) -> HandoverView:
    """Record that who holds the items handed them to somebody else."""
    session = work.session
    items = items_coded(session, asked.items)
    by = person_of(session, work.viewer.id)
    receiver = person_named(session, asked.to)
    witness = person_named(session, asked.witness) if asked.witness else None
    giver = person_of(session, items[0].custody.person_id or work.viewer.id)
    facts = {known(item.id): item_facts(item) for item in items}
    found = _lines(work, receiver, facts)
    said = judge_handover(
        work.policy,
        HandoverFacts(
            by=person_facts(by),
            giver_id=known(giver.id),
            receiver=person_facts(receiver),
            items=tuple(facts.values()),
            lines=tuple(line for line, _ in found.values()),
            now_us=work.now_us,
            witness_id=known(witness.id) if witness else None,
        ),
    )
    against = [
        *(said.reasons if isinstance(said, Refused) else ()),
        *(one for i in items for one in _copies_out(work, i)),
    ]
    if isinstance(said, Refused) or against:
        raise RefusedError(against)
    entry = work.ledger(
        "handed_over",
        items=asked.items,
        giver=giver.pseudonym,
        receiver=receiver.pseudonym,
        witness=witness.pseudonym if witness else None,
        lines=list(said.basis),
        purpose=asked.purpose,
    )
    for item, number in zip(items, said.basis, strict=True):
        line, authority = found[number]
        _pass_on(work, item, receiver, line, authority)
        work.session.add(_happening(work, item, receiver, line, entry))
    tell(work, [known(receiver.id)], "handed_over", ", ".join(asked.items))
    return HandoverView(
        items=asked.items,
        by=giver.username,
        to=receiver.username,
        witness=witness.username if witness else None,
        at=moment(work.now_us, work.zone),
    )


def _lines(work: Writing, receiver: Person, items: dict[int, ItemFacts]) -> dict[int, tuple[LineFacts, Authority]]:
    """Give the receiver's lines for these items, by number, each with its authority."""
    query = (
        select(Line, Authority)
        .join(Authority)
        .where(Line.person_id == receiver.id, col(Line.item_id).in_(items), Line.until_us > work.now_us)
    )
    return {
        known(line.id): (
            LineFacts(
                known(line.id),
                items[line.item_id],
                line.person_id,
                AuthorityKind(authority.kind),
                Mode(authority.mode),
                authority.from_us,
                authority.until_us,
                LineState(line.state),
                line.session,
                known(authority.id),
                authority.due_us,
            ),
            authority,
        )
        for line, authority in work.session.exec(query)
    }


def _copies_out(work: Writing, item: Item) -> tuple[Reason, ...]:
    """Say that copies made under the giver's loan are not back: until then their record is not closed (R12)."""
    made = select(func.count()).select_from(CopyMade).join(Loan, col(Loan.id) == CopyMade.loan_id)
    its = (Loan.item_id == item.id, col(Loan.closed_us).is_(None), col(CopyMade.ended_us).is_(None))
    return keeps_open(item.code, work.session.exec(made.where(*its)).one(), 0)


def _pass_on(work: Writing, item: Item, receiver: Person, line: LineFacts, authority: Authority) -> None:
    """Consume the line, end the giver's loan, begin the receiver's, and let the receiver answer for the item."""
    session = work.session
    still_open = (col(Line.id) == line.id, col(Line.state) == LineState.OPEN)
    if session.exec(update(Line).where(*still_open).values(state=LineState.CONSUMED)).rowcount != 1:
        raise ConflictError("line_taken", f"the receiver's authority for {item.code} was used a moment ago")
    out = (Loan.item_id == item.id, col(Loan.closed_us).is_(None), col(Loan.state).in_(OUT_STATES))
    before = list(session.exec(select(Loan).where(*out)))
    for loan in before:
        loan.state = next_state(LoanState(loan.state), "hand_over")
        loan.returned_us = loan.closed_us = work.now_us
        loan.returned_by_id = loan.person_id
        session.add(loan)
    mode = line.mode
    due_us, rule = due_moment(work.policy, line.item.secrecy, mode, work.now_us, line.due_us, work.zone.key)
    if mode == Mode.TRANSFER and before:  # the same use goes on in other hands
        mode = Mode(before[-1].mode)
        due_us, rule = passed_on_due(work.policy, before[-1].due_us, before[-1].due_rule, line.due_us)
    session.add(
        Loan(
            item_id=known(item.id),
            person_id=known(receiver.id),
            line_id=line.id,
            request_id=authority.request_id,
            mode=mode,
            taken_us=work.now_us,
            due_us=due_us,
            due_rule=rule,
        )
    )
    item.custody.person_id, item.custody.since_us = known(receiver.id), work.now_us
    session.add(item)


def _happening(work: Writing, item: Item, receiver: Person, line: LineFacts, entry: int) -> Movement:
    """Give what the fold of custody must know: from hand to hand, through no door (station "")."""
    return Movement(
        item_id=known(item.id),
        direction=Direction.NONE,
        person_id=known(receiver.id),
        station="",
        door=0,
        cause="handover",
        occurred_us=work.now_us,
        received_us=work.now_us,
        verdict=Verdict.AS_APPROVED,
        lawful=Legality.YES,
        line_id=line.id,
        ledger_id=entry,
    )
