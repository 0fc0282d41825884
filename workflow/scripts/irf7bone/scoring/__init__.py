"""Scores: one number per sample, signature and method."""
