"""Does the clinical table belong to the expression? What it says is held against genes that know it as well.

A table that was sorted apart from its ids, shifted by a row, or whose codes were mapped the wrong way round
still has every column that a card asks for, and every hazard ratio made from it is one of chance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.harmonise.swaps import likely_exchange
from irf7bone.statistics.ranks import mid_ranks
from irf7bone.tables.cohort import MARKERS

if TYPE_CHECKING:
    from irf7bone.study.cohort_card import CohortCard

# proliferation genes of PAM50 (Parker 2009, J Clin Oncol 27:1160)
PROLIFERATION = (
    "BIRC5", "CCNB1", "CDC20", "NUF2", "CEP55", "NDC80", "MKI67", "PTTG1", "RRM2", "TYMS", "UBE2C",
)  # fmt: skip
FEWEST = 5  # of either class: fewer cannot tell
_BOUND = 2.326  # one-sided 99 % limit
# an order of the rows explains a disagreement where it gives this agreement, and this much more than is there
_EXPLAINED, _GAINED = 0.85, 0.25


@dataclass(frozen=True)
class _Fact:
    """What a clinical fact is held against.

    Args:
        high: The value with high expression.
        low: The one with low expression.
        genes: Genes that are higher with ``high``, the receptor's own gene first, without which nobody is
            refused. The fact disagrees where all that are measured do.
        reversed: Genes that are lower with it.
        least: Agreement that no cohort where all is right falls below.
        columns: How a column that the card does not use may be called.
    """

    high: str
    low: str
    genes: tuple[str, ...]
    least: float
    columns: str
    reversed: tuple[str, ...] = ()


_STATUS_COLUMN = r"([ _.-]*(receptor|expression|status|ihc|path))*"
FACTS: dict[str, _Fact] = {
    "er": _Fact("positive", "negative", ("ESR1", "GATA3"), 0.7, rf"(er|o?estrogen){_STATUS_COLUMN}"),
    "pr": _Fact("positive", "negative", ("PGR", "ESR1"), 0.6, rf"(pr|pgr|progesterone){_STATUS_COLUMN}"),
    "her2": _Fact("positive", "negative", ("ERBB2", "GRB7"), 0.6, rf"(her2|her-2|erbb2){_STATUS_COLUMN}"),
    "sex": _Fact("female", "male", ("XIST",), 0.8, "sex|gender", ("RPS4Y1",)),
}
MARKER_GENES = frozenset(PROLIFERATION).union(*((*fact.genes, *fact.reversed) for fact in FACTS.values()))
_CODES = {
    "positive": ("+", "pos", "positive", "1", "p", "er+", "pr+", "her2+", "yes", "true"),
    "negative": ("-", "neg", "negative", "0", "n", "er-", "pr-", "her2-", "no", "false"),
    "female": ("female", "f", "woman"),
    "male": ("male", "m", "man"),
}
_GRADE_LEAST = 0.1  # Spearman correlation of grade with proliferation: 0.49 to 0.59 in three cohorts
_WORDS = {"er": "ER", "pr": "PR", "her2": "HER2", "sex": "sex", "grade": "grade"}


@dataclass(frozen=True)
class _Said:
    """A clinical fact as the card, or a column that it does not use, has it."""

    values: pd.Series
    column: str
    in_card: bool


def clinical_agreement(
    genes: pd.DataFrame, fields: pd.DataFrame, clinical: pd.DataFrame, card: CohortCard
) -> pd.DataFrame:
    """Hold what the clinical data say against the expression.

    Args:
        genes: Genes x samples that stay, log2.
        fields: Samples x standard fields.
        clinical: Samples x columns of the source, in its order.
        card: The card; ``expression_disagrees`` names facts that may disagree, and why.

    Returns:
        Table of :data:`irf7bone.tables.cohort.MARKERS`.

    Raises:
        InputError: A fact disagrees with every gene that it is held against, and the card does not say why.
    """
    rows: list[dict[str, object]] = []
    problems = Problems()
    evidence = {}
    for fact, rule in FACTS.items():
        said = _said(fact, rule, fields, clinical)
        own = list(_by_gene(fact, rule, said, genes, card))
        _judge(fact, rule, said, own, genes, clinical, card, problems)
        if said is not None and own[0]["status"] == "agrees":
            evidence[fact] = _oriented(_values(rule.genes[0], rule, genes), said, genes.columns)
        rows += own
    exchange = likely_exchange(evidence)
    if exchange is not None:
        pair = f"{genes.columns[exchange.first]},{genes.columns[exchange.second]}"
        rows = [{**row, "exchanged": pair} if row["fact"] in evidence else row for row in rows]
    rows += _grade(fields, genes, card, problems)
    problems.raise_if_any()
    return MARKERS.cast(pd.DataFrame(rows, columns=MARKERS.names))


def _said(fact: str, rule: _Fact, fields: pd.DataFrame, clinical: pd.DataFrame) -> _Said | None:
    """1 for the value with high expression, 0 for the other; also from a column that the card leaves out."""
    if fact in fields:
        return _Said(fields[fact].map({rule.high: 1.0, rule.low: 0.0}).astype("float64"), fact, True)
    known = {code: 1.0 for code in _CODES[rule.high]} | {code: 0.0 for code in _CODES[rule.low]}
    for column in clinical.columns:
        if not re.fullmatch(rule.columns, str(column).strip().lower()):
            continue
        values = clinical[column].map(lambda value: str(value).strip().lower(), na_action="ignore")
        if values.notna().any() and values.dropna().isin(list(known)).all():
            return _Said(values.map(known).astype("float64"), str(column), False)
    return None


def _by_gene(
    fact: str, rule: _Fact, said: _Said | None, genes: pd.DataFrame, card: CohortCard
) -> Iterator[dict[str, object]]:
    for gene in (*rule.genes, *rule.reversed):
        row: dict[str, object] = {"cohort": card.id, "fact": fact, "gene": gene, "measure": "auc"}
        row["least"] = rule.least
        reason = None
        if card.role == "simulated":
            reason = "simulated: this gene does not follow the fact"
        elif said is None:
            reason = "the clinical data do not have it"
        elif gene not in genes.index:
            reason = "gene not measured"
        elif not _varies(genes, gene, said.values.reindex(genes.columns).notna().to_numpy()):
            reason = "the gene does not vary"
        if reason is not None or said is None:
            yield {**row, "status": "not_available", "reason": reason}
            continue
        values = _values(gene, rule, genes)
        status = said.values.reindex(genes.columns).to_numpy(float)
        n, n_high = int(np.isfinite(status).sum()), int(np.nansum(status))
        row |= {"n": n, "n_high": n_high}
        if min(n_high, n - n_high) < FEWEST:
            yield {**row, "status": "not_available", "reason": f"fewer than {FEWEST} of one kind"}
            continue
        auc, error = area(values, status)
        if not said.in_card and auc < 0.5:
            auc = 1 - auc  # nobody said which way a column is coded that the card does not use
        low, high = max(auc - _BOUND * error, 0.0), min(auc + _BOUND * error, 1.0)
        row |= {"agreement": round(auc, 4), "low": round(low, 4), "high": round(high, 4)}
        row["status"] = "disagrees" if high < rule.least else "agrees" if low > rule.least else "weak"
        yield row


def _varies(genes: pd.DataFrame, gene: str, known: np.ndarray) -> bool:
    """Whether a gene differs between the samples of known fact: at an array's floor in all it cannot tell."""
    values = genes.loc[gene].to_numpy()[known]
    return values.size == 0 or bool(np.ptp(values) > 0)


