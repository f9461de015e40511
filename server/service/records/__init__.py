"""What is kept: items and their records, contents, filing, record numbers, changes, attachments, history."""
