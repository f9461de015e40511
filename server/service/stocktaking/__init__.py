"""Stocktakes: what was seen, what is missing, and who signed for the difference."""
