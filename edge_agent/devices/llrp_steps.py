"""The set-up of an LLRP reader, step by step, and what is asked instead where a reader refuses what is asked first."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple

from edge_agent.devices import llrp_commands as write
from edge_agent.devices import llrp_tables as t
from edge_agent.devices.llrp_capabilities import Capabilities
from edge_agent.devices.llrp_settings import LlrpSettings


class Step(NamedTuple):
    """One command of the set-up; `needed`: nothing works without it, `quiet`: a refusal is no fault."""

    name: str
    body: Callable[[LlrpSettings, Capabilities], bytes]
    needed: bool = False
    quiet: bool = False
    only: Callable[[LlrpSettings], bool] = lambda _: True
    answered: bool = True
    easier: int | None = None
    """Adding the ROSpec: the next of EASIER, to be asked where this is refused."""


def _with_tid(settings: LlrpSettings) -> bool:
    return settings.tid_words > 0


def _with_inputs(settings: LlrpSettings) -> bool:
    return write.inputs_used(settings) > 0


KEEPALIVES = Step("set_reader_config", lambda settings, _: write.keepalive(settings))
STEPS = (
    Step("get_reader_capabilities", lambda *_: b"\0"),
    Step("get_reader_config", lambda *_: write.get_config()),
    Step("enable_events_and_reports", lambda *_: b"", answered=False),
    KEEPALIVES,
    Step("set_reader_config", lambda *_: write.watch(t.NEEDED_EVENTS)),
    Step("set_reader_config", lambda *_: write.watch(t.ALL_EVENTS), quiet=True),
    Step("set_reader_config", lambda settings, _: write.inputs(settings), only=_with_inputs),
    Step("delete_accessspec", lambda *_: write.spec(0), quiet=True),
    Step("delete_rospec", lambda *_: write.spec(0), quiet=True),
    Step("add_rospec", write.rospec, needed=True, easier=0),
    Step("add_accessspec", lambda settings, _: write.tid_spec(settings), only=_with_tid),
    Step("enable_accessspec", lambda *_: write.spec(write.ACCESSSPEC_ID), only=_with_tid),
    Step("enable_rospec", lambda *_: write.spec(write.ROSPEC_ID), needed=True),
)


def steps(settings: LlrpSettings, spared: Collection[str]) -> list[Step]:
    """Give the set-up without what this reader cannot bear; what region and power hang on is asked of every reader."""
    asked = {"get_reader_capabilities"} if settings.region or settings.power_dbm else set()
    return [step for step in STEPS if step.only(settings) and step.name not in set(spared) - asked]


AGAIN = Step("enable_rospec", lambda *_: write.spec(write.ROSPEC_ID), quiet=True)
START = Step("start_rospec", lambda *_: write.spec(write.ROSPEC_ID), quiet=True)
LOOK = Step("get_rospecs", lambda *_: b"", quiet=True)

EASIER = (
    write.Manner(gen2=False),
    write.Manner(gen2=False, by_hand=True),
    write.Manner(gen2=False, by_hand=True, endless=False),
)
"""How to read where the reader refuses the ROSpec: without the Gen2 session; started and stopped by the station; in
rounds of limited length. Power and antennas are never left out."""


def easier(step: Step) -> tuple[Step, write.Manner] | None:
    """Give the step to try after this one was refused, and how it reads; None: there is none."""
    if step.easier is None or step.easier >= len(EASIER):
        return None
    manner = EASIER[step.easier]
    again = step._replace(body=lambda settings, can: write.rospec(settings, can, manner), easier=step.easier + 1)
    return again, manner
