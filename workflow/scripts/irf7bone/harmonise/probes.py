"""The probe that stands for a gene, where the card overrules the rule for all genes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems


def choose_probes(
    rows: pd.Index, current: np.ndarray, probes: Mapping[str, str], where: str
) -> tuple[np.ndarray, list[str]]:
    """Leave a gene the one probe that the card names for it.

    Args:
        rows: Probe of each row.
        current: Current symbol of each row, None where there is none.
        probes: Current symbol -> probe, as the card states.
        where: The card, for messages.

    Returns:
        The symbols, None for the rows that give way; and the probes of these.

    Raises:
        InputError: A probe that the source does not have, or whose annotation names another gene.
    """
    problems = Problems()
    chosen, names = current.copy(), rows.astype(str)
    for gene, probe in probes.items():
        named = names == probe
        if not named.any() or not set(current[named]) <= {gene, None}:
            own = rows[current == gene].astype(str).tolist()
            found = f"`{probe}`, which the source does not have or gives no complete values for"
            if named.any():
                found = f"`{probe}`, which is a probe of {current[named][0]}"
            problems.add(
                f"{where}, expression: probes, {gene}",
                expected=f"a probe of {gene}",
                found=found,
                remedy=f"name one of its probes: {', '.join(own) or 'there is none'}",
            )
            continue
        chosen[current == gene] = None
        chosen[named] = gene
    problems.raise_if_any()
    return chosen, rows[pd.notna(current) & pd.isna(chosen)].tolist()
