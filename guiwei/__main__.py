"""Lets `python -m guiwei` be the command line."""

from guiwei.cli import app

app()
