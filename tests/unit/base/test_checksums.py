"""Checksums that are remembered, and never longer than they hold."""

from __future__ import annotations

import hashlib
import os
import time

import pytest

from irf7bone.base import checksums
from irf7bone.base.checksums import REMEMBERED, Checksums


@pytest.fixture
def read(monkeypatch):
    """The names of files that were read."""
    names = []
    original = checksums._read
    monkeypatch.setattr(checksums, "_read", lambda path: names.append(path.name) or original(path))
    return names


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large"
    path.write_bytes(b"a" * (REMEMBERED + 1))
    time.sleep(0.1)  # not within the clock's tick
    return path


def test_a_large_file_is_read_once_by_all_that_share_a_memory(tmp_path, large, read):
    memory = tmp_path / "kept" / "memory"
    expected = hashlib.sha256(large.read_bytes()).hexdigest()
    assert [Checksums(memory).of(large) for _ in range(3)] == [expected] * 3
    assert read == ["large"]


def test_a_change_is_seen_though_size_and_time_are_kept(tmp_path, large):
    memory = tmp_path / "memory"
    before, times = Checksums(memory).of(large), large.stat()
    with large.open("r+b") as stream:
        stream.write(b"b")
    os.utime(large, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert large.stat().st_size == times.st_size and large.stat().st_mtime_ns == times.st_mtime_ns
    assert Checksums(memory).of(large) != before


def test_a_damaged_memory_costs_reading_again_and_nothing_else(tmp_path, large, read):
    memory = tmp_path / "memory"
    first = Checksums(memory).of(large)
    memory.write_bytes(memory.read_bytes()[:-20] + b"\n{")
    assert Checksums(memory).of(large) == first
    assert read == ["large", "large"]


def test_a_memory_that_cannot_be_written_is_done_without(tmp_path, large):
    (tmp_path / "file").touch()
    assert Checksums(tmp_path / "file" / "memory").of(large) == Checksums().of(large)


def test_outdated_lines_are_dropped(tmp_path, large):
    memory = tmp_path / "memory"
    Checksums(memory).of(large)
    memory.write_text(memory.read_text(encoding="utf-8") * 150, encoding="utf-8")
    Checksums(memory).tidy()
    assert len(memory.read_text(encoding="utf-8").splitlines()) == 1


def test_a_folder_is_its_names_and_contents(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "below").mkdir(parents=True)
        (tmp_path / name / "below" / "a").write_text("a", encoding="utf-8")
        (tmp_path / name / ".snakemake_timestamp").write_text(name, encoding="utf-8")
    one, two = (Checksums().of(tmp_path / name) for name in ("one", "two"))
    assert one == two
    (tmp_path / "two" / "below" / "b").touch()
    assert Checksums().of(tmp_path / "two") != one
    (tmp_path / "two" / "below" / "b").unlink()
    (tmp_path / "two" / "below" / "a").rename(tmp_path / "two" / "below" / "c")
    assert Checksums().of(tmp_path / "two") != one


def test_what_is_not_there_has_none(tmp_path):
    assert Checksums().of(tmp_path / "nowhere") is None
