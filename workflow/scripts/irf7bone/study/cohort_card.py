"""Cohort cards: read, checked against their schema and against themselves, and typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irf7bone.base.errors import Problem, Problems
from irf7bone.study.card_view import CardView, check_file, check_id
from irf7bone.study.cbioportal_card import check_cbioportal
from irf7bone.study.geo_card import check_geo
from irf7bone.study.questions import question_problems
from irf7bone.study.schema import (
    Document,
    KeyPath,
    choose_from,
    read_yaml,
    show,
    violations,
)

CARD = "cohort card"
WHOLE_SOURCES = (
    "h5ad",
    "cbioportal",
    "package",
    "simulate",
)  # as a clinical source: the one that expression names
EXCLUDE_FORMS = ({"field", "equals"}, {"column", "is"}, {"column", "is_not"}, {"samples"})
# rows and folders of results under these names are not those of a cohort
RESERVED_IDS = ("pooled", "experiments")
# what a source's expression holds where the card does not say
DEFAULTS = {"geo": {"gene_id": "symbol"}}


@dataclass(frozen=True)
class CohortCard:
    """What one card says.

    Codes are text, as the clinical data are: keys of every ``map``, and ``is`` and ``else`` of every event,
    which are lists here even where the card writes one code.

    Args:
        id: Cohort id, the name of the card's file.
        title: What the report calls the cohort.
        citation: ``pmid``, ``doi``, ``text``; may be empty for a simulated cohort.
        organism: ``human``.
        specimen: ``primary`` or ``metastasis``.
        role: ``discovery``, ``validation`` or ``simulated``.
        expression: Source of the expression values, with ``source``, ``scale``, ``collapse`` and so on.
        clinical: Sources of the clinical data, merged in this order.
        fields: Standard name -> ``from`` with ``map`` or ``unit``.
        exclude: Rules with ``reason`` and ``field`` and ``equals``, ``samples``, or ``column`` with one of
            ``is`` and ``is_not``, which are lists of codes.
        endpoints: Standard name -> ``definition``, ``time``, ``event`` and perhaps ``competing``.
        expect: Known counts ``samples``, ``events``, ``competing``, before exclusion; may be empty.
        notes: What a reader of the report should know.
        unverified: What the card states unchecked, and why.
        path: The card's file.
        sha256: Checksum of the card's file.
        documentation: Where the meaning of the columns is documented.
        patient: Column of the clinical data with the patients' ids, or nothing where a sample is a patient.
        drop: Rules of sample quality that drop a sample; none by default: flagged samples stay.
        batch: Column of the clinical data that tells batch or platform of a sample, or nothing.
        sampled_by_outcome: ``endpoint``, ``horizon_months``, ``rule`` and perhaps ``fractions``, where
            patients were chosen by an endpoint; None where they were not.
        selected_on_outcome: Whether all patients were chosen for having the event; None where the card says
            neither.
    """

    id: str
    title: str
    citation: dict[str, Any]
    organism: str
    specimen: str
    role: str
    expression: dict[str, Any]
    clinical: tuple[dict[str, Any], ...]
    fields: dict[str, dict[str, Any]]
    exclude: tuple[dict[str, Any], ...]
    endpoints: dict[str, dict[str, Any]]
    expect: dict[str, Any]
    notes: tuple[str, ...]
    unverified: tuple[str, ...]
    path: Path
    sha256: str
    documentation: str = ""
    patient: str | None = None
    drop: tuple[str, ...] = ()
    batch: str | None = None
    sampled_by_outcome: dict[str, Any] | None = None
    selected_on_outcome: bool | None = None

    def resolve(self, relative: str | Path) -> Path:
        """A path that the card names, which is relative to the card."""
        return self.path.parent / relative


def load_card(path: str | Path) -> CohortCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    document = read_yaml(Path(path), what=CARD)
    problems = Problems()
    problems.extend(card_problems(document))
    problems.raise_if_any()
    return make_card(document)


def card_problems(document: Document) -> list[Problem]:
    """Everything that is wrong with a card: against the schema, against itself, and files that are not there.

    A part that breaks the schema is not compared with others, so that one mistake gives one message.
    """
    problems = Problems()
    problems.extend(question_problems(document))
    asked = {problem.where for problem in problems.found}
    found = violations(document.data, "cohort", document.where)
    problems.extend(problem for problem in found if problem.where not in asked)
    view = CardView(document, problems)
    for check in _CHECKS:
        check(view)
    return sorted(problems.found, key=document.line_of)


def make_card(document: Document) -> CohortCard:
    """The typed card of a document without problems."""
    data = document.data
    return CohortCard(
        **{key: data[key] for key in ("id", "title", "organism", "specimen", "role", "fields")},
        expression={**DEFAULTS.get(data["expression"]["source"], {}), **data["expression"]},
        citation=data.get("citation", {}),
        clinical=tuple(data["clinical"]),
        exclude=tuple(rule_with_codes(rule) for rule in data.get("exclude", ())),
        endpoints={name: _with_codes(endpoint) for name, endpoint in data["endpoints"].items()},
        expect=data.get("expect", {}),
        notes=tuple(data.get("notes", ())),
        unverified=tuple(data.get("unverified", ())),
        path=document.path,
        sha256=document.sha256,
        documentation=data.get("documentation", ""),
        patient=data.get("patient"),
        drop=tuple(data.get("quality", {}).get("drop", ())),
        batch=data.get("batch", {}).get("from"),
        sampled_by_outcome=data.get("sampled_by_outcome"),
        selected_on_outcome=data.get("selected_on_outcome"),
    )


def rule_with_codes(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of `exclude` with its codes as text."""
    return {key: codes(value) if key in ("is", "is_not") else value for key, value in rule.items()}


