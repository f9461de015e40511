"""`guiwei proof`: what proves the rules; in a checkout, for those who work on Guiwei."""

import secrets
import subprocess
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

app = typer.Typer(name="proof", no_args_is_help=True, add_completion=False)


@app.callback()
def proof() -> None:
    """Show what proves the rules."""


@app.command()
def rules() -> None:
    """Write docs/rules.md anew."""
    from guiwei.proof.page import RULES_PAGE, rules_page

    RULES_PAGE.write_text(rules_page(), encoding="utf-8")


@app.command()
def mutations(
    rule: Annotated[list[str] | None, typer.Option(help="Only these rules; the page is then left as it is.")] = None,
    side_by_side: Annotated[int, typer.Option(min=1, help="Copies at a time.")] = 2,
) -> None:
    """Break each rule in a copy and ask its tests; write docs/mutations.md; exit 1 when a break was not found."""
    from guiwei.proof.mutations import MUTATIONS_PAGE, MutationError, page, read_table, run_side_by_side

    chosen = [one for one in read_table() if not rule or one.rule in rule]
    outcomes = []
    try:
        for outcome in run_side_by_side(chosen, side_by_side):
            outcomes.append(outcome)
            said = outcome.found_by or "NOT FOUND"
            typer.echo(f"{outcome.mutation.rule} {outcome.mutation.what}: {said} ({outcome.seconds:.0f} s)")
    except MutationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    if not rule:
        day = datetime.now(UTC).date().isoformat()  # noqa: TID251 -- the page says when it was run
        MUTATIONS_PAGE.write_text(
            page(sorted(outcomes, key=lambda one: chosen.index(one.mutation)), day), encoding="utf-8"
        )
    raise typer.Exit(0 if all(one.found_by for one in outcomes) else 1)


@app.command()
def months(
    examples: Annotated[int, typer.Option(min=1, help="How many companies.")] = 200,
    steps: Annotated[int, typer.Option(min=1, help="Acts in each.")] = 60,
    seed: Annotated[int | None, typer.Option(min=0, help="Repeat these months; left out: others each time.")] = None,
) -> None:
    """Let random people act for months of story time; exit 1 when an invariant breaks."""
    from guiwei.proof.evidence import ROOT

    seed = secrets.randbelow(1 << 48) if seed is None else seed
    typer.echo(f"{examples} companies, {steps} acts in each; the same again: guiwei proof months --seed {seed}")
    command = [sys.executable, "-m", "tests.server.months.machine", str(examples), str(steps), str(seed)]
    raise typer.Exit(1 if subprocess.run(command, cwd=ROOT, check=False).returncode else 0)
