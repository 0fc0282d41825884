"""Settings of a study as config.yaml would give them, for tests that need some of them."""

from __future__ import annotations

from dataclasses import replace

from irf7bone.study.settings import (
    Config,
    Primary,
    RandomSignatures,
    Reliability,
    SignatureSettings,
    VerdictSettings,
)


def settings(**changes: object) -> Config:
    """Settings of a small study; any of them may be changed."""
    usual = {
        "title": "A made-up study",
        "cohorts": (),
        "experiments": (),
        "cells": (),
        "signatures": SignatureSettings(select=("ISG", "PROLIF"), files=(), min_coverage=0.5),
        "methods": ("zscore",),
        "endpoints": ("bone",),
        "models": ("unadjusted",),
        "primary": Primary(signature="ISG", method="zscore", endpoint="bone", model="unadjusted"),
        "proliferation_signature": "PROLIF",
        "verdict": VerdictSettings(smallest_hr=0.7, power=0.8, prior_scale=0.5),
        "reliability": Reliability(proliferation=0.7, er=0.9),
        "min_events": 5,
        "random_signatures": RandomSignatures(draws=1000, seed=1),
    }
    return Config(**{**usual, **changes})


def primary(**changes: str) -> Primary:
    """A primary analysis; any part of it may be changed."""
    return replace(settings().primary, **changes)
