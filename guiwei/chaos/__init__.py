"""Killing any part at any moment of any story, and proving from what is left that nothing was lost or invented."""
