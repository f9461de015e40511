"""What proves the rules: tests and stories by rule, and a run with each rule broken."""
