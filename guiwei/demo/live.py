"""The live demo: a company in a world of its own, played at real speed until it is told to end, then gone entirely."""

import random
import socket
import sys
import tempfile
import time
import webbrowser
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from guiwei.demo.progress import to
from guiwei.demo.scenes import Act, Day, next_scene
from guiwei.demo.signals import Ending
from guiwei.drill import steps as s
from guiwei.drill.acts import Acts
from guiwei.drill.api import Json, Refusal
from guiwei.drill.process import ProcessError
from guiwei.drill.quiet import Quiet, UnsettledError
from guiwei.drill.story import StoryError, read_story
from guiwei.drill.world import ADMIN, World

COMPANY = Path(__file__).with_name("company.toml")
ZONE = ZoneInfo("Asia/Shanghai")
LOOK_AFTER = 0.4
"""How often, after a scene, somebody sees to an alarm."""


def live(port: int, seconds: float | None, seed: int | None, pace: float, browser: bool) -> int:
    """Run the live demo; returns its exit code: 0 when it ended as asked, 2 when it could not run."""
    console = to(Console())
    seed = random.SystemRandom().randrange(1, 10_000) if seed is None else seed
    until = None if seconds is None else time.monotonic() + seconds
    if port and not _free(port):
        print(f"guiwei demo: port {port} is taken; choose another with --port", file=sys.stderr)
        return 2
    with Ending() as ending, tempfile.TemporaryDirectory(prefix="guiwei-", ignore_cleanup_errors=True) as folder:
        world: World | None = None
        try:
            with ending.held():
                console.print("Starting a broker, a server and two cabinets …", style="dim")
                world = World(read_story(COMPANY), Path(folder), http_port=port)
                world.start()
            _introduce(world, console, seed, browser)
            Show(world, console, random.Random(seed), pace).play(until)
        except KeyboardInterrupt:
            pass
        except (ProcessError, StoryError, Refusal, OSError) as error:
            print(f"guiwei demo: {error}", file=sys.stderr)
            return 2
        finally:
            ending.asked = True  # from here on, nothing interrupts the cleaning up
            if world is not None:
                world.close()
    console.print("Ended; nothing is left behind.", style="dim")
    return 0