def _values(gene: str, rule: _Fact, genes: pd.DataFrame) -> np.ndarray:
    """Expression of a gene, turned so that it is higher with the fact's high value."""
    return genes.loc[gene].to_numpy(float) * (-1 if gene in rule.reversed else 1)


def _oriented(values: np.ndarray, said: _Said, samples: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Expression and record; a column that the card does not use is turned as its gene has it."""
    status = said.values.reindex(samples).to_numpy(float)
    turned = not said.in_card and area(values, status)[0] < 0.5
    return values, 1 - status if turned else status


def area(values: np.ndarray, status: np.ndarray) -> tuple[float, float]:
    """Area under the ROC curve and its standard error (Hanley and McNeil 1982, Radiology 143:29).

    Args:
        values: Shape (n,).
        status: 1, 0, or NaN where it is not known.
    """
    known = np.isfinite(status)
    is_high = status[known] == 1
    n_high, n_low = int(is_high.sum()), int((~is_high).sum())
    ranks = mid_ranks(values[known])
    auc = (ranks[is_high].sum() - n_high * (n_high + 1) / 2) / (n_high * n_low)
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    square = auc * (1 - auc) + (n_high - 1) * (one - auc**2) + (n_low - 1) * (two - auc**2)
    return float(auc), float(np.sqrt(max(square, 0.0) / (n_high * n_low)))


def _judge(
    fact: str,
    rule: _Fact,
    said: _Said | None,
    rows: list[dict[str, object]],
    genes: pd.DataFrame,
    clinical: pd.DataFrame,
    card: CohortCard,
    problems: Problems,
) -> None:
    """Refuse a fact that every gene contradicts, or take note of the card's reason."""
    told = [row for row in rows if row["status"] != "not_available"]
    own = (rule.genes[0], *rule.reversed)
    if said is None or not any(row["gene"] in own for row in told):
        return
    if any(row["status"] != "disagrees" for row in told):
        return
    stated = card.expression_disagrees.get(fact)
    if stated:
        for row in told:
            row["reason"] = f"the card says: {stated}"
        return
    where = f"fields.{fact}" if said.in_card else f"clinical column {said.column!r}"
    sizes = f"{told[0]['n_high']} of {told[0]['n']} samples {rule.high}"
    measured = [f"{row['gene']} {row['agreement']:.2f} (at most {row['high']:.2f})" for row in told]
    problems.add(
        f"{card.path}, {where}",
        expected=f"{_WORDS[fact]} that agrees with its genes' expression (area under the curve "
        f"{rule.least:g} or more)",
        found=f"{', '.join(measured)}, {sizes}",
        remedy=f"{_explanation(told[0], rule, said, genes, clinical)}; where the source is right, state in "
        f"the card `expression_disagrees: {{{fact}: why}}`",
    )


def _explanation(
    row: Mapping[str, object], rule: _Fact, said: _Said, genes: pd.DataFrame, clinical: pd.DataFrame
) -> str:
    """The order of the clinical rows, or reading of the codes, that would make all agree."""
    gene = str(row["gene"])
    values = _values(gene, rule, genes)
    status = said.values.reindex(genes.columns).to_numpy(float)
    auc = area(values, status)[0]
    if auc <= 1 - rule.least and said.in_card:
        return f"with {rule.high} and {rule.low} exchanged it would be {1 - auc:.2f}: look at `map`"
    best, words = auc, ""
    for order, said_order in _orders(status, said, genes, clinical):
        found = area(values, order)[0]
        if found > best:
            best, words = found, said_order
    if best >= _EXPLAINED and best - auc >= _GAINED:
        return f"{words} it would be {best:.2f}: give each row its own id again"
    return "look whether the table was sorted apart from its ids, or one column alone"


def _orders(
    status: np.ndarray, said: _Said, genes: pd.DataFrame, clinical: pd.DataFrame
) -> Iterator[tuple[np.ndarray, str]]:
    """What the samples would be, had rows of the clinical table slipped."""
    own = said.values.reindex(clinical.index.intersection(genes.columns, sort=False))
    if len(own) != genes.shape[1]:
        return
    rows, place = own.to_numpy(float), own.index.get_indexer(genes.columns)
    yield rows, "with the rows of the clinical table in the order of the expression's samples"
    yield rows[np.argsort(np.argsort(genes.columns.astype(str)))], "with the ids of the clinical table sorted"
    yield rows[::-1][place], "with the clinical table upside down"
    for shift in range(1, len(rows)):
        step = shift if shift <= len(rows) // 2 else shift - len(rows)
        many = "row" if abs(step) == 1 else "rows"
        way = "down" if step > 0 else "up"
        yield np.roll(rows, step)[place], f"with the clinical table moved {way} by {abs(step)} {many}"


def _grade(
    fields: pd.DataFrame, genes: pd.DataFrame, card: CohortCard, problems: Problems
) -> list[dict[str, object]]:
    """Grade counts mitoses, so it goes with proliferation; refused where it surely does not."""
    row: dict[str, object] = {"cohort": card.id, "fact": "grade", "gene": "proliferation"}
    row |= {"measure": "spearman", "least": _GRADE_LEAST}
    said = fields["grade"] if "grade" in fields else pd.Series(dtype=float)
    values = said.reindex(genes.columns).to_numpy(float)
    known = np.isfinite(values)
    there = [gene for gene in PROLIFERATION if gene in genes.index and _varies(genes, gene, known)]
    reason = None
    if card.role == "simulated":
        reason = "simulated"
    elif known.sum() < 4 * FEWEST or len(np.unique(values[known])) < 2:
        reason = "the clinical data do not have it" if not known.any() else "too few grades to tell"
    elif len(there) < 3:
        reason = "fewer than 3 proliferation genes are measured and vary"
    if reason is not None:
        return [{**row, "status": "not_available", "reason": reason}]
    z = genes.loc[there].to_numpy(float)
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    n = int(known.sum())
    r = float(np.corrcoef(mid_ranks(z.mean(axis=0)[known]), mid_ranks(values[known]))[0, 1])
    low, high = (float(np.tanh(np.arctanh(r) + sign * _BOUND / np.sqrt(n - 3))) for sign in (-1, 1))
    row |= {"n": n, "agreement": round(r, 4), "low": round(low, 4), "high": round(high, 4)}
    row["status"] = "disagrees" if high < _GRADE_LEAST else "agrees" if low > _GRADE_LEAST else "weak"
    stated = card.expression_disagrees.get("grade")
    if row["status"] == "disagrees" and stated:
        row["reason"] = f"the card says: {stated}"
    elif row["status"] == "disagrees":
        problems.add(
            f"{card.path}, fields.grade",
            expected=f"grade that agrees with proliferation (rank correlation at least {_GRADE_LEAST:g})",
            found=f"{r:.2f}, at most {high:.2f}, among {n} samples",
            remedy="look whether the table was sorted apart from its ids, or grades read the wrong way; "
            "where the source is right, state in the card `expression_disagrees: {grade: why}`",
        )
    return [row]
