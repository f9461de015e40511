"""The wording of reasons: both languages, every code, and safe against whatever a title holds."""

import ast
import re
from enum import StrEnum
from itertools import product
from pathlib import Path

import pytest

from server.domain import reasons, words
from server.domain.loans import Checked, CheckFacts, judge_check
from server.domain.reasons import LIFTERS, REASONS, Code, reason, text, who_lifts
from server.domain.verdicts import Reason
from server.domain.wordings import WORDS
from tests.server.domain.facts import CHEN, POLICY

DOMAIN = Path(reasons.__file__).parent
RULE_IDS = {f"R{number:02}" for number in (*range(1, 25), *range(30, 46), *range(50, 55), *range(60, 67))}
SOURCES = {
    path.name: path.read_text(encoding="utf-8") for path in DOMAIN.glob("*.py") if path.name not in ("reasons.py",)
}
NAMES = ("Secrecy", "Mode", "ItemKind", "Role", "AuthorityKind", "Task", "RequestState", "LoanState", "AlarmState")


@pytest.mark.parametrize("code", Code)
def test_every_code_is_used_and_worded_in_both_languages(code: Code) -> None:
    assert any(f"Code.{code.name}" in source for source in SOURCES.values()), f"{code} is never given"
    wording = REASONS[code]
    assert wording.rule in RULE_IDS
    assert wording.lift in LIFTERS
    assert re.search("[一-鿿]", wording.zh)
    assert re.search("[a-z]", wording.en)
    assert set(re.findall(r"\{.*?\}", wording.zh)) == set(re.findall(r"\{.*?\}", wording.en))


@pytest.mark.parametrize("code", Code)
def test_a_chinese_sentence_has_chinese_marks(code: Code) -> None:
    assert re.findall(r"[,;:!?]", REASONS[code].zh) == []


def test_reasons_are_made_only_of_codes_of_the_table() -> None:
    made = [name for name, source in SOURCES.items() if re.search(r"\bReason\(", source) and name != "verdicts.py"]
    assert made == []
    assert set(REASONS) == set(Code)


def holes(code: Code) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", REASONS[code].zh)) - {"item"}


def literal_calls() -> list[tuple[Code, set[str]]]:
    """Find every `reason(Code.X, …, name=…)` in the domain, with the names it gives."""
    calls = [node for source in SOURCES.values() for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [
        (Code[call.args[0].attr], {keyword.arg or "" for keyword in call.keywords} - {"rule"})
        for call in calls
        if isinstance(call.func, ast.Name)
        and call.func.id == "reason"
        and isinstance(call.args[0], ast.Attribute)
        and call.args[0].attr in Code.__members__
    ]


def test_every_parameter_a_wording_names_is_given_where_the_code_is() -> None:
    calls = literal_calls()
    assert len(calls) > 60
    assert [(code, given) for code, given in calls if given != holes(code)] == []


def test_and_where_the_code_is_chosen_from_a_table() -> None:
    made = [
        said
        for kind, secrecy, mode in product(words.ItemKind, words.Secrecy, words.Mode)
        for said in (*POLICY.mode_reasons(kind, secrecy, mode), *POLICY.secrecy_reasons(secrecy))
    ]
    checked = judge_check(POLICY, CheckFacts(CHEN, words.LoanState.RETURNED, "f1", False, 2, 9, 1, 8))
    assert isinstance(checked, Checked)
    made += checked.reasons
    literal = {code for code, _ in literal_calls()}
    from_asking = {Code.REQUEST_NOT_DECIDED, Code.REQUEST_REFUSED, Code.REQUEST_WITHDRAWN}
    from_settling = {Code.NO_AUTHORITY, Code.NOT_NAMED_IN_AUTHORITY}
    assert {Code(said.code) for said in made} | from_asking | from_settling | literal == set(Code)
    assert [said for said in made if {name for name, _ in said.params} != holes(Code(said.code))] == []


def test_words_inside_a_reason_are_worded() -> None:
    said = reason(Code.APPROVER_POST, rule="R08", roles="general_manager,deputy_general_manager")
    assert text(said, "zh") == "须由总经理、副总经理审批"
    assert text(said, "en") == "this is approved by general manager, deputy general manager"
    assert said.rule == "R08"


def test_every_word_that_a_reason_may_name_is_worded() -> None:
    for name in NAMES:
        vocabulary: type[StrEnum] = getattr(words, name)
        assert set(map(str, vocabulary)) <= set(WORDS), name


@pytest.mark.parametrize("title", ["{item}", "{place}", "{0.__class__}", "%s", "\\1", "<b>&"])
def test_braces_in_a_title_stay_text(title: str) -> None:
    said = reason(Code.ITEM_ELSEWHERE, title, place="{item}")
    assert text(said, "en") == f"{title} is in {{item}}"


def test_a_code_of_another_release_is_shown_as_it_is() -> None:
    assert text(Reason("R99", "new_thing", "f1"), "zh") == "R99 new_thing f1"
    assert who_lifts("new_thing", "zh") == ""


def test_who_can_lift_it_is_said() -> None:
    assert who_lifts(Code.OWN_REQUEST, "en") == "an approver of that post"
    assert who_lifts("secrecy_never", "zh") == "无人可以放行"
