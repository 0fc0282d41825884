"""From what a source holds to log2 values per current gene symbol.

Every decision is either the card's or a fixed rule, is checked against the values, and is written down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.genes.damage import translated
from irf7bone.harmonise.collapse import collapse_to_symbols
from irf7bone.harmonise.filled_values import (
    check_filled,
    large_unknown,
    leave_out_no_genes,
    missing_as_stated,
    restoring,
)
from irf7bone.harmonise.normalise import NORMALISE
from irf7bone.harmonise.probes import choose_probes
from irf7bone.harmonise.sample_scale import LOG2_LIMIT, check_scale

if TYPE_CHECKING:
    from irf7bone.genes.mouse import MouseSymbols
    from irf7bone.genes.symbols import SymbolTable

MISSING_GENES_LIMIT = 0.5
KNOWN_GENES_LIMIT = 0.2
COPY_GENES = 10  # fewer may agree by chance, above all counts and rounded values


@dataclass(frozen=True)
class GeneMatrix:
    """Harmonised expression.

    Args:
        values: Genes x samples, float32, log2; index = current symbol, unique, sorted.
        source_ids: For each gene, the ids of the source behind it, joined with ``;``.
        scale: What was done to the values, in words.
        dropped: Reason -> ids lost for it, for every reason that lost any.
        renamed: How many ids became a current symbol, by kind of match.
        remarks: What a reader should know of the values, in words.
    """

    values: pd.DataFrame
    source_ids: list[str]
    scale: str
    dropped: dict[str, list[str]]
    renamed: dict[str, int]
    remarks: tuple[str, ...] = ()


def harmonise_expression(
    expression: pd.DataFrame, settings: Mapping, symbols: SymbolTable | MouseSymbols, where: str
) -> GeneMatrix:
    """Bring the expression of a cohort to log2 values per current symbol.

    Args:
        expression: Genes x samples, as in the source; ids may repeat. Where rows are probes, the index has
            two levels, probe and gene (none for a probe without one).
        settings: The card's ``expression``: scale, gene_id, collapse and, if stated, normalise, log_base,
            excel_damaged, missing, floor, clipped and probes.
        symbols: Current symbols and what leads to them.
        where: The card, for messages.

    Raises:
        InputError: Infinite values, values that contradict the stated scale, or ids that are not genes.
    """
    expression, no_genes = leave_out_no_genes(expression)
    genes = expression.index.get_level_values(-1)
    expression = expression.set_axis(expression.index.get_level_values(0), axis=0)
    check_finite(expression, where)
    expression = missing_as_stated(expression, settings)
    dropped: dict[str, list[str]] = {"no gene (counting program, spike-in or total)": no_genes}
    complete = _complete_genes(expression, where)
    dropped["missing values"] = expression.index[~complete].tolist()
    at = f"{where}, expression: scale"
    untested = check_scale(expression[complete], settings, at)
    to_log2 = SCALES[settings["scale"]]
    stated = {key: settings[key] for key in ("normalise", "log_base") if key in settings}
    log2, words = to_log2(expression[complete], at, **stated)
    check_filled(expression[complete], log2, settings, where)
    current, resolved = _resolve(log2.index, genes[complete], settings, symbols, where)
    dropped.update(resolved.dropped)
    current, dropped["another probe, named in the card, stands for the gene"] = choose_probes(
        log2.index, current, settings.get("probes", {}), where
    )
    known = pd.notna(current)
    if untested:
        words += f"; {untested}"
    remarks = [restoring(np.isnan(expression.to_numpy()), expression.columns)]
    if settings["scale"] == "counts":
        remarks.append(large_unknown(expression[complete], known))
    collapsed, source_ids = collapse_to_symbols(log2[known], current[known], settings["collapse"])
    values = collapsed.astype(np.float32)
    constant = (values.max(axis=1) == values.min(axis=1)).to_numpy()
    dropped["constant"] = values.index[constant].tolist()
    if constant.all():
        raise InputError(
            Problem(
                f"{where}, expression",
                "genes that differ between samples",
                f"none of {len(values)} does",
                "check that the table holds expression",
            )
        )
    _refuse_constant_samples(expression[complete], where)
    _refuse_identical_samples(expression[complete], where)
    return GeneMatrix(
        values[~constant],
        [ids for ids, lost in zip(source_ids, constant, strict=True) if not lost],
        words,
        {reason: ids for reason, ids in dropped.items() if ids},
        resolved.renamed,
        tuple(filter(None, remarks)),
    )


def check_finite(expression: pd.DataFrame, where: str) -> None:
    """Refuse infinite values, naming gene and sample; missing values are another matter."""
    rows, columns = np.nonzero(np.isinf(expression.to_numpy()))
    shown = zip(expression.index[rows[:20]], expression.columns[columns[:20]], strict=True)
    if len(rows):
        raise InputError(
            Problem(
                f"{where}, expression",
                "finite numbers",
                f"{len(rows)} infinite values",
                "the logarithm of 0 is a common cause: start from the values before it was taken, "
                "or write NA where there is no value",
                tuple(f"{gene} in {sample}" for gene, sample in shown),
            )
        )


def _complete_genes(expression: pd.DataFrame, where: str) -> np.ndarray:
    """Genes without missing values; nothing is imputed, so most genes must be complete."""
    missing = np.isnan(expression.to_numpy())
    complete = ~missing.any(axis=1)
    if (~complete).mean() > MISSING_GENES_LIMIT:
        by_sample = pd.Series(missing.mean(axis=0), index=expression.columns).sort_values(ascending=False)
        raise InputError(
            Problem(
                f"{where}, expression",
                f"missing values in at most {MISSING_GENES_LIMIT:.0%} of the genes",
                f"missing values in {(~complete).sum()} of {len(complete)} genes",
                "remove samples that hold little, or impute in a way you can defend before this workflow",
                tuple(f"{sample}: {share:.0%} missing" for sample, share in by_sample.items()),
            )
        )
    return complete


def _refuse_constant_samples(values: pd.DataFrame, where: str) -> None:
    """Refuse samples in which every gene has the same value: nothing was measured in them."""
    constant = (values.max(axis=0) == values.min(axis=0)).to_numpy()
    if len(values) > 1 and constant.any():
        raise InputError(
            Problem(
                f"{where}, expression",
                "genes that differ within every sample",
                f"{int(constant.sum())} samples with one value for all of {len(values)} genes",
                "exclude them in the card (exclude: samples), with the reason, or correct the table",
                tuple(f"{sample}: {values[sample].iloc[0]:g}" for sample in values.columns[constant]),
            )
        )


def _refuse_identical_samples(values: pd.DataFrame, where: str) -> None:
    """Refuse samples with the same value in every gene: one measurement under two names."""
    if len(values) < COPY_GENES:
        return
    first: dict[bytes, object] = {}
    copies = []
    matrix = np.ascontiguousarray(values.to_numpy().T + 0.0)  # -0.0 becomes 0.0, which has other bytes
    for sample, profile in zip(values.columns, matrix, strict=True):
        original = first.setdefault(profile.tobytes(), sample)
        if original is not sample:
            copies.append(f"{original} = {sample}")
    if copies:
        raise InputError(
            Problem(
                f"{where}, expression",
                "every sample measured by itself",
                f"{len(copies)} samples whose {len(values)} values are all those of another sample",
                "find out whose tumour it is, and exclude the copy, or both, in the card (exclude: samples) "
                "with the reason",
                tuple(copies),
            )
        )


def _from_linear(values: pd.DataFrame, where: str) -> tuple[pd.DataFrame, str]:
    problems = Problems()
    matrix = values.to_numpy()
    if matrix.max() <= LOG2_LIMIT:
        found = f"no value over {LOG2_LIMIT:g} (largest {matrix.max():g})"
        _contradicts(problems, where, "linear", found, "log2")
    _refuse_negative(problems, where, "linear", values)
    problems.raise_if_any()
    return np.log2(values + 1), "linear in the source; log2(value + 1)"


def _from_log2(values: pd.DataFrame, where: str) -> tuple[pd.DataFrame, str]:
    problems = Problems()
    largest = values.abs().to_numpy().max()
    if largest > LOG2_LIMIT:
        found = f"values up to {largest:g}"
        _contradicts(problems, where, "log2", found, "linear, or counts if whole numbers")
    problems.raise_if_any()
    return values, "log2 in the source; unchanged"


def _from_log_ratio(values: pd.DataFrame, where: str, *, log_base: int = 2) -> tuple[pd.DataFrame, str]:
    problems = Problems()
    matrix = values.to_numpy()
    largest = np.abs(matrix).max()
    if largest > LOG2_LIMIT:
        _contradicts(problems, where, "log_ratio", f"values up to {largest:g}", "linear or counts")
    if matrix.min() >= 0:
        _contradicts(problems, where, "log_ratio", "no value below 0", "log2")
    problems.raise_if_any()
    if log_base != 2:
        words = f"log{log_base} ratio to a reference in the source; times log2({log_base})"
        return values * np.log2(log_base), words
    return values, "log2 ratio to a reference in the source; unchanged"


def _from_counts(
    values: pd.DataFrame, where: str, *, normalise: str = "library_size"
) -> tuple[pd.DataFrame, str]:
    """Log2 counts per million with the offsets of voom (Law 2014, Genome Biology 15:R29, its equation 1).

    With ``tmm`` the library sizes are first multiplied by their TMM factors, as voom does.
    """
    problems = Problems()
    _refuse_negative(problems, where, "counts", values)
    matrix = values.to_numpy()
    fractional = (matrix != np.floor(matrix)).any(axis=1)
    if fractional.any():
        problems.add(
            where,
            expected="whole numbers, as the card says counts",
            found=f"fractions in {int(fractional.sum())} genes",
            remedy="state linear for TPM or FPKM; round expected counts (RSEM, salmon) before this workflow",
            offenders=values.index[fractional].tolist(),
        )
    library_size = values.sum(axis=0)
    if (library_size == 0).any():
        problems.add(
            where,
            expected="counts in every sample",
            found=f"{int((library_size == 0).sum())} samples without any",
            remedy="exclude them in the card, with the reason",
            offenders=library_size.index[library_size == 0].tolist(),
        )
    problems.raise_if_any()
    factors = NORMALISE[normalise](matrix)
    per_million = (values + 0.5) / (library_size * factors + 1) * 1e6
    size = "library size" if normalise == "library_size" else f"library size * {normalise.upper()} factor"
    return np.log2(per_million), f"counts in the source; log2((count + 0.5) / ({size} + 1) * 1e6)"


def _contradicts(problems: Problems, where: str, stated: str, found: str, better: str) -> None:
    problems.add(
        where,
        expected=f"values as {stated} has them, which the card states",
        found=found,
        remedy=f"look at how the source made its values; if they are {better}, state that",
    )


def _refuse_negative(problems: Problems, where: str, stated: str, values: pd.DataFrame) -> None:
    negative = (values < 0).any(axis=1)
    if negative.any():
        problems.add(
            where,
            expected=f"no value below 0, as the card says {stated}",
            found=f"values below 0 in {int(negative.sum())} genes (smallest {values.to_numpy().min():g})",
            remedy="state log2 or log_ratio if the source took logarithms; "
            "background-subtracted intensities must be set to a floor first",
            offenders=values.index[negative].tolist(),
        )


# scale a card may state -> (genes x samples, where) -> (log2 values, what was done in words)
SCALES: dict[str, Callable[..., tuple[pd.DataFrame, str]]] = {
    "linear": _from_linear,
    "log2": _from_log2,
    "counts": _from_counts,
    "log_ratio": _from_log_ratio,
}


@dataclass(frozen=True)
class _Resolved:
    dropped: dict[str, list[str]]
    renamed: dict[str, int]


def _resolve(
    rows: pd.Index, ids: pd.Index, settings: Mapping, symbols: SymbolTable | MouseSymbols, where: str
) -> tuple[np.ndarray, _Resolved]:
    """Current symbol of each row's gene id (None where there is none), and what happened to the others."""
    where = f"{where}, expression: gene_id {settings['gene_id']}"
    resolution, n_repaired = translated(ids, settings, symbols, where)
    status = np.asarray(resolution.status, dtype=object)
    current = np.array(resolution.current, dtype=object)
    status[pd.isna(ids)] = "missing"
    damaged = ids[status == "excel_damaged"]
    if len(damaged) and settings.get("excel_damaged") != "drop":
        raise InputError(
            Problem(
                where,
                "gene ids",
                f"{len(damaged)} that a spreadsheet turned into dates or numbers",
                "export the table again without opening it in a spreadsheet, or, if that cannot be done, "
                "state excel_damaged: drop in the card's expression (these genes are then lost)",
                tuple(damaged),
            )
        )
    # an alias is a weak claim: where a gene is there under its own name, an alias of it is left out
    own = set(current[np.isin(status.astype(str), ("current", "previous", "mapped"))])
    shadowed = (status == "alias") & np.array([symbol in own for symbol in current], dtype=bool)
    current[shadowed] = None
    status[shadowed] = "alias_of_present_gene"
    kept = pd.notna(current)
    if kept.mean() < KNOWN_GENES_LIMIT:
        raise InputError(
            Problem(
                where,
                "ids of human genes of the kind that the card states",
                f"{int(kept.sum())} known among {len(ids)}; {guess_id_type(ids)}",
                "correct gene_id or genes_in in the card, or translate the ids to human symbols first",
                tuple(ids[~kept][:5]),
            )
        )
    reasons = {kind: rows[(status == kind) & ~kept].tolist() for kind in pd.unique(status[~kept])}
    renamed = pd.Series(status[kept]).value_counts().sort_index()
    if n_repaired:
        renamed["repaired"] = n_repaired
    words = {kind: f"id {kind.replace('_', ' ')}" for kind in reasons}
    return current, _Resolved({words[kind]: reasons[kind] for kind in sorted(reasons)}, renamed.to_dict())


