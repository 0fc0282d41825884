"""The methods text of experiments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from irf7bone.base.phrases import counted, listed

if TYPE_CHECKING:
    from irf7bone.report.inputs import Experiments
    from irf7bone.study.experiment_card import ExperimentCard

REFERENCES = {
    "camera": "Wu D, Smyth GK. Camera: a competitive gene set test accounting for inter-gene correlation. "
    "Nucleic Acids Res 2012;40:e133.",
    "limma": "Smyth GK. Linear models and empirical Bayes methods for assessing differential expression in "
    "microarray experiments. Stat Appl Genet Mol Biol 2004;3:3.",
    "prerank": "Subramanian A, Tamayo P, Mootha VK, et al. Gene set enrichment analysis: a knowledge-based "
    "approach for interpreting genome-wide expression profiles. Proc Natl Acad Sci USA "
    "2005;102:15545-15550.",
    "tmm": "Robinson MD, Oshlack A. A scaling normalization method for differential expression analysis of "
    "RNA-seq data. Genome Biol 2010;11:R25.",
    "voom": "Law CW, Chen Y, Shi W, Smyth GK. voom: precision weights unlock linear model analysis tools for "
    "RNA-seq read counts. Genome Biol 2014;15:R29.",
}


def write_experiments(
    found: Experiments | None, cite: Callable[..., str], citation_of: Callable[..., str]
) -> tuple[tuple[str, str], ...]:
    """Heading and paragraph; nothing where the study has no experiment.

    Args:
        found: The experiments.
        cite: Numbers whole references, as :class:`irf7bone.report.sentences.methods.Citations`.
        citation_of: The reference that a card gives.
    """
    if found is None:
        return ()

    def by(*names: str) -> str:
        return cite(*(REFERENCES[name] for name in names))

    named = [_named(card, cite, citation_of) for card in found.cards.values()]
    contrasts = found.tables["contrasts"]
    counts = bool((contrasts["engine"] == "limma-voom").any())
    parts = [
        f"{counted(len(named), 'experiment')}: {listed(named)}. Each contrast was fitted on the samples of "
        "its own two groups, with pairs and batches where the card says so, by linear models with "
        f"moderated t {by('limma')}"
        + (f", counts with voom's weights {by('voom')} and TMM factors {by('tmm')}." if counts else "."),
        "Scores were compared by the same model, in standard deviations over the samples of the "
        "experiment, with p from relabelling as well. Gene sets were tested along the moderated t by "
        f"prerank {by('prerank')} and by camera {by('camera')} with the "
        "correlation of a set's genes estimated from residuals. Marker lists of bone, marrow, blood and "
        "other cells stand beside every contrast, and the difference of the score was estimated again "
        "with each of them in the model.",
    ]
    if any(card.organism == "mouse" for card in found.cards.values()):
        parts.append("Mouse genes were brought to human ones by orthologs that three databases assert.")
    for card in found.cards.values():
        if card.derive:
            rule = card.derive
            parts.append(
                f"{rule.name} holds the genes that fall in {rule.contrast} of {card.id} by "
                f"{rule.log2_fold:g} log2 or more at a false discovery rate of {100 * rule.fdr:g} %."
            )
    return (("Experiments", " ".join(parts)),)


def _named(card: ExperimentCard, cite: Callable[..., str], citation_of: Callable[..., str]) -> str:
    if card.simulated:
        return f"{card.id}, simulated pairs with a planted loss and a planted contamination"
    return f"{card.id} {cite(citation_of(card))}"
