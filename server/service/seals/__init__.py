"""Seals, what customers entrusted to us, and sets of keys."""
