"""Breaks each rule in a copy of the tree, and asks that rule's tests: they must fail.

The table `mutations.toml` says for each rule an exact edit in source or sheet. Nothing is ever edited in place.
"""

import queue
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from guiwei.proof.evidence import ROOT, Proof, proofs_of

TABLE = Path(__file__).with_name("mutations.toml")
MUTATIONS_PAGE = ROOT / "docs/mutations.md"
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)
_LONGEST = 300
MONTHS = "tests/server/test_months.py"
"""Asked only where a row says so: it is long, and stands for many rules at once."""

_HEAD = """# Mutations

Each rule broken by one edit in a copy of the tree, and its tests asked; they must fail. Written by `guiwei proof
mutations`; the edits are in `guiwei/proof/mutations.toml`. *Found by* is the first test that failed: one that acts as a
person or a station does, where no other is marked *alone*.
"""


class MutationError(ValueError):
    """The table of mutations does not fit the tree; the text says where."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One edit that breaks a rule; `tests` are those of the rule's own that must notice it (left out: any of them)."""

    rule: str
    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...] = ()

    def broken(self, root: Path = ROOT) -> str:
        """Give the file's text with the rule broken."""
        text = (root / self.file).read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise MutationError(f"{self.rule} ({self.what}): {self.file} has its text {text.count(self.old)} times")
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the tests said to one mutation; `found_by` is empty when it survived."""

    mutation: Mutation
    found_by: str
    asked: int
    seconds: float


def read_table(table: Path = TABLE) -> list[Mutation]:
    """Read the edits."""
    rows = tomllib.loads(table.read_text(encoding="utf-8"))["mutation"]
    return [Mutation(**{**row, "tests": tuple(row.get("tests", ()))}) for row in rows]


def run_side_by_side(mutations: list[Mutation], parts: int) -> Iterator[Outcome]:
    """Break and ask in several copies at a time; gives the outcomes as they come."""
    told: queue.SimpleQueue[Outcome | Exception | None] = queue.SimpleQueue()

    def tell(part: list[Mutation]) -> None:
        try:
            for outcome in run(part):
                told.put(outcome)
        except Exception as error:
            told.put(error)
        finally:
            told.put(None)

    with ThreadPoolExecutor(parts) as pool:
        for n in range(parts):
            pool.submit(tell, mutations[n::parts])
        going = parts
        while going:
            said = told.get()
            if isinstance(said, Exception):
                raise said
            if said is None:
                going -= 1
            else:
                yield said


def run(mutations: Iterable[Mutation]) -> Iterator[Outcome]:
    """Break and ask, one after another, in a copy that is gone afterwards."""
    proofs = proofs_of()
    with tempfile.TemporaryDirectory(prefix="guiwei-proof-") as folder:
        tree = Path(folder)
        _copy(tree)
        for mutation in mutations:
            yield _ask(tree, mutation, chosen(mutation, proofs.get(mutation.rule, [])))


def chosen(mutation: Mutation, proofs: list[Proof]) -> list[list[str]]:
    """Choose which of a rule's tests to ask: those named; else those that act, then those of the rule alone."""
    unknown = set(mutation.tests) - {proof.test for proof in proofs}
    if unknown:
        raise MutationError(f"{mutation.rule} ({mutation.what}): no test of this rule: {', '.join(sorted(unknown))}")
    if mutation.tests:
        return [[str(one) for one in proofs if one.test in mutation.tests]]
    asked = [one for one in proofs if one.test and one.file != MONTHS]
    return [[str(one) for one in asked if one.is_alone == alone] for alone in (False, True)]


def page(outcomes: list[Outcome], day: str) -> str:
    """Write `docs/mutations.md`."""
    found = [one for one in outcomes if one.found_by]
    rules = {one.mutation.rule for one in outcomes}
    figures = f"{day}: {len(outcomes)} edits against {len(rules)} rules, {len(found)} found."
    head = ("rule", "broken so that", "in", "found by")
    rows = [
        (
            one.mutation.rule,
            one.mutation.what,
            f"`{one.mutation.file}`",
            f"`{one.found_by}`" if one.found_by else "**no**",
        )
        for one in outcomes
    ]
    table = [f"| {' | '.join(row)} |" for row in (head, ("---",) * len(head), *rows)]
    return "\n".join([_HEAD, figures, "", *table, ""])


def _ask(tree: Path, mutation: Mutation, asked: list[list[str]]) -> Outcome:
    target, started = tree / mutation.file, time.monotonic()
    whole = target.read_text(encoding="utf-8")
    target.write_text(mutation.broken(tree), encoding="utf-8")
    try:
        found = next((by for tests in asked if tests and (by := _first_failure(tree, tests))), "")
    finally:
        target.write_text(whole, encoding="utf-8")
    return Outcome(mutation, found, sum(map(len, asked)), time.monotonic() - started)


def _first_failure(tree: Path, tests: list[str]) -> str:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n0",
        "-k",
        "not postgres",
        *tests,
    ]
    try:
        told = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=_LONGEST, check=False)
    except subprocess.TimeoutExpired:
        raise MutationError(f"not done after {_LONGEST} s: {' '.join(tests)}") from None
    if told.returncode == 0:
        return ""
    failed = _FAILED.search(told.stdout)
    if told.returncode != 1 or failed is None:
        raise MutationError(f"the tests could not be run: {told.stdout[-2000:]}{told.stderr[-2000:]}")
    return failed[1]


def _copy(tree: Path) -> None:
    """Copy what git knows or would take, as it now is."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        source, target = ROOT / name, tree / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
