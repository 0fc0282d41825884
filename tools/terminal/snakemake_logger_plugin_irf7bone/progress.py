"""How far a run is and how long it takes yet, as text."""

from __future__ import annotations

from collections.abc import Mapping

WIDTH = 16
# Seconds of a job in the default study on two cores: only their ratios matter.
SECONDS = {
    "acquire_cells": 8,
    "analyse_cells": 14,
    "analyse_experiment": 5,
    "associate_cohort": 15,
    "audit_cohorts": 6,
    "build_report": 14,
    "call_compartments": 9,
    "check_quality": 9,
    "examine_pooled": 6,
    "fetch_cells": 60,
    "fetch_cohort": 60,
    "fetch_experiment": 60,
    "judge_results": 11,
    "plot_cells": 15,
    "plot_cohort": 11,
    "plot_pooled": 22,
    "print_report": 14,
    "random_signatures_pooled": 45,
}
OTHER_SECONDS = 2
LEAST_SHARE = 0.05  # of the work, before which nothing is said of the time left


class Progress:
    """Counts a run's jobs, and weighs them by what jobs of their rule usually take."""

    def __init__(self) -> None:
        self.total = self.done = 0
        self._work = self._worked = 0.0
        self._began = self._last = 0.0
        self._running: dict[int, tuple[str, str]] = {}  # job -> its rule and message

    def plan(self, jobs: Mapping[str, int], now: float) -> None:
        """Begin to count.

        Args:
            jobs: Rule -> how many jobs; ``total`` and the target that asks for all others are passed over.
            now: Seconds on a clock that never goes back.
        """
        rules = {rule: count for rule, count in jobs.items() if rule not in ("total", "all")}
        self.total, self.done = sum(rules.values()), 0
        self._work = sum(count * weight(rule) for rule, count in rules.items())
        self._worked, self._began, self._last = 0.0, now, now

    def start(self, job: int, rule: str, message: str) -> None:
        """Note that a job began."""
        self._running[job] = (rule, message)

    def finish(self, job: int, now: float) -> None:
        """Note that a job ended."""
        rule, _ = self._running.pop(job, ("all", ""))
        if rule != "all":
            self.done += 1
            self._worked += weight(rule)
            self._last = now

    @property
    def is_fetching(self) -> bool:
        """Whether a download is at work."""
        return any(rule.startswith("fetch_") for rule, _ in self._running.values())

    def seconds_left(self, now: float) -> float | None:
        """Seconds that the rest takes at the pace so far; None while there is too little to tell by."""
        if self._worked < LEAST_SHARE * self._work:
            return None
        pace = (self._last - self._began) / self._worked
        return max(0.0, pace * (self._work - self._worked) - (now - self._last))

    def said(self, now: float) -> str:
        """For instance ``13 of 65 jobs done, about 2 min left``."""
        left = self.seconds_left(now)
        is_open = left is not None and self.done < self.total
        return f"{self.done} of {self.total} jobs done{f', {duration(left)} left' if is_open else ''}"

    def bar(self, now: float, columns: int) -> str:
        """A line of at most ``columns`` - 1 characters: bar, :meth:`said`, the job that began last."""
        share = self._worked / self._work if self._work else 1.0
        filled = "#" * round(share * WIDTH)
        messages = [message for _, message in self._running.values() if message]
        doing = f": {messages[-1]}" if messages else ""
        return f"[{filled:.<{WIDTH}}] {self.said(now)}{doing}"[: columns - 1]


def weight(rule: str) -> float:
    """Seconds that a job of a rule usually takes."""
    return SECONDS.get(rule, OTHER_SECONDS)


def duration(seconds: float) -> str:
    """Rounded as one would say it: ``about 40 s``, ``about 3 min``, ``about 2 h``."""
    if seconds < 90:
        return f"about {max(10, 10 * round(seconds / 10))} s"
    if seconds < 5400:
        return f"about {round(seconds / 60)} min"
    return f"about {round(seconds / 3600)} h"
