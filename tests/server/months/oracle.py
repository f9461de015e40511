"""What must be so at every moment whatever happened, read from the database and the rule book, not from our rules.

Each check raises AssertionError that names the row at fault.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from sqlmodel import Session, col, func, select

from server.domain.words import Role
from server.store.tables import (
    Authority,
    CopyMade,
    Decision,
    Delegation,
    Departed,
    DestroyedItem,
    Destruction,
    DestructionConfirmation,
    DestructionStep,
    DestructionWitness,
    Incident,
    Item,
    ItemCustody,
    Line,
    Loan,
    Movement,
    Person,
    Request,
    Tag,
)

TOP = frozenset({Role.GENERAL_MANAGER, Role.DEPUTY_GENERAL_MANAGER})
HEADS = TOP | {Role.HEAD_OF_OFFICE}
ARCHIVE = frozenset({Role.ARCHIVIST, Role.RECORDS_MANAGER})
APPROVERS = {
    ("secret", "reading"): TOP,
    ("secret", "loan"): TOP,
    ("secret", "photocopy"): TOP,
    ("confidential", "reading"): TOP,
    ("ordinary", "reading"): HEADS,
    ("ordinary", "loan"): HEADS,
    ("ordinary", "photocopy"): HEADS | {Role.RECORDS_MANAGER},
    ("ordinary", "seal_use"): HEADS,
}
"""The rule book's own words (R06 to R09, R12, R17): who may approve what; what is not here is never lent."""
STRAIGHT = HEADS | {Role.DIRECTOR}
ORDERING = ARCHIVE | {Role.HEAD_OF_OFFICE, Role.GENERAL_MANAGER}


def nobody_approves_their_own(session: Session) -> None:
    """Check every decision against who asked and who filed; a delegate's also against who delegated (R10)."""
    requests = {one.id: one for one in session.exec(select(Request))}
    given = {one.id: one for one in session.exec(select(Delegation))}
    for decision in session.exec(select(Decision)):
        request = requests[decision.request_id]
        own = {request.applicant_id, request.filed_by_id}
        assert decision.approver_id not in own, f"decision {decision.id} is on the approver's own request"
        if decision.delegation_id is None:
            continue
        delegation = given[decision.delegation_id]
        assert delegation.to_id == decision.approver_id, f"decision {decision.id} by somebody else's delegation"
        assert delegation.from_id not in own, f"decision {decision.id} is on the delegator's own request"
        ended = delegation.until_us if delegation.revoked_us is None else delegation.revoked_us
        assert delegation.from_us <= decision.at_us <= ended, f"decision {decision.id} outside the delegation's time"


def nothing_is_lawful_without_authority(session: Session) -> None:
    """Check that each taking said to be lawful rests on a line of its taker, for its item, in force then (R02)."""
    people = {one.id: Role(one.role) for one in session.exec(select(Person))}
    items = {one.id: one for one in session.exec(select(Item))}
    lines = {one.id: one for one in session.exec(select(Line))}
    given = {one.id: one for one in session.exec(select(Authority))}
    for taken in session.exec(select(Movement).where(Movement.direction == "out", Movement.lawful == "yes")):
        line = lines.get(taken.line_id or 0)
        assert line is not None, f"movement {taken.id} is lawful by no line"
        of = given[line.authority_id]
        assert (line.person_id, line.item_id) == (taken.person_id, taken.item_id), (
            f"movement {taken.id}: another's line"
        )
        assert of.person_id == taken.person_id, f"movement {taken.id}: another's authority"
        assert of.from_us <= taken.occurred_us <= of.until_us, f"movement {taken.id}: outside the window"
        _check_authority(session, of, items[taken.item_id], people)


def _check_authority(session: Session, of: Authority, item: Item, people: dict[int | None, Role]) -> None:
    about = f"authority {of.id} ({of.kind}, {of.mode}) for {item.code}"
    if of.kind == "order":
        listed = session.exec(select(Destruction.id).where(Destruction.authority_id == of.id)).first()
        may = ORDERING if listed is None else HEADS  # who appoints the witness sets a destruction going (R53)
        assert people[of.given_by_id] in may, f"{about}: ordered by {people[of.given_by_id]}"
    elif of.kind == "standing":
        assert people[of.given_by_id] in ARCHIVE, f"{about}: registered by {people[of.given_by_id]}"
        assert people[of.person_id] in STRAIGHT, f"{about}: straight to {people[of.person_id]}"
        assert item.secrecy == "ordinary", f"{about}: {item.secrecy} straight"
    elif of.kind == "approval":
        posts = APPROVERS.get((item.secrecy, of.mode), frozenset())
        said = session.exec(select(Decision).where(Decision.request_id == of.request_id, Decision.said == "approved"))
        assert any(_post(session, one, people) in posts for one in said), f"{about}: approved by nobody who may"


def _post(session: Session, decision: Decision, people: dict[int | None, Role]) -> Role:
    """Give the post a decision was made in: the delegator's, for a delegate."""
    if decision.delegation_id is None:
        return people[decision.approver_id]
    return people[session.get_one(Delegation, decision.delegation_id).from_id]


