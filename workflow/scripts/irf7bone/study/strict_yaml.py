"""Config files as Snakemake reads them, plain YAML or JSON, and what that would pass over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.study.schema import KeyPath, dotted, not_yaml, read_text, show

CONFIG = "config file"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def repeated_keys(path: Path) -> list[Problem]:
    """Keys that a config file repeats: Snakemake reads it with plain YAML, which keeps the last one silently.

    Args:
        path: A file that Snakemake could read.
    """
    try:
        text, _ = read_text(path, CONFIG)
        root = yaml.compose(text, Loader=_LOADER)
    except InputError as error:
        return error.problems
    except yaml.YAMLError as error:
        return [not_yaml(path, CONFIG, error)]
    problems = []
    waiting: list[tuple[KeyPath, yaml.Node]] = [] if root is None else [((), root)]
    seen: set[int] = set()  # an alias leads to a node that was there already
    while waiting:
        at, node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += [((*at, index), item) for index, item in enumerate(node.value)]
            continue
        first: dict[str, int] = {}
        for key_node, value in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            waiting.append(((*at, key), value))
            if key in first:
                problems.append(
                    Problem(
                        f"{path}:{line}, {dotted((*at, key))}",
                        expected="each key once",
                        found=f"`{key}` again (first on line {first[key]})",
                        remedy="keep one of them: the last would silently replace the first",
                    )
                )
            first.setdefault(key, line)
    return problems


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
    """Read one config file with plain YAML, as Snakemake does.

    Raises:
        InputError: It cannot be read, repeats a key, or is no table.
    """
    problems = Problems()
    problems.extend(repeated_keys(path))
    problems.raise_if_any()
    try:
        data = yaml.load(read_text(path, CONFIG)[0], Loader=_LOADER)
    except yaml.YAMLError as error:
        raise InputError(not_yaml(path, CONFIG, error)) from None
    if not isinstance(data, dict):
        problems.add(
            str(path),
            expected="a config: lines of `key: value`",
            found="an empty file" if data is None else show(data),
            remedy="check that this is the file you mean",
        )
    problems.raise_if_any()
    return data
