"""Say how hardware and its surroundings must be set up: device profiles, broker, nodes, units."""
