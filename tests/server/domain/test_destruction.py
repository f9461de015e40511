"""Keeping and destroying as rules alone: what stands against it, who decides, who witnesses."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from server.domain.custody import Custody, ItemFacts, gone, held_by, in_place
from server.domain.destruction import (
    DESTRUCTION_LIFE,
    ListFacts,
    judge_act,
    judge_confirmation,
    judge_decision,
    judge_filing,
    judge_witnesses,
    path_of,
)
from server.domain.people import PersonFacts
from server.domain.policy import load_policy
from server.domain.retention import KeptFacts, end_of, judge_appraisal, obstacles
from server.domain.sheet import SheetError
from server.domain.verdicts import Lawful, Refused
from server.domain.words import AppraisalOutcome, DestructionMethod, DestructionState, ItemKind, Role, Secrecy
from tests.server.domain.facts import replace

SHEETS = Path(__file__).parents[3] / "server" / "policies"
DEFAULT, LISTED = (load_policy((SHEETS / f"{name}.toml").read_text()) for name in ("default", "listed_company"))
ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_800_000_000_000_000
ARCHIVIST, HEAD, GM, DEPUTY, MANAGER, OTHER = (
    PersonFacts(n, role, "", True)
    for n, role in enumerate(
        (
            Role.ARCHIVIST,
            Role.HEAD_OF_OFFICE,
            Role.GENERAL_MANAGER,
            Role.DEPUTY_GENERAL_MANAGER,
            Role.RECORDS_MANAGER,
            Role.KEEPER,
        ),
        1,
    )
)


def kept(
    n: int = 1, secrecy: Secrecy = Secrecy.ORDINARY, kind: ItemKind = ItemKind.FILE, custody: Custody | None = None
) -> KeptFacts:
    item = ItemFacts(n, f"F{n}", kind, secrecy, ("a", 1), custody or held_by(ARCHIVIST.id))
    return KeptFacts(item, end_us=1, outcome=AppraisalOutcome.DESTROY)


def listed(*items: KeptFacts, state: DestructionState = DestructionState.APPROVED, **more: object) -> ListFacts:
    facts = ListFacts(1, state, ARCHIVIST.id, ARCHIVIST.id, items or (kept(),), witnesses=(MANAGER,))
    return replace(facts, **more)


def codes(said: Lawful | Refused) -> set[str]:
    return {reason.code for reason in said.reasons}


def test_a_period_runs_from_the_year_after_and_for_ever_has_no_end() -> None:
    begun = round(datetime(2016, 5, 20, tzinfo=UTC).timestamp() * 1e6)
    end = end_of(DEFAULT, "D10", begun, ZONE)
    assert end is not None
    assert datetime.fromtimestamp(end / 1e6, ZONE).isoformat() == "2027-01-01T00:00:00+08:00"
    assert end_of(DEFAULT, "Y", begun, ZONE) is None
    assert end_of(DEFAULT, "a period the sheet does not know", begun, ZONE) is None


def test_everything_against_destroying_an_item_is_said_at_once() -> None:
    bad = replace(kept(), end_us=None, outcome=None, holds=("诉讼",), entrusted_by="某公司")
    said = {reason.code for reason in obstacles(DEFAULT, bad, NOW, ZONE)}
    assert said == {"retention_permanent", "not_appraised", "under_hold", "not_ours_to_destroy"}
    assert {r.code for r in obstacles(DEFAULT, replace(bad, gone="destroyed"), NOW, ZONE)} == {"item_left_for_good"}
    running = replace(kept(), end_us=NOW + 1)
    assert {r.code for r in obstacles(DEFAULT, running, NOW, ZONE)} == {"retention_running"}
    held = replace(kept(), holds=("诉讼",))
    assert codes(judge_appraisal(DEFAULT, HEAD, held, AppraisalOutcome.DESTROY)) == {"under_hold"}
    assert isinstance(judge_appraisal(DEFAULT, HEAD, held, AppraisalOutcome.KEEP), Lawful)


def test_copies_go_lighter_only_where_the_sheet_says_so_and_only_ordinary_ones() -> None:
    copy = replace(kept(kind=ItemKind.COPY), end_us=None, outcome=None)
    assert isinstance(judge_filing(DEFAULT, ARCHIVIST, ARCHIVIST, (copy,), NOW, ZONE), Lawful)
    assert codes(judge_filing(LISTED, ARCHIVIST, ARCHIVIST, (copy,), NOW, ZONE)) == {
        "retention_permanent",
        "not_appraised",
    }
    waiting = listed(copy, state=DestructionState.FILED)
    assert isinstance(judge_decision(DEFAULT, "approve", MANAGER, waiting, NOW, ZONE), Lawful)
    secret = replace(copy, item=replace(copy.item, secrecy=Secrecy.SECRET))
    assert path_of(DEFAULT, (copy, secret)) == "secrecy"
    mixed = listed(copy, secret, state=DestructionState.FILED)
    assert "destruction_decided_by" in codes(judge_decision(DEFAULT, "approve", MANAGER, mixed, NOW, ZONE))


def test_one_item_of_a_secrecy_level_makes_the_whole_list_need_the_general_manager() -> None:
    facts = listed(kept(1), kept(2, Secrecy.SECRET), state=DestructionState.FILED)
    assert codes(judge_decision(DEFAULT, "approve", HEAD, facts, NOW, ZONE)) == {
        "destruction_needs_higher",
        "destruction_not_reviewed",
    }
    assert codes(judge_decision(DEFAULT, "approve", GM, facts, NOW, ZONE)) == {"destruction_not_reviewed"}
    reviewed = replace(facts, state=DestructionState.REVIEWED, reviewed_by_id=HEAD.id)
    assert isinstance(judge_decision(DEFAULT, "approve", GM, reviewed, NOW, ZONE), Lawful)
    own = replace(reviewed, reviewed_by_id=GM.id)
    assert codes(judge_decision(DEFAULT, "approve", GM, own, NOW, ZONE)) == {"destruction_same_person"}
    ordinary = listed(kept(), state=DestructionState.FILED)
    assert isinstance(judge_decision(DEFAULT, "approve", HEAD, ordinary, NOW, ZONE), Lawful)
    assert codes(judge_decision(LISTED, "approve", HEAD, ordinary, NOW, ZONE)) == {"destruction_decided_by"}


def test_a_listed_company_needs_two_witnesses_none_of_them_the_actor() -> None:
    facts = listed(witnesses=())
    assert codes(judge_witnesses(LISTED, GM, facts, (MANAGER,))) == {"witnesses_too_few"}
    assert isinstance(judge_witnesses(LISTED, GM, facts, (MANAGER, OTHER)), Lawful)
    assert isinstance(judge_witnesses(DEFAULT, DEPUTY, facts, (MANAGER,)), Lawful)
    both = codes(judge_witnesses(DEFAULT, MANAGER, facts, (ARCHIVIST,)))
    assert both == {"witness_appointed_by", "witness_is_actor", "witnesses_too_few"}


def test_the_act_needs_every_item_in_hand_and_confirmed_by_everybody() -> None:
    whole = frozenset({(1, ARCHIVIST.id), (1, MANAGER.id)})
    shred = DestructionMethod.SHREDDING
    assert isinstance(judge_act(DEFAULT, ARCHIVIST, listed(confirmed=whole), shred, NOW, ZONE), Lawful)
    half = listed(confirmed=frozenset({(1, ARCHIVIST.id)}))
    assert codes(judge_act(DEFAULT, ARCHIVIST, half, shred, NOW, ZONE)) == {"not_confirmed"}
    assert codes(judge_act(LISTED, ARCHIVIST, listed(confirmed=whole), DestructionMethod.BURNING, NOW, ZONE)) == {
        "method_not_allowed",
        "witnesses_too_few",
    }
    away = listed(kept(custody=in_place("a", 1)), confirmed=whole)
    assert codes(judge_act(DEFAULT, ARCHIVIST, away, shred, NOW, ZONE)) == {"not_in_hand"}
    untagged = listed(replace(kept(custody=in_place("a", 1)), tagged=False))
    assert isinstance(judge_confirmation(DEFAULT, MANAGER, untagged, "F1", NOW, ZONE), Lawful)
    late = listed(replace(kept(), holds=("审计",)), confirmed=whole)
    assert codes(judge_act(DEFAULT, ARCHIVIST, late, shred, NOW, ZONE)) == {"under_hold"}
    assert codes(judge_confirmation(DEFAULT, OTHER, listed(), "F9", NOW, ZONE)) == {
        "not_actor_nor_witness",
        "not_on_list",
    }


@pytest.mark.parametrize("state", DestructionState)
def test_only_an_approved_list_is_carried_out(state: DestructionState) -> None:
    facts = listed(state=state, confirmed=frozenset({(1, ARCHIVIST.id), (1, MANAGER.id)}))
    said = judge_act(DEFAULT, ARCHIVIST, facts, DestructionMethod.SHREDDING, NOW, ZONE)
    assert isinstance(said, Lawful) == (state == DestructionState.APPROVED)
    assert {after for before, act, after in DESTRUCTION_LIFE if act == "destroy"} == {DestructionState.DESTROYED}


def test_a_sheet_with_a_gap_in_these_sections_is_refused_with_every_problem() -> None:
    text = (SHEETS / "default.toml").read_text()
    broken = text.replace('otherwise = "Y"', 'otherwise = "Z"').replace("witnesses = 1 ", "witnesses = 0 ")
    with pytest.raises(SheetError) as refused:
        load_policy(broken.replace("every_hours = 24", "every_hours = 0"))
    said = "\n".join(refused.value.problems)
    assert "retention.otherwise: there is no period 'Z'" in said
    assert "destruction.witnesses" in said
    assert "backups" in said


def test_what_is_gone_is_nowhere() -> None:
    assert (gone(7).place, gone(7).since_us) == (("", 0), 7)
