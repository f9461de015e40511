"""People: signing in, roles and how far they reach, training, breaches, leaving."""
