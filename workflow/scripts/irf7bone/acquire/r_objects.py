"""Files of R (``saveRDS``, ``save``) as a tree of what they hold, by rdata's parser.

The parser's tree is read here and not by rdata's own conversion, which loses one of two columns of one name,
and gives what lies beneath an object of a class that it does not know (64-bit integers as tiny numbers).
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import sys
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from irf7bone.acquire.text import BLOCK, UNPACKED_LIMIT
from irf7bone.base.errors import InputError, Problem, why_no_file

if TYPE_CHECKING:
    from rdata.parser import RObject

ENDINGS = (".rds", ".rdata", ".rda")
_PACKED: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open
}  # fmt: skip
_SAVED = (b"RDX", b"RDA", b"RDB")  # how a file of `save` begins, before version and line feed
_NUMBERS = ("LGL", "INT", "REAL")
_UTF8, _LATIN1 = 8, 4  # flags of a string of R (R Internals, section 1.1.2)


def is_r_file(path: Path) -> bool:
    """Whether a file is one of R by its name."""
    return path.suffix.lower() in ENDINGS


def two_lines(path: Path) -> str:
    """The lines of R that turn a file of R into tables, whatever it holds."""
    read = (
        f'x <- readRDS("{path.name}")' if path.suffix.lower() == ".rds" else f'x <- get(load("{path.name}"))'
    )
    return (
        f'two lines of R make tables of it. {read}; write.csv(x, "expression.csv") for a matrix or '
        'data frame, or write.csv(Biobase::exprs(x), "expression.csv"); write.csv(Biobase::pData(x), '
        '"clinical.csv") for an ExpressionSet. Then: make card FROM=expression.csv CLINICAL=clinical.csv '
        "(irf7bone card --from expression.csv --clinical clinical.csv)"
    )


def refuse_r(path: Path, expected: str, found: str, where: str = "", offenders: tuple = ()) -> InputError:
    """A problem with a file of R, whose remedy is to have R write it as tables."""
    return InputError(Problem(f"{path}{where}", expected, found, two_lines(path), offenders))


@dataclass(frozen=True)
class RNode:
    """An object of R.

    Args:
        raw: As rdata parsed it.
        encoding: Of strings that do not say theirs.
    """

    raw: RObject
    encoding: str

    @property
    def _own(self) -> RObject:
        raw = self.raw
        while raw.referenced_object is not None:
            raw = raw.referenced_object
        return raw

    @property
    def kind(self) -> str:
        """Its type, as rdata names it: REAL, INT, LGL, STR, VEC, S4, ENV, ..."""
        return self._own.info.type.name

    @cached_property
    def attributes(self) -> dict[str, RNode]:
        """Its attributes, which are the slots of an S4 object."""
        return dict(self._pairs(self._own.attributes))

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Its stated classes, the most special one first; none for plain vectors and matrices."""
        return tuple(map(str, self.attributes["class"].strings())) if "class" in self.attributes else ()

    def strings(self) -> list[str | None]:
        """A character vector; None for NA."""
        return [self._text(item) for item in self._own.value] if self.kind == "STR" else []

    def numbers(self) -> np.ndarray:
        """A logical, integer or real vector as float64, NaN for NA; empty for anything else."""
        if self.kind not in _NUMBERS:
            return np.array([])
        values = np.ma.filled(self._own.value.astype(np.float64), np.nan)
        return np.where(np.isnan(values), np.nan, values)  # NA of R is a signalling NaN

    def items(self) -> list[RNode]:
        """The elements of a list."""
        return [RNode(item, self.encoding) for item in self._own.value] if self.kind == "VEC" else []

    def names(self) -> list[str]:
        """The names of its elements; empty where it has none."""
        return (
            [name or "" for name in self.attributes["names"].strings()] if "names" in self.attributes else []
        )

    def variables(self) -> dict[str, RNode]:
        """What an environment or a pair list binds."""
        own = self._own
        if self.kind == "LIST":
            return dict(self._pairs(own))
        if self.kind != "ENV":
            return {}
        found = dict(self._pairs(own.value.frame))
        table = RNode(own.value.hash_table, self.encoding)
        for bucket in table.items():
            found |= bucket.variables()
        return found

    def _text(self, char: RObject) -> str | None:
        if char.value is None:
            return None
        flags = char.info.gp
        encoding = "utf-8" if flags & _UTF8 else "latin-1" if flags & _LATIN1 else self.encoding
        return char.value.decode(encoding)

    def _pairs(self, pairs: RObject | None) -> list[tuple[str, RNode]]:
        found = []
        while pairs is not None and pairs.info.type.name == "LIST":
            tag = RNode(pairs.tag, self.encoding)._own if pairs.tag is not None else None
            found.append(
                (self._text(tag.value) or "" if tag is not None else "", RNode(pairs.value[0], self.encoding))
            )
            pairs = pairs.value[1]
        return found


