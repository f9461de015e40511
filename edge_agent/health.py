"""What is wrong with the station itself: conditions that begin and end, each change one event, kept over restarts.

Devices that do not answer, a wall clock that was set, a disk that fills up, an outbox that cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from contract.messages import Condition, ConditionChanged, Sighting
from edge_agent.devices.base import SourceState
from edge_agent.journal import Journal
from edge_agent.outbox import OutboxError
from edge_agent.settings import DeviceTable

GONE_S = 2.0
"""A device offline for so long is reported."""
JUMP_US = 2_000_000
LOW, LOW_OVER = 0.80, 0.78
ROOMY = 4 << 30
"""With so many bytes left a disk is not low, however large the share in use."""
LOOK_S = 1.0
REPORTS: dict[str, Condition] = {
    "m100": "reader_fault",
    "llrp": "reader_fault",
    "reader18": "reader_fault",
    "thingmagic": "reader_fault",
    "tsl_ascii2": "reader_fault",
    "lock8a": "lock_fault",
    "kerong_cu16": "lock_fault",
    "gpio": "lock_fault",
    "modbus_relay": "lock_fault",
    "rdm6300": "badge_reader_fault",
    "pn532": "badge_reader_fault",
    "pcsc": "badge_reader_fault",
    "osdp": "badge_reader_fault",
    "esphome": "badge_reader_fault",
    "barcode_hid": "scanner_fault",
    "barcode_serial": "scanner_fault",
    "barcode_camera": "scanner_fault",
}


class Active(msgspec.Struct, frozen=True):
    """The conditions that hold, as keys `condition/door/device`."""

    keys: frozenset[str] = frozenset()


class Health:
    """Follow the conditions of one station."""

    def __init__(self, journal: Journal, devices: Iterable[DeviceTable]) -> None:
        self._journal = journal
        self._families = {device.name: device.family for device in devices}
        self.devices: dict[str, str] = dict.fromkeys(self._families, "offline")
        self._since: dict[str, float] = {}
        self._active = journal.recall("conditions", Active) or Active()
        self._apart_us: int | None = None
        self._jump_seq: int | None = None
        self._next_look = 0.0
        self.full = False
        """The outbox could not be written and has not yet been proven writable again."""
        self._full_told = False

    def change(
        self,
        condition: Condition,
        *,
        active: bool,
        door: int | None = None,
        device: str = "",
        detail: str = "",
        session: str | None = None,
        items: Iterable[Sighting] = (),
    ) -> int | None:
        """Write down that a condition holds or no longer does, if that is news; give the event's seq.

        What lists items is always news: whoever lists them follows each of them.
        """
        listed = list(items)
        key = "/".join((condition, str(door or ""), device))
        if (key in self._active.keys) is active and not listed:
            return None
        changed = self._active.keys | {key} if active else self._active.keys - {key}
        now = self._active if listed else Active(changed)
        with self._journal.entry() as entry:
            seq = entry.write(
                ConditionChanged,
                condition=condition,
                active=active,
                door=door,
                device=device,
                detail=detail,
                session=session,
                items=listed,
            )
            entry.keep("conditions", now)
        self._active = now
        return seq

    def device_state(self, name: str, state: SourceState, now: float) -> None:
        """Take a device's word on whether it can be reached."""
        self.devices[name] = state.state
        if state.state == "online":
            self._since.pop(name, None)
            self.change(self._condition_of(name), active=False, device=name)
        else:
            self._since.setdefault(name, now)

    def absent(self, now: float) -> frozenset[str]:
        """Name the devices that have been away long enough to be reported."""
        return frozenset(name for name, since in self._since.items() if now - since >= GONE_S)

    def conditions(self) -> list[dict[str, str]]:
        """List what is wrong now."""
        names = ("condition", "door", "device")
        return [dict(zip(names, key.split("/", 2), strict=True)) for key in sorted(self._active.keys)]

    @property
    def apart_s(self) -> int | None:
        """By how many seconds the wall clock was ahead of the monotonic one when it was last looked at."""
        return None if self._apart_us is None else round(self._apart_us / 1e6)

    def begin_epoch(self) -> None:
        """Wait for no event of an epoch that is over."""
        self._jump_seq = None

    def tick(self, now: float, confirmed: int) -> None:
        """Look after everything that is due."""
        if now < self._next_look:
            return
        self._next_look = now + LOOK_S
        if self.full:
            self._try_again()
            return
        for name in self.absent(now):
            self.change(self._condition_of(name), active=True, device=name, detail=self.devices[name])
        self._clock(confirmed)
        self._disk()

    def _condition_of(self, name: str) -> Condition:
        return REPORTS[self._families[name]]

    def _clock(self, confirmed: int) -> None:
        """Report a wall clock that moved against the monotonic one; it is over when the server has been told."""
        apart = self._journal.clock.wall_us() - self._journal.clock.mono_us()
        moved = 0 if self._apart_us is None else apart - self._apart_us
        if abs(moved) >= JUMP_US:
            self.change("clock_jump", active=False)
            detail = f"wall clock moved by {moved / 1e6:+.1f} s"
            self._jump_seq = self.change("clock_jump", active=True, detail=detail)
        elif self._jump_seq is None or confirmed >= self._jump_seq:
            self.change("clock_jump", active=False)
            self._jump_seq = None
        self._apart_us = apart

    def _disk(self) -> None:
        used, free = self._journal.outbox.room()
        if used >= LOW and free < ROOMY:
            self.change("disk_low", active=True, detail=f"{used:.0%} in use")
        elif used < LOW_OVER or free >= ROOMY:
            self.change("disk_low", active=False)

    # -- the outbox itself --------------------------------------------------------------------------------------------

    def cannot_write(self, error: OutboxError) -> None:
        """Begin the time in which nothing is unlocked; free the reserve so that the alarm about it fits."""
        if not self.full:
            self.full, self._full_told = True, False
            self._why = str(error)
            self._try_again()

    def _try_again(self) -> None:
        """Tell the alarm as soon as it fits, and the all-clear as soon as there is room again."""
        outbox = self._journal.outbox
        try:
            if not self._full_told:
                outbox.free_reserve()
                self.change("outbox_full", active=True, detail=self._why)
                self._full_told = True
            outbox.prune(self._journal.clock.wall_us(), everything=True)
            if outbox.has_room():
                outbox.restore_reserve()
                self.change("outbox_full", active=False)
                self.full = False
        except (OutboxError, OSError) as error:
            self._why = str(error)
