"""Every breach of a schema, as a problem that a user can act on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource

from irf7bone.base.errors import Problem
from irf7bone.base.nearest import choose_from, nearest
from irf7bone.study.document import PLAIN_LOADER, KeyPath
from irf7bone.study.strict_yaml import show

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """A schema of ``workflow/schemas`` (``config``, ``cohort``, ``experiment``), as JSON Schema 2020-12."""
    path = SCHEMAS / f"{name}.schema.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=PLAIN_LOADER)


@cache
def _validator(name: str) -> Draft202012Validator:
    # JSON has no NaN, so JSON Schema would let `.nan` pass every bound.
    numbers = Draft202012Validator.TYPE_CHECKER.redefine(
        "number",
        lambda checker, value: (
            isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        ),
    )
    # experiment cards take their sources from the schema of cohort cards
    shared = Registry().with_resource("cohort.schema.yaml", Resource.from_contents(load_schema("cohort")))
    return validators.extend(Draft202012Validator, type_checker=numbers)(load_schema(name), registry=shared)


def violations(data: object, schema: str, where: Callable[[KeyPath], str]) -> list[Problem]:
    """Every breach of a schema in ``data``.

    Args:
        data: What was read.
        schema: Name of the schema (see :func:`load_schema`).
        where: Says file and key for a key path.

    Returns:
        Problems in the schema's order; for an unknown key the remedy names the nearest known one.
    """
    problems: dict[tuple[str, str], Problem] = {}
    for error in _validator(schema).iter_errors(data):
        for problem in _problems(error, where):
            problems.setdefault((problem.where, problem.expected), problem)
    return list(problems.values())


def _problems(error: ValidationError, where: Callable[[KeyPath], str]) -> list[Problem]:
    """The problems one schema error stands for."""
    at: KeyPath = tuple(error.absolute_path)
    # untyped, because the types of jsonschema allow for an error that was never set
    rule: Any = error.validator
    schema: Any = error.schema
    asked: Any = error.validator_value
    value: Any = error.instance
    meaning = " ".join(schema.get("description", "").split())
    if rule == "additionalProperties":
        known = list(schema["properties"])
        expected = f"one of {', '.join(known)}"
        return [
            Problem(where((*at, key)), expected, f"the unknown key `{key}`", choose_from(key, known))
            for key in value
            if key not in known
        ]
    if rule == "required":
        # A misspelt key is one mistake: the message on the unknown key already names the right one.
        known = schema.get("properties", {})
        misspelt = {nearest(key, known) for key in value if key not in known}
        return [
            Problem(
                where((*at, key)),
                f"the key `{key}`",
                f"no such key among {', '.join(map(str, value)) or 'none'}",
                f"add it: {_description(schema, key)}",
            )
            for key in asked
            if key not in value and key not in misspelt
        ]
    if rule == "enum":
        options = [("null" if option is None else option) for option in asked]
        close = nearest(value, options)
        remedy = f"did you mean `{close}`? " if close else "use one of these words. "
        remedy += f"What it says: {meaning}"
        return [Problem(where(at), f"one of {', '.join(map(str, options))}", show(value), remedy)]
    if rule == "uniqueItems":
        repeated = tuple(sorted({str(item) for item in value if value.count(item) > 1}))
        return [Problem(where(at), "each entry once", "repeated entries", "remove the repetition", repeated)]
    remedy = f"correct the value. What it says: {meaning}"
    return [Problem(where(at), _expected(rule, schema), show(value), remedy)]


def _description(schema: Mapping[str, Any], key: str) -> str:
    text = schema.get("properties", {}).get(key, {}).get("description", "it is needed here")
    return " ".join(text.split())


_KINDS = {
    "object": "a table (`key: value` lines)",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "exclusiveMinimum": "above",
    "minimum": "at least",
    "exclusiveMaximum": "below",
    "maximum": "at most",
}


def _expected(rule: str, schema: Mapping[str, Any]) -> str:
    """What a schema asks for, in words, given the rule that was broken."""
    if rule in ("minItems", "minProperties"):
        return f"at least {schema[rule]} {'entry' if schema[rule] == 1 else 'entries'}"
    if rule == "maxItems":
        return f"at most {schema[rule]} entries"
    if rule == "minLength":
        return "text that is not empty"
    if rule == "maxLength":
        return f"at most {schema[rule]} characters"
    if rule == "pattern":
        return f"text of the form {schema['pattern']}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"{word} {schema[key]:g}" for key, word in _BOUNDS.items() if key in schema]
    return " or ".join(_KINDS[kind] for kind in kinds) + (" " + " and ".join(bounds) if bounds else "")
