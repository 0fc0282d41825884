"""The methods text of experiments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irf7bone.base.phrases import counted, listed, signature_name

if TYPE_CHECKING:
    from irf7bone.report.inputs import Experiments
    from irf7bone.report.sentences.references import Citations
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.study.settings import Config


def write_experiments(found: Experiments | None, cite: Citations) -> tuple[tuple[str, str], ...]:
    """Heading and paragraph; nothing where the study has no experiment.

    Args:
        found: The experiments.
        cite: Numbers what is cited.
    """
    if found is None:
        return ()

    named = [_named(card, cite) for card in found.cards.values()]
    contrasts = found.tables["contrasts"]
    counts = bool((contrasts["engine"] == "limma-voom").any())
    parts = [
        f"{counted(len(named), 'experiment')}: {listed(named)}. Each contrast was fitted on the samples of "
        "its own two groups, with pairs and batches where the card says so, by linear models with "
        f"moderated t {cite('smyth2004')}"
        + (
            f", counts with voom's weights {cite('law2014')} and TMM factors {cite('robinson2010')}."
            if counts
            else "."
        ),
        "Genes that are not expressed were left out"
        + (
            ", and variances moderated towards a trend where the level explains a tenth or more of their "
            "spread."
            if (contrasts["engine"] == "limma-trend").any()
            else "."
        ),
        "Scores were compared by the same model, in standard deviations over the samples of the "
        "experiment, with p from relabelling as well. Gene sets were tested along the moderated t by "
        f"prerank {cite('subramanian2005')} and by camera {cite('wu2012')} with the "
        "correlation of a set's genes estimated from residuals. Marker lists of bone, marrow, blood and "
        "other cells stand beside every contrast, and the difference of the score was estimated again "
        "with each of them in the model.",
    ]
    if contrasts["unit_correlation"].notna().any():
        parts.append(
            "Where several samples are of one animal or culture, genes have one correlation within these, "
            f"estimated over all genes {cite('smyth2005')}; scores have a random intercept, and labels are "
            "exchanged for whole animals."
        )
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


def write_alone(config: Config, cite: Citations) -> tuple[tuple[str, str], ...]:
    """Claim and scores of a study of experiments alone."""
    claim = (
        "Tumour cells that silence IRF7 have been reported to lose the interferon signal that exposes them "
        f"to the immune system, and to spread to bone {cite('bidwell2012')}. The signature and method that "
        f"contrasts are judged by were named before the run: {signature_name(config.primary.signature)}, "
        f"{config.primary.method}."
    )
    scores = (
        f"{counted(len(config.signatures.select), 'signature')} were scored by {listed(config.methods)}, "
        f"each where {100 * config.signatures.min_coverage:g} % of its genes or more are measured and "
        "expressed."
    )
    return (("Claim and question", claim), ("Scores", scores))


def _named(card: ExperimentCard, cite: Citations) -> str:
    if card.simulated:
        return f"{card.id}, simulated pairs with a planted loss and a planted contamination"
    work = cite.works.of_card(card)
    return f"{card.id} {cite(work)}" if work else card.id