_LOOKS_LIKE = (
    (r"ENSG\d{11}(\.\d+)?", "human Ensembl gene ids"),
    (r"ENST\d{11}(\.\d+)?", "human Ensembl transcript ids"),
    (r"ENS[A-Z]{3,4}G\d{11}(\.\d+)?", "Ensembl gene ids of another species"),
    (r"\d+_([a-z]_)?at|\d+_[a-z]_at|AFFX.*", "Affymetrix probe ids"),
    (r"ILMN_\d+", "Illumina probe ids"),
    (r"A_\d+_P\d+", "Agilent probe ids"),
    (r"cg\d{8}", "methylation probe ids"),
    (r"[NX][MR]_\d+(\.\d+)?", "RefSeq transcript ids"),
    (r"\d+", "Entrez gene ids, or row numbers"),
    (r"GSM\d+|TCGA-.*", "sample ids: is it genes_in that is wrong"),
    (r"[A-Z][a-z0-9]+[a-z0-9-]*", "mouse symbols"),
    (r"[A-Z][A-Z0-9-]+", "symbols"),
)


def guess_id_type(ids: Sequence[str]) -> str:
    """Say what most ids look like, to help who has to correct a card; nothing is decided by it."""
    for pattern, name in _LOOKS_LIKE:
        if np.mean([re.fullmatch(pattern, str(item)) is not None for item in ids]) > 0.5:
            return f"most look like {name}"
    return "they look like no kind of id that is known here"
