"""Immune link: does the interferon score go with NK, CD8 and cytotoxic cell scores, and beyond what else?

The claim tested is that interferon acts through these cells. A correlation in bulk tissue cannot show
direction, nor which cells the interferon signal is in: immune cells have one of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from irf7bone.base.vocabulary import LEUKOCYTE_GENE, ROLES_IN_CURVE
from irf7bone.outcome.outcome_data import ScoreMatrix, score_matrix
from irf7bone.scoring.score_table import score_cohort
from irf7bone.statistics.partial_correlation import partial_correlation
from irf7bone.tables.outcome import ADJUSTMENTS, IMMUNE_LINKS

if TYPE_CHECKING:
    from irf7bone.base.stored_matrix import Matrix
    from irf7bone.genes.signatures import Signature
    from irf7bone.scoring.agreement import Agreement
    from irf7bone.study.settings import Config

Array = NDArray[np.float64]


@dataclass(frozen=True)
class _Genes:
    """A signature for scoring."""

    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True)
class _Covariate:
    """What may be held constant: its values (n,), or why there are none; its genes must not be in a score."""

    name: str
    values: Array | None
    genes: frozenset[str]
    reason: str | None


def immune_link(
    cohort: str,
    expression: Matrix,
    library: Mapping[str, Signature],
    *,
    config: Config,
    withheld: Mapping[str, str] = MappingProxyType({}),
    agreements: Mapping[str, Agreement] = MappingProxyType({}),
) -> pd.DataFrame:
    """Correlate every interferon score of one cohort with every immune score, unadjusted and adjusted.

    All samples take part, with an outcome or without. Scores are those of the primary method, but an
    interferon signature is first freed of the genes that it shares with the immune signature, with the
    proliferation signature or with the leukocyte total: a shared gene correlates with itself. The same
    reduced score serves all adjustments, so that only the adjustment differs between them.

    The leukocyte total is the expression of PTPRC (CD45). A mean of the other immune signatures would not
    do: they are cytotoxic lymphocytes as well, and holding CD8 cells constant while asking about NK cells
    takes away what is asked for. Broad immune scores hold interferon or cytotoxic genes, which would leak.
    One gene is a noisy total, so that what remains after it may still be leukocytes in general.

    Args:
        cohort: Cohort id.
        expression: Samples x genes, log2, current symbols.
        library: Signatures by name; those selected in the config are used.
        config: The study's settings.
        withheld: Signatures that must not be tested in this cohort, with the reason.
        agreements: Signature -> what other cohorts say of its part here; taken for its reduced form as well.

    Returns:
        :data:`IMMUNE_LINKS`: (signatures of role interferon or irf7, and the primary one) x (signatures of
        role immune) x adjustment; no rows where no immune signature is selected.
    """
    select = config.signatures.select
    asked = [
        name for name in select
        if library[name].role in ROLES_IN_CURVE or name == config.primary.signature
    ]  # fmt: skip
    cells = [name for name in select if library[name].role == "immune"]
    proliferation = config.proliferation_signature
    outside = set(library[proliferation].genes) | {LEUKOCYTE_GENE}
    shared = {
        (name, cell): sorted(set(library[name].genes) & (outside | set(library[cell].genes)))
        for name in asked
        for cell in cells
    }
    reduced = {
        (name, tuple(genes)): _without_genes(library[name], genes) for (name, _), genes in shared.items()
    }
    # names of GMT sets hold no tab, so that these cannot clash
    labels = {key: "\t".join((key[0], *key[1])) for key in reduced}
    to_score = {cell: _Genes(library[cell].up, library[cell].down) for cell in (*cells, proliferation)}
    to_score |= {
        f"\t{label}": reduced[key]
        for key, label in labels.items()
        if _keeps_its_sides(library[key[0]], reduced[key])
    }
    method = config.primary.method
    of_whole = {f"\t{label}": agreements[name] for (name, _), label in labels.items() if name in agreements}
    scores, _ = score_cohort(
        expression,
        to_score,
        [method],
        config.signatures.min_coverage,
        agreements={**agreements, **of_whole},
    )
    matrix = score_matrix(scores, expression.index, cohort)
    covariates = {
        "proliferation": _proliferation(matrix, library[proliferation], method),
        "leukocytes": _leukocytes(expression),
    }
    rows = []
    for (name, cell), genes in shared.items():
        interferon, why = _values(matrix, f"\t{labels[name, tuple(genes)]}", method)
        if not _keeps_its_sides(library[name], reduced[name, tuple(genes)]):
            why = ("not_available", f"every gene of {name} on one side is shared, so that no score is left")
        if name in withheld:
            why = ("not_available", withheld[name])
        immune, why_not = _values(matrix, cell, method)
        for adjustment, names in ADJUSTMENTS.items():
            held = [covariates[each] for each in names]
            row: dict[str, Any] = {"cohort": cohort, "signature": name, "immune": cell}
            row |= {"adjustment": adjustment, "method": method}
            row |= {"n_shared": len(genes), "shared_genes": ",".join(genes) or None}
            row["share_shared"] = len(genes) / max(len(set(library[name].genes)), 1)  # a part may have none
            failed = why or why_not or _unusable(held, cell, set(library[cell].genes))
            if failed:
                rows.append({**row, "status": failed[0], "reason": failed[1]})
                continue
            values = [each.values for each in held if each.values is not None]
            found = partial_correlation(interferon, immune, values)
            ok = found.reason is None
            row |= {key: value for key, value in vars(found).items() if ok and key != "reason"}
            row |= {"n": len(expression), "status": "ok" if ok else "not_available", "reason": found.reason}
            rows.append(row)
    return IMMUNE_LINKS.cast(pd.DataFrame(rows, columns=IMMUNE_LINKS.names))


def _without_genes(signature: Signature, genes: list[str]) -> _Genes:
    out = set(genes)
    up, down = (tuple(gene for gene in side if gene not in out) for side in (signature.up, signature.down))
    return _Genes(up, down)


def _keeps_its_sides(signature: Signature, reduced: _Genes) -> bool:
    """Whether up and down genes are left wherever the signature has them."""
    return bool(reduced.up) == bool(signature.up) and bool(reduced.down) == bool(signature.down)


def _values(matrix: ScoreMatrix, name: str, method: str) -> tuple[Array, tuple[str, str] | None]:
    """Scores of all samples, and the status and reason where there are none."""
    row = matrix.row(name, method)
    if row is None:
        return np.empty(0), ("not_available", "not scored")
    if matrix.status[row] != "ok":
        return np.empty(0), (matrix.status[row], str(matrix.reason[row]))
    return matrix.values[row], None


def _proliferation(matrix: ScoreMatrix, signature: Signature, method: str) -> _Covariate:
    values, why = _values(matrix, signature.name, method)
    reason = None if why is None else f"{signature.name}: {why[1]}"
    return _Covariate(signature.name, None if why else values, frozenset(signature.genes), reason)


def _leukocytes(expression: Matrix) -> _Covariate:
    genes = frozenset({LEUKOCYTE_GENE})
    if LEUKOCYTE_GENE not in expression:
        reason = f"{LEUKOCYTE_GENE}, the leukocyte total, is not measured"
        return _Covariate(LEUKOCYTE_GENE, None, genes, reason)
    values = expression[LEUKOCYTE_GENE].to_numpy(dtype=float)
    if np.ptp(values) == 0:
        reason = f"{LEUKOCYTE_GENE}, the leukocyte total, is the same in all samples"
        return _Covariate(LEUKOCYTE_GENE, None, genes, reason)
    return _Covariate(LEUKOCYTE_GENE, values, genes, None)


def _unusable(held: list[_Covariate], cell: str, genes: set[str]) -> tuple[str, str] | None:
    """Why the covariates cannot be held constant for this immune signature."""
    for covariate in held:
        if covariate.reason is not None:
            return "not_available", covariate.reason
        if leak := sorted(covariate.genes & genes):
            return "not_available", f"{cell} shares {', '.join(leak)} with {covariate.name}, held constant"
    return None
