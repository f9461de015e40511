"""Tell people: channels and the wording of every reason and alarm.

Decides neither what is told nor to whom.
"""
