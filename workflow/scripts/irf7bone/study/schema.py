"""Reading YAML strictly and turning every breach of a schema into a problem a user can act on."""

from __future__ import annotations

import difflib
import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError, validators
from referencing import Registry, Resource

from irf7bone.base.errors import InputError, Problem

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
SHOWN = 60

KeyPath = tuple[str | int, ...]


class _StrictLoader(yaml.SafeLoader):
    """YAML 1.2 scalars: ``yes``, ``no``, ``012``, ``1:30`` and dates stay the text that stands in the file.

    YAML 1.1, PyYAML's default, would read an event code ``no`` as false and ``1:30`` as ninety.
    """

    yaml_implicit_resolvers: dict[str, list] = {}  # noqa: RUF012 - PyYAML's own class attribute, emptied

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """Compose one node, refusing aliases, which could make a card refer to itself."""
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.composer.ComposerError(None, None, "aliases (*name) are not used here", mark)
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _StrictLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _first)

_SCALARS: dict[str, Callable[[str], object]] = {
    "null": lambda text: None,
    "bool": lambda text: text.lower() == "true",
    "int": int,
    "float": float,
    "str": str,
}


_PLAIN_PARTS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


@dataclass(frozen=True)
class Document:
    """A YAML file that could be read.

    Args:
        path: Where it stands.
        data: Its content; keys are text as written.
        lines: Line number, from 1, of each key path.
        sha256: Checksum of the file's bytes.
    """

    path: Path
    data: dict[str, Any]
    lines: dict[KeyPath, int]
    sha256: str

    def where(self, path: KeyPath) -> str:
        """File, line and key, as messages name them; a missing key has the line of its table."""
        line = self.lines.get(path) or self.lines.get(path[:-1])
        return f"{self.path}" + (f":{line}" if line else "") + (f", {dotted(path)}" if path else "")

    def line_of(self, problem: Problem) -> int:
        """The line that a problem of this document names, to sort by; 0 where it names none."""
        named = re.match(r":(\d+)", problem.where.removeprefix(str(self.path)))
        return int(named[1]) if named else 0


def read_yaml(path: Path, *, what: str) -> Document:
    """Read a YAML mapping strictly.

    A byte-order mark and Windows line ends are accepted. Duplicate keys, aliases, tags and several
    documents in one file are refused.

    Args:
        path: The file.
        what: What it is, for messages ("cohort card").

    Raises:
        InputError: It is missing, not UTF-8, not YAML, not a mapping, or repeats a key.
    """
    text, sha256 = read_text(path, what)
    problems: list[Problem] = []
    lines: dict[KeyPath, int] = {}
    try:
        node = _StrictLoader(text).get_single_node()
    except yaml.YAMLError as error:
        raise InputError(not_yaml(path, what, error)) from None
    except RecursionError:
        raise InputError(
            Problem(
                str(path),
                expected=f"a {what}, a few levels deep",
                found="brackets within brackets by the hundred",
                remedy="check that this is the file you mean",
            )
        ) from None
    data = None if node is None else _value(node, (), path, lines, problems)
    if not problems and not isinstance(data, dict):
        problems.append(
            Problem(
                str(path),
                expected=f"a {what}: lines of `key: value`",
                found="an empty file" if data is None else show(data),
                remedy="check that this is the file you mean",
            )
        )
    if problems:
        raise InputError(problems)
    return Document(path, data, lines, sha256)


