"""What may be said of a contrast, by an ordered table of rules."""
