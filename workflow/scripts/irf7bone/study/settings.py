"""The settings of a study, typed: what config.yaml says, and all that jobs know of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple


@dataclass(frozen=True)
class SignatureSettings:
    """Which signatures to score (``select``), from which GMTs (``files``), and what of one must be measured.

    Args:
        min_coverage: Smallest share of the genes, where no cohort shows what the whole says.
        min_agreement: Smallest correlation of the measured part's score with the whole's.
    """

    select: tuple[str, ...]
    files: tuple[str, ...]
    min_coverage: float
    min_agreement: float = 0.95


@dataclass(frozen=True)
class Primary:
    """The one analysis that answers the question, named before the run."""

    signature: str
    method: str
    endpoint: str
    model: str


@dataclass(frozen=True)
class VerdictSettings:
    """What the verdict looks for and assumes.

    Args:
        smallest_hr: The hazard ratio per SD worth finding, below 1.
        power: The probability of a decision that planning aims at.
        prior_scale: Scale of the half-normal prior of the standard deviation between cohorts, in log HR.
    """

    smallest_hr: float
    power: float
    prior_scale: float


class Reliability(NamedTuple):
    """The share of a covariate's variance that is not noise, as the calibrated model assumes."""

    proliferation: float
    er: float


@dataclass(frozen=True)
class MalignantPartSettings:
    """Which signatures have their malignant part derived from single cells, and what a gene of it must show.

    Args:
        of: Names of the signatures.
        min_share: Smallest share of a gene's signal that comes from malignant cells, 0 to 1.
        min_genes: Fewest genes with which the part is scored.
    """

    of: tuple[str, ...] = ()
    min_share: float = 0.5
    min_genes: int = 3


MOST_DRAWS_SIMULATED = 1_000


class RandomSignatures(NamedTuple):
    """How many random signatures are drawn for each named one, and the seed of the draws."""

    draws: int
    seed: int

    def of_role(self, role: str) -> RandomSignatures:
        """Those of a cohort: no more than 1,000 for a simulated one, which answers nothing about patients."""
        return self._replace(draws=min(self.draws, MOST_DRAWS_SIMULATED)) if role == "simulated" else self


class Config(NamedTuple):
    """config.yaml, and what --configfile and --config put over it.

    A tuple, because Snakemake tracks changes of a rule's params only for built-in types and their
    subclasses; with a plain dataclass, an edited config would not rerun anything.

    Args:
        title: Title of the report.
        cohorts: Ids of the cohorts, in the order of the config.
        experiments: Ids of the experiments, in the order of the config.
        cells: Ids of the single-cell data sets, in the order of the config.
        signatures: What to score; what experiments and cells derive stands at the end of the selection.
        methods: Scoring methods.
        endpoints: Outcomes.
        models: Cox models.
        primary: The one primary analysis.
        proliferation_signature: What the proliferation and full models adjust for.
        verdict: What the verdict needs.
        reliability: How well proliferation and ER are measured.
        min_events: Fewest events for which a model is fitted.
        random_signatures: The random signatures that the named ones are held against.
        malignant_part: What is derived from the malignant cells of the single-cell data sets.
        genes: Single genes whose curves the page has.
    """

    title: str
    cohorts: tuple[str, ...]
    experiments: tuple[str, ...]
    cells: tuple[str, ...]
    signatures: SignatureSettings
    methods: tuple[str, ...]
    endpoints: tuple[str, ...]
    models: tuple[str, ...]
    primary: Primary
    proliferation_signature: str
    verdict: VerdictSettings
    reliability: Reliability
    min_events: int
    random_signatures: RandomSignatures
    malignant_part: MalignantPartSettings = MalignantPartSettings()
    genes: tuple[str, ...] = ()

    def analysis(self) -> Config:
        """What associations, pooling and verdict depend on: not the title, the cards or names of files.

        The rest is empty, so that an edit of it reruns none of them; the random signatures, the malignant
        part and the genes with curves are settings of the rules that make them.
        """
        return self._replace(
            title="",
            cohorts=(),
            experiments=(),
            cells=(),
            signatures=replace(self.signatures, files=()),
            random_signatures=RandomSignatures(draws=0, seed=0),
            malignant_part=MalignantPartSettings(),
            genes=(),
        )
