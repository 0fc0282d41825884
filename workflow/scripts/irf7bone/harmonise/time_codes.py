"""Numbers among times that may be codes for a time nobody knows: 99, 999, 9999 and their like."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems

CODES = (88.0, 98.0, 99.0, 888.0, 998.0, 999.0, 8888.0, 9998.0, 9999.0, 99999.0)
FEWEST = 3  # samples with one code
_COMMONER = 5  # than any other time
_BEYOND = 2.0  # times the longest of the others: one sample is enough there


def ask_about_codes(times: pd.Series, real: Collection[float], where: str, problems: Problems) -> None:
    """Note times that look like codes and that the card does not call real.

    Args:
        times: Numbers as the source has them; name = the column.
        real: What the card's ``real`` names.
        where: Place in the card, for messages.
        problems: Gets what is found.
    """
    counts = times.dropna().value_counts()
    for code in CODES:
        n = int(counts.get(code, 0))
        if not n or code in real:
            continue
        others = counts.drop(code)
        common = n >= FEWEST and n >= _COMMONER * others.max() if len(others) else False
        beyond = len(others) > 0 and code >= _BEYOND * max(others.index)
        if common or beyond:
            samples = times.index[np.isclose(times, code)]
            why = "which is far beyond all others" if beyond else f"no other time in over {others.max()}"
            problems.add(
                where,
                expected="times",
                found=f"{code:g} in {n} of {int(counts.sum())} samples of column {times.name!r}, {why}",
                remedy=f'write "{code:g}" among `missing` of the clinical source if it stands for unknown, '
                f"or `real: [{code:g}]` beside `from` if it is a time",
                offenders=samples.tolist(),
            )
