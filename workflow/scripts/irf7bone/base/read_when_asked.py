"""A mapping of many large things that reads each one when it is asked for it and keeps the last few."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


class ReadWhenAsked(Mapping[str, T]):
    """A mapping whose values are read when they are asked for.

    Args:
        names: The keys, in order.
        read: Reads the value of a key.
        kept: How many values, the last ones asked for, are held in memory.
    """

    def __init__(self, names: Iterable[str], read: Callable[[str], T], kept: int = 0):
        self._names = dict.fromkeys(names)
        self._read = lru_cache(kept)(read)

    def __getitem__(self, name: str) -> T:
        if name not in self._names:
            raise KeyError(name)
        return self._read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
