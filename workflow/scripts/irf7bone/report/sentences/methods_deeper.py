"""The methods text of the sections that look deeper."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from irf7bone.base.phrases import MODEL_WORDS, listed
from irf7bone.base.vocabulary import EVENTS_PER_PARAMETER, FEWEST_FOR_FUNNEL, LEUKOCYTE_GENE
from irf7bone.random_signatures.null_plan import null_plan
from irf7bone.tables.outcome_checks import AUC_MONTHS, SPLIT_MONTHS

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

REFERENCES = {
    "blanche": "Blanche P, Dartigues JF, Jacqmin-Gadda H. Estimating and comparing time-dependent areas "
    "under receiver operating characteristic curves for censored event times with competing risks. Stat Med "
    "2013;32:5381-5397.",
    "dhawan": "Dhawan A, Barberis A, Cheng WC, et al. Guidelines for using sigQC for systematic evaluation "
    "of gene signatures. Nat Protoc 2019;14:1377-1400.",
    "egger": "Egger M, Davey Smith G, Schneider M, Minder C. Bias in meta-analysis detected by a simple, "
    "graphical test. BMJ 1997;315:629-634.",
    "fine": "Fine JP, Gray RJ. A proportional hazards model for the subdistribution of a competing risk. J "
    "Am Stat Assoc 1999;94:496-509.",
    "fisher": "Fisher DJ, Carpenter JR, Morris TP, Freeman SC, Tierney JF. Meta-analytical methods to "
    "identify who benefits most from treatments: daft, deluded, or deft approach? BMJ 2017;356:j573.",
    "gray": "Gray RJ. A class of K-sample tests for comparing the cumulative incidence of a competing risk. "
    "Ann Stat 1988;16:1141-1154.",
    "lunn": "Lunn M, McNeil D. Applying Cox regression to competing risks. Biometrics 1995;51:524-532.",
    "phipson": "Phipson B, Smyth GK. Permutation p-values should never be zero. Stat Appl Genet Mol Biol "
    "2010;9:39.",
    "profile": "Viechtbauer W. Confidence intervals for the amount of heterogeneity in meta-analysis. Stat "
    "Med 2007;26:37-52.",
    "simonsohn": "Simonsohn U, Simmons JP, Nelson LD. Specification curve analysis. Nat Hum Behav "
    "2020;4:1208-1214.",
    "uno": "Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating overall "
    "adequacy of risk prediction procedures with censored survival data. Stat Med 2011;30:1105-1117.",
    "venet": "Venet D, Dumont JE, Detours V. Most random gene expression signatures are significantly "
    "associated with breast cancer outcome. PLoS Comput Biol 2011;7:e1002240.",
}


def write_deeper(config: Config, cite: Callable[..., str]) -> tuple[tuple[str, str], ...]:
    """Headings and paragraphs.

    Args:
        config: The settings.
        cite: Numbers whole references, as :class:`irf7bone.report.sentences.methods.Citations`.
    """

    def by(*names: str) -> str:
        return cite(*(REFERENCES.get(name, name) for name in names))

    return (
        ("Random signatures", _random(config, by)),
        ("Sites, competing risks and strata", _rivals(config, by)),
        ("Agreement, choices and checks", _checks(by)),
        ("Immune link and signature quality", _biology(config, by)),
    )


def _random(config: Config, by: Callable[..., str]) -> str:
    drawn = config.random_signatures
    models = [MODEL_WORDS[model] for model in config.models if model in null_plan(config).models]
    return (
        f"Named signatures were held against up to {drawn.draws:,} random ones of the same size (seed "
        f"{drawn.seed}), matched gene by gene on deciles of level and spread of expression, through the same "
        f"score, endpoint and model ({listed(models)}), because most gene sets go with outcome in breast "
        f"cancer {by('venet')}. The empirical p is twice the smaller tail, (1 + as extreme) / (1 + draws) "
        f"{by('phipson')}. For the pooled result the same random signatures were drawn in every cohort. "
        f"{_which(config)}"
    )


def _which(config: Config) -> str:
    """Which scores were held against random signatures."""
    primary = config.primary
    drawn = null_plan(config).scores
    others = [
        name for name in config.methods if name != primary.method and (primary.signature, name) in drawn
    ]
    said = f"This was done for every signature by {primary.method}"
    if others:
        said += f", and for {primary.signature} by {listed(others)}"
    return f"{said}."


def _rivals(config: Config, by: Callable[..., str]) -> str:
    return (
        "Where events compete, cause-specific hazard ratios stand next to those of the subdistribution "
        f"hazard {by('fine')}, and curves by tertile are compared by Gray's test {by('gray')}, elsewhere by "
        f"the log-rank test. Bone was held against other sites on data stacked by cause {by('lunn')} and, "
        "among the relapsed, by logistic regression; with few events both are penalised. Effects by ER "
        "status were estimated per standard deviation within the whole cohort, below "
        f"{EVENTS_PER_PARAMETER} events per coefficient by Firth's penalised likelihood with "
        f"profile-likelihood intervals {by('firth')}, and their difference was "
        f"taken within cohorts and then pooled {by('fisher')}. All are for scores by {config.primary.method}."
    )


def _checks(by: Callable[..., str]) -> str:
    years = listed([str(months // 12) for months in AUC_MONTHS])
    return (
        f"Intervals of I² and tau² are by the Q-profile method {by('profile')}; asymmetry was tested by "
        f"Egger's regression {by('egger')} with {FEWEST_FOR_FUNNEL} cohorts or more. A specification curve "
        f"{by('simonsohn')} repeats the pooled primary question for every selected interferon signature, "
        f"method and model. Fits were checked by hazard ratios before and after {SPLIT_MONTHS} months, by a "
        "restricted cubic spline against the line, and by leaving out each sample. Discrimination is also "
        f"measured by Uno's C {by('uno')} and the time-dependent area under the curve at {years} years "
        f"{by('blanche')}."
    )


def _biology(config: Config, by: Callable[..., str]) -> str:
    return (
        "Interferon scores were correlated with immune scores over all samples of a cohort, unadjusted, "
        f"given proliferation, and given also the leukocyte gene {LEUKOCYTE_GENE}, shared genes taken out "
        "first; Fisher's z was pooled over cohorts of patients by random effects. Signatures were described "
        f"in each cohort after sigQC {by('dhawan')}: coverage, level and variance of their genes, their "
        "correlation, and whether mean, median and first component agree."
    )
