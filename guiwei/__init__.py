"""Be the command line, and what drives station and server at once: demo, stories, bench, chaos."""
