"""What make offers beside the report: check, card, lock, compare."""
