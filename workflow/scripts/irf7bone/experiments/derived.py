"""A signature from an experiment (genes down in bone lesions), and where it must not be tested."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from irf7bone.experiments.orthologs import Orthologs


@dataclass(frozen=True)
class Rule:
    """Which genes of a contrast make the signature.

    Args:
        name: Name of the signature, as config selects it.
        contrast: Contrast id; genes that *fall* in it are taken.
        min_log2_fold: Smallest fall, log2, above 0 (1 = to half or less).
        fdr: Largest q.
        max_genes: Keep the strongest (by t) where more pass; None keeps all.
    """

    name: str
    contrast: str
    min_log2_fold: float
    fdr: float
    max_genes: int | None = None


def derive_signature(
    experiment: str,
    genes: pd.DataFrame,
    rule: Rule,
    *,
    organism: str,
    orthologs: Orthologs | None,
    gene_list: Collection[str] | None = None,
) -> pd.DataFrame:
    """The genes that fall, and what became of each on the way to a human signature.

    Args:
        experiment: Experiment id.
        genes: :data:`irf7bone.experiments.tables.GENES` of the experiment.
        rule: Contrast, fold and FDR.
        organism: ``human`` or ``mouse``.
        orthologs: Needed for mouse.
        gene_list: Symbols (of the experiment's organism) to which the signature is confined, such as genes
            with an interferon-response element; None for no such limit.

    Returns:
        :data:`irf7bone.experiments.tables.DERIVED`. The signature is ``human`` where ``used``; it may be
        empty.
    """
    raise NotImplementedError


def write_signature(derived: pd.DataFrame, rule: Rule, folder: Path, *, source: str, how: str) -> Path | None:
    """Write ``<name>.gmt`` and ``provenance.tsv`` into ``folder``, as :mod:`irf7bone.signatures` reads them.

    The folder is the signature's own: its provenance table has this one row. A signature without genes
    is written as neither: None is returned, and a GMT left from an earlier run is removed.

    Args:
        derived: What :func:`derive_signature` returned.
        rule: The rule it was made with.
        folder: Where to write.
        source: The experiment's title and citation.
        how: Anything to add to the rule in words (gene list, its file).
    """
    raise NotImplementedError


def forbidden_tests(
    derived: Mapping[str, str], patients_of: Mapping[str, Collection[str]], cohorts: Collection[str]
) -> pd.DataFrame:
    """Signature x cohort combinations that must not be tested: the signature was made from those patients.

    Args:
        derived: Signature name -> id of the experiment that it was derived from.
        patients_of: Experiment id -> ids of the cohorts whose patients it shares, from the cards.
        cohorts: Ids of the study's cohorts.

    Returns:
        :data:`irf7bone.experiments.tables.FORBIDDEN`.
    """
    raise NotImplementedError


def withhold(table: pd.DataFrame, forbidden: pd.DataFrame) -> pd.DataFrame:
    """Take the results of forbidden tests out of a table: status ``not_available`` with the reason.

    Args:
        table: Rows with ``signature``, ``cohort``, ``status``, ``reason`` and estimates.
        forbidden: :data:`irf7bone.experiments.tables.FORBIDDEN`.

    Returns:
        The table with every number of those rows missing.
    """
    raise NotImplementedError
