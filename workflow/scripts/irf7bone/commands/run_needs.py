"""What `make check` says of a run's memory and time, and which jobs would take long."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from irf7bone.acquire.sizes import size_of
from irf7bone.study.needs import OF_ALL, OF_COHORT, OTHERS_SECONDS, Size, memory_mb, random_fits, seconds
from irf7bone.study.plan import Study

LONG_SECONDS = 300
_NAMED = 3


class JobNeeds(NamedTuple):
    """What one job takes.

    Args:
        name: Its rule, and its cohort where it has one.
        megabytes: Memory at most.
        seconds: Processor time, about.
    """

    name: str
    megabytes: int
    seconds: float


def job_needs(study: Study) -> list[JobNeeds]:
    """What each job takes that reads the expression of cohorts."""
    sizes = {
        name: (size_of(card), random_fits(study.config, card.endpoints)) for name, card in study.cards.items()
    }
    jobs = [_needs(f"{rule} of {name}", rule, [own]) for rule in OF_COHORT for name, own in sizes.items()]
    return [*jobs, *(_needs(rule, rule, list(sizes.values())) for rule in (OF_ALL if sizes else ()))]


def _needs(name: str, rule: str, sizes: Sequence[tuple[Size, float]]) -> JobNeeds:
    return JobNeeds(name, memory_mb(rule, [size for size, _ in sizes]), seconds(rule, sizes))


def describe_needs(study: Study) -> list[str]:
    """Memory and time of the run in a line, and one on the jobs that take long or more than there is."""
    jobs = job_needs(study)
    if not jobs:
        return []
    parts = {"experiment": len(study.experiments), "cells": len(study.cells), "report": 1}
    others = sum(OTHERS_SECONDS[part] * count for part, count in parts.items())
    spent = sum(job.seconds for job in jobs) + others
    largest = max(jobs, key=lambda job: job.megabytes)
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
    lines = [
        f"the run: about {_time(spent)} of processor time; its largest job needs {largest.megabytes:,} MB of "
        f"memory ({largest.name})"
    ]
    slow = sorted((job for job in jobs if job.seconds > LONG_SECONDS), key=lambda job: -job.seconds)
    if slow:
        lines.append("long: " + "; ".join(f"{job.name}, {_time(job.seconds)}" for job in slow[:_NAMED]))
    if largest.megabytes > there:
        lines.append(f"more memory than the {there:,.0f} MB of this machine: {largest.name}")
    return lines


def _time(spent: float) -> str:
    if spent < 90 * 60:
        return f"{max(1, round(spent / 60))} min"
    return f"{spent / 3600:.1f} h"
