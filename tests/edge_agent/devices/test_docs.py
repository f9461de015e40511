"""docs/devices.md tells of every family and holds the settings as the code checks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_agent.devices import FAMILIES
from edge_agent.devices.describe import settings_table

PAGE = (Path(__file__).parents[3] / "docs" / "devices.md").read_text("utf-8")


def test_the_settings_table_is_the_codes_own() -> None:
    shown = PAGE.partition("<!-- settings:")[2].partition("-->\n")[2].partition("\n<!-- end")[0]
    assert shown == settings_table(), "run `guiwei edge settings` and put the table into docs/devices.md"


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_section(family: str) -> None:
    assert any(line.startswith("## ") and f"(`{family}`)" in line for line in PAGE.splitlines())