def read_text(path: Path, what: str) -> tuple[str, str]:
    """The text of a file and the sha256 of its bytes.

    Raises:
        InputError: It is missing or not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = {"FileNotFoundError": "no such file", "IsADirectoryError": "a folder"}
        raise InputError(
            Problem(
                str(path),
                expected=f"a readable {what}",
                found=reason.get(type(error).__name__, error.strerror),
                remedy="check the path and its permissions",
            )
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            Problem(
                f"{path}:{line}",
                expected="UTF-8 text",
                found=f"byte 0x{raw[error.start]:02x}, which is not UTF-8",
                remedy="save the file as UTF-8"
                + (
                    ", not as UTF-16 or 'Unicode': iconv -f UTF-16 -t UTF-8"
                    if raw.startswith((b"\xff\xfe", b"\xfe\xff"))
                    else " (for Latin-1: iconv -f latin1 -t utf-8)"
                ),
            )
        ) from None
    return text, hashlib.sha256(raw).hexdigest()


def not_yaml(path: Path, what: str, error: yaml.YAMLError) -> Problem:
    """What PyYAML had to say, as a problem."""
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    context = getattr(error, "context", None)
    return Problem(
        f"{path}:{mark.line + 1}" if mark else str(path),
        expected=f"a {what} in YAML",
        found=f"{context}, {reason}" if context else str(reason),
        remedy="mend that line: indent with spaces, not tabs; put quotes around text that holds ': ' or ' #'",
    )


def _value(
    node: yaml.Node, at: KeyPath, file: Path, lines: dict[KeyPath, int], problems: list[Problem]
) -> object:
    """The plain value of a YAML node; notes the line of every key on the way."""
    if node.tag in _PLAIN_PARTS and isinstance(node, yaml.SequenceNode):
        lines.update({(*at, index): item.start_mark.line + 1 for index, item in enumerate(node.value)})
        return [_value(item, (*at, index), file, lines, problems) for index, item in enumerate(node.value)]
    if node.tag in _PLAIN_PARTS and isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key in found:
                problems.append(
                    Problem(
                        f"{file}:{line}, {dotted((*at, key))}",
                        expected="each key once, as plain text",
                        found=f"{show(key)} again (first on line {lines[(*at, key)]})"
                        if key in found
                        else show(key),
                        remedy="keep one of them: a repeated key would silently replace the first",
                    )
                )
                continue
            lines[(*at, key)] = line
            found[key] = _value(value_node, (*at, key), file, lines, problems)
        return found
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind not in _SCALARS:
        problems.append(
            Problem(
                f"{file}:{node.start_mark.line + 1}, {dotted(at)}",
                expected="plain text, a number, true, false, null, a list or a table",
                found=f"the YAML tag {node.tag}",
                remedy="remove the tag",
            )
        )
        return None
    return _SCALARS[kind](node.value)


def dotted(path: Iterable[str | int]) -> str:
    """A key path as messages write it: ``endpoints.bone.event.is``, ``cohorts[2]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def show(value: object) -> str:
    """A value as messages write it: its kind, and the value cut to one line."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, Mapping):
        return f"a table with {', '.join(map(str, value)) or 'nothing'}"[: SHOWN + 20]
    if isinstance(value, list | tuple):
        text = f"the list {', '.join(map(str, value))}" if value else "an empty list"
        return text if len(text) <= SHOWN + 20 else text[: SHOWN + 20] + "..."
    if isinstance(value, str):
        return repr(value if len(value) <= SHOWN else value[:SHOWN] + "...")
    return f"{value!r}"


def nearest(word: object, known: Iterable[object]) -> str | None:
    """The known word that ``word`` most likely stands for, if one is close."""
    written = str(word).lower()
    by_lower = {str(item).lower(): str(item) for item in known}
    starts = [item for item in by_lower if len(written) > 2 and item.startswith(written)]
    close = starts if len(starts) == 1 else difflib.get_close_matches(written, list(by_lower), n=1)
    return by_lower[close[0]] if close else None


def nearest_file(path: Path, suffix: str = "") -> str | None:
    """The name in the folder of ``path`` that its own, which cannot be used, most likely stands for."""
    try:
        there = [item.name for item in path.parent.iterdir()]
    except (OSError, ValueError):
        return None
    return nearest(path.name, [name for name in there if name != path.name and name.endswith(suffix)])


def choose_from(word: object, known: Iterable[object]) -> str:
    """A remedy for a wrong word: the nearest known one where there is one, else all of them."""
    known = list(known)
    close = nearest(word, known)
    if close:
        return f"did you mean `{close}`?"
    return f"use one of: {', '.join(map(str, known)) or 'none are known'}"


@cache
def load_schema(name: str) -> dict[str, Any]:
    """A schema of ``workflow/schemas`` (``config``, ``cohort``, ``experiment``), as JSON Schema 2020-12."""
    path = SCHEMAS / f"{name}.schema.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


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
    rule, schema, value = error.validator, error.schema, error.instance
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
            for key in error.validator_value
            if key not in value and key not in misspelt
        ]
    if rule == "enum":
        options = [("null" if option is None else option) for option in error.validator_value]
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
    if rule == "pattern":
        return f"text of the form {schema['pattern']}"
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = [f"{word} {schema[key]:g}" for key, word in _BOUNDS.items() if key in schema]
    return " or ".join(_KINDS[kind] for kind in kinds) + (" " + " and ".join(bounds) if bounds else "")
