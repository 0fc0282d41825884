"""Source ``simulate``: a cohort with a planted effect, in the shape of a real one.

Genes follow latent programmes; two of them drive the outcome. Bone relapse and relapse elsewhere
compete, each with its own constant hazard. Every gene draws from a stream of its own, keyed by the seed
and its symbol: adding a gene set to the library changes which genes there are, never their values.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.acquire.sources import SHIPPED_SIGNATURES, SHIPPED_SYMBOLS
from irf7bone.acquire.text import values_as_text
from irf7bone.base.errors import InputError, Problem
from irf7bone.genes.signatures import Signature, load_library
from irf7bone.genes.symbols import SymbolTable

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

# Each programme but the first leans on an earlier one (correlation); interferon and proliferation are
# tied by the card. Immune infiltrate brings interferon; ER-positive tumours proliferate less.
_LEANS_ON = {"immune": ("interferon", 0.5), "er": ("proliferation", -0.4)}
_N_MODULES = 6  # anonymous co-expression modules that every gene loads on, some more, some less
# programme -> roles of the library's signatures whose genes follow it, beside the planted signature's own
_PROGRAMME_ROLES = {
    "interferon": ("interferon", "irf7"),
    "proliferation": ("proliferation",),
    "immune": ("immune",),
}
_NOT_ON_ARRAYS = re.compile(r".*-.*|(LINC|MIR|SNOR|SCARNA|RN|VTRNA|LOC|TR[A-Z])\w*\d.*|.*P\d*|.*orf.*")
_FLOOR_LOG2 = 2.0  # below this, arrays read background


@dataclass(frozen=True)
class SimulationSettings:
    """What the card fixes.

    Args:
        seed: Seed of every draw.
        n_samples: Tumours.
        n_genes: Genes, those of the programmes included.
        log_hr: Log hazard ratio of bone relapse for one standard deviation more interferon programme.
        log_hr_proliferation: The same for the proliferation programme, on both kinds of relapse.
        programme_correlation: Correlation between the two programmes (the confounding).
        bone_rate_per_month: Hazard of bone relapse where both programmes are at their mean.
        other_relapse_rate_per_month: Hazard of a first relapse elsewhere, likewise.
        follow_up_months: Shortest and longest follow-up; censoring is uniform between them.
    """

    seed: int
    n_samples: int
    n_genes: int
    log_hr: float
    log_hr_proliferation: float
    programme_correlation: float
    bone_rate_per_month: float
    other_relapse_rate_per_month: float
    follow_up_months: tuple[float, float]


def stream(seed: int, *key: str) -> np.random.Generator:
    """Random numbers of their own for a key, whoever else draws."""
    digest = hashlib.sha256("/".join(key).encode()).digest()
    return np.random.default_rng([seed, int.from_bytes(digest[:8], "big")])


def _standardise(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std(ddof=1)


def sample_programmes(settings: SimulationSettings, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Latent programmes, each with mean 0 and standard deviation 1 over the samples.

    Args:
        settings: Seed, number of samples and the correlation of interferon with proliferation.
        names: Further programmes; ``interferon`` and ``proliferation`` are always there.

    Returns:
        Programme -> one value a sample; the anonymous modules are called ``module_1`` and so on.
    """
    leans_on = {"proliferation": ("interferon", settings.programme_correlation), **_LEANS_ON}
    modules = [f"module_{i + 1}" for i in range(_N_MODULES)]
    out: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(["interferon", "proliferation", *names, *modules]):
        own = stream(settings.seed, "programme", name).standard_normal(settings.n_samples)
        if name in leans_on:
            parent, r = leans_on[name]
            own = r * out[parent] + np.sqrt(1 - r**2) * own
        out[name] = _standardise(own)
    return out


