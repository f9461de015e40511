"""The documents about the rules say what the code does. Run as a program it writes `docs/verdicts.md` anew."""

import re
from pathlib import Path

from server.domain.diagrams import WHEN, page
from server.domain.words import Verdict

ROOT = Path(__file__).parents[3]
VERDICTS = ROOT / "docs/verdicts.md"
RULES = (ROOT / "docs/rules.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (R\d\d) \|.*\| (.*) \| (.*) \|$", RULES, re.MULTILINE)
BUILT = ["R01", "R02", "R03", "R05", "R06", "R07", "R08", "R09", "R10", "R11", "R14", "R17", "R18", "R20", "R22", "R50"]


def test_the_page_of_verdicts_is_what_the_tables_say() -> None:
    assert VERDICTS.read_text(encoding="utf-8") == page(), "python -m tests.server.domain.test_documents writes it anew"
    assert set(WHEN) == set(Verdict)


def test_every_rule_built_has_its_row() -> None:
    assert set(BUILT) <= {rule for rule, _, _ in ROWS}


def test_every_place_and_test_named_for_a_rule_is_there() -> None:
    for rule, places, tests in ROWS:
        named = re.findall(r"`(\w+\.py)`", places)
        assert named, rule
        for name in named:
            assert (ROOT / "server/domain" / name).is_file(), (rule, name)
        source = "".join((ROOT / "server/domain" / name).read_text(encoding="utf-8") for name in named)
        for function in re.findall(r"`([a-z_]+)`(?!\.)", places):
            assert f"def {function}(" in source, (rule, function)
        cited = re.findall(r"`(\w+\.py)::(\w+)`", tests)
        assert cited, rule
        for file, test in cited:
            assert f"def {test}(" in (ROOT / "tests/server/domain" / file).read_text(encoding="utf-8"), (rule, test)


if __name__ == "__main__":
    VERDICTS.write_text(page(), encoding="utf-8")
