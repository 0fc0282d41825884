"""The fixed words that config, cards and tables share; light, so that a check before the run stays fast."""

from __future__ import annotations

ENDPOINTS = ("bone", "brain", "lung", "liver", "distant", "relapse", "death")
STATUSES = ("ok", "too_few_events", "separated", "low_coverage", "not_available")
METHOD_NAMES = ("zscore", "ssgsea", "singscore", "gsva", "plage")
MODELS = ("crude", "proliferation", "clinical", "full")
ROLES = ("discovery", "validation", "simulated")
SPECIMENS = ("primary", "metastasis")