def read_r_objects(path: Path) -> tuple[dict[str, RNode], str]:
    """The objects of a file of R by their names, and the file's sha256.

    Returns:
        Those that ``save`` wrote; of ``saveRDS`` the elements of a named list, else the one object, whose
        name is empty.

    Raises:
        InputError: The file is missing, cut off, damaged or none of R.
    """
    content, checksum = _unpacked(path)
    _show_xarray_and_zarr()
    import rdata.parser  # noqa: F401  # outside of what follows: a package that is not there is no damaged file

    try:
        parsed = _parse(content)
        top = RNode(parsed.object, parsed.extra.encoding or "utf-8")
        if content.startswith(_SAVED):
            return top.variables(), checksum
        names = top.names()
        if top.kind == "VEC" and "row.names" not in top.attributes and names and all(names):
            return dict(zip(names, top.items(), strict=True)), checksum
        return {"": top}, checksum
    except Exception as error:  # a damaged file makes the parser trip in any way
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:100]
        raise refuse_r(path, "a file of R", f"one that cannot be read ({said})") from error


def _unpacked(path: Path) -> tuple[bytes, str]:
    absence = why_no_file(path)
    if absence:
        found = "nothing there" if absence == "not there" else absence
        raise InputError(Problem(str(path), "a file", found, "correct the path in the card"))
    with path.open("rb") as stream:
        checksum = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        start = stream.read(8)
    opened: Callable[..., Any] = next(
        (opener for magic, opener in _PACKED.items() if start.startswith(magic)), Path.open
    )
    blocks, size = [], 0
    try:
        with opened(path, "rb") as stream:
            while block := stream.read(BLOCK):
                blocks.append(block)
                size += len(block)
                if size > UNPACKED_LIMIT:
                    raise refuse_r(path, f"at most {UNPACKED_LIMIT} bytes when unpacked", "more")
    except (EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise InputError(
            Problem(
                str(path), "a whole file of R", f"one that is cut off or damaged ({error})", "fetch it again"
            )
        ) from None
    return b"".join(blocks), checksum


def _show_xarray_and_zarr() -> None:
    """Undo that a job hides both from anndata (see the package's first lines): rdata imports them."""
    if sys.modules.get("xarray", ...) is None:
        del sys.modules["xarray"], sys.modules["zarr"]


def _parse(content: bytes) -> Any:
    from rdata.parser import DEFAULT_ALTREP_MAP, parse_data

    known: Mapping[bytes, Any] = {**DEFAULT_ALTREP_MAP, b"deferred_string": _numbers_as_text}
    extension = ".rda" if content.startswith(_SAVED) else ".rds"
    return parse_data(content, extension=extension, altrep_constructor_dict=known)


def _numbers_as_text(state: RObject) -> tuple[Any, list[RObject]]:
    """What R's as.character made of a vector and did not write out.

    rdata's own reading makes 1e+05 of the integer 100000, which would be another Entrez id.
    """
    from rdata.parser import RObject, RObjectInfo, RObjectType

    def plain(kind: RObjectType) -> RObjectInfo:
        return RObjectInfo(type=kind, object=False, attributes=False, tag=False, gp=0, reference=0)

    numbers = state.value[0].value
    missing = np.ma.getmaskarray(numbers) if np.ma.isMaskedArray(numbers) else np.isnan(numbers)
    words = [None if gone else as_r_writes(number) for number, gone in zip(numbers, missing, strict=True)]
    chars = [
        RObject(
            info=plain(RObjectType.CHAR), value=word.encode() if word is not None else None, attributes=None
        )
        for word in words
    ]
    return plain(RObjectType.STR), chars


def as_r_writes(number: np.number) -> str:
    """A number as R's as.character has it: 15 digits, in the shorter of the two notations."""
    if isinstance(number, np.integer):
        return str(int(number))
    short = f"{float(number):.15g}"
    digits = np.format_float_scientific(float(short), trim="-", exp_digits=2)
    fixed = np.format_float_positional(float(short), trim="-")
    return digits if len(fixed) > len(digits) else fixed
