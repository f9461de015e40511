"""The pure parts of judging: paths of counts, moments between, what is shown of a specification."""

from pathlib import Path

import httpx2
import pytest

from guiwei.drill.acts import Acts, Difference, _iso_us
from guiwei.drill.api import Json
from guiwei.drill.expectations import _Judge, _short
from guiwei.drill.quiet import Quiet
from guiwei.drill.runner import Result, _asking, as_json, describe, exit_code
from guiwei.drill.specs import AlarmSpec, CaseSpec
from guiwei.drill.spelling import read_step
from guiwei.drill.story import StoryError, read_story
from guiwei.drill.vocabulary import leaves
from guiwei.drill.world import World

FINE = Result("fine", "fine.toml", 1.0)
DIFFERS = Result("differs", "differs.toml", 2.0, [Difference("verdict of f1", "extra", None)])
BROKEN = Result("broken", "broken.toml", 0.1, error="StoryError: line 3")


def test_counts_may_be_nested_or_joined() -> None:
    nested: dict[str, object] = {"a": {"合同": {"found": 2}, "missing": 1}}
    joined: dict[str, object] = {"a/合同/found": 2, "a/missing": 1}
    assert list(leaves(nested)) == list(leaves(joined)) == [(("a", "合同", "found"), 2), (("a", "missing"), 1)]
    assert list(leaves({})) == []


def test_within_counts_the_storys_time_or_the_real(tmp_path: Path) -> None:
    story = tmp_path / "story.toml"
    story.write_text('name = "x"\nstart = "2026-03-02T09:00:00+08:00"\n[stations.a]\n[[expect]]\n')
    world = World(read_story(story), tmp_path / "world")
    acts = Acts(world, Quiet(world))
    judge = _Judge(acts)
    forced_us = world.clock.now_us()
    world.clock.wait(600_000_000)
    row: Json = {"kind": "door_forced", "station": "a"}
    row |= {"occurred_at": _iso_us(forced_us), "set_at": _iso_us(world.clock.now_us())}

    def within(seconds: float, *, real: bool) -> bool:
        return judge._alarm_is(row, AlarmSpec(kind="door_forced", within=seconds, real=real))

    assert not within(599, real=False)
    assert within(601, real=False)
    assert within(5, real=True)
    assert not within(-1, real=True)
    del row["station"]
    acts.moments.append(world.clock.now_us() - 1_000_000)
    world.close()
    assert within(2, real=False), "what no cabinet saw took as long as since the step before it"


def test_a_specification_shows_only_what_was_written() -> None:
    assert _short(AlarmSpec(kind="taken_extra", item="f2")) == {"kind": "taken_extra", "item": "f2", "real": False}
    assert _short(CaseSpec(kind="unexpected")) == {"kind": "unexpected"}


def test_a_server_that_cannot_be_asked_is_a_fault_of_the_story() -> None:
    with (
        pytest.raises(StoryError, match="step 3 kill server: the server cannot be asked"),
        _asking("step 3 kill server"),
    ):
        raise httpx2.ConnectError("refused")


def test_a_step_is_described_for_people() -> None:
    assert describe(3, read_step({"do": "take", "at": "a/1", "items": ["f1"]})) == "step 3 take a/1 ['f1']"
    assert describe(1, read_step({"do": "request", "as": "wang", "item": "f1"})) == "step 1 request wang ['f1']"


def test_the_exit_code_is_the_gravest() -> None:
    assert exit_code([FINE]) == 0
    assert exit_code([FINE, DIFFERS]) == 1
    assert exit_code([FINE, DIFFERS, BROKEN]) == 2
    assert exit_code([BROKEN, FINE]) == 2


def test_the_json_object_is_the_documented_one() -> None:
    assert as_json([DIFFERS, BROKEN], 2.345) == {
        "stories": [
            {
                "name": "differs", "file": "differs.toml", "as_expected": False, "seconds": 2.0,
                "differences": [{"what": "verdict of f1", "expected": "extra", "seen": None}],
            },
            {
                "name": "broken", "file": "broken.toml", "as_expected": False, "seconds": 0.1,
                "differences": [{"what": "could not be run", "expected": "a run", "seen": "StoryError: line 3"}],
            },
        ],
        "seconds": 2.35,
    }  # fmt: skip
