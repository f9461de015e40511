"""`guiwei sample`: fill an empty database with a believable company and a year of its history."""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

app = typer.Typer(add_completion=False)


@app.command()
def sample(
    seed: Annotated[int, typer.Option(help="The same seed makes the same company and the same year.")] = 1,
    files: Annotated[int, typer.Option(min=50, max=20_000, help="How many files there are.")] = 2000,
    days: Annotated[int, typer.Option(min=1, max=800, help="How long the history is.")] = 365,
    until: Annotated[str, typer.Option(help="Its last day, such as 2026-11-20; left out: yesterday.")] = "",
    password: Annotated[str, typer.Option(help="Everybody's password; left out: one is made up.")] = "",
) -> None:
    """Fill the empty database of the settings (GUIWEI_DATABASE_URL) with a company to look at and to try things on."""
    from guiwei.sample.filling import fill
    from server.cli import explained
    from server.config import load_settings

    with explained("sample"):
        settings = load_settings()
        yesterday = (datetime.fromtimestamp(time.time_ns() / 1e9, UTC) - timedelta(days=1)).date()
        try:
            last = datetime.strptime(until, "%Y-%m-%d").replace(tzinfo=UTC).date() if until else yesterday
        except ValueError:
            raise typer.BadParameter(f"{until}: write 2026-11-20", param_hint="--until") from None
        said = password or secrets.token_urlsafe(9)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
        with Progress(*columns) as bar:
            task = bar.add_task("company", total=days)
            made = fill(
                settings,
                random.Random(seed),
                files,
                last,
                days,
                said,
                lambda day: bar.update(task, description=str(day), advance=1),
            )
    for line in made:
        typer.echo(line)
    typer.echo(f"everybody's password: {said}")
    typer.echo(f"look at it: guiwei server web, with GUIWEI_DATA={Path(settings.data)}")
