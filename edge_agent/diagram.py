"""The tables of session and door as a page: `python -m edge_agent.diagram` writes docs/station.md; a test holds it."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from edge_agent import doors, session
from edge_agent.doors import CAUSES

PAGE = Path("docs/station.md")
INTRO = """# A station's session and doors

Generated from the tables in `edge_agent/session.py` and `edge_agent/doors.py` (`python -m edge_agent.diagram`). What is
not listed changes nothing. An input and what the station does about it are written down, in one commit, before it is
done.
"""
WAY = """
## The way of one event through a station

| step | file |
|---|---|
| bytes of a device become readings, put into the station's queue | `edge_agent/devices/` |
| the loop takes one thing after the other | `edge_agent/station.py` |
| lock and contact become a door's moves; readers' words become passes | `edge_agent/door.py`, `edge_agent/ear.py` |
| what follows from a move | `edge_agent/doors.py`, carried out by `edge_agent/cabinet.py` |
| what is there, gone or unread behind a door ([how](presence.md)) | `edge_agent/presence.py`, `weigh.py`, `habits.py` |
| what fades or appears while it stays closed; silent antennas | `edge_agent/vigil.py`, `edge_agent/antennas.py` |
| what is written about it | `edge_agent/books.py` |
| badge, code, PIN and answer | `edge_agent/session.py`, carried out by `edge_agent/desk.py` |
| whether an answer may be acted on | `edge_agent/grants.py` |
| what may be opened while nobody can be asked | `edge_agent/held.py` |
| the relay fires, the hook says what came of it | `edge_agent/unlock.py` |
| event and memory, durable in one commit | `edge_agent/journal.py`, `edge_agent/outbox.py` |
| batches up, receipts down | `edge_agent/uplink.py`, `edge_agent/sender.py`, `edge_agent/link.py` |
| what is wrong with the station itself | `edge_agent/health.py` |
| what is wrong with a door; tamper, mains and battery | `edge_agent/troubles.py`, `edge_agent/inputs.py` |
| what it says of itself, and the panel's page | `edge_agent/state.py`, `edge_agent/recent.py`, `edge_agent/screen/` |
| its plugs; recorded and run again | `edge_agent/plugs.py`, `edge_agent/tools/recording.py`, `replay.py` |

How a station is set up, enrolled, revoked and recorded is on [its own page](setting-up-a-station.md), and
so is [its screen](screen.md):

![A door is open: what may be taken, and what left and came](pictures/screen-open-zh.png)
"""
OUTAGE = """
## Without the server

The server signs grants in advance and the station holds them: for one person's badges, one door, named things and some
hours (`offline_hours` of the [policy sheet](policy.md)). When the link is down, or a question has no answer for
three seconds, such a grant opens its door, once. What a restarted station holds is void until it has heard the server
again; a newer set, or a refusal by the server, voids what was held before. Only the badge is looked at, for PINs are
checked by the server alone: so nothing is held for what needs a PIN or two persons, for seals, or for anything
confidential or top secret, and nobody brings anything back without the server. What was opened so is in the outbox and
judged late; a grant that was withdrawn, over or used by then names nobody: an incident, with its alarm.

## A PIN where none is asked for

It is sealed and told to the server, and nothing shows that it was heard. Where the sheet has `duress_pin`, the PIN with
its last digit one higher is thereby a silent cry for help at every cabinet that has a keypad, whatever opens it: with
the badge, after the door was granted, or while it stands open.
"""


def page() -> str:
    """Give the whole page."""
    causes = "\n".join(f"| {line} | `{cause}` |" for line, cause in CAUSES)
    return (
        INTRO
        + WAY
        + OUTAGE
        + "\n## Session\n\n"
        + _table(session.TABLE)
        + "\n## Door\n\n"
        + _table(doors.TABLE)
        + "\n## Why a door opened\n\nThe first line that holds.\n\n| when | cause |\n|---|---|\n"
        + causes
        + "\n"
    )


def _table(table: Mapping[Any, tuple[StrEnum, Iterable[str]]]) -> str:
    edges = "\n".join(f"    {state} --> {after}: {given}" for (state, given), (after, _) in table.items())
    rows = "\n".join(
        f"| {state} | {given} | {after} | {', '.join(acts)} |" for (state, given), (after, acts) in table.items()
    )
    head = "| in | given | then | the station does |\n|---|---|---|---|\n"
    return f"```mermaid\nstateDiagram-v2\n{edges}\n```\n\n{head}{rows}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
