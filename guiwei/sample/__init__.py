"""A believable company with a year behind it, to try things on: made up, and the same for the same seed."""
