"""Who may open which door, and what everybody else is told."""

from server.domain.access import Access, AccessFacts, AskedFor, Scanned, may_open
from server.domain.authorities import LineFacts
from server.domain.custody import held_by, in_place
from server.domain.policy import load_policy
from server.domain.verdicts import Refused
from server.domain.words import AuthorityKind, ItemKind, LineState, Mode, RequestState, Secrecy
from tests.server.domain.facts import HOUR, NINE, POLICY, SHEET, WANG, item, line, replace, said

F1, F2, ELSEWHERE = item(1), item(2, home=("a", 2)), item(3, home=("b", 1))


def facts(*lines: LineFacts, **more: object) -> AccessFacts:
    return replace(AccessFacts(WANG, "a", NINE, "s", lines), **more)


def opened(given: AccessFacts) -> dict[int, tuple[int, ...]]:
    answer = may_open(POLICY, given)
    assert isinstance(answer, Access), answer
    return {door: tuple(one.id for one in lines) for door, lines in answer.doors.items()}


def refused(given: AccessFacts) -> set[tuple[str, str]]:
    answer = may_open(POLICY, given)
    assert isinstance(answer, Refused), answer
    return said(answer.reasons)


def test_authority_in_force_opens_the_doors_of_its_items_and_reserves_one_line_each() -> None:
    later = line(6, F1, until_us=NINE + 9 * HOUR)
    assert opened(facts(line(5, F1), later, line(7, F2), line(8, ELSEWHERE))) == {1: (5,), 2: (7,)}


def test_a_window_holds_from_its_first_moment_to_just_before_its_end() -> None:
    assert opened(facts(line(5, F1, from_us=NINE, until_us=NINE + 1))) == {1: (5,)}


def test_a_line_promised_to_this_session_goes_first() -> None:
    mine = line(9, F1, until_us=NINE + 9 * HOUR, state=LineState.RESERVED, session="s")
    assert opened(facts(line(5, F1), mine)) == {1: (9,)}


def test_a_misplaced_item_opens_where_it_is() -> None:
    astray = replace(F1, custody=in_place("a", 2))
    assert opened(facts(line(5, astray))) == {2: (5,)}


def test_r20_a_badge_nobody_knows_or_of_somebody_gone_opens_nothing() -> None:
    assert refused(facts(line(5, F1), person=None)) == {("R20", "badge_unknown")}
    assert refused(facts(line(5, F1), person=replace(WANG, active=False))) == {("R20", "person_inactive")}


def test_r02_no_authority_is_told_so() -> None:
    assert refused(facts()) == {("R02", "no_authority")}


def test_r02_each_line_out_of_force_says_why() -> None:
    lines = (
        line(1, F1, until_us=NINE),
        line(2, F2, from_us=NINE + 1),
        line(3, F2, state=LineState.RESERVED, session="other"),
        line(4, ELSEWHERE),
        line(5, replace(F1, custody=held_by(8))),
    )
    assert refused(facts(*lines)) == {
        ("R02", code) for code in ("window_over", "window_not_begun", "line_promised", "item_elsewhere", "item_out")
    }


def test_a_request_that_gave_nothing_is_named() -> None:
    asked = (
        AskedFor(F1, RequestState.REFUSED),
        AskedFor(F1, RequestState.FILED),
        AskedFor(F1, RequestState.WITHDRAWN),
    )
    assert refused(facts(asked=asked)) == {
        ("R02", code) for code in ("request_refused", "request_not_decided", "request_withdrawn")
    }


def test_an_approval_is_void_once_the_item_is_made_top_secret() -> None:
    assert refused(facts(line(5, item(1, secrecy=Secrecy.TOP_SECRET)))) == {("R06", "secrecy_never")}


def test_the_holder_may_bring_back_what_belongs_here() -> None:
    mine = replace(F1, custody=held_by(WANG.id))
    assert opened(facts(held=(mine,))) == {1: ()}
    assert refused(facts(held=(replace(ELSEWHERE, custody=held_by(WANG.id)),))) == {("R02", "no_authority")}


def test_scanning_what_is_out_and_belongs_here_opens_its_door_for_anybody_known() -> None:
    theirs = replace(F1, custody=held_by(8))
    assert opened(facts(scanned=(Scanned("f1", theirs),))) == {1: ()}
    assert refused(facts(scanned=(Scanned("f1", theirs),), person=None)) == {("R20", "badge_unknown")}


def test_scanning_what_belongs_elsewhere_says_where_and_opens_nothing() -> None:
    out = replace(ELSEWHERE, custody=held_by(8))
    answer = may_open(POLICY, facts(scanned=(Scanned("f3", out),)))
    assert isinstance(answer, Refused)
    assert said(answer.reasons) == {("R20", "belongs_elsewhere")}
    assert dict(answer.reasons[0].params) == {"place": "b/1"}


def test_scanning_what_is_in_its_place_gives_no_authority_for_it() -> None:
    secret = item(1, secrecy=Secrecy.TOP_SECRET)
    assert refused(facts(scanned=(Scanned("f1", secret),))) == {("R02", "no_authority"), ("R06", "secrecy_never")}
    assert refused(facts(scanned=(Scanned("x"),))) == {("R20", "code_unknown")}
    assert opened(facts(line(5, F1), scanned=(Scanned("f1", F1),))) == {1: (5,)}
    over = facts(line(5, F1, until_us=NINE))
    assert refused(replace(over, scanned=(Scanned("f1", F1),))) == {("R02", "window_over")}
    assert refused(replace(over, scanned=(Scanned("f2", F2),))) == {("R02", "window_over"), ("R02", "no_authority")}


def test_one_lawful_reason_opens_and_the_rest_is_still_said() -> None:
    answer = may_open(POLICY, facts(line(5, F1), line(6, F2, until_us=NINE)))
    assert isinstance(answer, Access)
    assert set(answer.doors) == {1}
    assert said(answer.reasons) == {("R02", "window_over")}
    assert answer.why == ((1, "take", "f1"),)


def test_a_duty_order_opens_for_stock_in_too() -> None:
    out = replace(F1, custody=held_by(8))
    order = line(5, out, mode=Mode.DUTY, authority=AuthorityKind.ORDER)
    assert opened(facts(order)) == {1: (5,)}


def test_an_inspection_opens_where_its_items_are_and_again_while_it_lasts() -> None:
    look = line(5, F1, mode=Mode.DUTY, authority=AuthorityKind.INSPECTION)
    answer = may_open(POLICY, facts(look))
    assert isinstance(answer, Access)
    assert (answer.why, {door: [one.id for one in lines] for door, lines in answer.doors.items()}) == (
        ((1, "duty", "f1"),),
        {1: [5]},
    )
    assert refused(facts(replace(look, until_us=NINE))) == {("R02", "window_over")}


def test_the_pin_is_asked_for_where_the_sheet_says_and_a_wrong_one_always_refuses() -> None:
    seal = item(1, kind=ItemKind.SEAL)
    use = line(5, seal, mode=Mode.SEAL_USE)
    assert refused(facts(use, pin=False)) == {("R20", "pin_wrong")}
    strict = load_policy(SHEET.replace("pin_for_kinds = []", 'pin_for_kinds = ["seal"]'))
    answer = may_open(strict, facts(use))
    assert isinstance(answer, Refused)
    assert said(answer.reasons) == {("R20", "pin_needed")}
    assert isinstance(may_open(strict, facts(use, pin=True)), Access)
