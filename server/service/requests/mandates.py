"""By which authority (R02): whose power a decision on a request rests on, and what its approval entitles to."""

from collections.abc import Iterable

from sqlmodel import col, select

from server.domain.verdicts import Lawful
from server.domain.words import AuthorityKind
from server.service.context import Reading
from server.service.lookups import codes, known, person_of
from server.service.requests.authority import authority_view
from server.service.requests.delegations import delegation_views
from server.service.shapes import AuthorityView, DelegationView, Shape
from server.store.tables import Authority, Delegation, Line


class Mandate(Shape):
    """The power somebody decides by: their own post's, or another's by a delegation; `post` is whose it is."""

    post: str
    delegation: DelegationView | None = None


class LineView(Shape):
    item: str
    state: str


class Entitlement(Shape):
    """What somebody may take and until when, and which of it has been taken."""

    authority: AuthorityView
    lines: list[LineView]


def mandate_of(look: Reading, judged: Lawful) -> Mandate:
    """Give the power by which the reader would decide, as the rules judged it."""
    if not judged.basis:
        return Mandate(post=look.viewer.role)
    return mandates(look, judged.basis)[judged.basis[0]]


def mandates(look: Reading, numbers: Iterable[int | None]) -> dict[int, Mandate]:
    """Give the powers that delegations lend, by the number of the delegation."""
    wanted = {number for number in numbers if number is not None}
    rows = list(look.session.exec(select(Delegation).where(col(Delegation.id).in_(wanted))))
    return {
        view.id: Mandate(post=person_of(look.session, row.from_id).role, delegation=view)
        for row, view in zip(rows, delegation_views(look, rows), strict=True)
    }


def entitlements(look: Reading, request: int) -> list[Entitlement]:
    """Give what a request that was approved entitles to."""
    of = (Authority.request_id == request, Authority.kind == AuthorityKind.APPROVAL)
    rows = list(look.session.exec(select(Authority).where(*of).order_by(col(Authority.id))))
    found = col(Line.authority_id).in_([row.id for row in rows])
    lines = list(look.session.exec(select(Line).where(found).order_by(col(Line.id))))
    names = codes(look.session, (line.item_id for line in lines))
    given = [(row, [line for line in lines if line.authority_id == known(row.id)]) for row in rows]
    return [
        Entitlement(
            authority=authority_view(look, row, [names[line.item_id] for line in its]),
            lines=[LineView(item=names[line.item_id], state=line.state) for line in its],
        )
        for row, its in given
    ]
