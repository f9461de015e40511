"""Drills: a story is read (`story`), played in a world of its own (`world`, `acts`) and judged (`expectations`)."""
