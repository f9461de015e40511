"""Finds what proves a rule: test functions that name it first (`test_r05_…`, `test_r06_to_r08_…`), and stories."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ALONE = "tests/server/domain/"
STORIES = ("guiwei/stories", "tests/guiwei/stories")
_NAMED = re.compile(r"test_((?:r\d\d_(?:and_|to_)?)+)")


@dataclass(frozen=True, slots=True, order=True)
class Proof:
    """One test function or one story."""

    file: str
    test: str = ""

    @property
    def is_alone(self) -> bool:
        """Say whether it asks the pure rule only, without acting as a person or a station does."""
        return self.file.startswith(ALONE)

    def __str__(self) -> str:
        """Name it as pytest does."""
        return f"{self.file}::{self.test}" if self.test else self.file


def proofs_of(root: Path = ROOT) -> dict[str, list[Proof]]:
    """Find all proofs by rule id, those that act before those that ask the rule alone."""
    found: dict[str, list[Proof]] = defaultdict(list)
    for rule, proof in (*_tests(root), *_stories(root)):
        found[rule].append(proof)
    return {rule: sorted(proofs, key=lambda one: (one.is_alone, one)) for rule, proofs in found.items()}


def rules_named(function: str) -> list[str]:
    """Say which rules a test's name begins with: ["R06", "R07", "R08"] of `test_r06_to_r08_…`."""
    found = _NAMED.match(function)
    words = found[1].strip("_").split("_") if found else []
    rules: list[str] = []
    for before, word in zip(["", *words], words, strict=False):
        if before == "to":
            rules += [f"R{number:02d}" for number in range(int(rules[-1][1:]) + 1, int(word[1:]) + 1)]
        elif word.startswith("r"):
            rules.append(word.upper())
    return rules


def _tests(root: Path) -> Iterator[tuple[str, Proof]]:
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for rule in rules_named(node.name):
                    yield rule, Proof(path.relative_to(root).as_posix(), node.name)


def _stories(root: Path) -> Iterator[tuple[str, Proof]]:
    for folder in STORIES:
        for path in sorted((root / folder).glob("*.toml")):
            for rule in tomllib.loads(path.read_text(encoding="utf-8"))["rules"]:
                yield rule, Proof(path.relative_to(root).as_posix())
