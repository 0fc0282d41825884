"""Outcome statistics: proportional hazards for many scores at once, concordance, curves, tables."""
