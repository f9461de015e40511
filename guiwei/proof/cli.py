"""`guiwei proof`: what proves the rules; in a checkout, for those who work on Guiwei."""

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