class Show:
    """Plays scene after scene and tells what happens."""

    def __init__(self, world: World, console: Console, rng: random.Random, pace: float) -> None:
        self.world = world
        self.console = console
        self.pace = pace
        self.rng = rng
        self.quiet = Quiet(world)
        self.acts = Acts(world, self.quiet)
        self.day = Day(world.story, rng, {})
        self.told: set[object] = set()

    def play(self, until: float | None) -> None:
        """Play until the moment (monotonic seconds; None: for ever)."""
        self._settle()
        first = True
        while until is None or time.monotonic() < until:
            self._look_around()
            for act in next_scene(self.day, first):
                if not self._play(act):
                    break
                left = self.pace if until is None else min(self.pace, until - time.monotonic())
                time.sleep(max(0.0, left))
            first = False
            self._shut_doors()
            if self.rng.random() < LOOK_AFTER:
                self._see_to_alarm()

    def _play(self, act: Act) -> bool:
        """Do one act and tell it; returns whether the scene can go on."""
        self.acts.differences.clear()
        try:
            self.acts.play(act.step, act.words)
        except UnsettledError as error:
            self._tell(act.words, f"not quiet yet: {error}", "yellow")
            return True
        except StoryError as error:
            self._tell(act.words, f"not possible: {error}", "yellow")
            return False
        if isinstance(act.step, s.Take):
            self.day.out |= dict.fromkeys(act.step.items, act.holder)
        refused = "refused: " + "+".join(act.step.expect_refusal) if act.step.expect_refusal else ""
        refused = "refused" if act.step.expect_refusal == [] else refused
        surprise = "; ".join(f"expected {d.expected}, seen {d.seen}" for d in self.acts.differences)
        self._tell(act.words, surprise or refused, "yellow" if surprise else "magenta")
        self._tell_alarms()
        return True

    def _settle(self) -> None:
        try:
            self.quiet.wait()
        except UnsettledError as error:
            self._tell("the cabinets are starting", str(error), "yellow")

    def _look_around(self) -> None:
        """See what lies where, and forget who had what is back."""
        keys = {epc: key for key, epc in self.world.epcs.items()}
        self.day.behind = {
            f"{name}/{door}": {keys[epc] for epc in tags if epc in keys}
            for name, cabinet in self.world.cabinets.items()
            for door, tags in cabinet.behind.items()
        }
        inside = set().union(*self.day.behind.values())
        self.day.out = {item: self.day.out.get(item, "") for item in self.world.story.items if item not in inside}

    def _shut_doors(self) -> None:
        """Leave no door open or unlocked unused, and no cable cut when a scene was broken off."""
        for name, cabinet in self.world.cabinets.items():
            for door in [d for d in cabinet.behind if d in cabinet.ajar or not cabinet.lock.is_closed(d)]:
                self._play(Act(s.Close(at=f"{name}/{door}"), f"door {name}/{door} is pushed shut"))
            if not cabinet.cable.whole:
                self._play(Act(s.Heal(at=name), f"the network of cabinet {name} is back"))
            cabinet.agent.check()
        self.world.server.check()
        self.world.broker.check()

    # ------------------------------------------------------------ telling

    def _tell(self, words: str, more: str = "", style: str = "") -> None:
        moment = datetime.fromtimestamp(self.world.clock.now_us() / 1e6, ZONE)
        line = Text.assemble((f"{moment:%H:%M:%S}  ", "dim"), words)
        if more:
            line.append(f"  ({more})", style)
        self.console.print(line, soft_wrap=True)

    def _tell_alarms(self) -> None:
        for row in self._alarms():
            if row["id"] not in self.told:
                self.told.add(row["id"])
                self._tell(f"ALARM {row['kind']}: {self._about(row)}", str(row["severity"]), "red")

    def _about(self, row: Json) -> str:
        """Say whom, what and where an alarm is about."""
        item, person = self.world.item_of(str(row.get("item") or "")), str(row.get("person") or "")
        words = [self.day.title(item)] if item in self.world.story.items else []
        words += [self.day.person(person)] if person in self.world.story.people else []
        door = f"/{row['door']}" if row.get("door") else ""
        return " ".join([*words, f"at {row['station']}{door}"] if row.get("station") else words)

    def _see_to_alarm(self) -> None:
        """Let the head of the office acknowledge an alarm, or close one that is acknowledged (R22)."""
        rows = self._alarms()
        if not rows:
            return
        row = self.rng.choice(rows)
        act, body = ("close", {"conclusion": "已核实"}) if row.get("acknowledged_at") else ("acknowledge", {})
        try:
            self.world.api("zhao").post(f"/alarms/{row['id']}/{act}", dict(body))
        except Refusal as refusal:
            self._tell(f"{self.day.person('zhao')} cannot {act} the alarm {row['kind']}", str(refusal), "yellow")
            return
        self._tell(f"{self.day.person('zhao')} {act}s the alarm {row['kind']}")

    def _alarms(self) -> list[Json]:
        return self.world.api(ADMIN).rows("/alarms", state="open")


def _introduce(world: World, console: Console, seed: int, browser: bool) -> None:
    """Say where the pages are and who may sign in; open the browser when there is one."""
    table = Table(title="Who may sign in", title_justify="left")
    for title in ("Name", "Sign-in", "Password", "Role", "Department"):
        table.add_column(title)
    for key, person in world.story.people.items():
        table.add_row(person.name, key, world.passwords[key], person.role, person.department)
    table.add_row("审计", ADMIN, world.passwords[ADMIN], "internal_auditor", "")
    console.print(table)
    console.print(f"First page: {world.base}/", style="bold", highlight=False, soft_wrap=True)
    console.print(f"The day of seed {seed}; Ctrl-C ends it and leaves nothing behind.\n", style="dim", highlight=False)
    if browser and console.is_terminal:
        _open(f"{world.base}/")


def _open(url: str) -> None:
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return
    if type(found) is not webbrowser.GenericBrowser:  # those are browsers that would take over this terminal
        found.open(url)


def _free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
