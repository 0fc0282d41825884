"""Archives: chosen regular files come out, and nothing gets out of its folder."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile

import pytest

from irf7bone.base.errors import InputError
from irf7bone.download import archives
from irf7bone.download.archives import extract_members, list_members

FILES = {"study/data_clinical.txt": b"a\tb\n", "study/data_mrna.txt": b"gene\t1\n" * 1000, "study/meta": b"x"}


def tar_of(files: dict[str, bytes], *others: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        for member in others:
            tar.addfile(member)
    return out.getvalue()


def other(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "study.tar.gz"
    path.write_bytes(gzip.compress(tar_of(FILES)))
    return path


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_chosen_members_come_out_whatever_the_compression(tmp_path, pack):
    path = tmp_path / "study"
    path.write_bytes(pack(tar_of(FILES)))
    assert list_members(path) == {name: len(content) for name, content in FILES.items()}
    written = extract_members(path, lambda name: "data_" in name, tmp_path / "out")
    assert {name: file.read_bytes() for name, file in written.items()} == {
        name: content for name, content in FILES.items() if "data_" in name
    }
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "data_clinical.txt",
        "data_mrna.txt",
    ]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt", "..\\x", "C:x"])
def test_name_that_leads_out_refuses_the_archive(tmp_path, name):
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of({name: b"evil"}))
    with pytest.raises(InputError, match="names inside the archive's folder"):
        extract_members(path, lambda name: True, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.tar", "out"]


def test_links_and_devices_never_come_out(tmp_path):
    path = tmp_path / "a.tar"
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE)
    members = [other(f"m{kind.decode()}", kind, "/etc/passwd") for kind in kinds]
    path.write_bytes(tar_of({"right": b"x"}, *members))
    assert set(extract_members(path, lambda name: True, tmp_path / "out")) == {"right"}


def test_two_members_with_one_name_are_refused(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of({"one/x.txt": b"1", "two/x.txt": b"2"}))
    with pytest.raises(InputError, match=r"two of x\.txt"):
        extract_members(path, lambda name: True, tmp_path / "out")


def test_bomb_is_refused_at_the_stated_limit(tmp_path):
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(tar_of({"zeros": b"\0" * 5_000_000})))
    with pytest.raises(InputError, match="at most 1000000 bytes(.|\n)*decompression bomb"):  # noqa: RUF043
        extract_members(path, lambda name: True, tmp_path / "out", limit=1_000_000)
    assert list((tmp_path / "out").iterdir()) == []
    extract_members(path, lambda name: True, tmp_path / "out", limit=5_000_000)


def test_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MEMBERS_LIMIT", 2)
    path = tmp_path / "a.tar"
    path.write_bytes(tar_of({str(number): b"" for number in range(3)}))
    with pytest.raises(InputError, match="in 2 members"):
        list_members(path)


def test_header_that_claims_to_be_huge_is_not_read(tmp_path):
    """An extended header is read whole by tarfile, so its stated length must be bounded."""
    header = other("pax", tarfile.XHDTYPE)
    header.size = 8**11 - 1
    path = tmp_path / "a.tar"
    path.write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + b"\0" * 10_000)
    with pytest.raises(InputError, match="a header of"):
        list_members(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
def test_cut_or_foreign_file_is_refused(archive, tmp_path, share):
    content = archive.read_bytes()
    archive.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError, match="a whole tar archive"):
        extract_members(archive, lambda name: True, tmp_path / "out")
    archive.write_bytes(gzip.compress(b"not a tar archive" * 1000))
    with pytest.raises(InputError, match="a whole tar archive"):
        list_members(archive)


def test_missing_archive_is_named(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        list_members(tmp_path / "gone.tar.gz")
