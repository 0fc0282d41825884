"""What may be said of an endpoint, by an ordered table of rules."""
