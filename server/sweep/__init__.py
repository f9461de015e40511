"""Jobs by the clock: what becomes so because time passes and nothing happens."""
