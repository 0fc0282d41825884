"""Cards as data: what a YAML file holds and where; whether that is right is asked in `strict_yaml`.

Jobs read their card through this module, so that no message about a wrong card is part of what they run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from irf7bone.base.errors import Problem

KeyPath = tuple[str | int, ...]

if TYPE_CHECKING:
    from yaml import SafeLoader as PLAIN_LOADER
else:  # libyaml's parser, where PyYAML was built with it: the same data and lines in an eighth of the time
    PLAIN_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PLAIN_PARTS = ("tag:yaml.org,2002:seq", "tag:yaml.org,2002:map")


class _StrictLoader(PLAIN_LOADER):
    """YAML 1.2 scalars: ``yes``, ``no``, ``012``, ``1:30`` and dates stay the text that stands in the file.

    YAML 1.1, PyYAML's default, would read an event code ``no`` as false and ``1:30`` as ninety.
    """

    yaml_implicit_resolvers: dict[str, list] = {}  # noqa: RUF012 - PyYAML's own class attribute, emptied


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


def read_document(path: Path) -> Document:
    """Read a YAML mapping that :func:`irf7bone.study.strict_yaml.read_yaml` found right before."""
    raw = path.read_bytes()
    return document_of(path, compose(raw.decode("utf-8-sig")), hashlib.sha256(raw).hexdigest())


def compose(text: str) -> yaml.Node | None:
    """The tree of nodes of a YAML text of one document; None for an empty one.

    Raises:
        yaml.YAMLError: It is not YAML, or more than one document.
    """
    return _StrictLoader(text).get_single_node()


def document_of(path: Path, node: yaml.Node | None, sha256: str) -> Document:
    """The document that a tree without breaches stands for."""
    lines: dict[KeyPath, int] = {}
    data: Any = None if node is None else _value(node, (), lines)
    return Document(path, data, lines, sha256)


def scalar_kind(node: yaml.Node) -> str | None:
    """What a plain value is (``null``, ``bool``, ``int``, ``float``, ``str``); None under any other tag."""
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    return kind if kind in _SCALARS else None


def _value(node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int]) -> Any:
    """The plain value of a YAML node; notes the line of every key on the way."""
    if isinstance(node, yaml.SequenceNode):
        lines.update({(*at, index): item.start_mark.line + 1 for index, item in enumerate(node.value)})
        return [_value(item, (*at, index), lines) for index, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            lines[(*at, key)] = key_node.start_mark.line + 1
            found[key] = _value(value_node, (*at, key), lines)
        return found
    return _SCALARS[scalar_kind(node) or "str"](node.value)


def with_lines(problems: Iterable[Problem], path: Path) -> list[Problem]:
    """Problems that name a card's file and key, with the line of the key; others as they are."""
    try:
        lines = read_document(path).lines
    except (OSError, ValueError, yaml.YAMLError):
        return list(problems)
    by_key = {dotted(at): line for at, line in lines.items()}
    return [_with_line(problem, str(path), by_key) for problem in problems]


def _with_line(problem: Problem, path: str, by_key: Mapping[str, int]) -> Problem:
    file, mark, rest = problem.where.partition(", ")
    key = re.match(r"[A-Za-z_][\w.\[\]]*", rest)
    if file != path or not mark or key is None:
        return problem
    named = key[0]
    while named and named not in by_key:  # a key that is not there has the line of its table
        named = re.sub(r"(^|\.|\[)[^.\[]*$", "", named)
    return replace(problem, where=f"{path}:{by_key[named]}, {rest}") if named else problem


def dotted(path: Iterable[str | int]) -> str:
    """A key path as messages write it: ``endpoints.bone.event.is``, ``cohorts[2]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
