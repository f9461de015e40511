"""Carry out use cases: load facts, ask the domain, save, record; one function each.

No rule is decided here and no transport is known here.
"""
