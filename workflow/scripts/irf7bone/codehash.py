"""A hash of the package's own code behind a stage, so that editing a module reruns the jobs that use it."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

PACKAGE = __name__.partition(".")[0]
ROOT = Path(__file__).resolve().parent


def code_hash(*modules: str) -> str:
    """Hash the source of modules and of every module of the package they use, directly or not.

    Imports inside functions count, and so do registry entries that name a module of the package in
    text (``"irf7bone.scoring.gsva"``), because a lazily loaded module is used as well.

    Args:
        modules: Dotted names below the package, such as ``"harmonise"`` or ``"scoring"``.

    Returns:
        The first 16 hexadecimal digits of a sha256.

    Raises:
        ModuleNotFoundError: A name is not a module of the package.
    """
    waiting = [f"{PACKAGE}.{name}" for name in modules]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        if _source(name) is None:
            raise ModuleNotFoundError(f"{name} is not a module of {PACKAGE}")
        seen.add(name)
        waiting.extend(_used_by(name) - seen)
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(name.encode() + b"\0" + _source(name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _source(name: str) -> Path | None:
    path = ROOT.joinpath(*name.split(".")[1:])
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@cache
def _used_by(name: str) -> frozenset[str]:
    """Modules of the package that a module's source names, its own parent packages included."""
    parts = name.split(".")
    named = {".".join(parts[:end]) for end in range(1, len(parts))}
    for node in ast.walk(ast.parse(_source(name).read_bytes())):
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named.add(node.value)
    return frozenset(item for item in named if item.split(".")[0] == PACKAGE and _source(item))
