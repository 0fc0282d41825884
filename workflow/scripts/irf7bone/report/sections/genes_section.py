"""Any single gene against outcome: a box to ask for one, and all genes in a figure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    STATUS_WORDS,
    SURVIVAL_WORDS,
    capital,
    counted,
    hazard_ratio,
    p_clause,
    p_value,
)
from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.figures import IRF7_SIGNATURE
from irf7bone.figures.plot_genes import shown_genes
from irf7bone.pool.quoted import quoted_columns
from irf7bone.report.html.figure_markup import read_figure
from irf7bone.report.html.gene_curve_file import gene_curve_file
from irf7bone.report.html.gene_file import gene_file
from irf7bone.report.html.section import Finding, Section, chosen, one_row
from irf7bone.report.sentences.quote import quote
from irf7bone.tables.every_gene import GENE_MODELS

if TYPE_CHECKING:
    from irf7bone.report.html.figure_markup import FigureView
    from irf7bone.report.inputs import ReportInputs


def genes_section(inputs: ReportInputs) -> Section | None:
    """The section; None where no cohort of patients has an endpoint."""
    genes = inputs.genes
    endpoints = [name for name in inputs.config.endpoints if (genes["endpoint"] == name).any()]
    if not endpoints:
        return None
    return Section(
        "genes",
        "Any gene",
        "Any gene",
        findings=[Finding(place_of_irf7(genes, endpoint)) for endpoint in endpoints],
        figures=[_figure(inputs, endpoint) for endpoint in endpoints if len(shown_genes(genes, endpoint))],
        template="genes.html.j2",
        data={
            # for the page alone
            "file": partial(gene_file, genes, inputs.other_names),
            "curves": partial(gene_curve_file, inputs.gene_tertiles, inputs.results.gene_follow_up),
            "said": _words(inputs, endpoints),
            "first": IRF7_SIGNATURE,
        },
    )


def _words(inputs: ReportInputs, endpoints: Sequence[str]) -> dict[str, Any]:
    """What the script says."""
    return {
        "endpoints": list(endpoints),
        "models": list(GENE_MODELS),
        "first_model": GENE_MODELS[-1],  # adjusted, as the figures and the verdict are
        "cohorts": [name for name in inputs.cards if name not in inputs.simulated],
        "pooled": POOLED_ROW,
        "outcome": {name: ENDPOINT_WORDS[name] for name in endpoints},
        "survival": {name: SURVIVAL_WORDS[name] for name in endpoints},
        "model": {name: MODEL_WORDS[name] for name in GENE_MODELS},
        "status": STATUS_WORDS,
    }


def place_of_irf7(genes: pd.DataFrame, endpoint: str) -> str:
    """Where IRF7 stands among the genes that :func:`shown_genes` has, under both models."""
    rows = shown_genes(genes, endpoint)
    words = f"{capital(ENDPOINT_WORDS[endpoint])}"
    if rows.empty:
        return f"{words}: no gene has an estimate."
    cohort = str(rows["cohort"].iloc[0])
    where = (
        f"pooled over {counted(int(rows['k'].iloc[0]), 'cohort')}" if cohort == POOLED_ROW else f"in {cohort}"
    )
    parts = []
    for model in GENE_MODELS:
        own = chosen(rows, model=model)
        row = one_row(own, gene=IRF7_SIGNATURE)
        if row is not None:
            hr, low, high = (
                quote(hazard_ratio(row[name]), "genes", row, name) for name in quoted_columns(row["k"])
            )
            p, q = quote(p_clause(row["p"]), "genes", row, "p"), quote(p_value(row["q"]), "genes", row, "q")
            rank, of = (quote(f"{int(row[name]):,}", "genes", row, name) for name in ("rank", "n_ranked"))
            parts.append(
                f"{MODEL_WORDS[model]} HR {hr} ({low} to {high}) per SD, {p}, q {q}, by p gene {rank} of {of}"
            )
    if not parts:
        return f"{words}: {IRF7_SIGNATURE} has no estimate {where} ({_why(genes, endpoint, cohort)})."
    return f"{words}, {where}: {IRF7_SIGNATURE} {'; '.join(parts)}."


def _why(genes: pd.DataFrame, endpoint: str, cohort: str) -> str:
    row = one_row(genes, gene=IRF7_SIGNATURE, endpoint=endpoint, cohort=cohort, model=GENE_MODELS[0])
    return "not on the platform" if row is None else STATUS_WORDS[row["status"]]


def _figure(inputs: ReportInputs, endpoint: str) -> FigureView:
    rows = shown_genes(inputs.genes, endpoint)
    cohort = str(rows["cohort"].iloc[0])
    where = (
        f"pooled over {counted(int(rows['k'].iloc[0]), 'cohort')} of patients, which share these genes"
        if cohort == POOLED_ROW
        else f"in {cohort}"
    )
    finding = place_of_irf7(inputs.genes, endpoint)
    return read_figure(
        inputs.figures,
        f"pooled/genes_{endpoint}",
        title=f"{capital(ENDPOINT_WORDS[endpoint])}: every gene",
        alt=finding,
        caption=(
            f"{counted(rows['gene'].nunique(), 'gene')} {where}; each point is a gene. Blue: genes of "
            f"the selected "
            f"interferon signatures; red: {IRF7_SIGNATURE}. Exploration: it tests thousands of genes, "
            f"and is part of "
            "no verdict."
        ),
    )
