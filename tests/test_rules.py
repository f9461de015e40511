"""The register of rules holds: every rule has its row, every row names what is there, every rule is proven by acts."""

import importlib
import tomllib
from functools import cache

import pytest

from guiwei.proof.evidence import ROOT, proofs_of, rules_named
from guiwei.proof.page import RULES_PAGE, rules_page
from server.domain.rulebook import RULES, Rule
from server.web.auth import routes_of
from server.web.pages import router as pages
from server.web.routes import ROUTERS

IDS = [f"R{n:02d}" for n in (*range(1, 25), *range(30, 46), *range(50, 55), *range(60, 67))]


@cache
def addresses() -> frozenset[str]:
    """Give every page (`/loans`) and every call (`POST:/api/v1/requests`) there is."""
    read = {route.path for route in routes_of([pages]) if "GET" in (route.methods or ())}
    calls = {f"{method}:{route.path}" for route in routes_of(ROUTERS) for method in route.methods or ()}
    return frozenset(read | calls)


@cache
def sections() -> frozenset[str]:
    sheet = tomllib.loads((ROOT / "server/policies/default.toml").read_text(encoding="utf-8"))
    return frozenset(sheet)


def is_there(place: str) -> bool:
    topic, _, name = place.partition(":")
    if topic == "sheet":
        return name in sections()
    layer, _, module = topic.rpartition("/")
    try:
        found: object = importlib.import_module(f"server.{(layer or 'domain').replace('/', '.')}.{module}")
    except ModuleNotFoundError:
        return False
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is not None


def test_every_rule_of_the_book_has_one_row_in_order() -> None:
    assert [rule.id for rule in RULES] == IDS
    assert len({rule.zh for rule in RULES} | {rule.en for rule in RULES}) == 2 * len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_row_names_only_what_is_there(rule: Rule) -> None:
    places = [place for place in rule.decided.split() if not is_there(place)]
    meets = [place for place in rule.met.split() if place not in addresses()]
    assert (places, meets) == ([], [])


def test_every_rule_is_decided_somewhere_met_somewhere_and_proven_by_acts() -> None:
    proofs = proofs_of()
    acted = {rule for rule, found in proofs.items() if any(not proof.is_alone for proof in found)}
    lacking = {rule.id for rule in RULES if not (rule.decided and rule.met and rule.id in acted)}
    assert lacking == set()
    assert set(proofs) <= set(IDS)


def test_what_is_not_there_would_be_found() -> None:
    assert not is_there("loans:no_such_rule")
    assert not is_there("no_such_topic:anything")
    assert not is_there("sheet:no_such_section")
    assert is_there("policy:Policy.mode_reasons")


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("test_r05_back_by_the_close", ["R05"]),
        ("test_r06_to_r08_secrets", ["R06", "R07", "R08"]),
        ("test_r22_and_r60_a_trail", ["R22", "R60"]),
        ("test_r02_r18_both", ["R02", "R18"]),
        ("test_r2d2", []),
        ("test_the_r05_rule", []),
    ],
)
def test_a_tests_name_says_its_rules(name: str, rules: list[str]) -> None:
    assert rules_named(name) == rules


def test_the_page_of_rules_is_what_rows_and_tests_say() -> None:
    assert RULES_PAGE.read_text(encoding="utf-8") == rules_page(), "guiwei proof rules writes it anew"
