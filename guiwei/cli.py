"""The one command line: a table of commands, each living with its owner and imported when first used.

An installation with only the `edge` extra must start and explain itself, so nothing here imports a
command's module before that command is asked for, not even to print the help.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import typer


class Target(NamedTuple):
    """Where a command lives ("module:attribute", a typer app), the extra it needs, and its help line."""

    where: str
    extra: str
    help: str


COMMANDS: dict[str, Target] = {
    "demo": Target("guiwei.demo.cli:app", "demo", "Watch cabinets, server and broker at work, or run the stories."),
    "server": Target("server.cli:app", "server", "Set up and run the server: migrate, web, intake, sweep."),
    "sample": Target("guiwei.sample.cli:app", "server", "Fill an empty database with a company and a year of history."),
    "import": Target("server.import_cli:app", "server", "Take people, items, customers, places, loans from a sheet."),
    "crm": Target("server.crm_cli:app", "server", "Keep customers in step with Zoho CRM and Fxiaoke."),
    "edge": Target("edge_agent.cli:app", "edge", "Run a station, or decode what a device said."),
    "emulate": Target("guiwei.emulate:app", "edge", "Run a station with emulated devices."),
    "labels": Target("labels.cli:app", "labels", "Make codes and print labels."),
    "policy": Target("server.policy_cli:app", "server", "Check a policy sheet; try it on what has happened."),
    "ledger": Target("server.verify:app", "server", "Verify the ledger."),
    "firmware": Target("guiwei.firmware:app", "", "Check device profiles; write the broker's configuration."),
    "site": Target("guiwei.site:app", "edge", "Make the keys, certificates and settings of a new site."),
    "tls": Target("guiwei.tls:app", "", "Make a certificate authority and certificates for a site."),
    "doctor": Target("guiwei.doctor:app", "", "Name what this machine lacks, and how to get it."),
    "bench": Target("guiwei.bench.cli:app", "demo", "Measure intake, latency and queries."),
    "proof": Target("guiwei.proof.cli:app", "demo", "Show what proves the rules (in a checkout)."),
    "chaos": Target("guiwei.chaos.cli:app", "demo", "Kill parts at every moment and check that nothing is lost."),
}

# Words, options and --help behind a command's name are that command's own business.
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}

app = typer.Typer(
    name="guiwei",
    help="Guiwei (归位): who holds which file and which seal, right now, and by whose approval.",
    no_args_is_help=True,
    add_completion=False,
)


@contextmanager
def lacking_explained(name: str) -> Iterator[None]:
    """Exit 2, saying how to get it, when a library of the command `name` is absent, be it at its start or later."""
    target = COMMANDS[name]
    try:
        yield
    except ModuleNotFoundError as error:
        typer.echo(f"guiwei {name}: the Python module {error.name!r} is not installed here.", err=True)
        if target.extra:
            typer.echo(f"It comes with the extra of this command: uv sync --locked --extra {target.extra}", err=True)
        raise typer.Exit(2) from error


def load(name: str) -> typer.Typer:
    """Import the app of the command `name`."""
    target = COMMANDS[name]
    module, _, attribute = target.where.partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        raise TypeError(f"{target.where} is a {type(found).__name__}, not a typer app")
    return found


def register(name: str) -> None:
    """Add the command `name` of the table as one that passes everything on to its owner."""

    @app.command(name, help=COMMANDS[name].help, context_settings=PASS_ON)
    def pass_on(context: typer.Context) -> None:
        with lacking_explained(name):
            command = typer.main.get_command(load(name))
            command(args=context.args, prog_name=f"guiwei {name}")


for _name in COMMANDS:
    register(_name)
