"""Lets `python -m guiwei` be the command line."""

from guiwei.cli import app

if __name__ == "__main__":
    app()
