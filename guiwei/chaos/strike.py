"""One run of a story with one part killed at one moment, and the verdict on what is left."""

import contextlib
import random
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from guiwei.chaos.invariants import broken
from guiwei.drill import steps as s
from guiwei.drill.acts import Acts, Difference
from guiwei.drill.api import Json
from guiwei.drill.expectations import judge
from guiwei.drill.process import ProcessError
from guiwei.drill.quiet import Quiet, UnsettledError
from guiwei.drill.runner import describe
from guiwei.drill.story import Story, StoryError, read_story
from guiwei.drill.world import ADMIN, World

LONGEST = 0.5
"""Seconds into a step within which the blow falls."""


SILENT = "station_offline"
"""An alarm that is true when story time jumps while nobody hears a station; it is no loss."""


@dataclass
class Outcome:
    """How a run ended: as expected, with a case that names the gap, or wrong."""

    story: str
    what: str
    step: int
    after_ms: int
    kind: str = ""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Blow:
    """Kill `what` so many milliseconds into a step, and start it again `down_ms` later."""

    path: Path
    what: str
    step: int
    after_ms: int
    down_ms: int


def blows(paths: list[Path], seed: int) -> list[Blow]:
    """List every blow: each process at each step of each story, at a moment drawn from the seed."""
    draw = random.Random(seed)
    found = []
    for path in paths:
        story = read_story(path)
        for what in ("server", "broker", *story.stations):
            for step in range(len(story.steps)):
                after, down = draw.randrange(int(LONGEST * 1000)), draw.randrange(50, 600)
                found.append(Blow(path, what, step, after, down))
    return found


def strike(blow: Blow) -> Outcome:
    """Run the story under one blow."""
    story = read_story(blow.path)
    outcome = Outcome(story.name, blow.what, blow.step + 1, blow.after_ms)
    folder = Path(tempfile.mkdtemp(prefix="guiwei-chaos-"))
    world = World(story, folder)
    try:
        world.start()
        _run(story, world, blow, outcome)
    except Exception as error:  # the matrix goes on; what stopped one run is its outcome
        outcome.kind = "wrong"
        outcome.wrong.append(f"{type(error).__name__}: {error}")
    finally:
        world.close()
        shutil.rmtree(folder, ignore_errors=True)
    return outcome


def _run(story: Story, world: World, blow: Blow, outcome: Outcome) -> None:
    quiet = Quiet(world)
    acts = Acts(world, quiet)
    played: list[s.AnyStep] = []
    acts.on_open = lambda at: _try_again(played, acts, at)
    quiet.wait()
    stopped = ""
    for number, step in enumerate(story.steps):
        falling = threading.Thread(target=_fall, args=(world, quiet, blow)) if number == blow.step else None
        if falling is not None:
            falling.start()
        try:
            _play(acts, step, describe(number + 1, step), falling)
            played.append(step)
        except StoryError as error:
            stopped = f"could not go on: {error}"
            break
    end = next(expect for expect in story.expects if expect.after is None)
    differences = []
    try:
        quiet.wait_swept()
    except UnsettledError as error:
        differences.append(Difference("the end", "quiet within 20 s", str(error)))
    differences += judge(end, acts)
    if stopped:
        differences.append(Difference("the story", "its end", stopped))
    _conclude(world, story, differences, outcome)


def _play(acts: Acts, step: s.AnyStep, label: str, falling: threading.Thread | None) -> None:
    """Do a step; a person whom a fault kept from doing it tries once more when the part is back."""
    try:
        acts.play(step, label)
    except (httpx2.HTTPError, UnsettledError, ProcessError):
        if falling is None:
            raise
        falling.join()
        acts.quiet.wait()
        acts.play(step, label)
    if falling is not None:
        falling.join()
        acts.quiet.wait()


def _fall(world: World, quiet: Quiet, blow: Blow) -> None:
    time.sleep(blow.after_ms / 1000)
    if not world.process(blow.what).alive:
        return
    world.process(blow.what).kill()
    quiet.paused.discard(blow.what)
    time.sleep(blow.down_ms / 1000)
    quiet.done.pop(blow.what, None)
    with contextlib.suppress(ProcessError):  # killed once more, by the story: it starts it too
        world.start_again(blow.what)


def _try_again(played: list[s.AnyStep], acts: Acts, at: str) -> bool:
    """Badge (and scan, and type) again before a door that stayed shut, as whoever stood there last would."""
    station = at.partition("/")[0]
    here = [step for step in played if isinstance(step, s.Badge | s.Pin | s.Scan) and step.at == station]
    last = max((n for n, step in enumerate(here) if isinstance(step, s.Badge)), default=None)
    if last is None:
        return False
    for step in here[last:]:
        getattr(acts, str(type(step).__struct_config__.tag))(step)
        acts.quiet.wait()
    return True


def _conclude(world: World, story: Story, differences: list[Difference], outcome: Outcome) -> None:
    differences = [d for d in differences if not str(d.seen).startswith(SILENT)]
    outcome.wrong += broken(world)
    gaps = [row for row in world.api(ADMIN).rows("/cases") if row["kind"] == "station_gap"]
    if not differences:
        outcome.kind = "same" if not outcome.wrong else "wrong"
        return
    if not gaps:
        outcome.wrong += [f"{d.what}: expected {d.expected}, seen {d.seen}" for d in differences]
    for key in story.items:
        custody: Json = world.api(ADMIN).get(f"/items/{world.codes[key]}")["custody"]  # type: ignore[assignment]
        if custody["state"] == "held" and custody["person"] not in _takers(story, key):
            outcome.wrong.append(f"{key} is said to be with {custody['person']}")
    outcome.kind = "gap" if not outcome.wrong else "wrong"


def _takers(story: Story, item: str) -> set[str]:
    """Name those whom the story lets take an item: whoever showed the last badge there before."""
    names, last = set(), dict[str, str]()
    for step in story.steps:
        if isinstance(step, s.Badge) and step.who and step.expect_refusal is None:
            last[step.at] = step.who
        if isinstance(step, s.Take) and item in step.items:
            names.add(last.get(step.at.partition("/")[0], ""))
    return names
