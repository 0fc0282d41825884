"""What can be wrong with the card of an experiment, beyond the schema. Planning asks; no job does."""

from __future__ import annotations

from pathlib import Path

from irf7bone.base.experiment_vocabulary import SIMULATED_PREFIX
from irf7bone.base.nearest import choose_from, nearest
from irf7bone.base.vocabulary import COLLAPSE_BY_COMPANIONS
from irf7bone.study.card_checks import (
    CardKind,
    CardView,
    check_exclude_forms,
    check_files,
    check_id,
    check_simulated,
)
from irf7bone.study.contrast_checks import check_contrasts, contrasts_of, groups_of
from irf7bone.study.document import KeyPath
from irf7bone.study.experiment_card import ExperimentCard, make_experiment
from irf7bone.study.geo_checks import check_geo

SIMULATION = "simulate_pairs"
EXCLUDE_FORMS = ({"samples"}, {"column", "is"}, {"column", "is_not"})


def _check_role(card: CardView) -> None:
    source = card.get("expression", "source", kind=str)
    if source == "simulate":
        card.add(
            ("expression", "source"),
            expected=f"`{SIMULATION}` for a simulated experiment",
            found="`simulate`, which makes a cohort",
            remedy=f"write `source: {SIMULATION}` and its settings",
        )
    else:
        check_simulated(card, "experiment", SIMULATION, pretends="a real one")
    named = {entry.get("source") for entry in card.get("samples", kind=list) if isinstance(entry, dict)}
    if source and SIMULATION in {source, *named} and named != {source}:
        card.add(
            ("samples",),
            expected=f"`{SIMULATION}` for expression and samples alike, or for neither",
            found=f"expression from `{source}`, samples from {', '.join(sorted(map(str, named)))}",
            remedy="do not mix simulated and other data",
        )


def _check_organism(card: CardView) -> None:
    gene_id = card.get("expression", "gene_id", kind=str)
    if card.get("organism", kind=str) == "mouse" and gene_id in ("entrez", "ensembl"):
        card.add(
            ("expression", "gene_id"),
            expected="`symbol`, as the organism is mouse",
            found=f"`{gene_id}`",
            remedy="bring the table to mouse symbols first: only human ids are translated here",
        )


def _check_host(card: CardView) -> None:
    host = card.get("host", kind=str)
    if host and host == card.get("organism", kind=str):
        card.add(
            ("host",),
            expected="a species other than `organism`: the animal that a xenograft grew in",
            found=f"`{host}`, as the organism",
            remedy="remove it: tumour and tissue are of one species",
        )


def _check_collapse(card: CardView) -> None:
    scale, rule = (card.get("expression", key, kind=str) for key in ("scale", "collapse"))
    if rule == COLLAPSE_BY_COMPANIONS:
        card.add(
            ("expression", "collapse"),
            expected="`max_mean`, `max_variance` or `mean`",
            found=f"`{rule}`, which is for cohorts: few samples do not tell which genes go together",
            remedy="choose one of these; `probes` names a gene's row by itself",
        )
    if scale == "counts" and rule == "mean":
        card.add(
            ("expression", "collapse"),
            expected="`max_mean` or `max_variance`, as these are counts",
            found="`mean`",
            remedy="choose one row a gene: a mean of counts is no count, and its variance is another",
        )


def _check_second_opinion(card: CardView) -> None:
    scale = card.get("expression", "scale", kind=str)
    if card.document.data.get("second_opinion") is True and scale not in ("", "counts"):
        card.add(
            ("second_opinion",),
            expected="`scale: counts`, which PyDESeq2 needs",
            found=f"`scale: {scale}`",
            remedy="remove it: other values are compared by limma alone",
        )
    correlated = card.get("replicates", "how", kind=str) == "correlation"
    if card.document.data.get("second_opinion") is True and correlated:
        card.add(
            ("second_opinion",),
            expected="samples that are independent, which PyDESeq2 takes them for",
            found="`replicates` with `how: correlation`",
            remedy="remove it, or write `how: together`",
        )


def _check_within(card: CardView) -> None:
    name = card.get("derive", "within", kind=str)
    path = card.document.path.parent / name
    if name and not path.is_file():
        there = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        close = nearest(path.name, there)
        card.add(
            ("derive", "within"),
            expected="a text file of symbols, relative to the card",
            found=f"{path}, which is not there",
            remedy=f"did you mean `{close}`?" if close else "correct the path or put the file there",
        )


def _check_exclude(card: CardView) -> None:
    check_exclude_forms(card, EXCLUDE_FORMS, "`samples`, or `column` and `is` or `is_not`")


