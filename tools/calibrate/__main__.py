"""Run the simulations: `make calibrate`, or one part of them: `make calibrate PARTS=pooling`.

Every part writes data/calibration/<part>.tsv, or data/calibration/described/<part>.tsv where only the page
shows it; docs/statistics/calibration.md is written from all that are there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from calibrate import cells, coverage, experiments, pooling, replicates, specificity, type_one, verdict
from calibrate.cohorts import ALONE, REGIMES, Regime
from calibrate.described import DESCRIBED, write_described
from calibrate.page import write_page
from calibrate.tally import Tally
from irf7bone.tables.calibration import CALIBRATION, VERDICT_CALIBRATION, VERDICT_FILE

PROJECT = Path(__file__).resolve().parents[2]
TABLES = PROJECT / "data" / "calibration"
PAGE = PROJECT / "docs" / "statistics" / "calibration.md"
COHORTS, SEED = 2000, 20121113
# share of the cohorts that a part simulates: all for tests, fewer for intervals, which take longer
SHARES = {"tests": 1.0, "effects": 0.25, "discrimination": 0.25, "adjusted": 0.1}
WITH_EFFECTS = (60, 82, 286)

Part = Callable[[int, int], Tally]


def each_cohort(one: Callable[[np.random.Generator], Tally], times: float = 1) -> Part:
    """A part that repeats ``one``, every cohort with random numbers of its own."""

    def run(many: int, seed: int) -> Tally:
        tally = Tally()
        for cohort in range(int(many * times)):
            tally.merge(one(np.random.default_rng([seed, cohort])))
        return tally

    return run


def at_once(many_studies: Callable[[int, np.random.Generator], Tally], times: float = 1) -> Part:
    """A part that draws all its studies together."""
    return lambda many, seed: many_studies(int(many * times), np.random.default_rng(seed))


def _of(one: Callable[[Regime, np.random.Generator], Tally], name: str, regime: Regime) -> Part:
    return each_cohort(lambda random: one(regime, random), SHARES[name.partition("_")[0]])


_WITH_EFFECTS = [regime for regime in REGIMES if regime.n in WITH_EFFECTS]
_NAMED = [
    *((type_one.one_cohort, f"tests_{regime.n}", regime) for regime in REGIMES),
    *((type_one.one_cohort, f"tests_{regime.n}_alone", regime) for regime in ALONE),
    *((coverage.one_cohort, f"effects_{regime.n}", regime) for regime in _WITH_EFFECTS),
    *((coverage.one_discrimination, f"discrimination_{regime.n}", regime) for regime in _WITH_EFFECTS),
    *((coverage.one_adjusted, f"adjusted_{regime.n}", regime) for regime in _WITH_EFFECTS),
]
PARTS: dict[str, Part] = {
    **{name: _of(one, name, regime) for one, name, regime in _NAMED},
    "specificity": each_cohort(specificity.one_cohort),
    "cells": each_cohort(cells.one_data_set, 0.25),
    "experiments": each_cohort(experiments.one_null, 0.5),
    "experiments_power": each_cohort(experiments.one_fall, 0.1),
    "experiments_replicates": each_cohort(replicates.one_null, 0.5),
    "pooling": at_once(pooling.normal_studies, 10),
    "pooling_small": at_once(pooling.small_cohorts, 0.1),
    "correlations": at_once(pooling.correlations, 2),
}

NAMES = (*PARTS, *DESCRIBED, *verdict.VERDICT_PARTS)
# all parts of the table of simulated studies, which are counted by what is said of them
TOGETHER = {"verdict": tuple(verdict.VERDICT_PARTS)}
CHOICES = (*NAMES, *TOGETHER)


def main(arguments: list[str]) -> None:
    """Simulate the parts asked for and write their tables and the page."""
    parser = argparse.ArgumentParser(prog="make calibrate", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(CHOICES)}; all of them by default")
    parser.add_argument("--cohorts", type=int, default=COHORTS, help="null cohorts of each size")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--tables", type=Path, default=TABLES)
    parser.add_argument("--page", type=Path, default=PAGE)
    chosen = parser.parse_args(arguments)
    unknown = [name for name in chosen.parts if name not in CHOICES]
    if unknown:
        parser.error(f"no part {', '.join(unknown)}; there are {', '.join(CHOICES)}")
    chosen.tables.mkdir(parents=True, exist_ok=True)
    wanted = [one for name in chosen.parts for one in TOGETHER.get(name, (name,))]
    for name in wanted or NAMES:
        started = time.process_time()
        if name in DESCRIBED:
            rows = write_described(chosen.tables, name, chosen.cohorts, chosen.seed)
        elif name in verdict.VERDICT_PARTS:
            path = chosen.tables / VERDICT_FILE
            there = VERDICT_CALIBRATION.read(path) if path.is_file() else VERDICT_CALIBRATION.empty()
            table = verdict.replace_part(there, name, chosen.cohorts, chosen.seed)
            VERDICT_CALIBRATION.write(table, path)
            rows = len(table)
        else:
            table = PARTS[name](chosen.cohorts, chosen.seed).table()
            CALIBRATION.write(table, chosen.tables / f"{name}.tsv")
            rows = len(table)
        print(f"{name}: {rows} rows, {time.process_time() - started:.0f} s of processor time")
    write_page(chosen.tables, chosen.page, chosen.cohorts, chosen.seed)


if __name__ == "__main__":
    main(sys.argv[1:])
