"""The screen at the cabinet: a page for a touch panel, by a process of its own that only reads the state file."""
