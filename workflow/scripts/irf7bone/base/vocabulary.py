"""The fixed words that config, cards and tables share; light, so that a check before the run stays fast."""

from __future__ import annotations

ENDPOINTS = ("bone", "brain", "lung", "liver", "distant", "relapse", "death")
STATUSES = ("ok", "too_few_events", "separated", "low_coverage", "not_available")
METHOD_NAMES = ("zscore", "ssgsea", "singscore", "gsva", "plage")
MODELS = ("unadjusted", "proliferation", "clinical", "full")
ROLES = ("discovery", "validation", "simulated")
SPECIMENS = ("primary", "metastasis")
ALPHA = 0.05  # two-sided level of tests, everywhere

SUPPORTED, CONTRADICTED = "supported", "contradicted"

NO_EVIDENCE, TOO_LITTLE, NOT_SPECIFIC = "no evidence", "too little data", "not specific"

VERDICTS = (SUPPORTED, CONTRADICTED, NO_EVIDENCE, TOO_LITTLE, NOT_SPECIFIC)

# A signature of another role (proliferation, immune, control) asks another question.
ROLES_IN_CURVE = ("interferon", "irf7", "derived")
