"""From what a source holds to log2 values per current gene symbol.

Every decision is either the card's or a fixed rule, is checked against the values, and is written down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.acquire.sample_blocks import Expression
from irf7bone.base.errors import InputError, Problem
from irf7bone.base.limits import MOST_IN_MEMORY
from irf7bone.base.vocabulary import COLLAPSE_BY_COMPANIONS, COLLAPSE_OTHERWISE
from irf7bone.genes.damage import translated
from irf7bone.harmonise.collapse import plan_collapse
from irf7bone.harmonise.filled_values import check_filled, is_no_gene, large_unknown
from irf7bone.harmonise.planned_values import PlannedValues
from irf7bone.harmonise.probe_choice import choose_by_companions
from irf7bone.harmonise.probes import choose_probes
from irf7bone.harmonise.raw_values import Facts, Missing, RawValues, count_missing, look_at, restoring
from irf7bone.harmonise.sample_scale import check_scale
from irf7bone.harmonise.scales import SCALES, ToLog2, log2_of_some

if TYPE_CHECKING:
    from irf7bone.genes.companions import CitedSet
    from irf7bone.genes.mouse import MouseSymbols
    from irf7bone.genes.symbols import SymbolTable

NO_SETS: Mapping[str, CitedSet] = {}
MISSING_GENES_LIMIT = 0.5
KNOWN_GENES_LIMIT = 0.2
COPY_GENES = 10  # fewer may agree by chance, above all counts and rounded values


@dataclass(frozen=True)
class GeneMatrix:
    """Harmonised expression.

    Args:
        values: Genes x samples, float32, log2; index = current symbol, unique, sorted. Those of a large
            cohort (:data:`irf7bone.base.limits.MOST_IN_MEMORY`) are made when they are asked for.
        mean_log2: Mean of each gene.
        source_ids: For each gene, the ids of the source behind it, joined with ``;``.
        scale: What was done to the values, in words.
        dropped: Reason -> ids lost for it, for every reason that lost any.
        renamed: How many ids became a current symbol, by kind of match.
        remarks: What a reader should know of the values, in words.
        probes: Which row stands for each gene of several, and why, where companions choose:
            :data:`irf7bone.tables.cohort.PROBES` without the cohort; else None.
    """

    values: pd.DataFrame | PlannedValues
    mean_log2: np.ndarray
    source_ids: list[str]
    scale: str
    dropped: dict[str, list[str]]
    renamed: dict[str, int]
    remarks: tuple[str, ...] = ()
    probes: pd.DataFrame | None = None


def harmonise_expression(
    expression: Expression,
    settings: Mapping,
    symbols: SymbolTable | MouseSymbols,
    where: str,
    sets: Mapping[str, CitedSet] = NO_SETS,
) -> GeneMatrix:
    """Bring the expression of a cohort to log2 values per current symbol.

    Values are read a block of samples at a time, two to five times; beside the result nothing of its size is
    made.

    Args:
        expression: Genes x samples, as in the source; ids may repeat. Where rows are probes, the index has
            two levels, probe and gene (none for a probe without one).
        settings: The card's ``expression``: scale, gene_id, collapse and, if stated, normalise, log_base,
            excel_damaged, missing, floor, clipped and probes.
        symbols: Current symbols and what leads to them.
        where: The card, for messages.
        sets: Published gene sets, which say what a gene's companions are, for `collapse: companions`.

    Raises:
        InputError: Infinite values, values that contradict the stated scale, or ids that are not genes.
    """
    no_genes = is_no_gene(expression.index.get_level_values(0))
    stated_missing = float(settings["missing"]) if "missing" in settings else None
    raw = RawValues(expression, ~no_genes, stated_missing)
    dropped: dict[str, list[str]] = {
        "no gene (counting program, spike-in or total)": expression.index.get_level_values(0)[
            no_genes
        ].tolist()
    }
    missing = count_missing(raw, where)
    complete = _complete_genes(missing, raw.samples, where)
    dropped["missing values"] = raw.names[~complete].tolist()
    facts = look_at(raw.only(complete), settings)
    at = f"{where}, expression: scale"
    untested = check_scale(facts.some, facts.largest, facts.smallest, settings, at)
    stated = {key: settings[key] for key in ("normalise", "log_base") if key in settings}
    to_log2, words = SCALES[settings["scale"]](facts, at, **stated)
    check_filled(facts.some, log2_of_some(facts, to_log2), settings, where)
    names = facts.values.names
    current, resolved = _resolve(names, facts.values.genes, settings, symbols, where)
    dropped.update(resolved.dropped)
    current, dropped["another probe, named in the card, stands for the gene"] = choose_probes(
        names, current, settings.get("probes", {}), where
    )
    known = pd.notna(current)
    if untested:
        words += f"; {untested}"
    remarks = [restoring(missing, raw.samples)]
    if settings["scale"] == "counts":
        remarks.append(large_unknown(facts.reads, names, known))
    values, source_ids, probes = _collapsed(
        facts.values.only(known), current[known], settings["collapse"], to_log2, sets, where
    )
    if isinstance(values, PlannedValues):
        lowest, highest, mean = values.ranges()
        constant = lowest == highest
    else:
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
    _refuse_constant_samples(facts, where)
    _refuse_identical_samples(facts, where)
    if isinstance(values, PlannedValues):
        values, mean = values.only(~constant), mean[~constant]
    else:
        values = values[~constant] if constant.any() else values
        mean = values.mean(axis=1).to_numpy(dtype=np.float64)
    return GeneMatrix(
        values,
        mean,
        [ids for ids, lost in zip(source_ids, constant, strict=True) if not lost],
        words,
        {reason: ids for reason, ids in dropped.items() if ids},
        resolved.renamed,
        tuple(filter(None, remarks)),
        probes,
    )


def _collapsed(
    known: RawValues,
    current: np.ndarray,
    rule: str,
    to_log2: ToLog2,
    sets: Mapping[str, CitedSet],
    where: str,
) -> tuple[pd.DataFrame | PlannedValues, list[str], pd.DataFrame | None]:
    """Symbols x samples, log2, float32; for each symbol the source's ids; what companions chose."""

    def log2() -> Iterator[np.ndarray]:
        return (to_log2(values, part) for part, values in known.blocks())

    def rows(places: np.ndarray) -> np.ndarray:
        found = np.empty((len(known.samples), len(places)), dtype=np.float32)
        for part, values in known.blocks():
            found[part] = to_log2(values[:, places], part)
        return found

    by_companions = rule == COLLAPSE_BY_COMPANIONS
    plan = plan_collapse(known.names, current, COLLAPSE_OTHERWISE if by_companions else rule, log2)
    if len(known.samples) * len(plan.symbols) > MOST_IN_MEMORY:
        if by_companions:
            _refuse_large(len(known.samples), len(plan.symbols), where)
        return PlannedValues(known, plan, to_log2, np.arange(len(plan.symbols))), plan.source_ids, None
    out = np.empty((len(known.samples), len(plan.symbols)), dtype=np.float32)
    for part, values in known.blocks():
        out[part] = plan.apply(values, partial(to_log2, part=part))
    source_ids, probes = plan.source_ids, None
    if by_companions:
        choice = choose_by_companions(plan, out, known.names, rows, sets)
        source_ids, probes = choice.source_ids, choice.probes
        out[:, choice.changed] = rows(choice.instead)
    index = pd.Index(plan.symbols, dtype=object)
    return pd.DataFrame(out.T, index=index, columns=known.samples), source_ids, probes


