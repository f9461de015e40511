"""What a station may say of itself, for tests and pictures of its screen."""

from __future__ import annotations

from typing import Any

TOKEN = "5" * 32
CREDENTIAL = "c" * 64


def door(phase: str = "idle", contact: str = "closed") -> dict[str, str]:
    return {"contact": contact, "hook": "locked", "phase": phase}


def moved(seq: int, what: str, at_us: int, *, code: str = "", listed: bool | None = None) -> dict[str, Any]:
    epc = f"E28011606000020D0A{seq:06X}"
    return {"seq": seq, "at_us": at_us, "door": 2, "what": what, "epc": epc, "code": code, "listed": listed}


def idle(**more: Any) -> dict[str, Any]:
    return {
        "station": "a",
        "boot": "b" * 32,
        "pid": 7,
        "link": "up",
        "epoch": "e" * 32,
        "seq": 40,
        "confirmed": 40,
        "unsent": 0,
        "busy": False,
        "devices": {"reader1": "online", "lock": "online", "badge": "online"},
        "doors": {"1": door(), "2": door(), "3": door()},
        "session": None,
        "answer": None,
        "moved": [],
        "conditions": [],
        **more,
    }


def session(phase: str) -> dict[str, Any]:
    return {"token": TOKEN, "phase": phase, "credential": CREDENTIAL, "codes": 0}


def answer(kind: str = "grant", **more: Any) -> dict[str, Any]:
    items = [{"code": "T0006", "door": 2}, {"code": "T0011", "door": 2}] if kind == "grant" else []
    doors = [2] if kind == "grant" else []
    said = {"kind": kind, "session": TOKEN, "challenge": "d" * 32, "doors": doors, "person": "王**", "items": items}
    return said | {"reasons": [], "n": 1} | more


def granted() -> dict[str, Any]:
    doors = {"1": door(), "2": door("granted"), "3": door()}
    return idle(session=session("granted"), answer=answer(), doors=doors)


def opened(now_us: int) -> dict[str, Any]:
    doors = {"1": door(), "2": door("open", "open"), "3": door()}
    rows = [
        moved(37, "taken", now_us, code="T0006", listed=True),
        moved(38, "taken", now_us, listed=False),
        moved(39, "put", now_us, code="T0003"),
        moved(40, "unread", now_us),
    ]
    return idle(session=session("granted"), answer=answer(), doors=doors, moved=rows, confirmed=38, unsent=2)


REASONS = [
    {"rule": "R02", "code": "window_over", "item": "T0006", "params": {}},
    {"rule": "R44", "code": "training_missing", "item": "", "params": {"subject": "涉密档案", "act": "open_cabinet"}},
    {"rule": "R20", "code": "belongs_elsewhere", "item": "T0011", "params": {"place": "b/2"}},
]


def refused(n: int = 2, reasons: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    said = answer("denied", n=n, reasons=REASONS if reasons is None else reasons)
    return idle(session=session("denied"), answer=said)


def offline() -> dict[str, Any]:
    doors = {"1": door(), "2": door(), "3": door("settling", "unknown")}
    wrong = [
        {"condition": "door_not_latched", "door": "1", "device": ""},
        {"condition": "reader_fault", "door": "", "device": "reader1"},
    ]
    devices = {"reader1": "offline", "lock": "online", "badge": "online"}
    return idle(link="down", unsent=17, confirmed=23, doors=doors, conditions=wrong, devices=devices)
