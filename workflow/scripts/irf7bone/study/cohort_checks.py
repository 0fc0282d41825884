"""What can be wrong with a cohort card, beyond the schema. Planning asks; no job does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from irf7bone.base.nearest import choose_from
from irf7bone.study.card import codes
from irf7bone.study.card_checks import (
    CardKind,
    CardView,
    check_exclude_forms,
    check_files,
    check_id,
    check_simulated,
)
from irf7bone.study.cbioportal_checks import check_cbioportal
from irf7bone.study.cohort_card import CohortCard, make_cohort
from irf7bone.study.document import KeyPath
from irf7bone.study.geo_checks import check_geo
from irf7bone.study.strict_yaml import show

WHOLE_SOURCES = (
    "h5ad",
    "geo_file",
    "cbioportal",
    "package",
    "simulate",
)  # as a clinical source: the one that expression names
EXCLUDE_FORMS = ({"field", "equals"}, {"column", "is"}, {"column", "is_not"}, {"samples"})
# rows and folders of results under these names are not those of a cohort
RESERVED_IDS = ("pooled", "experiments")


def _check_reserved(card: CardView) -> None:
    identity = card.get("id", kind=str)
    if identity in RESERVED_IDS:
        card.add(
            ("id",),
            expected="an id that no result of all cohorts together has",
            found=f"`{identity}`",
            remedy=f"rename the card and its id; reserved are {', '.join(RESERVED_IDS)}",
        )


def _check_role(card: CardView) -> None:
    check_simulated(card, "cohort", "simulate", pretends="patients")


def _check_scale(card: CardView) -> None:
    scale, normalise = (card.get("expression", key, kind=str) for key in ("scale", "normalise"))
    if normalise and scale and scale != "counts":
        card.add(
            ("expression", "normalise"),
            expected="this key with `scale: counts` only",
            found=f"`{normalise}` with scale `{scale}`",
            remedy="remove it: these values are no counts any more, or correct the scale",
        )


def _check_log_base(card: CardView) -> None:
    scale = card.get("expression", "scale", kind=str)
    if card.get("expression", "log_base", kind=int) and scale and scale != "log_ratio":
        card.add(
            ("expression", "log_base"),
            expected="this key with `scale: log_ratio` only",
            found=f"scale `{scale}`",
            remedy="remove it, or correct the scale",
        )


def _check_sampling(card: CardView) -> None:
    """Note where the endpoint by which patients were chosen is not one of the card's."""
    name, endpoints = card.get("sampled_by_outcome", "endpoint", kind=str), card.get("endpoints")
    if name and endpoints and name not in endpoints:
        card.add(
            ("sampled_by_outcome", "endpoint"),
            expected=f"an endpoint of this card: {', '.join(endpoints)}",
            found=f"`{name}`",
            remedy="define the endpoint by which patients were chosen, or name the one that it is",
        )


def _check_sources(card: CardView) -> None:
    source = card.get("expression", "source", kind=str)
    for index, entry in enumerate(card.get("clinical", kind=list)):
        own = entry.get("source") if isinstance(entry, dict) else None
        if own in WHOLE_SOURCES and source and own != source:
            card.add(
                ("clinical", index, "source"),
                expected=f"`table`, or `{source}` as in expression",
                found=f"`{own}`, while expression comes from `{source}`",
                remedy="both mean the source that expression names; for another one use a table",
            )
        if own and own not in WHOLE_SOURCES and source == "simulate":
            card.add(
                ("clinical", index, "source"),
                expected="`simulate`",
                found=f"`{own}` with simulated expression",
                remedy="do not mix simulated expression with clinical data from elsewhere",
            )


def _check_exclude(card: CardView) -> None:
    check_exclude_forms(
        card,
        EXCLUDE_FORMS,
        "`field` and `equals`, or `column` and `is` or `is_not`, or `samples`",
    )
    fields = card.get("fields")
    for index, rule in enumerate(card.get("exclude", kind=list)):
        if not isinstance(rule, dict):
            continue
        at = ("exclude", index)
        name = rule.get("field")
        if isinstance(name, str) and name not in fields:
            card.add(
                (*at, "field"),
                expected=f"a field of this card: {', '.join(fields) or 'it has none'}",
                found=f"`{name}`",
                remedy=choose_from(name, fields) if fields else f"add `{name}` to fields",
            )
        meanings = card.get("fields", name, "map") if isinstance(name, str) else {}
        if meanings and "equals" in rule and rule["equals"] not in meanings.values():
            card.add(
                (*at, "equals"),
                expected=f"a value that the field can take: {', '.join(_distinct(meanings))}",
                found=show(rule["equals"]),
                remedy="use the standard value, not the source's code, or the rule never excludes anything",
            )

        if isinstance(name, str) and "unit" in card.get("fields", name) and "equals" in rule:
            _check_equals_number(card, (*at, "equals"), rule["equals"])


