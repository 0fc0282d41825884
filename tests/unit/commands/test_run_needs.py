"""What `make check` says of memory and time: from sizes, and what is long or too large is named."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from irf7bone.commands import run_needs
from irf7bone.commands.run_needs import describe_needs, job_needs
from irf7bone.study.needs import OF_ALL, OF_COHORT


def study(**samples: int) -> SimpleNamespace:
    cards = {
        name: SimpleNamespace(
            expression={"source": "simulate", "n_genes": 20_000, "n_samples": n},
            expect={},
            endpoints=("bone", "death"),
        )
        for name, n in samples.items()
    }
    config = SimpleNamespace(
        random_signatures=SimpleNamespace(draws=10_000),
        signatures=SimpleNamespace(select=("A",) * 10),
        methods=("zscore",) * 4,
        endpoints=("bone", "relapse"),
    )
    return SimpleNamespace(cards=cards, experiments={}, cells={}, config=config)


def test_every_job_that_reads_expression_is_asked():
    jobs = job_needs(study(a=100, b=300))
    assert len(jobs) == 2 * len(OF_COHORT) + len(OF_ALL)
    took = {job.name: job for job in jobs}
    assert took["score_cohort of b"].megabytes > took["score_cohort of a"].megabytes
    assert took["associate_cohort of b"].seconds > took["associate_cohort of a"].seconds


def test_a_small_study_is_a_line_and_a_large_one_names_its_long_jobs(monkeypatch):
    [line] = describe_needs(study(a=100, b=300))
    assert line.startswith("the run: about ") and "MB of memory (" in line
    largest, long = describe_needs(study(a=100, b=20_000))
    assert " of b)" in largest and long.startswith("long: ") and " of b, " in long and " of a" not in long
    monkeypatch.setattr(run_needs.os, "sysconf", lambda name: 1)
    assert "more memory than the 0 MB of this machine" in describe_needs(study(a=100))[-1]
    assert describe_needs(study()) == []


@pytest.mark.parametrize(("spent", "words"), [(20, "1 min"), (600, "10 min"), (3 * 3600, "3.0 h")])
def test_times_in_words(spent, words):
    assert run_needs._time(spent) == words
