"""`guiwei demo`: exit codes, one JSON object and nothing else, progress elsewhere, and nothing left behind."""

import io
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from guiwei.demo.cli import app, paths
from guiwei.demo.live import COMPANY
from guiwei.demo.progress import Board, outcome, print_results
from guiwei.demo.scenes import SCENES, Day, next_scene
from guiwei.demo.signals import Ending
from guiwei.drill import steps as s
from guiwei.drill.acts import Difference
from guiwei.drill.runner import Result, shipped
from guiwei.drill.steps import STEPS
from guiwei.drill.story import read_story

QUIET = """\
name = "Nothing happens"
start = "2026-03-02T09:00:00+08:00"
[people]
wang = { name = "王芳", badge = "0F00A1B2C3" }
[stations.a]
doors = 1
[items]
f1 = { title = "合同档案一", place = "a/1" }
[[steps]]
do = "wait"
for = "1m"
[[expect]]
holders = { f1 = "place:a/1" }
verdicts = {}
"""
WRONG = QUIET.replace("Nothing happens", "Expects too much").replace("verdicts = {}", 'verdicts = { f1 = "extra" }')
BROKEN = QUIET.replace('do = "wait"', 'do = "wiat"')
runner = CliRunner()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def short() -> Iterator[Path]:
    """Give a folder with a short name, for a socket's path may not exceed 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="gw") as folder:
        yield Path(folder)


def guiwei(*words: str, temporary: Path) -> subprocess.Popen[str]:
    """Start `guiwei demo`, its temporary files in a folder of the test's own."""
    return subprocess.Popen(
        [sys.executable, "-m", "guiwei", "demo", *words],
        env={**os.environ, "TMPDIR": str(temporary)},  # noqa: TID251  handed on to a child
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


# --- without a world


def test_a_story_that_cannot_be_run_is_exit_2_and_still_one_object(tmp_path: Path) -> None:
    path = write(tmp_path, "broken", BROKEN)
    done = runner.invoke(app, ["--once", "--json", "--story", str(path)])
    assert done.exit_code == 2
    answer = json.loads(done.stdout)
    (story,) = answer["stories"]
    assert story.keys() == {"name", "file", "as_expected", "seconds", "differences"}
    assert not story["as_expected"]
    (difference,) = story["differences"]
    assert difference["what"] == "could not be run"
    assert f"{path}:10: `do`: unknown step 'wiat'; the nearest known word is 'wait'" in difference["seen"]


@pytest.mark.parametrize(
    ("written", "instead"),
    [("start =", "rules = 3\nstart ="), ('"wait"', '["wait"]'), ('"wait"', "{ wait = 1 }"), ('"a/1"', '"a/²"')],
)
def test_a_story_of_wrong_types_costs_the_others_nothing(tmp_path: Path, written: str, instead: str) -> None:
    files = [write(tmp_path, "typed", QUIET.replace(written, instead, 1)), write(tmp_path, "broken", BROKEN)]
    done = runner.invoke(app, ["--json", "--story", *map(str, files)])
    assert done.exit_code == 2
    told = [story["differences"][0]["seen"] for story in json.loads(done.stdout)["stories"]]
    assert [text.startswith(f"StoryError: {file}:") for text, file in zip(told, files, strict=True)] == [True, True]


def test_progress_and_results_go_apart(tmp_path: Path) -> None:
    path = write(tmp_path, "broken", BROKEN)
    done = runner.invoke(app, [str(path)])
    assert done.exit_code == 2
    assert "could not be run  broken" in done.stderr
    assert "unknown step 'wiat'" in done.stdout
    assert "0 of 1 stories as expected" in done.stdout


def test_a_folder_stands_for_its_stories(tmp_path: Path) -> None:
    assert paths([]) == shipped()
    two = [write(tmp_path, name, QUIET) for name in ("1", "2")]
    assert paths([tmp_path]) == two
    empty = tmp_path / "empty"
    empty.mkdir()
    done = runner.invoke(app, ["--story", str(empty)])
    assert done.exit_code == 2
    assert "no story (*.toml) in" in done.stderr


def test_wrong_use_is_exit_2() -> None:
    assert runner.invoke(app, ["--side-by-side", "0"]).exit_code == 2
    assert runner.invoke(app, ["--nonsense"]).exit_code == 2


def test_the_table_gives_each_difference_a_row_of_its_own() -> None:
    console = Console(width=160, record=True, file=io.StringIO())
    differing = Result("one", "1.toml", 1.25, [Difference("alarm", {"kind": "x"}, []), Difference("late", None, "f1")])
    results = [differing, Result("two", "2.toml", 0.5), Result("three", "3.toml", 0.1, error="no broker")]
    print_results(results, 2.0, console)
    rows = [re.split(r"\s*│\s*", line.strip("│ ")) for line in console.export_text().splitlines()]
    assert ["one", "differs", "1.2", "alarm", "kind=x", "none"] in rows
    assert ["late", "nothing", "f1"] in rows
    assert ["two", "as expected", "0.5", "as written", "as written"] in [[c for c in row if c] for row in rows]
    assert ["1 of 3 stories as expected, in 2.0 s"] in rows
    assert [outcome(result) for result in results] == ["differs", "as expected", "could not be run"]


def test_the_board_shows_story_step_state_and_seconds(tmp_path: Path) -> None:
    path = write(tmp_path, "quiet", QUIET)
    console = Console(width=120, force_terminal=True, record=True, file=io.StringIO())
    board = Board([path], console)
    board.step("Nothing happens", "step 1 wait")
    console.print(board._table())
    board.done(Result("Nothing happens", str(path), 3.21))
    console.print(board._table())
    shown = console.export_text()
    assert re.search(r"Nothing happens +step 1 wait +playing +0\.\d", shown)
    assert re.search(r"Nothing happens +as expected +3\.2", shown)


# --- the live demo's day


@pytest.fixture
def day() -> Day:
    story = read_story(COMPANY)
    behind: dict[str, set[str]] = {f"{name}/{door}": set() for name in story.stations for door in (1, 2)}
    for key, item in story.items.items():
        behind[item.place].add(key)
    return Day(story, random.Random(4711), behind)


def test_the_company_is_as_promised(day: Day) -> None:
    assert len(day.story.people) == 8
    assert len(day.story.items) == 24
    assert sorted(day.story.stations) == ["a", "b"]
    assert {"file", "seal"} <= {item.kind for item in day.story.items.values()}


def test_a_thousand_scenes_fit_the_moment(day: Day) -> None:
    played = set()
    for number in range(1000):
        acts = next_scene(day, first=number == 0)
        for act in acts:
            step = act.step
            assert type(step) in STEPS.values()
            assert act.words
            if isinstance(step, s.Take):
                assert set(step.items) <= day.behind[step.at]
                day.behind[step.at] -= set(step.items)
                day.out |= dict.fromkeys(step.items, act.holder)
            if isinstance(step, s.Put):
                assert set(step.items) <= day.out.keys()
                day.behind[step.at] |= set(step.items)
                day.out = {item: who for item, who in day.out.items() if item not in step.items}
            if isinstance(step, s.Badge | s.Force | s.SpareKey):
                played.add(type(step))
        assert isinstance(acts[-1].step, s.Close | s.Check | s.Request | s.Badge | s.Heal | s.StocktakeClose)
    assert played == {s.Badge, s.Force, s.SpareKey}


def test_a_seed_is_a_day(day: Day) -> None:
    again = Day(day.story, random.Random(4711), day.behind)
    assert [next_scene(day) for _ in range(20)] == [next_scene(again) for _ in range(20)]


@pytest.mark.parametrize("scene", [scene for _, scene in SCENES], ids=lambda scene: scene.__name__)
def test_every_scene_can_be_played_sometime(day: Day, scene: object) -> None:
    taken, lost = "htd01", "khd01"
    day.behind["a/1"].discard(taken)
    day.behind["a/2"].discard(lost)
    day.out = {taken: "wang", lost: ""}
    assert scene(day)  # type: ignore[operator]


# --- ending


def test_a_signal_is_one_interrupt_and_the_next_is_ignored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Ending() as ending:
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        assert ending.asked
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_held_signal_waits_until_the_block_is_done() -> None:
    done = []

    def held(ending: Ending) -> None:
        with ending.held():
            os.kill(os.getpid(), signal.SIGINT)
            done.append("block")

    with Ending() as ending:
        with pytest.raises(KeyboardInterrupt):
            held(ending)
        assert done == ["block"]


# --- in a world


@pytest.mark.slow
@pytest.mark.stories
@pytest.mark.parametrize(("texts", "code"), [((QUIET,), 0), ((QUIET, WRONG), 1), ((QUIET, BROKEN), 2)])
def test_exit_code_and_json(tmp_path: Path, short: Path, texts: tuple[str, ...], code: int) -> None:
    files = [write(tmp_path, f"story{n}", text) for n, text in enumerate(texts)]
    process = guiwei("--once", "--json", "--story", *map(str, files), temporary=short)
    out, err = process.communicate(timeout=90)
    assert process.returncode == code, out + err
    answer = json.loads(out)
    assert out.count("\n") == 1
    assert answer.keys() == {"stories", "seconds"}
    assert [story["file"] for story in answer["stories"]] == [str(path) for path in files]
    assert [story["as_expected"] for story in answer["stories"]] == [text == QUIET for text in texts]
    if WRONG in texts:
        (difference,) = answer["stories"][1]["differences"]
        assert (difference["what"], difference["expected"]) == ("verdict of f1", "extra")
        assert not difference["seen"]
    assert list(short.iterdir()) == []


@pytest.mark.slow
@pytest.mark.stories
def test_interrupted_stories_leave_nothing_behind(short: Path) -> None:
    process = guiwei("--once", temporary=short)
    assert process.stderr
    for line in process.stderr:
        if line.startswith("playing "):
            break
    children = children_of(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert out == ""
    assert "nothing is left running" in err
    assert children
    assert gone(children)
    assert list(short.iterdir()) == []


@pytest.fixture
def playing(short: Path) -> Iterator[subprocess.Popen[str]]:
    process = guiwei("--pace", "0.2", "--for", "60", "--seed", "1", temporary=short)
    yield process
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)


@pytest.mark.slow
@pytest.mark.stories
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_the_live_demo_tells_its_day_and_leaves_nothing_behind(
    playing: subprocess.Popen[str], short: Path, number: signal.Signals
) -> None:
    told = read_until(playing, r"^\d\d:\d\d:\d\d  .+ takes ")
    assert re.search(r"^First page: http://127\.0\.0\.1:\d+/$", told, re.MULTILINE)
    assert re.search(r"王芳\s*│\s*wang\s*│\s*\S{16}\s*│", told)
    children = children_of(playing.pid)
    assert len(children) >= 4, "a broker, a server and two stations; the nursery they come from"
    playing.send_signal(number)
    assert playing.wait(20) == 0, playing.stderr and playing.stderr.read()
    assert gone(children)
    assert list(short.iterdir()) == []


def read_until(process: subprocess.Popen[str], pattern: str, seconds: float = 45) -> str:
    """Read what a process prints up to a line like `pattern`."""
    told, end = "", time.monotonic() + seconds
    assert process.stdout
    for line in process.stdout:
        told += line
        if re.search(pattern, line):
            return told
        assert time.monotonic() < end, told
    raise AssertionError(told + (process.stderr.read() if process.stderr else ""))


def children_of(pid: int) -> list[int]:
    """List a process's children and theirs, whichever of its threads started them."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    own = [int(child) for thread in threads for child in (thread / "children").read_text().split()]
    return own + [theirs for child in own for theirs in children_of(child)]


def gone(pids: list[int], seconds: float = 20) -> bool:
    """Whether all of these end; the nursery does so a moment after the process it served."""
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True