def simulate_clinical(settings: SimulationSettings) -> pd.DataFrame:
    """Outcome and clinical variables.

    Bone relapse has hazard ``bone_rate * exp(log_hr * interferon + log_hr_proliferation * proliferation)``,
    a first relapse elsewhere ``other_rate * exp(log_hr_proliferation * proliferation)``; whichever comes
    first ends the clock, unless follow-up ends before.

    Returns:
        Samples x columns, numbers and words: ``months_to_first_event`` (relapse, or end of follow-up),
        ``bone_relapse`` and ``relapse`` (any site) in {0, 1}, ``er``, ``node``, ``grade``,
        ``size_cm``, ``age``, and the latent ``true_interferon`` and ``true_proliferation``.
    """
    n, latent = settings.n_samples, sample_programmes(settings, ("er",))
    drawn = {
        name: stream(settings.seed, "outcome", name)
        for name in ("bone", "other", "follow_up", "node", "grade", "size", "age")
    }
    proliferation = settings.log_hr_proliferation * latent["proliferation"]
    bone_rate = settings.bone_rate_per_month * np.exp(settings.log_hr * latent["interferon"] + proliferation)
    other_rate = settings.other_relapse_rate_per_month * np.exp(proliferation)
    to_bone = drawn["bone"].standard_exponential(n) / bone_rate
    to_other = drawn["other"].standard_exponential(n) / other_rate
    follow_up = drawn["follow_up"].uniform(*settings.follow_up_months, n)
    months = np.minimum(np.minimum(to_bone, to_other), follow_up)
    relapse = (months < follow_up).astype(int)
    grade = np.digitize(0.7 * latent["proliferation"] + 0.7 * drawn["grade"].standard_normal(n), (-0.9, 0.35))
    return pd.DataFrame(
        {
            "months_to_first_event": np.ceil(months * 100) / 100,  # never 0, hardly a tie
            "bone_relapse": relapse * (to_bone < to_other),
            "relapse": relapse,
            "er": np.where(latent["er"] > -0.67, "positive", "negative"),
            "node": np.where(drawn["node"].uniform(size=n) < 0.4, "positive", "negative"),
            "grade": grade + 1,
            "size_cm": np.exp(np.log(2.2) + 0.4 * drawn["size"].standard_normal(n)).round(1),
            "age": np.clip(57 + 12 * drawn["age"].standard_normal(n), 27, 90).round().astype(int),
            "true_interferon": latent["interferon"].round(6),
            "true_proliferation": latent["proliferation"].round(6),
        },
        index=_sample_ids(n),
    )


def simulate_expression(
    settings: SimulationSettings, programmes: Mapping[str, Sequence[str]], background: Sequence[str]
) -> pd.DataFrame:
    """Log2 expression with the gene-gene correlation that shared programmes give.

    A gene is ``mean + sd * (loadings * programmes + own noise)``, the bracket having about unit variance.
    Genes of a named programme load 0.5 to 0.9 on it (a gene of several belongs to the first); the others
    load a little on what every named programme has beyond the interferon programme, whose effect they
    would carry otherwise; all load on six anonymous modules, to very different extents.
    Means (4 to 13 log2) and standard deviations (0.25 to 1.8) span what whole-genome arrays of breast
    tumours show.

    Args:
        settings: Seed and sizes.
        programmes: Programme -> its genes; must hold ``interferon`` and ``proliferation``.
        background: Candidates for the remaining genes; which are taken depends on the seed only.

    Returns:
        Genes x samples, sorted by symbol.

    Raises:
        InputError: More programme genes than ``n_genes``, or too few candidates.
    """
    member = {gene: name for name in reversed(list(programmes)) for gene in programmes[name]}
    candidates = sorted(set(background) - set(member), key=lambda gene: rank(settings.seed, gene))
    n_more = settings.n_genes - len(member)
    if not 0 <= n_more <= len(candidates):
        raise InputError(
            Problem(
                "card, expression: n_genes",
                f"between {len(member)} (genes of programmes) and {len(member) + len(candidates)} (all)",
                str(settings.n_genes),
                "change n_genes",
            )
        )
    latent = sample_programmes(settings, list(programmes))
    others = [name for name in dict.fromkeys(["proliferation", *programmes]) if name != "interferon"]
    named = [_beyond(latent[name], latent["interferon"]) for name in others]
    genes = sorted([*member, *candidates[:n_more]])
    rows = [_gene(stream(settings.seed, "gene", gene), member.get(gene), latent, named) for gene in genes]
    index, columns = pd.Index(genes, dtype=object), _sample_ids(settings.n_samples)
    return pd.DataFrame(np.stack(rows), index=index, columns=columns)


def _beyond(values: np.ndarray, planted: np.ndarray) -> np.ndarray:
    """What is left of standardised ``values`` without ``planted``, standardised: uncorrelated with it."""
    r = (values * planted).sum() / (len(values) - 1)
    return _standardise(values - r * planted)