def _check_contrasts(card: CardView) -> None:
    check_contrasts(card, {"paired": "pairs", "batch": "batch"})
    for at, contrast in contrasts_of(card):
        _check_more_groups(card, at, contrast, groups_of(card))


def _check_more_groups(card: CardView, at: KeyPath, contrast: dict, groups: list[str]) -> None:
    """Groups beside case and reference, in a contrast that the claim expects nothing of."""
    than, places = contrast.get("than"), contrast.get("at")
    than, places = than if isinstance(than, dict) else {}, places if isinstance(places, dict) else {}
    if not than and not places:
        return
    if than and places:
        card.add(
            (*at, "at"),
            expected="`than` for two factors or `at` for ordered groups",
            found="both",
            remedy="write one contrast for each",
        )
    named = [*(((*at, "than", key), name) for key, name in than.items())]
    named += [((*at, "at", name), name) for name in places]
    for place, name in named:
        if groups and isinstance(name, str) and name not in groups:
            card.add(
                place,
                expected=f"a group of this card: {', '.join(groups)}",
                found=f"`{name}`",
                remedy=choose_from(name, groups),
            )
    own = [contrast.get("case"), contrast.get("reference")]
    four = [*own, *than.values()]
    if than and len(set(map(str, four))) < 4:
        card.add(
            (*at, "than"),
            expected="four different groups: both levels of one factor at both levels of the other",
            found=", ".join(f"`{name}`" for name in four),
            remedy="for two groups alone leave `than` out",
        )
    numbers = {name: value for name, value in places.items() if isinstance(value, int | float)}
    if numbers and len(numbers) == len(places):
        in_order = sorted(numbers, key=lambda name: numbers[name])
        ends = {in_order[0], in_order[-1]}
        alone = all(list(numbers.values()).count(numbers[name]) == 1 for name in ends)
        if ends != set(own) or not alone:
            card.add(
                (*at, "at"),
                expected="`reference` and `case` at the two ends, each alone there",
                found=", ".join(f"{name} {value:g}" for name, value in numbers.items()),
                remedy="name the first and the last group as reference and case",
            )
    if contrast.get("meaning") not in (None, "other"):
        card.add(
            (*at, "meaning"),
            expected="`other`: what the claim expects is said of two groups",
            found=f"`{contrast['meaning']}`",
            remedy="write `meaning: other`, and another contrast of the two groups that the claim is about",
        )


def _check_derive(card: CardView) -> None:
    known = [
        item["id"] for item in card.get("contrasts", kind=list) if isinstance(item, dict) and "id" in item
    ]
    contrast, name = card.get("derive", "contrast", kind=str), card.get("derive", "name", kind=str)
    if contrast and known and contrast not in known:
        card.add(
            ("derive", "contrast"),
            expected=f"a contrast of this card: {', '.join(map(str, known))}",
            found=f"`{contrast}`",
            remedy=choose_from(contrast, known),
        )
    simulated = card.get("role", kind=str) == "simulated"
    if name and card.sound("role") and simulated != name.startswith(SIMULATED_PREFIX):
        card.add(
            ("derive", "name"),
            expected=f"a name that begins with {SIMULATED_PREFIX} if the experiment is simulated, else not",
            found=f"`{name}`",
            remedy="rename it: the name is all that many tables show of a signature",
        )
    if "patients_of" in card.document.data and "derive" not in card.document.data:
        card.add(
            ("patients_of",),
            expected="`patients_of` together with `derive`",
            found="no `derive`",
            remedy="remove it: it says where a derived signature is not tested",
        )


def _check_expect(card: CardView) -> None:
    groups = groups_of(card)
    for name in card.get("expect", "groups"):
        if groups and name not in groups:
            card.add(
                ("expect", "groups", name),
                expected=f"a group of this card: {', '.join(groups)}",
                found=f"`{name}`",
                remedy=choose_from(name, groups),
            )
    if "pairs" in card.get("expect") and "pairs" not in card.document.data:
        card.add(
            ("expect", "pairs"),
            expected="no count of pairs, as the card has no `pairs`",
            found=str(card.get("expect")["pairs"]),
            remedy="add `pairs` or remove the count",
        )


EXPERIMENT_CARDS = CardKind(
    what="card of an experiment",
    folder="data/experiments",
    schema="experiment",
    described_by="samples",
    checks=(
        check_id,
        _check_role,
        _check_organism,
        _check_host,
        _check_collapse,
        _check_second_opinion,
        check_files,
        _check_within,
        check_geo,
        _check_exclude,
        _check_contrasts,
        _check_derive,
        _check_expect,
    ),
    make=make_experiment,
)


def load_experiment(path: str | Path) -> ExperimentCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    return EXPERIMENT_CARDS.load(Path(path))
