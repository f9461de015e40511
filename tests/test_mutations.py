"""The table of mutations fits the tree: every rule is broken by an edit that fits, and asked by a test of its own."""

import pytest

from guiwei.proof.evidence import proofs_of
from guiwei.proof.mutations import MUTATIONS_PAGE, Mutation, MutationError, Outcome, chosen, page, read_table
from server.domain.rulebook import RULES

TABLE = read_table()


def test_every_rule_is_broken_by_some_edit() -> None:
    assert {mutation.rule for mutation in TABLE} == {rule.id for rule in RULES}


def test_every_edit_fits_the_tree_and_asks_tests_of_its_rule() -> None:
    proofs = proofs_of()
    for mutation in TABLE:
        assert mutation.new in mutation.broken()
        assert any(chosen(mutation, proofs[mutation.rule])), mutation.what


def test_an_edit_that_does_not_fit_is_told() -> None:
    with pytest.raises(MutationError, match=r"R99.*0 times"):
        Mutation("R99", "nothing", "server/domain/loans.py", "no such text", "").broken()
    with pytest.raises(MutationError, match="no test of this rule: test_r99"):
        chosen(Mutation("R99", "nothing", "", "", "", ("test_r99_nothing",)), [])


def test_the_page_names_edits_of_the_table_and_none_that_nobody_noticed() -> None:
    rows = [line.split(" | ") for line in MUTATIONS_PAGE.read_text(encoding="utf-8").splitlines() if line[:3] == "| R"]
    assert {(row[0][2:], row[1]) for row in rows} <= {(mutation.rule, mutation.what) for mutation in TABLE}
    assert not [row for row in rows if "**no**" in row[3]]


def test_a_break_that_nobody_noticed_is_shown_as_that() -> None:
    survived = Outcome(Mutation("R01", "x", "y", "", ""), "", 1, 0.0)
    assert "| R01 | x | `y` | **no** |" in page([survived], "2026-01-01")