def _gene(
    rng: np.random.Generator,
    programme: str | None,
    latent: Mapping[str, np.ndarray],
    named: Sequence[np.ndarray],
) -> np.ndarray:
    """One gene's log2 values; sums are written out so that no library's threads can reorder them."""
    level, spread = rng.beta(2.0, 3.2), rng.standard_normal()
    main_loading = rng.uniform(0.5, 0.9)
    small = rng.normal(0.0, 0.12, 1 + len(named))[1:]  # the first would be that on interferon
    modules = rng.uniform(0.1, 0.4) * rng.standard_normal(_N_MODULES)
    if programme is None:
        terms = [*zip(small, named, strict=True)]
        sd = 0.5 * np.exp(0.4 * spread)
    else:
        modules *= 0.4
        terms = [(main_loading, latent[programme])]
        sd = 0.8 * np.exp(0.25 * spread)
    terms += [(weight, latent[f"module_{i + 1}"]) for i, weight in enumerate(modules)]
    explained = sum(weight**2 for weight, _ in terms)
    shrink = min(1.0, np.sqrt(0.9 / explained))
    unit = np.sqrt(1 - shrink**2 * explained) * rng.standard_normal(len(latent["interferon"]))
    for weight, values in terms:
        unit += shrink * weight * values
    return np.maximum(4 + 9 * level + np.clip(sd, 0.25, 1.8) * unit, _FLOOR_LOG2).round(4)


def rank(seed: int, gene: str) -> bytes:
    """A fixed pseudo-random order of the candidates, the same whoever else is among them."""
    return hashlib.sha256(f"{seed}/background/{gene}".encode()).digest()


def _sample_ids(n: int) -> pd.Index:
    return pd.Index([f"SIM{i + 1:04d}" for i in range(n)], dtype=object)


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Simulate the expression that the card describes, with the genes of the shipped signatures among others.

    Raises:
        InputError: The card's signature is not in the library, or ``n_genes`` does not fit.
    """
    library, symbols = shipped_library(card, entry)
    programmes = programmes_of(library, entry["signature"])
    return simulate_expression(_settings(entry), programmes, background_genes(symbols)), _record(entry)


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, dict[str, str]]:
    """Simulate the clinical data that belong to the card's simulated expression."""
    frame = simulate_clinical(_settings(card.expression))
    columns = {name: values_as_text(frame[name]) for name in frame.columns}
    return pd.DataFrame(columns, index=frame.index, dtype=object), _record(card.expression)


def shipped_library(card: Sourced, entry: Mapping) -> tuple[dict[str, Signature], SymbolTable]:
    """The shipped signatures, the entry's among them, and the gene table.

    Raises:
        InputError: The signature that the entry plants is not among them.
    """
    library, symbols = _shipped()
    if entry["signature"] not in library:
        near = get_close_matches(entry["signature"], library, n=3)
        raise InputError(
            Problem(
                f"{card.path}, expression.signature",
                "a signature that ships in data/signatures",
                repr(entry["signature"]),
                f"use one of: {', '.join(near or library)}",
            )
        )
    return library, symbols


@cache
def _shipped() -> tuple[dict[str, Signature], SymbolTable]:
    # once, as `make check` simulates the cohorts of a study one after the other
    symbols = SymbolTable.load(SHIPPED_SYMBOLS)
    return load_library([SHIPPED_SIGNATURES], symbols), symbols


def background_genes(symbols: SymbolTable) -> list[str]:
    """Genes that arrays carry, from which those without a programme are taken."""
    return [symbol for symbol in symbols.symbols if not _NOT_ON_ARRAYS.fullmatch(symbol)]


def programmes_of(library: Mapping[str, Signature], planted: str) -> dict[str, list[str]]:
    """Programme -> genes that follow it: the planted signature's first, then by the signatures' roles."""
    sets = library.values()
    by_role = {
        programme: [gene for signature in sets if signature.role in roles for gene in signature.genes]
        for programme, roles in _PROGRAMME_ROLES.items()
    }
    interferon = [*library[planted].genes, *by_role.pop("interferon")]
    return {"interferon": interferon, **by_role}


def _settings(entry: Mapping) -> SimulationSettings:
    return SimulationSettings(**{item.name: entry[item.name] for item in fields(SimulationSettings)})


def _record(entry: Mapping) -> dict[str, str]:
    """What stands for a checksum: that of the settings, as the same settings give the same cohort."""
    settings = json.dumps({**asdict(_settings(entry)), "signature": entry["signature"]}, sort_keys=True)
    checksum = hashlib.sha256(settings.encode()).hexdigest()
    return {"name": f"simulation with seed {entry['seed']}", "sha256": checksum}