def _refuse_large(n_samples: int, n_genes: int, where: str) -> None:
    """Companions are asked over all samples at once."""
    raise InputError(
        Problem(
            f"{where}, expression: collapse",
            f"`{COLLAPSE_OTHERWISE}`, `mean` or `max_variance` for {n_samples:,} samples x {n_genes:,} genes",
            f"`{COLLAPSE_BY_COMPANIONS}`, which holds all values in memory",
            "choose one of these, and name single probes (`probes`) where a row is not its gene's",
        )
    )


def _complete_genes(missing: Missing, samples: pd.Index, where: str) -> np.ndarray:
    """Genes without missing values; nothing is imputed, so most genes must be complete."""
    complete = missing.by_gene == 0
    if (~complete).mean() > MISSING_GENES_LIMIT:
        shares = pd.Series(missing.by_sample / len(complete), index=samples).sort_values(ascending=False)
        raise InputError(
            Problem(
                f"{where}, expression",
                f"missing values in at most {MISSING_GENES_LIMIT:.0%} of the genes",
                f"missing values in {(~complete).sum()} of {len(complete)} genes",
                "remove samples that hold little, or impute in a way you can defend before this workflow",
                tuple(f"{sample}: {share:.0%} missing" for sample, share in shares.items()),
            )
        )
    return complete


def _refuse_constant_samples(facts: Facts, where: str) -> None:
    """Refuse samples in which every gene has the same value: nothing was measured in them."""
    constant, n_genes = facts.largest == facts.smallest, len(facts.values.names)
    if n_genes > 1 and constant.any():
        samples = facts.values.samples
        raise InputError(
            Problem(
                f"{where}, expression",
                "genes that differ within every sample",
                f"{int(constant.sum())} samples with one value for all of {n_genes} genes",
                "exclude them in the card (exclude: samples), with the reason, or correct the table",
                tuple(f"{samples[i]}: {facts.largest[i]:g}" for i in np.flatnonzero(constant)),
            )
        )


def _refuse_identical_samples(facts: Facts, where: str) -> None:
    """Refuse samples with the same value in every gene: one measurement under two names."""
    n_genes = len(facts.values.names)
    if n_genes < COPY_GENES:
        return
    first: dict[bytes, object] = {}
    copies = []
    for sample, profile in zip(facts.values.samples, facts.profiles, strict=True):
        original = first.setdefault(profile, sample)
        if original is not sample:
            copies.append(f"{original} = {sample}")
    if copies:
        raise InputError(
            Problem(
                f"{where}, expression",
                "every sample measured by itself",
                f"{len(copies)} samples whose {n_genes} values are all those of another sample",
                "find out whose tumour it is, and exclude the copy, or both, in the card (exclude: samples) "
                "with the reason",
                tuple(copies),
            )
        )


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
