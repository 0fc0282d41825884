"""YAML files read strictly: cards and config files, and what plain YAML would pass over in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.study.document import (
    PLAIN_LOADER,
    PLAIN_PARTS,
    Document,
    KeyPath,
    compose,
    document_of,
    dotted,
    scalar_kind,
)

CONFIG = "config file"
SHOWN = 60
LONGEST_NUMBER = 18  # digits
DEEPEST = 100  # levels; a card has five


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
    try:
        if refused := _refused(text, path, what):
            raise InputError(refused)
        node = compose(text)
    except yaml.YAMLError as error:
        raise InputError(not_yaml(path, what, error)) from None
    problems = [] if node is None else [*_breaches(node, (), path)]
    document = document_of(path, None if problems else node, sha256)
    if not problems and not isinstance(document.data, dict):
        problems.append(
            Problem(
                str(path),
                expected=f"a {what}: lines of `key: value`",
                found="an empty file" if document.data is None else show(document.data),
                remedy="check that this is the file you mean",
            )
        )
    if problems:
        raise InputError(problems)
    return document


def _refused(text: str, path: Path, what: str) -> Problem | None:
    """The first alias of a text, which could make a card refer to itself, or brackets too deep for a card.

    Asked of the events before a tree is made of them: libyaml recurses without a limit.
    """
    depth = 0
    for event in yaml.parse(text, Loader=PLAIN_LOADER):
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            error = yaml.composer.ComposerError(None, None, "aliases (*name) are not used here", mark)
            return not_yaml(path, what, error)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return Problem(
                str(path),
                expected=f"a {what}, a few levels deep",
                found="brackets within brackets by the hundred",
                remedy="check that this is the file you mean",
            )
    return None


def _breaches(node: yaml.Node, at: KeyPath, file: Path) -> Iterator[Problem]:
    """Keys that are repeated or no text, and tags, in the order of the file."""
    if node.tag in PLAIN_PARTS and isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _breaches(item, (*at, index), file)
    elif node.tag in PLAIN_PARTS and isinstance(node, yaml.MappingNode):
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key in first:
                again = f"{show(key)} again (first on line {first[key]})" if key in first else show(key)
                yield Problem(
                    f"{file}:{line}, {dotted((*at, key))}",
                    expected="each key once, as plain text",
                    found=again,
                    remedy="keep one of them: a repeated key would silently replace the first",
                )
                continue
            first[key] = line
            yield from _breaches(value_node, (*at, key), file)
    elif scalar_kind(node) == "int" and len(node.value) > LONGEST_NUMBER:
        yield Problem(
            f"{file}:{node.start_mark.line + 1}, {dotted(at)}",
            expected=f"a number of at most {LONGEST_NUMBER} digits",
            found=f"{len(node.value)} of them, {show(node.value)}",
            remedy="put quotes around what is text",
        )
    elif scalar_kind(node) is None:
        yield Problem(
            f"{file}:{node.start_mark.line + 1}, {dotted(at)}",
            expected="plain text, a number, true, false, null, a list or a table",
            found=f"the YAML tag {node.tag}",
            remedy="remove the tag",
        )


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
                found=reason.get(type(error).__name__) or str(error.strerror),
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


def config_problems(path: Path) -> list[Problem]:
    """What keeps a config file from being read; nothing where all is well."""
    try:
        read_config(path)
    except InputError as error:
        return error.problems
    return []


def config_lines(path: Path) -> dict[KeyPath, int]:
    """Line of each key path of a config file, from 1; nothing of one that cannot be read."""
    try:
        return document_of(path, compose(read_text(path, CONFIG)[0]), "").lines
    except (InputError, yaml.YAMLError):
        return {}


def merge_config(default: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A config with another put over it as Snakemake does: tables key by key, anything else as a whole."""
    merged = dict(default)
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = merge_config(merged[key], value) if both else value
    return merged


def current_names(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config with today's names: version 0.1 also takes ``crude``, as the unadjusted model was called."""
    renamed = dict(config)
    if isinstance(models := config.get("models"), list):
        renamed["models"] = ["unadjusted" if name == "crude" else name for name in models]
    primary = config.get("primary")
    if isinstance(primary, Mapping) and primary.get("model") == "crude":
        renamed["primary"] = {**primary, "model": "unadjusted"}
    return renamed


def read_config(path: Path) -> dict[str, Any]:
    """Read one config file as strictly as a card: see :func:`read_yaml`.

    Raises:
        InputError: It cannot be read, or breaks a rule.
    """
    return read_yaml(path, what=CONFIG).data


def read_configs(paths: Iterable[Path]) -> dict[str, Any]:
    """Config files, each put over those before it.

    Raises:
        InputError: With what is wrong in any of them.
    """
    problems, config = Problems(), dict[str, Any]()
    for path in paths:
        try:
            config = merge_config(config, read_config(path))
        except InputError as error:
            problems.extend(error.problems)
    problems.raise_if_any()
    return config
