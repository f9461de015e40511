"""Carry out use cases: load facts, ask the domain, save, record; one function each, one folder for each area.

No rule is decided here and no transport is known here. What every area needs lies beside this file.
"""