def each_item_is_in_one_state(session: Session) -> None:
    """Check that every item is in a place, with a person or under an incident: exactly one of them (R18)."""
    incidents = set(session.exec(select(Incident.id)))
    found = {row.item_id: row for row in session.exec(select(ItemCustody))}
    for number, code in session.exec(select(Item.id, Item.code)):
        assert number in found, f"nobody answers for {code}"
        now = found[number]
        ways = {"place": now.station, "held": now.person_id, "incident": now.incident_id}
        states = [state for state, at in ways.items() if at is not None]
        assert states == [now.state], f"{code} is recorded as {now.state}, and in {states}"
        assert now.incident_id is None or now.incident_id in incidents, f"{code}: incident {now.incident_id}"


def a_line_is_used_once(session: Session) -> None:
    """Check that no line of an approval entitled to two takings (superseded verdicts aside)."""
    superseded = select(Movement.supersedes_id).where(col(Movement.supersedes_id).is_not(None))
    taken = select(Movement.line_id).where(
        col(Movement.line_id).is_not(None), Movement.verdict == "as_approved", col(Movement.id).not_in(superseded)
    )
    twice = [line for line, times in Counter(session.exec(taken)).items() if times > 1]
    assert not twice, f"lines {twice} were used more than once"
    lent = Counter(session.exec(select(Loan.line_id).where(col(Loan.line_id).is_not(None))))
    assert not [line for line, times in lent.items() if times > 1], f"lines lent twice: {lent}"


def no_closed_loan_is_still_out(session: Session) -> None:
    """Check that what was lent had come back before its loan was closed, or ended there and then (R11, R53)."""
    gone = {row.item_id: row.at_us for row in session.exec(select(Departed))}
    for loan in session.exec(select(Loan).where(Loan.state == "closed")):
        ended = loan.returned_us is not None or gone.get(loan.item_id) == loan.closed_us
        assert ended, f"loan {loan.id} is closed and was never returned"
        item = session.get_one(Item, loan.item_id)
        still = item.custody.state == "held" and item.custody.since_us <= loan.taken_us
        assert not still, f"loan {loan.id} is closed, and {item.code} is out since before"


def nothing_vanishes(items: int) -> Callable[[Session], None]:
    """Make the check that every item and every tag ever bound is still on record (R54)."""

    def check(session: Session) -> None:
        assert session.exec(select(func.count()).select_from(Item)).one() >= items, "an item is gone from the record"
        assert session.exec(select(func.count()).select_from(Tag)).one() >= items, "a tag is gone from the record"

    return check


def no_loan_is_closed_with_a_copy_out(session: Session) -> None:
    """Check that every copy that keeps a loan open had come back before that was closed (R12)."""
    out = set(session.exec(select(ItemCustody.item_id).where(ItemCustody.state == "held")))
    for made in session.exec(select(CopyMade).where(col(CopyMade.loan_id).is_not(None), CopyMade.standing == False)):  # noqa: E712
        loan = session.get_one(Loan, made.loan_id)
        kept = made.ended_us is None or made.item_id in out
        assert loan.state != "closed" or not kept, f"loan {loan.id} is closed with copy {made.item_id} out"


def nothing_is_destroyed_outside_the_process(session: Session) -> None:
    """Check each departure by the rule book: approved, witnessed, scanned by both, and in the register (R52 R53)."""
    people = {one.id: Role(one.role) for one in session.exec(select(Person))}
    register = {one.item_id: one for one in session.exec(select(DestroyedItem))}
    for left in session.exec(select(Departed).where(Departed.how == "destroyed")):
        line = register.get(left.item_id)
        assert line is not None, f"item {left.item_id} is gone and stands in no register"
        item, number = session.get_one(Item, left.item_id), line.destruction_id
        listed = session.get_one(Destruction, number)
        steps = session.exec(select(DestructionStep).where(DestructionStep.destruction_id == number))
        approvers = {people[one.by_id] for one in steps if one.step == "approve"}
        may = {Role.GENERAL_MANAGER} if item.secrecy != "ordinary" else HEADS
        assert approvers & may, f"list {number} was approved by {approvers}"
        named = session.exec(select(DestructionWitness).where(DestructionWitness.destruction_id == number))
        witnesses = {one.person_id for one in named} - {listed.actor_id}
        assert witnesses, f"list {number} has no witness but who carried it out"
        scans = session.exec(select(DestructionConfirmation).where(DestructionConfirmation.item_id == left.item_id))
        lacking = {listed.actor_id, *witnesses} - {one.person_id for one in scans if one.destruction_id == number}
        assert not lacking, f"item {left.item_id} was not confirmed by {lacking}"


ALWAYS: Iterable[Callable[[Session], None]] = (
    nobody_approves_their_own,
    nothing_is_lawful_without_authority,
    each_item_is_in_one_state,
    a_line_is_used_once,
    no_closed_loan_is_still_out,
    no_loan_is_closed_with_a_copy_out,
    nothing_is_destroyed_outside_the_process,
    nothing_vanishes(6),
)
