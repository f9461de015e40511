"""Serve people and programs: the JSON API, the pages, what they load.

Routes translate; they hold no rule and touch no row.
"""
