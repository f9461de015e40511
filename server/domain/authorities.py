"""Authority in force (R02): one line entitles one person to one item in one mode for a window of time."""

import msgspec

from server.domain.custody import ItemFacts
from server.domain.policy import Policy
from server.domain.reasons import Code, reason
from server.domain.verdicts import Reason
from server.domain.words import AuthorityKind, LineState, Mode


class LineFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One item of an authority; `session` is the one it is reserved for, moments are µs."""

    id: int
    item: ItemFacts
    person_id: int
    authority: AuthorityKind
    mode: Mode
    from_us: int
    until_us: int
    state: LineState = LineState.OPEN
    session: str | None = None
    authority_id: int = 0
    due_us: int | None = None


def line_reasons(
    policy: Policy,
    line: LineFacts,
    person_id: int,
    now_us: int,
    session: str | None = None,
    by_hand: bool = False,
    to_open: bool = False,
) -> list[Reason]:
    """Say why a line is not in force for this person, here and now, for this session or from hand to hand.

    `to_open`: for opening the door only, which is all that an inspection entitles to.
    """
    item = line.item
    found = policy.mode_reasons(item.kind, item.secrecy, line.mode, item.code)
    if line.mode == Mode.TRANSFER and not by_hand:
        found.append(reason(Code.TRANSFER_HAND_TO_HAND, item.code))
    if line.authority == AuthorityKind.INSPECTION and not to_open:
        found.append(reason(Code.INSPECTION_ONLY, item.code))
    if line.person_id != person_id:
        found.append(reason(Code.NAMES_ANOTHER, item.code))
    if now_us < line.from_us:
        found.append(reason(Code.WINDOW_NOT_BEGUN, item.code))
    elif now_us >= line.until_us:
        found.append(reason(Code.WINDOW_OVER, item.code))
    if line.state == LineState.CONSUMED:
        found.append(reason(Code.LINE_USED, item.code))
    elif line.state == LineState.VOID:
        found.append(reason(Code.LINE_VOID, item.code))
    elif line.state == LineState.RESERVED and line.session != session:
        found.append(reason(Code.LINE_PROMISED, item.code))
    return found
