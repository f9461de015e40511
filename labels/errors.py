"""The one base class of everything this package refuses, so that callers catch one name."""


class LabelError(ValueError):
    """Say what is wrong, where it is, and what to do about it."""
