"""What comes in and goes out in bulk: sheets with a dry run, a company at once, lists as files."""
