"""Decide: the rules, as pure functions and tables over frozen facts.

Standard library and itself only; no clock, no input or output, no rows, no wire messages.
"""
