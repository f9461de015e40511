"""Keeping the record, the rules alone: deadlines of filing, numbers, credit approvals, what content is."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from server.domain.attachments import media_of
from server.domain.contents import category_reasons, missing
from server.domain.customers import (
    CreditAct,
    CreditFacts,
    covering,
    judge_credit_decision,
    judge_grade,
    judge_unmasking,
)
from server.domain.filing import FilingFacts, due_us, judge_event
from server.domain.policy import load_policy
from server.domain.record_numbers import NumberFacts, Series, series_for
from server.domain.sheet import SheetError
from server.domain.verdicts import Lawful, Refused
from server.domain.words import RequestState
from tests.server.domain.facts import CHEN, GM, POLICY, RECORDS, SHEET, WANG, ZHAO, ZONE, at, refusals

KEEPING, OFFICE, SITE = POLICY.keeping, POLICY.office, ZoneInfo(ZONE)
PROJECT, SERVICE, CONTRACT = (KEEPING.filings[kind] for kind in ("project", "service", "contract"))
END = "T23:59"


@pytest.mark.parametrize(
    ("row", "done", "due"),
    [
        (PROJECT, {"signed": "2026-01-05T09:00"}, None),
        (PROJECT, {"signed": "2026-01-05T09:00", "completed": "2026-03-02T23:30"}, "2026-03-07"),
        (SERVICE, {"begun": "2026-01-05T09:00", "ended": "2026-03-02T09:00"}, "2026-03-09"),
        (SERVICE, {"begun": "2026-01-05T09:00", "ended": "2026-09-30T09:00"}, "2026-10-13"),
        (CONTRACT, {"signed": "2026-01-31T09:00"}, "2026-02-28"),
        (CONTRACT, {"signed": "2026-01-31T09:00", "handed_over": "2026-02-10T09:00"}, "2026-03-10"),
        (
            CONTRACT,
            {"signed": "2026-01-31T09:00", "handed_over": "2026-02-10T09:00", "filed": "2026-03-01T09:00"},
            None,
        ),
    ],
)
def test_when_a_file_is_to_be_formal(row: object, done: dict[str, str], due: str | None) -> None:
    found = due_us(row, {event: at(text) for event, text in done.items()}, OFFICE, SITE)  # type: ignore[arg-type]
    assert (None if found is None else found // 60_000_000) == (None if due is None else at(due + END) // 60_000_000)


def test_events_come_in_their_order_and_not_backwards_in_time() -> None:
    done = {"signed": at("2026-01-05T09:00")}
    facts = FilingFacts("f1", done, shelved=False)
    assert refusals(judge_event(PROJECT, facts, "filed", at("2026-02-01T09:00"))) == {("R32", "filing_not_next")}
    assert refusals(judge_event(PROJECT, facts, "completed", at("2026-01-04T09:00"))) == {("R32", "filing_before")}
    nearly = FilingFacts("f1", {**done, "completed": at("2026-02-01T09:00")}, shelved=False)
    late = at("2026-01-20T09:00")
    assert refusals(judge_event(PROJECT, nearly, "filed", late)) == {
        ("R32", "filing_before"),
        ("R32", "filing_not_shelved"),
    }
    assert judge_event(PROJECT, replace(nearly, shelved=True), "filed", at("2026-02-02T09:00")) == Lawful()


def test_a_series_is_everything_but_the_sequence() -> None:
    found = series_for(KEEPING, NumberFacts("archive", 2026, "销售部", "contract", "D30"))
    assert found == Series("Q001-HT·2026-D30-XS-", "", 4)
    assert found.number(12_345) == "Q001-HT·2026-D30-XS-12345"
    assert isinstance(series_for(KEEPING, NumberFacts("archive", 2026)), Refused)


def test_what_is_missing_stands_in_the_order_of_the_sheet() -> None:
    assert missing(KEEPING, "project", {"acceptance"}) == ("contract", "correspondence", "completion")
    assert missing(KEEPING, "", set()) == ()
    assert category_reasons(KEEPING, "什么都行") == []
    closed = replace(KEEPING, categories_closed=True)
    assert [said.rule for said in category_reasons(closed, "什么都行")] == ["R31"]
    assert category_reasons(closed, "合同") == category_reasons(closed, "contract") == []


def credit(**more: object) -> CreditFacts:
    """Make an approval of customer 7's grade to be seen, in force until 100."""
    facts = CreditFacts(1, WANG.id, 7, CreditAct.SEE, RequestState.APPROVED, 100)
    return replace(facts, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "act", "covered"),
    [
        (credit(), CreditAct.SEE, True),
        (credit(), CreditAct.CHANGE, False),
        (credit(act=CreditAct.CHANGE), CreditAct.SEE, True),
        (credit(act=CreditAct.CHANGE), CreditAct.CHANGE, True),
        (credit(act=CreditAct.CHANGE, used=True), CreditAct.CHANGE, False),
        (credit(customer_id=None), CreditAct.SEE, True),
        (credit(customer_id=8), CreditAct.SEE, False),
        (credit(until_us=49), CreditAct.SEE, False),
        (credit(state=RequestState.FILED), CreditAct.SEE, False),
    ],
)
def test_what_an_approval_of_credit_covers(facts: CreditFacts, act: CreditAct, covered: bool) -> None:
    assert (covering([facts], 7, act, 50) is not None) == covered


