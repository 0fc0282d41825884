"""Sentences of the report, made from the tables."""
