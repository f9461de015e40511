"""Running stories: each in a world of its own, several at a time; a result says how each differed."""

import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx2
import msgspec

from guiwei.drill.acts import Acts, Difference
from guiwei.drill.api import Refusal
from guiwei.drill.expectations import judge
from guiwei.drill.process import ProcessError
from guiwei.drill.quiet import Quiet, UnsettledError
from guiwei.drill.specs import Expect
from guiwei.drill.story import Story, StoryError, read_story
from guiwei.drill.world import World

SHIPPED = Path(__file__).parent.parent / "stories"


@dataclass
class Result:
    """How one story went; `error` says why it could not be run at all."""

    name: str
    file: str
    seconds: float = 0.0
    differences: list[Difference] = field(default_factory=list)
    error: str | None = None

    @property
    def as_expected(self) -> bool:
        """Say whether nothing differed."""
        return not self.differences and self.error is None


def shipped() -> list[Path]:
    """List the stories that ship with Guiwei, in their order."""
    return sorted(SHIPPED.glob("*.toml"))


def run_file(path: Path, watch: Callable[[str, str], None] | None = None) -> Result:
    """Read and run one story file."""
    begun = time.monotonic()
    result = Result(path.stem, str(path))
    try:
        story = read_story(path)
        result.name = story.name
        run_story(story, result, watch)
    except (StoryError, ProcessError, UnsettledError, Refusal, OSError) as error:
        result.error = f"{type(error).__name__}: {error}"
    except Exception:  # a fault of ours must not take the other stories' results with it
        result.error = traceback.format_exc().strip()
    result.seconds = round(time.monotonic() - begun, 2)
    return result


def run_story(story: Story, result: Result, watch: Callable[[str, str], None] | None = None) -> None:
    """Play a story in a fresh world and put what differs into `result`."""
    with tempfile.TemporaryDirectory(prefix="guiwei-", ignore_cleanup_errors=True) as folder:
        world = World(story, Path(folder))
        try:
            world.start()
            play(story, world, result, watch or (lambda _name, _label: None))
        finally:
            world.close()


def play(story: Story, world: World, result: Result, watch: Callable[[str, str], None]) -> None:
    """Do the steps one after another and judge each block of expectations where it belongs."""
    quiet = Quiet(world)
    acts = Acts(world, quiet, differences=result.differences)
    quiet.wait()
    for cabinet in world.cabinets.values():
        cabinet.agent.check()
    for number, step in enumerate(story.steps, 1):
        label = describe(number, step)
        watch(story.name, label)
        expects = [expect for expect in story.expects if expect.after is not None and expect.after == step.name]
        with _asking(label):
            try:
                acts.play(step, label)
            except UnsettledError as error:
                result.differences.append(Difference(label, "quiet within 20 s", str(error)))
            _judge(expects, acts, label)
    acts.finish()
    with _asking("the end"):
        _judge([expect for expect in story.expects if expect.after is None], acts, "the end")


@contextmanager
def _asking(label: str) -> Iterator[None]:
    """Refuse a story that asks something of a server that it has killed or paused."""
    try:
        yield
    except httpx2.TransportError as error:
        raise StoryError(f"{label}: the server cannot be asked, it does not answer ({error})") from None


def _judge(expects: list[Expect], acts: Acts, label: str) -> None:
    """Compare the world with these blocks, once what time alone brings about is done."""
    if not expects:
        return
    try:
        acts.quiet.wait_swept()
    except UnsettledError as error:
        acts.differences.append(Difference(label, "quiet within 20 s", str(error)))
    for expect in expects:
        acts.differences += judge(expect, acts)


def describe(number: int, step: object) -> str:
    """Name a step for people: its number, its word and what it is about."""
    fields = msgspec.to_builtins(step)
    about = [str(fields[key]) for key in ("as", "who", "at", "what", "request", "items", "item") if fields.get(key)]
    return f"step {number} {fields['do']} {' '.join(about)}".strip()


def run_all(
    paths: list[Path], side_by_side: int = 4, watch: Callable[[str, str], None] | None = None
) -> Iterator[Result]:
    """Run stories a few at a time and give their results as they come; an interrupted caller starts no more."""
    with ThreadPoolExecutor(side_by_side) as pool:
        try:
            for done in as_completed([pool.submit(run_file, path, watch) for path in paths]):
                yield done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def as_json(results: list[Result], seconds: float) -> dict[str, object]:
    """Give the result object that `guiwei demo --once --json` prints."""
    stories = [
        {
            "name": r.name,
            "file": r.file,
            "as_expected": r.as_expected,
            "seconds": r.seconds,
            "differences": [asdict(d) for d in r.differences]
            + ([{"what": "could not be run", "expected": "a run", "seen": r.error}] if r.error else []),
        }
        for r in results
    ]
    return {"stories": stories, "seconds": round(seconds, 2)}


def exit_code(results: list[Result]) -> int:
    """0 all as expected, 1 a difference, 2 a story that could not be run."""
    if any(r.error for r in results):
        return 2
    return 0 if all(r.as_expected for r in results) else 1
