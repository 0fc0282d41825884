"""Large things are read when they are asked for, and few are held."""

from __future__ import annotations

import pytest

from irf7bone.base.read_when_asked import ReadWhenAsked


def test_the_last_ones_are_kept_and_the_others_read_again():
    read: list[str] = []

    def upper(name):
        read.append(name)
        return name.upper()

    things = ReadWhenAsked(["b", "a", "c"], upper, kept=2)
    assert (list(things), len(things), read) == (["b", "a", "c"], 3, [])
    assert [things[name] for name in "babca"] == list("BABCA")
    assert read == ["b", "a", "c", "a"]  # b was asked for after a, so a is what c pushed out
    with pytest.raises(KeyError):
        things["d"]
    assert "d" not in things and read == ["b", "a", "c", "a"]
