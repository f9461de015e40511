"""The policy sheet: complete, or refused with everything that is wrong with it."""

import re
from datetime import date
from hashlib import sha256
from itertools import product

import pytest

from server.domain.office import is_office_day
from server.domain.policy import load_policy
from server.domain.sheet import SheetError
from server.domain.words import ItemKind, Mode, Secrecy
from tests.server.domain.facts import POLICY, SHEET


def problems(text: str) -> str:
    with pytest.raises(SheetError) as caught:
        load_policy(text)
    return "\n".join(caught.value.problems)


def test_the_digest_names_the_sheet() -> None:
    assert sha256(SHEET.encode()).hexdigest() == POLICY.digest
    assert load_policy(SHEET + "\n").digest != POLICY.digest


@pytest.mark.parametrize("section", re.findall(r"^\[([a-z_.]+)\]", SHEET, re.MULTILINE))
def test_no_section_can_be_left_out(section: str) -> None:
    head, _, rest = SHEET.partition(f"[{section}]")
    following = re.search(r"^\[", rest, re.MULTILINE)
    text = head + (rest[following.start() :] if following else "")
    assert section.split(".")[0] in problems(text)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("hours = 4", "hours = 4\nhuors = 3", "due.*huors: not known; did you mean hours?"),
        ('rule = "R06"\n', "", "secrecy.top_secret.rule: missing"),
        ('reading = ["file"', 'reading = ["flie"', "'flie' is not one of .*did you mean file?"),
        ("overdue_hard_days = 3", 'overdue_hard_days = "3"', "alarms.overdue_hard_days: needs a int, has '3'"),
        ("overdue_hard_days = 3", "overdue_hard_days = true", "needs a int, has True"),
        ("overdue_hard_days = 3", "overdue_hard_days = 0", "must be at least 1"),
        ('filing = "manager"', 'filing = "boss"', "there is no filing.boss; there are manager, oneself"),
        ('approvers = ["records_manager"]', "approvers = []", "nobody could approve"),
        ('modes = ["reading", "duty"]', 'modes = ["loan", "reading"]', "who approves loan of confidential"),
        ("weekdays = [1, 2, 3, 4, 5]", "weekdays = [0]", "needs days from 1"),
        ("2026-01-04,", "2026-01-01,", "2026-01-01 is both"),
        ("hours = 0", "hours = 1", "one row with hours = 0"),
        ("close = 17:30:00", "close = 17.30", "office.close: needs a time"),
        ("[modes]", "[modes]\nlending = []", "'lending' is not one of"),
        ('name = "default"', "name =", "not TOML"),
        ("[orders]", "[ordres]", "ordres: not known; did you mean orders"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, says: str) -> None:
    assert old in SHEET
    assert re.search(says.replace("?", "\\?"), problems(SHEET.replace(old, new)))


def test_every_problem_is_listed_at_once() -> None:
    text = SHEET.replace("least_passes = 3", "").replace("not_taken = false", "not_taken = 0")
    assert len(problems(text).splitlines()) == 2


def test_what_may_be_used_has_an_approver_and_what_may_not_says_why() -> None:
    for kind, secrecy, mode in product(ItemKind, Secrecy, set(Mode) - {Mode.DUTY}):
        allowed = not POLICY.mode_reasons(kind, secrecy, mode)
        fits = mode in POLICY.secrecy[secrecy].modes and kind in POLICY.modes[mode]
        assert allowed == fits
        assert not allowed or POLICY.approval_row(secrecy, mode) is not None
    assert POLICY.approval_row(Secrecy.TOP_SECRET, Mode.LOAN) is None


def test_a_row_for_a_kind_speaks_of_that_kind_only_and_fills_no_gap() -> None:
    for kind, mode in product(ItemKind, (Mode.LOAN, Mode.READING)):
        row = POLICY.approval_row(Secrecy.ORDINARY, mode, kind=kind)
        assert row is not None
        assert row.rule == ("R13" if kind == ItemKind.COPY else "R09")
    modes = 'secrecy = ["ordinary"]\nmodes = ["reading", "loan"]\nfiling'
    assert modes in SHEET
    narrowed = SHEET.replace(modes, modes.replace("filing", 'kinds = ["file"]\nfiling'))
    assert "who approves loan of ordinary" in problems(narrowed)


def test_the_holidays_and_working_weekends_of_2026() -> None:
    for day, is_open in {
        date(2026, 3, 2): True,
        date(2026, 3, 7): False,
        date(2026, 2, 17): False,
        date(2026, 2, 28): True,
        date(2026, 10, 7): False,
        date(2026, 10, 10): True,
    }.items():
        assert is_office_day(POLICY.office, day) == is_open
