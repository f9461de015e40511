"""Every row of the verdict table, with its reasons, custody, alarm and case."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from server.domain.authorities import LineFacts
from server.domain.custody import ItemFacts, held_by, in_place, unaccounted
from server.domain.movements import Judgement, Seen, SettleFacts, settle
from server.domain.policy import load_policy
from server.domain.reasons import Code
from server.domain.words import (
    AlarmKind,
    AuthorityKind,
    CaseKind,
    Cause,
    CustodyState,
    Direction,
    ItemKind,
    Legality,
    LineState,
    Mode,
    Secrecy,
    Verdict,
)
from tests.server.domain.facts import HOUR, NINE, POLICY, SHEET, item, line, replace, said

F1, F2, F3 = item(1), item(2), item(3)


def facts(
    taken: tuple[ItemFacts, ...] = (),
    put: tuple[ItemFacts, ...] = (),
    unread: tuple[ItemFacts, ...] = (),
    lines: tuple[LineFacts, ...] = (),
    cause: Cause = Cause.SESSION,
    person: int | None = 1,
    session: str | None = "s",
) -> SettleFacts:
    out, back, unsure = (tuple(Seen(f"E{one.id}", one) for one in many) for many in (taken, put, unread))
    return SettleFacts("a", 1, cause, NINE, person, session, lines, out, back, unsure, 77)


def only(given: SettleFacts) -> Judgement:
    (judged,) = settle(POLICY, given)
    return judged


def verdicts(given: SettleFacts) -> dict[int | None, Verdict]:
    return {one.item_id: one.verdict for one in settle(POLICY, given)}


def alarms(judged: Judgement) -> list[AlarmKind]:
    return [kind for kind, _ in judged.alarms]


def chosen(number: int, of: ItemFacts) -> LineFacts:
    return line(number, of, state=LineState.RESERVED, session="s")


def test_as_approved_names_the_person_and_uses_the_line() -> None:
    judged = only(facts(taken=(F1,), lines=(chosen(5, F1),)))
    assert (judged.verdict, judged.lawful, judged.line_id) == (Verdict.AS_APPROVED, Legality.YES, 5)
    assert judged.custody == held_by(1, NINE)
    assert judged.alarms == ()
    assert judged.case is None
    assert said(judged.reasons) == {("R02", "authority_in_force")}


def test_r02_without_approval_is_unlawful_and_alarmed() -> None:
    judged = only(facts(taken=(F1,)))
    assert (judged.verdict, judged.lawful, judged.line_id) == (Verdict.WITHOUT_APPROVAL, Legality.NO, None)
    assert judged.custody == held_by(1, NINE)
    assert alarms(judged) == [AlarmKind.TAKEN_WITHOUT_APPROVAL]
    assert said(judged.reasons) == {("R02", "no_authority")}


def test_r06_to_r08_an_unlawful_taking_names_the_secrecy_rule_too() -> None:
    expected = {
        Secrecy.TOP_SECRET: ("R06", "secrecy_never"),
        Secrecy.CONFIDENTIAL: ("R07", "secrecy_needs_approval"),
        Secrecy.SECRET: ("R08", "secrecy_needs_approval"),
    }
    for secrecy, rule in expected.items():
        judged = only(facts(taken=(item(1, secrecy=secrecy),)))
        assert said(judged.reasons) == {("R02", "no_authority"), rule}


def test_a_line_out_of_force_says_why() -> None:
    over, future = line(1, F1, until_us=NINE), line(2, F1, from_us=NINE + 1)
    used, void = line(3, F1, state=LineState.CONSUMED), line(4, F1, state=LineState.VOID)
    promised = line(5, F1, state=LineState.RESERVED, session="other")
    judged = only(facts(taken=(F1,), lines=(over, future, used, void, promised)))
    assert judged.verdict == Verdict.WITHOUT_APPROVAL
    assert said(judged.reasons) == {
        ("R02", code) for code in ("window_over", "window_not_begun", "line_used", "line_void", "line_promised")
    }


def test_r03_a_line_whose_mode_is_not_for_the_item_gives_nothing() -> None:
    secret = item(1, secrecy=Secrecy.CONFIDENTIAL)
    judged = only(facts(taken=(secret,), lines=(line(1, secret, mode=Mode.LOAN),)))
    assert judged.verdict == Verdict.WITHOUT_APPROVAL
    assert ("R07", "secrecy_not_in_mode") in said(judged.reasons)
    seal = item(1, kind=ItemKind.SEAL)
    judged = only(facts(taken=(seal,), lines=(line(1, seal, mode=Mode.LOAN),)))
    assert said(judged.reasons) == {("R03", "mode_not_for_kind")}


def test_somebody_elses_line_gives_nothing() -> None:
    judged = only(facts(taken=(F1,), lines=(line(1, F1, person=2),)))
    assert judged.verdict == Verdict.WITHOUT_APPROVAL
    assert said(judged.reasons) == {("R02", "names_another")}


def test_extra_when_everything_approved_was_taken_too() -> None:
    judged = settle(POLICY, facts(taken=(F1, F2), lines=(chosen(5, F1),)))
    assert [one.verdict for one in judged] == [Verdict.AS_APPROVED, Verdict.EXTRA]
    assert alarms(judged[1]) == [AlarmKind.TAKEN_EXTRA]
    assert said(judged[1].reasons) == {("R02", "not_named_in_authority")}
    assert judged[1].lawful == Legality.NO


def test_wrong_item_when_something_approved_stayed() -> None:
    judged = settle(POLICY, facts(taken=(F2,), lines=(chosen(5, F1),)))
    assert [one.verdict for one in judged] == [Verdict.WRONG_ITEM, Verdict.NOT_TAKEN]
    assert alarms(judged[0]) == [AlarmKind.WRONG_ITEM_TAKEN]
    both = facts(taken=(F1, F2), lines=(chosen(5, F1), line(6, F3)))
    assert verdicts(both) == {1: Verdict.AS_APPROVED, 2: Verdict.WRONG_ITEM}


def test_what_is_unread_is_not_known_to_have_stayed() -> None:
    judged = verdicts(facts(taken=(F2,), unread=(F1,), lines=(chosen(5, F1),)))
    assert judged == {2: Verdict.EXTRA, 1: Verdict.UNREAD}


def test_an_authority_for_another_door_neither_stays_nor_is_left_here() -> None:
    elsewhere = item(3, home=("a", 2))
    judged = settle(POLICY, facts(taken=(F2,), lines=(chosen(5, elsewhere),)))
    assert [one.verdict for one in judged] == [Verdict.WITHOUT_APPROVAL]


def test_not_taken_releases_its_line_and_alarms_only_if_the_policy_asks() -> None:
    judged = only(facts(lines=(chosen(5, F1), line(6, F2))))
    assert (judged.verdict, judged.lawful, judged.line_id, judged.release) == (
        Verdict.NOT_TAKEN,
        Legality.YES,
        5,
        True,
    )
    assert judged.direction == Direction.NONE
    assert judged.custody is None
    assert judged.alarms == ()
    asking = load_policy(SHEET.replace("not_taken = false", "not_taken = true"))
    (judged,) = settle(asking, facts(lines=(chosen(5, F1),)))
    assert alarms(judged) == [AlarmKind.APPROVED_BUT_NOT_TAKEN]


def test_r18_an_opening_without_a_session_names_nobody() -> None:
    for cause in set(Cause) - {Cause.SESSION}:
        judged = only(facts(taken=(F1,), lines=(line(5, F1),), cause=cause, person=1))
        assert (judged.verdict, judged.lawful) == (Verdict.UNATTRIBUTED, Legality.UNRESOLVED)
        assert judged.custody == unaccounted(77, NINE)
        assert judged.person_id is None
        assert judged.line_id is None
        assert judged.alarms == ()


OUT = replace(F1, custody=held_by(1))


def test_returned_by_its_holder_to_its_place() -> None:
    judged = only(facts(put=(OUT,)))
    assert (judged.verdict, judged.lawful) == (Verdict.RETURNED, Legality.YES)
    assert judged.custody == in_place("a", 1, NINE)
    assert judged.alarms == ()
    assert judged.reasons == ()


def test_returned_by_another_is_accepted_and_alarmed() -> None:
    for custody in (held_by(2), unaccounted(9)):
        judged = only(facts(put=(replace(F1, custody=custody),)))
        assert (judged.verdict, judged.lawful) == (Verdict.RETURNED_BY_OTHER, Legality.ACCEPTED)
        assert alarms(judged) == [AlarmKind.RETURNED_BY_OTHER_PERSON]
        assert judged.custody == in_place("a", 1, NINE)


def test_returned_to_the_wrong_place_is_where_it_is() -> None:
    for home, alarm in ((("b", 1), AlarmKind.RETURNED_WRONG_CABINET), (("a", 2), AlarmKind.RETURNED_WRONG_SLOT)):
        judged = only(facts(put=(item(1, home=home, custody=held_by(1)),)))
        assert (judged.verdict, judged.lawful) == (Verdict.RETURNED_WRONG_PLACE, Legality.ACCEPTED)
        assert alarms(judged) == [alarm]
        assert judged.custody == in_place("a", 1, NINE)


def test_a_wrong_place_goes_before_another_person_and_both_are_said() -> None:
    judged = only(facts(put=(item(1, home=("b", 1), custody=held_by(2)),)))
    assert judged.verdict == Verdict.RETURNED_WRONG_PLACE
    assert said(judged.reasons) == {("R20", "returned_elsewhere"), ("R18", "returned_for_another")}
    assert len(judged.alarms) == 1


def test_returned_by_nobody_is_accepted_and_recorded() -> None:
    judged = only(facts(put=(OUT,), cause=Cause.FORCED, person=None, session=None))
    assert (judged.verdict, judged.lawful, judged.person_id) == (
        Verdict.RETURNED_UNNAMED,
        Legality.ACCEPTED,
        None,
    )
    assert judged.alarms == ()


def test_what_was_not_out_and_comes_in_is_a_case() -> None:
    judged = only(facts(put=(F1,)))
    assert (judged.verdict, judged.case, judged.alarms) == (Verdict.UNEXPECTED, CaseKind.UNEXPECTED, ())


def test_a_tag_nobody_bound_is_alarmed_either_way() -> None:
    seen = (Seen("E9"),)
    for one in (replace(facts(), taken=seen), replace(facts(), put=seen)):
        judged = only(one)
        assert (judged.verdict, judged.item_id, judged.custody) == (Verdict.UNKNOWN_TAG, None, None)
        assert alarms(judged) == [AlarmKind.UNKNOWN_TAG_IN_CABINET]


def test_unread_is_not_taken_and_its_line_is_kept() -> None:
    judged = only(facts(unread=(F1,), lines=(chosen(5, F1),)))
    assert (judged.verdict, judged.lawful, judged.release) == (Verdict.UNREAD, Legality.UNRESOLVED, False)
    assert alarms(judged) == [AlarmKind.ITEM_UNDETECTABLE]
    assert judged.custody is None


def test_leaving_where_the_record_does_not_have_it_is_a_case_beside_the_verdict() -> None:
    for custody, case in ((held_by(2), CaseKind.OUT_WHILE_OUT), (in_place("b", 1), CaseKind.TWO_PLACES)):
        astray = replace(F1, custody=custody)
        judged = only(facts(taken=(astray,), lines=(line(5, astray),)))
        assert (judged.verdict, judged.case) == (Verdict.AS_APPROVED, case)


def test_an_item_with_two_tags_is_judged_once_and_two_approvals_use_one_line() -> None:
    both = replace(facts(lines=(line(4, F1), chosen(5, F1))), taken=(Seen("E1", F1), Seen("E1B", F1)))
    judged = only(both)
    assert (judged.verdict, judged.line_id, judged.epc) == (Verdict.AS_APPROVED, 5, "E1")


def test_a_duty_order_covers_what_no_request_can() -> None:
    top = item(1, secrecy=Secrecy.TOP_SECRET)
    order = line(5, top, mode=Mode.DUTY, authority=AuthorityKind.ORDER)
    assert only(facts(taken=(top,), lines=(order,))).verdict == Verdict.AS_APPROVED


def test_an_inspection_entitles_to_look_and_nothing_to_leave() -> None:
    look = line(5, F1, mode=Mode.DUTY, authority=AuthorityKind.INSPECTION)
    judged = only(facts(taken=(F1,), lines=(look,)))
    assert (judged.verdict, judged.lawful, judged.line_id) == (Verdict.WITHOUT_APPROVAL, Legality.NO, None)
    assert [reason.code for reason in judged.reasons] == [Code.INSPECTION_ONLY]
    assert alarms(judged) == [AlarmKind.TAKEN_WITHOUT_APPROVAL]
    kept = replace(look, state=LineState.RESERVED, session="s")
    assert settle(POLICY, facts(lines=(kept,))) == (), "what was only looked at was not left behind"
    both = only(facts(taken=(F1,), lines=(look, line(6, F1))))
    assert (both.verdict, both.line_id) == (Verdict.AS_APPROVED, 6)


@st.composite
def closings(draw: st.DrawFn) -> SettleFacts:
    custodies = st.sampled_from([in_place("a", 1), in_place("b", 2), held_by(1), held_by(2), unaccounted(3)])
    homes = st.sampled_from([("a", 1), ("a", 2), ("b", 1), None])
    things = [
        item(n, draw(st.sampled_from(ItemKind)), draw(st.sampled_from(Secrecy)), draw(homes), draw(custodies))
        for n in range(1, 6)
    ]
    where: dict[str, list[ItemFacts]] = {"taken": [], "put": [], "unread": [], "still": []}
    for thing in things:
        where[draw(st.sampled_from(sorted(where)))].append(thing)
    lines = tuple(
        line(
            n,
            draw(st.sampled_from(things)),
            draw(st.sampled_from([1, 2])),
            draw(st.sampled_from(Mode)),
            NINE + draw(st.sampled_from([-HOUR, HOUR])),
            NINE + draw(st.sampled_from([-1, 2 * HOUR])),
            draw(st.sampled_from(LineState)),
            draw(st.sampled_from([None, "s", "t"])),
        )
        for n in range(draw(st.integers(0, 6)))
    )
    cause, person = draw(st.sampled_from(Cause)), draw(st.sampled_from([1, 2, None]))
    return facts(tuple(where["taken"]), tuple(where["put"]), tuple(where["unread"]), lines, cause, person)


@given(closings())
def test_laws_of_every_closing(given: SettleFacts) -> None:
    judged = settle(POLICY, given)
    named = given.person_id if given.cause == Cause.SESSION else None
    seen = [one.item.id for one in (*given.taken, *given.put, *given.unread) if one.item]
    assert sorted(one.item_id or 0 for one in judged if one.verdict != Verdict.NOT_TAKEN) == sorted(seen)
    assert all(len(one.alarms) <= 1 for one in judged)
    used = [one.line_id for one in judged if one.verdict == Verdict.AS_APPROVED]
    assert len(used) == len(set(used))
    for one in judged:
        assert one.person_id in (None, named)
        assert one.lawful == Legality.YES or one.reasons
        if one.direction == Direction.OUT:
            assert one.custody is not None
            assert one.custody == (unaccounted(77, NINE) if named is None else held_by(named, NINE))
        if one.custody is not None:
            filled = [one.custody.station, one.custody.person_id, one.custody.incident_id]
            states = [CustodyState.PLACE, CustodyState.HELD, CustodyState.INCIDENT]
            assert [state for state, value in zip(states, filled, strict=True) if value is not None] == [
                one.custody.state
            ]


@given(closings())
def test_as_approved_always_rests_on_a_line_in_force(given: SettleFacts) -> None:
    lines = {one.id: one for one in given.lines}
    for one in settle(POLICY, given):
        if one.verdict == Verdict.AS_APPROVED:
            used = lines[one.line_id or 0]
            assert (used.item.id, used.person_id) == (one.item_id, given.person_id)
            assert used.from_us <= NINE < used.until_us
            assert used.state == LineState.OPEN or (used.state == LineState.RESERVED and used.session == "s")
            assert not POLICY.mode_reasons(used.item.kind, used.item.secrecy, used.mode)


def test_the_oracle_of_takings_agrees() -> None:
    """Read the table's first four rows as they are written, over every small case."""
    things = (F1, F2, F3)
    for approved, taken in product(product((False, True), repeat=3), repeat=2):
        lines = tuple(line(one.id, one) for one, yes in zip(things, approved, strict=True) if yes)
        gone = tuple(one for one, yes in zip(things, taken, strict=True) if yes)
        a, t = {one.item.id for one in lines}, {one.id for one in gone}
        expected = {
            x: Verdict.AS_APPROVED
            if x in a
            else Verdict.WITHOUT_APPROVAL
            if not a
            else Verdict.WRONG_ITEM
            if a - t
            else Verdict.EXTRA
            for x in t
        }
        assert verdicts(facts(taken=gone, lines=lines)) == expected
