"""The commands of `guiwei labels`: make and check codes, print sheets and single labels."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from labels.codes import display, new_code, parse
from labels.errors import LabelError
from labels.model import SECRECY, Label
from labels.scanner_sheet import scanner_pdf
from labels.sheet import SheetLayout, sheet_pdf
from labels.single import label_png
from labels.table import read_table
from labels.template import load, shipped
from labels.zpl import label_zpl

app = typer.Typer(help="Make codes and print labels.", no_args_is_help=True, add_completion=False)

TemplateName = Annotated[str, typer.Option("--template", help=f"{', '.join(shipped())}, or the path of a .toml file.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="File to write.")]
Code = Annotated[str, typer.Argument(help="The printed code.")]
Title = Annotated[str, typer.Option(help="题名")]
RecordNumber = Annotated[str, typer.Option("--record-number", help="档号")]
Secrecy = Annotated[str, typer.Option(help=f"密级: {', '.join(SECRECY)}")]
Place = Annotated[str, typer.Option(help="Where the item belongs.")]
Dpi = Annotated[int, typer.Option(help="Dots per inch of the printer, as a rule 203 or 300.")]


def refusing(command: Callable[..., None]) -> Callable[..., None]:
    """End a refused command with its reason on one line and exit code 1."""

    @functools.wraps(command)
    def run(*args: object, **kwargs: object) -> None:
        try:
            command(*args, **kwargs)
        except LabelError as error:
            typer.echo(f"refused: {error}", err=True)
            raise typer.Exit(1) from error
        except OSError as error:
            typer.echo(f"refused: {error.filename}: {error.strerror}: check the path", err=True)
            raise typer.Exit(1) from error

    return run


@app.command("new-code")
@refusing
def new_codes(count: Annotated[int, typer.Argument(min=1, max=100_000, help="How many.")] = 1) -> None:
    """Print fresh codes, one per line."""
    for _ in range(count):
        typer.echo(new_code())


@app.command("check-code")
@refusing
def check_code(code: Code) -> None:
    """Check a code as scanned or typed, and print its canonical form."""
    typer.echo(f"{parse(code)}   {display(parse(code))}")


@app.command()
@refusing
def sheet(
    table: Annotated[Path, typer.Argument(help="CSV in UTF-8: code, title, record_number, secrecy, place.")],
    out: Out,
    template: TemplateName = "sheet-70x37",
    columns: int = 3,
    rows: int = 8,
    left: Annotated[float, typer.Option(help="Left edge of the first label, mm.")] = 0.0,
    top: Annotated[float, typer.Option(help="Top edge of the first label, mm.")] = 0.5,
    gap_x: Annotated[float, typer.Option(help="Between columns, mm.")] = 0.0,
    gap_y: Annotated[float, typer.Option(help="Between rows, mm.")] = 0.0,
    start: Annotated[int, typer.Option(help="First free position of a started sheet, along the rows.")] = 1,
    outlines: Annotated[bool, typer.Option(help="Cutting lines for plain paper.")] = False,
) -> None:
    """Print the labels of a table on A4 sheets, as a PDF."""
    layout = SheetLayout(
        load(template), columns, rows, left=left, top=top, gap_x=gap_x, gap_y=gap_y, start=start, outlines=outlines
    )
    labels = read_table(table.read_bytes())
    out.write_bytes(sheet_pdf(track(labels, "labels", disable=len(labels) < 50), layout))
    typer.echo(f"{len(labels)} labels in {out}")


@app.command()
@refusing
def scanner(out: Out) -> None:
    """Print the page that sets up and proves a bar code scanner, as a PDF."""
    out.write_bytes(scanner_pdf())
    typer.echo(str(out))


@app.command()
@refusing
def png(
    code: Code,
    out: Out,
    title: Title = "",
    record_number: RecordNumber = "",
    secrecy: Secrecy = "ordinary",
    place: Place = "",
    template: TemplateName = "shelf-60x40",
    dpi: Dpi = 203,
) -> None:
    """Print one label as a PNG picture."""
    label = Label(code, title, record_number, secrecy, place)
    out.write_bytes(label_png(label, load(template), dpi))
    typer.echo(str(out))


@app.command()
@refusing
def zpl(
    code: Code,
    out: Out,
    title: Title = "",
    record_number: RecordNumber = "",
    secrecy: Secrecy = "ordinary",
    place: Place = "",
    template: TemplateName = "shelf-60x40",
    dpi: Dpi = 203,
    copies: int = 1,
) -> None:
    """Print one label in ZPL, to be sent to a Zebra-compatible printer as it is."""
    label = Label(code, title, record_number, secrecy, place)
    out.write_bytes(label_zpl(label, load(template), dpi, copies))
    typer.echo(str(out))