def _with_codes(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """An endpoint whose ``is`` and ``else`` are lists of text, the latter never left to be guessed."""
    out = dict(endpoint)
    for part in ("event", "competing"):
        if part in endpoint:
            rule = endpoint[part]
            out[part] = {"from": rule["from"], "is": codes(rule["is"]), "else": codes(rule.get("else", 0))}
    return out


def codes(value: object) -> list[str]:
    """One code or a list as text: ``1`` and ``1.0`` are ``"1"``; true and false are in lower case."""
    return [_code(item) for item in (value if isinstance(value, list) else [value])]


def _code(value: object) -> str:
    if str(value).lower() in ("true", "false"):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


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
    role, source = card.get("role", kind=str), card.get("expression", "source", kind=str)
    if not card.sound("role"):
        return
    if role and source and (role == "simulated") != (source == "simulate"):
        card.add(
            ("role",),
            expected="`simulated` for `source: simulate`, and for no other source",
            found=f"role `{role}` with source `{source}`",
            remedy="correct one of them: a simulated cohort must never pass for patients",
        )
    if role and role != "simulated" and "citation" not in card.document.data:
        card.add(
            ("citation",),
            expected="the key `citation` with pmid, doi or text",
            found="no such key",
            remedy="say where the cohort was published",
        )


def _check_scale(card: CardView) -> None:
    scale, normalise = (card.get("expression", key, kind=str) for key in ("scale", "normalise"))
    if normalise and scale and scale != "counts":
        card.add(
            ("expression", "normalise"),
            expected="this key with `scale: counts` only",
            found=f"`{normalise}` with scale `{scale}`",
            remedy="remove it: these values are no counts any more, or correct the scale",
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


def _check_files(card: CardView) -> None:
    check_file(card, ("expression",))
    for index in range(len(card.get("clinical", kind=list))):
        check_file(card, ("clinical", index))


def _check_exclude(card: CardView) -> None:
    fields = card.get("fields")
    for index, rule in enumerate(card.get("exclude", kind=list)):
        if not isinstance(rule, dict):
            continue
        at = ("exclude", index)
        named = set(rule) & {"field", "equals", "samples", "column", "is", "is_not"}
        if named not in EXCLUDE_FORMS:
            card.add(
                at,
                expected="`field` and `equals`, or `column` and `is` or `is_not`, or `samples`",
                found=f"{', '.join(sorted(named)) or 'none of them'}",
                remedy="write one rule an entry",
            )
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


_CHECKS: tuple[Callable[[CardView], None], ...] = (
    check_id,
    _check_reserved,
    _check_role,
    _check_scale,
    _check_sources,
    check_geo,
    check_cbioportal,
    _check_files,
    _check_exclude,
    _check_endpoints,
    _check_expect,
    _check_sampling,
)
