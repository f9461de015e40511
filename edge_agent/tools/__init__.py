"""What an installer, or whoever looks for a fault, does at a station: each a command of `guiwei edge`.

A station that only runs needs none of it.
"""
