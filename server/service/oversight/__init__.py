"""Looking on: duties and their dates, check-ups, feedback, the first page, the policy sheet on record and tried out."""
