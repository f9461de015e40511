"""Tell people: the wording of every reason, alarm and notice.

Decides neither what is told nor to whom.
"""