def _check_equals_number(card: CardView, at: KeyPath, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        card.add(
            at,
            expected="a number, as the field has a unit",
            found=show(value),
            remedy="write the number without quotes, in the field's own unit (cm, years); "
            "text never equals a number, and the rule would exclude nobody",
        )


def _distinct(meanings: Mapping[str, object]) -> list[str]:
    return list(dict.fromkeys(str(value) for value in meanings.values() if value is not None))


def _check_times(card: CardView) -> None:
    """Note a rule for times that differ where there is one column of times."""
    for name in card.get("endpoints"):
        time = card.get("endpoints", name, "time")
        if "differ" in time and not isinstance(time.get("from"), list):
            card.add(
                ("endpoints", name, "time", "differ"),
                expected="this key where `from` lists several columns",
                found="one column",
                remedy="remove it, or list the columns: `from: [days_to_death, days_to_last_follow_up]`",
            )


def _check_endpoints(card: CardView) -> None:
    for name in card.get("endpoints"):
        rules = {}
        for part in ("event", "competing"):
            at = ("endpoints", name, part)
            rule = card.get(*at)
            if not rule or not card.sound(*at):
                continue
            happened, rest = codes(rule["is"]), codes(rule.get("else", 0))
            rules[part] = (rule["from"], set(happened))
            if "else" not in rule and happened != ["1"]:
                card.add(
                    (*at, "else"),
                    expected="the key `else`, as `is` is not 1",
                    found="no such key",
                    remedy="list the codes for: it did not happen, for instance `else: [alive, lost]`",
                )
            elif set(happened) & set(rest):
                card.add(
                    (*at, "else"),
                    expected="codes other than those of `is`",
                    found="codes in both",
                    remedy="each code means one thing",
                    offenders=tuple(sorted(set(happened) & set(rest))),
                )
        if len(rules) == 2 and rules["event"] == rules["competing"]:
            card.add(
                ("endpoints", name, "competing"),
                expected="another event than the endpoint's own",
                found=f"the same column and code, `{rules['event'][0]}`",
                remedy="name what else stops the clock, or remove `competing`",
            )


def _check_expect(card: CardView) -> None:
    endpoints, samples = card.get("endpoints"), card.get("expect", "samples", kind=int)
    if not endpoints:
        return
    for part in ("events", "competing"):
        for name, count in card.get("expect", part).items():
            at = ("expect", part, name)
            if name not in endpoints:
                card.add(
                    at,
                    expected=f"an endpoint of this card: {', '.join(endpoints)}",
                    found=f"`{name}`",
                    remedy="define the endpoint or remove the count",
                )
            elif part == "competing" and "competing" not in card.get("endpoints", name):
                card.add(
                    at,
                    expected="an endpoint with competing events",
                    found=f"`{name}`, which has no `competing`",
                    remedy="add `competing` to the endpoint or remove the count",
                )
            elif samples and isinstance(count, int) and count > samples:
                card.add(
                    at,
                    expected=f"at most {samples}, the expected samples",
                    found=str(count),
                    remedy="correct one of the counts",
                )


COHORT_CARDS = CardKind(
    what="cohort card",
    folder="data/cohorts",
    schema="cohort",
    described_by="clinical",
    checks=(
        check_id,
        _check_reserved,
        _check_role,
        _check_scale,
        _check_log_base,
        _check_sources,
        check_geo,
        check_cbioportal,
        check_files,
        _check_exclude,
        _check_times,
        _check_endpoints,
        _check_expect,
        _check_sampling,
    ),
    make=make_cohort,
)


def load_card(path: str | Path) -> CohortCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    return COHORT_CARDS.load(Path(path))
