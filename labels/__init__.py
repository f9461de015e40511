"""Labels: codes with a check character, EPC bits, symbols, sheets and printer languages. Nothing is decided here."""
