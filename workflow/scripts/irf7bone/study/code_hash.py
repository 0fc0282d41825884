"""A hash of all code behind a rule, so that editing a module reruns the jobs that use it, and no others."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).resolve().parents[2]
PACKAGE = __name__.partition(".")[0]
TEXT = re.compile(rf"[\"']{PACKAGE}".encode())
# an import of the package at the start of a line, without comment or continued line
IMPORT = re.compile(rf"^(?:from|import) {PACKAGE}\b[^\n(#\\]+(?:\([^)#\\]*\))?$".encode(), re.MULTILINE)
TYPES_ONLY = re.compile(rb"^if TYPE_CHECKING:\n(?:(?: .*)?\n)+", re.MULTILINE)


def code_hash(script: str) -> str:
    """Hash a rule's script and every module of the package that it imports, directly or not.

    Imports inside functions count, and so do registry entries that name a module of the package in
    text (``"irf7bone.scoring.gsva"``), because a lazily loaded module is used as well. Imports under
    ``if TYPE_CHECKING`` do not: nothing runs through them.

    Args:
        script: Name of a file in workflow/scripts, without its ending.

    Returns:
        The first 16 hexadecimal digits of a sha256.

    Raises:
        FileNotFoundError: There is no such script.
    """
    digest = hashlib.sha256((SCRIPTS / f"{script}.py").read_bytes())
    for name in modules_behind(script):
        digest.update(b"\0" + name.encode() + b"\0" + _file_of(name).read_bytes())
    return digest.hexdigest()[:16]


def code_hash_of(script: str) -> Callable[[Any], str]:
    """A parameter for a rule: :func:`code_hash`, found when a job of the rule is planned or run.

    A process that runs one job of a cluster reads the whole Snakefile, and needs the hash of one rule.
    """
    found = cache(code_hash)
    return lambda wildcards: found(script)


def modules_behind(script: str) -> tuple[str, ...]:
    """Dotted names of the package's modules that a script uses, in alphabetical order.

    Raises:
        FileNotFoundError: There is no such script.
    """
    return _closure(_named_in(SCRIPTS / f"{script}.py"))


def modules_with(module: str) -> tuple[str, ...]:
    """Dotted names of a module of the package and of all that it uses, in alphabetical order."""
    return _closure({module})


def _closure(named: Iterable[str]) -> tuple[str, ...]:
    waiting, seen = set(named), set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        parts = name.split(".")
        parents = {".".join(parts[:end]) for end in range(1, len(parts))}
        waiting |= (parents | _named_in(_file_of(name))) - seen
    return tuple(sorted(seen))


def _file_of(name: str) -> Path:
    path = _source(SCRIPTS, name)
    if path is None:
        raise FileNotFoundError(f"the package has no module {name}")
    return path


@cache
def _source(scripts: Path, name: str) -> Path | None:
    path = scripts.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


@cache
def _named_in(path: Path) -> frozenset[str]:
    """Modules of the package that a file names in what it runs."""
    source = _all_that_names(path.read_bytes())
    named: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(source)]
    # names in text are rare, and looking for them takes longer, at every start of Snakemake, than reading
    children = ast.iter_child_nodes if TEXT.search(source) else _statements
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting += node.orelse
            continue
        waiting += children(node)
        if isinstance(node, ast.Import):
            named.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module)
            named.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            named.add(node.value)
    return frozenset(item for item in named if item.split(".")[0] == PACKAGE and _source(SCRIPTS, item))


def _all_that_names(source: bytes) -> bytes:
    """The imports at the start of a line, where nothing else that runs names the package; or all of it.

    At every start of Snakemake this is asked of all modules, and Python reads few lines ten times as fast.
    In a docstring the package stands behind a backtick.
    """
    name, runs = PACKAGE.encode(), TYPES_ONLY.sub(b"", source)
    imports = b"\n".join(IMPORT.findall(runs))
    return imports if imports.count(name) + runs.count(b"`" + name) == runs.count(name) else source


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Statements, handlers and cases directly within one."""
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        yield from getattr(node, name, ())


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
