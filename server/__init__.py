"""Hold the decisions, the record and the pages."""
