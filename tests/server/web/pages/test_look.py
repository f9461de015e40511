"""Colours that can be read, files that are what they were, and nothing taken from elsewhere."""

import hashlib
import re

import pytest
from starlette.testclient import TestClient

from server.web.pages.render import STATIC, static_url

from .office import Office

TONES = ("good", "warn", "bad", "open", "plain")
PAIRS = [
    ("ink", "paper"), ("ink", "surface"), ("ink", "sunken"), ("soft", "paper"), ("soft", "surface"), ("soft", "sunken"),
    ("accent", "paper"), ("accent", "surface"), ("accent", "accent-wash"), ("accent-ink", "accent"),
    ("ink", "bad-wash"), ("paper", "ink"), ("bad", "surface"), ("good", "surface"), ("warn", "surface"),
    *((tone, f"{tone}-wash") for tone in TONES),
]  # fmt: skip


def schemes() -> dict[str, dict[str, str]]:
    """Read the colours of the light and the dark scheme from the style sheet."""
    css = (STATIC / "guiwei.css").read_text(encoding="utf-8")
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", css, re.S)[:2]
    colours = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in (light, dark)]
    return {"light": colours[0], "dark": {**colours[0], **colours[1]}}


def luminance(colour: str) -> float:
    """Give a colour's relative luminance, as WCAG 2 computes it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme: str) -> None:
    colours = schemes()[scheme]
    for text, ground in PAIRS:
        high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (scheme, text, ground)


def test_files_of_others_are_unchanged() -> None:
    folder = STATIC / "vendor"
    lines = (line.split() for line in (folder / "SHA256SUMS").read_text().splitlines())
    sums = {name: digest for digest, name in lines}
    assert set(sums) == {file.name for file in folder.glob("*.js")}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_our_files_take_nothing_from_elsewhere() -> None:
    for name in ("guiwei.css", "guiwei.js"):
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.findall(r"https?://|@import|url\(|eval\(|innerHTML", text), name


def test_static_files_are_kept_by_their_hash(busy: Office) -> None:
    client = TestClient(busy.app)
    kept = client.get(static_url("guiwei.css"))
    assert kept.status_code == 200
    assert "immutable" in kept.headers["cache-control"]
    assert "immutable" not in client.get("/static/guiwei.css").headers.get("cache-control", "")
    assert client.get("/static/../render.py").status_code == 404


def test_the_policy_lets_only_our_own_scripts_run(busy: Office) -> None:
    policy = TestClient(busy.app).get("/sign-in").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
