"""Do what the clock asks for: overdue, lists, retention, silent stations, anchors.

The moment is given, never read here.
"""