def test_who_decides_on_credit() -> None:
    filed = credit(state=RequestState.FILED)
    assert judge_credit_decision(KEEPING, filed, WANG, RECORDS) == Lawful()
    assert refusals(judge_credit_decision(KEEPING, filed, WANG, GM)) == {("R37", "approver_post")}
    own = credit(state=RequestState.FILED, person_id=RECORDS.id)
    assert refusals(judge_credit_decision(KEEPING, own, RECORDS, RECORDS)) == {
        ("R37", "own_request"),
        ("R37", "approver_post"),
    }
    assert refusals(judge_credit_decision(KEEPING, own, RECORDS, ZHAO)) == {("R37", "approver_post")}
    assert judge_credit_decision(KEEPING, own, RECORDS, GM) == Lawful()
    assert refusals(judge_credit_decision(KEEPING, credit(), WANG, RECORDS)) == {("R37", "request_not_waiting")}


def test_grades_and_fields() -> None:
    assert judge_grade(KEEPING, "A", planned=False) == Lawful()
    assert refusals(judge_grade(KEEPING, "C", planned=False)) == {("R37", "grade_needs_plan")}
    assert judge_grade(KEEPING, "C", planned=True) == Lawful()
    assert refusals(judge_grade(KEEPING, "Z", planned=True)) == {("R37", "grade_unknown")}
    fields = KEEPING.sealed_fields
    assert judge_unmasking(fields["identity_number"], CHEN, "核对", covered=False) == Lawful()
    assert refusals(judge_unmasking(fields["credit"], WANG, "", covered=False)) == {
        ("R38", "field_not_needed"),
        ("R38", "purpose_missing"),
        ("R37", "credit_seeing_needs_approval"),
    }


@pytest.mark.parametrize(
    ("head", "media"),
    [
        (b"%PDF-1.4", "application/pdf"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt ", "application/octet-stream"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"", "application/octet-stream"),
    ],
)
def test_what_content_is(head: bytes, media: str) -> None:
    assert media_of(head) == media


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("{year}{department}{seq:4}", "{year}{department}", "keeping.number[0].pattern"),
        ("{year}{department}{seq:4}", "{jahr}{seq:4}", "{jahr} is not one of"),
        ('expected = ["contract", "corr', 'expected = ["contrct", "corr', "no such keeping.document"),
        ('key = "service"', 'key = "basic"', "keeping.category: 'basic' stands there twice"),
        ('plan_for = ["C"]', 'plan_for = ["D"]', "plan_for only names grades"),
        ("largest_mb = 20", "largest_mb = 0", "must be at least 1"),
    ],
)
def test_a_fault_in_the_sheet_is_named(old: str, new: str, says: str) -> None:
    assert old in SHEET
    with pytest.raises(SheetError) as caught:
        load_policy(SHEET.replace(old, new, 1))
    assert says in "\n".join(caught.value.problems)
