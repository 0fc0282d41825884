"""Propose a card for data that have none: what is sure is filled in, the rest is left as questions."""
