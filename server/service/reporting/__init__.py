"""Reports: what each one says (`kinds`), from what it is taken, and which ones are kept as they were made."""
