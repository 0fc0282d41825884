"""Patients that appear twice, within and across cohorts: ids, profiles and clinical data confronted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, combinations_with_replacement

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.harmonise.large_match import LargeMatches, match_many
from irf7bone.harmonise.patient_facts import ClinicalFacts, Confronted, confront, matching_facts
from irf7bone.harmonise.profile_match import (
    FALSE_POSITIVE_RATE,
    SURE_CORRELATION,
    ProfileMatches,
    Profiles,
    Twins,
    match_profiles,
    read_profiles,
)
from irf7bone.harmonise.profile_sketch import LEAST_ALIKE, Sketches
from irf7bone.harmonise.sample_ids import patient_of
from irf7bone.tables.cohort import DUPLICATES

# from this many pairs on, of which most have other clinical data, it is the clinical data that were mixed up
MANY_PAIRS = 5
# comparing all pairs of this many cohorts in full takes about ten seconds
ALL_PAIRS_UP_TO = 24
MOST_PAIRS = 16_000_000  # of samples, of which a matrix is made
PROFILES_AT_ONCE = 32  # held in memory
_REASONS = {
    "same": "one patient by id: exclude one of the samples in its card (exclude: samples) with the reason",
    "copy": "one tumour, two ids: exclude one of the samples in its card (exclude: samples) with the reason",
    "contradicted": "one id and two tumours: labels swapped, or ids that mean nothing outside their table",
    "possible": "look whether it is one patient; if so, exclude one of the samples in its card",
}


@dataclass(frozen=True)
class _Pair:
    """Two cohorts, or one with itself."""

    first: str
    second: str
    a: Profiles
    b: Profiles
    facts: tuple[ClinicalFacts, ClinicalFacts]
    profiles: ProfileMatches | LargeMatches | None
    ids_tell: bool

    @property
    def within(self) -> bool:
        return self.first == self.second


def find_duplicates(
    cohorts: Mapping[str, Matrix],
    facts: Mapping[str, pd.DataFrame] | None = None,
    *,
    simulated: Collection[str] = (),
    all_pairs_up_to: int = ALL_PAIRS_UP_TO,
) -> pd.DataFrame:
    """Compare every sample with every other one, within and across cohorts.

    Of many cohorts, two are compared in full where ids, clinical data or a sketch of the profiles
    (:mod:`irf7bone.harmonise.profile_sketch`) say that they may share a patient.

    Args:
        cohorts: Cohort id -> samples x genes, log2; index = sample id, columns = symbol. May be a mapping
            that reads a cohort when it is asked for it.
        facts: Cohort id -> the samples' ``obs``: age, size_cm, grade, er, her2, node and endpoints, as far as
            recorded. Without them ids and profiles are confronted alone.
        simulated: Cohorts whose ids name no patient: every simulation begins with the same.
        all_pairs_up_to: Number of cohorts up to which all pairs are compared in full.

    Returns:
        Table of :data:`DUPLICATES`: for each pair of cohorts the pairs of samples found, or one row that says
        that there is none or why profiles could not be compared.
    """
    names = list(cohorts)
    many = len(names) > all_pairs_up_to
    profiles = lru_cache(PROFILES_AT_ONCE if many else None)(lambda name: read_profiles(cohorts[name]))
    rows: dict[tuple[str, str], list[dict[str, object]]] = {}
    twins: dict[str, Twins] = {}
    known: dict[str, ClinicalFacts] = {}
    genes: dict[str, pd.Index] = {}
    for name in names:
        own = profiles(name)
        genes[name] = own.genes
        known[name] = ClinicalFacts((facts or {}).get(name, pd.DataFrame(index=pd.Index(own.samples))))
        both = (known[name], known[name])
        pair = _Pair(name, name, own, own, both, _match(own, own), name not in simulated)
        rows[name, name] = _rows(pair)
        twins[name] = _twins(rows[name, name], own)
    told = _told_apart(genes, known, profiles, simulated) if many else {}
    for first, second in combinations(names, 2):
        if (first, second) in told:
            rows[first, second] = [told[first, second]]
            continue
        a, b = profiles(first), profiles(second)
        compared = _match(a, b, (twins[first], twins[second]))
        both = (known[first], known[second])
        pair = _Pair(first, second, a, b, both, compared, not {first, second} & set(simulated))
        rows[first, second] = _rows(pair)
    ordered = [
        row for first, second in combinations_with_replacement(cohorts, 2) for row in rows[first, second]
    ]
    return DUPLICATES.cast(pd.DataFrame(ordered, columns=DUPLICATES.names))


def _told_apart(
    genes: Mapping[str, pd.Index],
    known: Mapping[str, ClinicalFacts],
    profiles: Callable[[str], Profiles],
    simulated: Collection[str],
) -> dict[tuple[str, str], dict[str, object]]:
    """Pairs of cohorts that need no comparison in full -> their row."""
    sketches = Sketches(genes, profiles)
    every = pd.Index(sorted(set().union(*genes.values())))
    has = {name: np.isin(np.arange(len(every)), every.get_indexer(own)) for name, own in genes.items()}
    patients = {
        name: set(filter(None, map(patient_of, () if name in simulated else own.samples)))
        for name, own in known.items()
    }
    told = {}
    for first, second, largest in sketches.largest():
        if largest >= LEAST_ALIKE or not patients[first].isdisjoint(patients[second]):
            continue
        if matching_facts(known[first], known[second], within=False, rate=FALSE_POSITIVE_RATE):
            continue
        row: dict[str, object] = dict.fromkeys(DUPLICATES.names)
        row |= {"cohort": first, "other_cohort": second, "status": "none"}
        row["n_genes"] = int((has[first] & has[second]).sum())
        row["reason"] = (
            f"told by a sketch of {len(sketches.genes)} genes, in which no two samples correlate beyond "
            f"{largest:.2f}, and by ids and clinical data"
        )
        told[first, second] = row
    return told


def _match(
    a: Profiles, b: Profiles, twins: tuple[Twins, Twins] | None = None
) -> ProfileMatches | LargeMatches | None:
    many = len(a.samples) * len(b.samples) > MOST_PAIRS
    return (match_many if many else match_profiles)(a, b, twins)


def _twins(rows: list[dict[str, object]], own: Profiles) -> Twins:
    """Samples of a cohort that are one patient: sample -> the others, by their places."""
    places = {sample: place for place, sample in enumerate(own.samples)}
    out: dict[int, list[int]] = {}
    for row in rows:
        if row["status"] in ("same", "copy"):
            i, j = places[str(row["sample"])], places[str(row["other_sample"])]
            out.setdefault(i, []).append(j)
            out.setdefault(j, []).append(i)
    return out


def _rows(pair: _Pair) -> list[dict[str, object]]:
    profiles = pair.profiles
    labels = {**dict.fromkeys(DUPLICATES.names), "cohort": pair.first, "other_cohort": pair.second}
    labels["n_genes"] = len(pair.a.genes.intersection(pair.b.genes))
    if profiles is not None:
        labels["effective_genes"] = round(profiles.effective_genes)
        labels["needed"] = _rounded(profiles.needed) if np.isfinite(profiles.needed) else None
    rows = list(_found(pair, labels))
    if rows:
        return rows
    if profiles is None or not profiles.tells:
        return [{**labels, "status": "not_compared", "reason": _untold(pair)}]
    largest = _rounded(profiles.largest)
    return [{**labels, "status": "none", "correlation": largest}]


def _untold(pair: _Pair) -> str:
    smaller = min(len(pair.a.samples), len(pair.b.samples))
    shared = len(pair.a.genes.intersection(pair.b.genes))
    return (
        f"{shared} genes in common and {smaller} samples in the smaller cohort are too few to tell by "
        "profiles; identical values, ids and clinical data were looked at"
    )


def _found(pair: _Pair, labels: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """A row for every pair of samples that ids, profiles or clinical data bring together."""
    profiles, within = pair.profiles, pair.within
    by_id = set(_same_ids(pair.a.samples, pair.b.samples, within=within)) if pair.ids_tell else set()
    by_profile = set(_above_diagonal(profiles.pairs, within=within)) if profiles else set()
    by_facts = set(matching_facts(*pair.facts, within=within, rate=FALSE_POSITIVE_RATE))
    said = {
        (i, j): confront(pair.facts[0].rows[i], pair.facts[1].rows[j], within=within)
        for i, j in by_id | by_profile | by_facts
    }
    mixed_up = _mixed_up([said[place] for place in by_profile])
    elsewhere = {i for i, _ in by_profile}, {j for _, j in by_profile}
    exchanged = _exchanged(by_id, by_profile)
    for i, j in sorted(said):
        agrees = (i, j) in by_id, (i, j) in by_profile, (i, j) in by_facts
        if agrees[1]:
            status = _by_profile(pair, i, j, said[i, j], same_id=agrees[0], mixed_up=mixed_up)
        elif agrees[0]:
            status = _by_id(pair, i, j, said[i, j], elsewhere=i in elsewhere[0] or j in elsewhere[1])
        else:
            status = "possible"
        row = {**labels, "sample": pair.a.samples[i], "other_sample": pair.b.samples[j], "status": status}
        row["evidence"] = _evidence(*agrees)
        row["facts"] = said[i, j].words
        row["reason"] = _REASONS[status]
        if status == "contradicted" and (i, j) in exchanged:
            row["reason"] = (
                f"labels exchanged in one of the two cohorts: {pair.a.samples[i]} and "
                f"{pair.a.samples[exchanged[i, j]]} have each other's profiles there"
            )
        if profiles is not None and profiles.tells:
            found = profiles.of(i, j)
            row |= {"correlation": _rounded(found.correlation), "margin": _rounded(found.lead)}
        yield row


def _exchanged(by_id: set[tuple[int, int]], by_profile: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """Pairs of one id whose profiles are those of the other of two ids -> the sample with that other id."""
    profile_of, other_id = dict(by_profile), {j: i for i, j in by_id}
    found = {}
    for i, j in by_id - by_profile:
        k = other_id.get(profile_of.get(i, -1))
        if k is not None and k != i and profile_of.get(k) == j:
            found[i, j] = k
    return found


def _evidence(same_id: bool, profile: bool, clinical: bool) -> str:
    kinds = [kind for kind, found in (("id", same_id), ("profile", profile), ("clinical", clinical)) if found]
    return " and ".join([", ".join(kinds[:-1]), kinds[-1]] if len(kinds) > 1 else kinds)


def _mixed_up(said: list[Confronted]) -> bool:
    """Whether so many pairs of one profile have other clinical data that these belong to other samples."""
    against = sum(bool(facts.contradict) for facts in said)
    return len(said) >= MANY_PAIRS and against > len(said) / 2


def _by_profile(pair: _Pair, i: int, j: int, facts: Confronted, *, same_id: bool, mixed_up: bool) -> str:
    """Status of two samples with one profile: a chance resemblance where nothing else goes with it."""
    profiles = pair.profiles
    assert profiles is not None  # else nothing was found by profile
    if same_id:
        return "same"
    found = profiles.of(i, j)
    sure = found.identical or found.correlation >= SURE_CORRELATION or mixed_up
    return "possible" if facts.contradict and not sure else "copy"


def _by_id(pair: _Pair, i: int, j: int, facts: Confronted, *, elsewhere: bool) -> str:
    """Status of two samples with one id whose profiles are not found to be one tumour's."""
    profiles = pair.profiles
    if elsewhere:
        return "contradicted"
    if profiles is None or not profiles.contradicts:
        return "contradicted" if facts.contradict else "same"
    return "contradicted" if profiles.of(i, j).stranger else "possible"


def _above_diagonal(pairs: np.ndarray, *, within: bool) -> Iterator[tuple[int, int]]:
    for i, j in pairs:
        if not within or i < j:
            yield int(i), int(j)


def _same_ids(a: np.ndarray, b: np.ndarray, *, within: bool) -> Iterator[tuple[int, int]]:
    places: dict[str, list[int]] = {}
    for j, sample in enumerate(b):
        places.setdefault(patient_of(sample), []).append(j)
    for i, sample in enumerate(a):
        patient = patient_of(sample)
        for j in places[patient] if patient and patient in places else ():
            if not within or i < j:
                yield i, j


def _rounded(value: float) -> float:
    """Four decimals: more would only tell which library multiplied the matrices."""
    return round(float(value), 4)
