"""Fetching: what arrives is whole and is what was locked, or nothing arrives and the message says why."""

from __future__ import annotations

import gzip
import hashlib
import re
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.request import Request

import numpy as np
import pytest
from madeup import server

from irf7bone.base.errors import InputError
from irf7bone.download.content import check_gzip
from irf7bone.download.fetch import Downloads, Patience, fetch_all
from irf7bone.download.lock import Locked, lock_path, read_lock, write_lock
from irf7bone.download.remote import MANIFEST, RemoteFile, is_safe_name
from irf7bone.download.transfer import USER_AGENT, Refused, _Redirects, through_mirror

PATH = "/archive.example/geo/table.txt.gz"
QUICK = Patience(attempts=3, pause_seconds=0.01, timeout_seconds=0.4)
CONTENT = gzip.compress(np.random.default_rng(1).integers(0, 256, 200_000, dtype=np.uint8).tobytes(), mtime=0)


@pytest.fixture
def archive():
    with server.serving() as running:
        running.files[PATH] = CONTENT
        yield running


@pytest.fixture
def get(archive, tmp_path):
    """Fetches files (by default the one of the archive) and returns what lies in the folder."""

    def run(*files: RemoteFile, folder="downloads", **options) -> dict[str, bytes]:
        files = files or (RemoteFile("table.txt.gz", (archive.url(PATH),)),)
        settings = {"lock": tmp_path / "card.lock.tsv", "mirror": archive.base, "patience": QUICK} | options
        fetch_all(files, tmp_path / folder, **settings)
        # another call may be writing beside it, to a file whose name begins with a point
        found = [path for path in (tmp_path / folder).iterdir() if not path.name.startswith(".")]
        return {path.name: path.read_bytes() for path in found}

    return run


def refusal(get, *files, **options) -> str:
    with pytest.raises(InputError) as error:
        get(*files, **options)
    assert all(problem.where and problem.remedy for problem in error.value.problems)
    return str(error.value)


def lying(tmp_path, folder="downloads") -> list[str]:
    return sorted(path.name for path in (tmp_path / folder).iterdir())


def test_file_arrives_whole_and_is_recorded(get, archive, tmp_path):
    lying_there = get()
    assert lying_there.pop("table.txt.gz") == CONTENT
    assert set(lying_there) == {MANIFEST}
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    entry = {"table.txt.gz": Locked(sha256, len(CONTENT), archive.url(PATH))}
    assert read_lock(tmp_path / "card.lock.tsv") == entry == read_lock(tmp_path / "downloads" / MANIFEST)
    fetched = Downloads(tmp_path / "downloads", tmp_path / "card.lock.tsv").get("table.txt.gz")
    assert fetched.record == {"name": archive.url(PATH), "sha256": sha256}
    assert [headers["User-Agent"] for headers in archive.asked[PATH]] == [USER_AGENT]


def test_two_at_once_fetch_a_file_once(get, archive, tmp_path):
    with ThreadPoolExecutor(2) as both:
        first, second = both.map(lambda _: get(), range(2))
    assert first == second and len(archive.asked[PATH]) == 1
    assert lying(tmp_path) == sorted(first)


def test_what_another_card_fetched_into_the_folder_stays_recorded(get, archive, tmp_path):
    archive.files["/other"] = CONTENT
    get()
    get(RemoteFile("other.gz", (archive.url("/other"),)), lock=tmp_path / "other.lock.tsv")
    assert set(read_lock(tmp_path / "downloads" / MANIFEST)) == {"table.txt.gz", "other.gz"}
    assert set(read_lock(tmp_path / "other.lock.tsv")) == {"other.gz"}


def test_file_that_is_there_is_not_asked_for_again(get, archive):
    assert get() == get()
    assert len(archive.asked[PATH]) == 1


@pytest.mark.parametrize(
    ("behaviour", "requests"),
    [
        (server.status(503, times=2), 3),
        (server.status(429, times=1), 2),
        (server.cut(0.6, times=1), 3),  # the part that was missing, and once the whole
        (server.cut(0.0, times=2), 3),
        (server.stall(times=1), 2),
        (server.redirect("/elsewhere"), 1),
    ],
    ids=["503 twice", "429 once", "cut at 60 %", "cut at once, twice", "stalled once", "redirect"],
)
def test_what_passes_ends_well(get, archive, behaviour, requests):
    archive.behave[PATH] = behaviour
    archive.files["/elsewhere"] = CONTENT
    assert get()["table.txt.gz"] == CONTENT
    assert len(archive.asked[PATH]) == requests


def test_cut_transfer_goes_on_where_it_broke_and_is_fetched_whole_before_it_is_locked(get, archive, tmp_path):
    archive.behave[PATH] = server.cut(0.6, times=1)
    get()
    first, second, third = archive.asked.pop(PATH)
    assert "Range" not in first and "Range" not in third
    assert second["Range"] == f"bytes={int(len(CONTENT) * 0.6)}-"
    (tmp_path / "downloads/table.txt.gz").unlink()
    get()  # the lock now tells whether the parts belong together
    assert [headers.get("Range") for headers in archive.asked[PATH]] == [None, second["Range"]]


def test_two_versions_under_one_tag_are_not_locked(get, archive, tmp_path):
    names = ("/archive.example/plain", RemoteFile("plain", (archive.url("/archive.example/plain"),)))
    old, new = b"a" * 300_000, b"b" * 300_000

    def same_tag(handler, content, count):
        part, wanted = (old, None) if count == 0 else (new, handler.headers.get("Range"))
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
        extra = {"Content-Range": f"bytes {start}-{len(part) - 1}/{len(part)}"} if wanted else {}
        body = part[start:] if count else part[:100_000]
        handler.answer(206 if wanted else 200, body, length=len(part) - start, ETag='"same"', **extra)

    archive.behave[names[0]] = same_tag
    assert get(names[1])["plain"] == new
    assert read_lock(tmp_path / "card.lock.tsv")["plain"].sha256 == hashlib.sha256(new).hexdigest()


def without_length(handler, content, count):
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(content)
    handler.close_connection = True


def test_a_body_without_a_length_is_taken_only_where_the_format_shows_its_end(get, archive, tmp_path):
    plain = "/archive.example/plain.txt"
    archive.files[plain] = b"gene\tvalue\n" * 1000
    archive.behave[plain] = archive.behave[PATH] = without_length
    assert get()["table.txt.gz"] == CONTENT
    message = refusal(get, RemoteFile("plain.txt", (archive.url(plain),)))
    assert "does not say how long the file is" in message
    assert "plain.txt" not in lying(tmp_path)


def test_a_connection_that_drips_is_given_up(get, archive):
    def drip(handler, content, count):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for position in range(100):
            handler.wfile.write(content[position : position + 1])
            handler.wfile.flush()
            time.sleep(0.02)

    archive.behave[PATH] = drip
    started = time.monotonic()
    message = refusal(get, patience=QUICK._replace(attempts=1))
    assert "a connection that gave" in message and time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("https://host.example/a", "file:///etc/passwd", "a redirect to file: file:///etc/passwd"),
        ("http://mirror.example/a", "ftp://host/a", "a redirect to ftp:"),
        ("https://host.example/a", "https://127.0.0.1/a", "of this machine or its network"),
        ("https://host.example/a", "https://[::1]/a", "of this machine or its network"),
        ("https://host.example/a", "https://169.254.169.254/latest", "of this machine or its network"),
        ("http://192.0.2.1/a", "http://localhost:8080/a", "of this machine or its network"),
        ("http://192.0.2.1/a", "http://[::ffff:127.0.0.1]/a", "of this machine or its network"),
    ],
)
def test_redirects_that_lead_astray_are_named(before, after, said):
    with pytest.raises(Refused, match=re.escape(said)):
        _Redirects().redirect_request(Request(before), None, 302, "Found", {}, after)


def test_a_mirror_on_this_machine_may_redirect_to_it():
    request = Request("http://127.0.0.1:81/a")
    assert _Redirects().redirect_request(request, None, 302, "Found", {}, "http://localhost:81/b")


def test_addresses_outside_ascii_are_asked_for_quoted(get, archive):
    archive.files["/archive.example/donn%C3%A9es.gz"] = CONTENT
    assert get(RemoteFile("d.gz", ("https://archive.example/données.gz",)))["d.gz"] == CONTENT


@pytest.mark.parametrize(
    "url", ["https://../../secret", "https://host/../../secret", "https://host/%2e%2e/x"]
)
def test_no_address_leads_out_of_the_mirror(get, tmp_path, url):
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "one/mirror").mkdir(parents=True)
    message = refusal(get, RemoteFile("a", (url,)), mirror=str(tmp_path / "one/mirror"))
    assert "an address with `..` in it" in message


def test_cut_transfer_starts_again_where_parts_are_not_given(get, archive):
    archive.behave[PATH], archive.ranges = server.cut(0.6, times=1), False
    assert get()["table.txt.gz"] == CONTENT


def test_file_that_changed_during_a_transfer_is_not_stitched_together(get, archive):
    other = gzip.compress(b"other" * 100_000, mtime=0)

    def behaviour(handler, content, count):
        handler.give(content if count == 0 else other, cut=0.6 if count == 0 else 1.0)

    archive.behave[PATH] = behaviour
    assert get()["table.txt.gz"] == other


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (server.status(404), ["HTTP status 404", "check the accession"]),
        (server.status(403), ["HTTP status 403", "by hand"]),
        (server.status(410), ["HTTP status 410", "elsewhere"]),
        (server.status(500), ["HTTP status 500", "3 times", "try again later"]),
        (server.cut(0.6), ["ended after", f"of {len(CONTENT)} bytes", "3 times"]),
        (server.wrong_length(+100), ["ended after", f"of {len(CONTENT) + 100} bytes"]),
        (server.wrong_length(-100), ["truncated", "cut off"]),
        (server.page, ["a web page: <!doctype html>", "maintenance"]),
        (server.redirect(PATH), ["redirect", "in a browser"]),
        (server.stall(), ["silent for 0.4 s", "3 times"]),
        (lambda handler, content, count: handler.answer(200, b""), ["an empty file"]),
        (lambda handler, content, count: handler.answer(200, b"plain text"), ["content that starts"]),
        (
            lambda handler, content, count: handler.answer(200, content[:5000] + b"damage" + content[5006:]),
            ["a damaged one"],
        ),
        (
            lambda handler, content, count: handler.answer(200, gzip.compress(server.PAGE)),
            ["a web page"],
        ),
    ],
    ids=[
        "404",
        "403",
        "410",
        "500",
        "cut at 60 %",
        "too long a length",
        "too short a length",
        "page",
        "redirect loop",
        "stalled",
        "empty",
        "not gzip",
        "damaged",
        "zipped page",
    ],
)
def test_what_does_not_pass_ends_with_its_message(get, archive, tmp_path, behaviour, says):
    archive.behave[PATH] = behaviour
    message = refusal(get)
    assert archive.url(PATH) in message
    for words in says:
        assert words in message, message
    assert lying(tmp_path) == []
    assert not (tmp_path / "card.lock.tsv").exists()


def test_no_server_ends_with_its_message(tmp_path, get):
    message = refusal(get, mirror="http://127.0.0.1:9")
    assert "no connection" in message
    assert "(asked for at http://127.0.0.1:9/" in message
    assert lying(tmp_path) == []


def test_unknown_host_is_asked_for_twice_only(get, monkeypatch):
    """A machine without a network must not wait for each URL of each file in turn."""
    asked = []

    def no_such_name(host, *others, **options):
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_such_name)
    message = refusal(get, mirror=None, patience=QUICK._replace(attempts=9))
    assert "no connection" in message and "2 times" in message and "set mirror" in message
    assert asked == ["archive.example"] * 2


def test_redirect_may_not_leave_https():
    request = Request("https://host/file")
    with pytest.raises(Refused, match="from https to http://host/file"):
        _Redirects().redirect_request(request, None, 302, "Found", {}, "http://host/file")


def test_changed_file_is_refused_until_the_lock_is_renewed(get, archive, tmp_path):
    get()
    changed = gzip.compress(b"new values", mtime=0)
    archive.files[PATH] = changed
    (tmp_path / "downloads" / "table.txt.gz").unlink()
    before = (tmp_path / "card.lock.tsv").read_bytes()
    message = refusal(get)
    for words in (hashlib.sha256(CONTENT).hexdigest(), hashlib.sha256(changed).hexdigest(), "make lock"):
        assert words in message
    assert lying(tmp_path) == []
    assert (tmp_path / "card.lock.tsv").read_bytes() == before
    assert get(renew=True)["table.txt.gz"] == changed
    assert get()["table.txt.gz"] == changed


def test_urls_are_tried_in_order_and_all_are_named(get, archive, tmp_path):
    first, second = archive.url("/archive.example/gone"), archive.url("/archive.example/gone_too")
    file = RemoteFile("table.txt.gz", (first, second, archive.url(PATH)))
    assert get(file)["table.txt.gz"] == CONTENT
    assert read_lock(tmp_path / "card.lock.tsv")["table.txt.gz"].url == archive.url(PATH)
    message = refusal(get, RemoteFile("other", (first, second)))
    assert first in message and second in message and "2 problems" in message


def test_other_file_is_asked_only_where_the_first_is_not_there(get, archive, tmp_path):
    """A server that is down for a while must not change what is analysed."""
    first = "/archive.example/first"
    file = RemoteFile("table.txt.gz", (archive.url(first), archive.url(PATH)), copies=False)
    archive.behave[first] = server.status(503)
    message = refusal(get, file)
    assert "HTTP status 503" in message and archive.url(PATH) not in message
    assert archive.asked[PATH] == []
    archive.behave[first] = server.status(404)
    assert get(file)["table.txt.gz"] == CONTENT


def test_every_file_is_tried_before_anything_is_said(get, archive, tmp_path):
    files = [RemoteFile(name, (archive.url(f"/x/{name}"),)) for name in ("a", "b")]
    right = RemoteFile("table.txt.gz", (archive.url(PATH),))
    message = refusal(get, files[0], right, files[1])
    assert "https://x/a" in message and "https://x/b" in message
    assert lying(tmp_path) == [MANIFEST, "table.txt.gz"], "what arrived stays for the next run"
    assert set(read_lock(tmp_path / "downloads" / MANIFEST)) == {"table.txt.gz"}
    assert set(read_lock(tmp_path / "card.lock.tsv")) == {"table.txt.gz"}


def test_folder_as_mirror_and_file_urls(get, tmp_path):
    mirror = tmp_path / "my mirror"
    for name in ("host/path/a.txt", "host/query?acc=GPL96&form=text"):
        (mirror / name).parent.mkdir(parents=True, exist_ok=True)
        (mirror / name).write_bytes(name.encode())
    files = [
        RemoteFile("a", ("https://host/path/a.txt",)),
        RemoteFile("q", ("https://host/query?acc=GPL96&form=text",)),
        RemoteFile("f", ((mirror / "host/path/a.txt").as_uri(),)),
    ]
    there = get(*files, mirror=str(mirror))
    assert there["a"] == there["f"] == b"host/path/a.txt"
    assert there["q"] == b"host/query?acc=GPL96&form=text"
    message = refusal(get, RemoteFile("b", ("https://host/b",)), mirror=str(mirror))
    assert f"no file {mirror}/host/b" in message


def test_mirror_replaces_https_only():
    assert through_mirror("https://host/a?b=1", "http://mirror:81/x/") == "http://mirror:81/x/host/a?b=1"
    assert through_mirror("file:///a", "http://mirror") == "file:///a"
    assert through_mirror("https://host/a", "") == through_mirror("https://host/a", None) == "https://host/a"


def test_too_large_a_file_is_refused(get, archive, tmp_path):
    assert "more than the 1000 that are accepted" in refusal(get, patience=QUICK._replace(max_bytes=1000))

    archive.behave[PATH] = without_length
    assert "more than the 1000" in refusal(get, patience=QUICK._replace(max_bytes=1000))
    assert lying(tmp_path) == []
    assert get()["table.txt.gz"] == CONTENT


def test_decompression_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 10_000_000))
    with pytest.raises(InputError, match=r"at most 1000000 bytes when unpacked(.|\n)*decompression bomb"):
        check_gzip(path, "bomb.gz", limit=1_000_000)
    assert check_gzip(path, "bomb.gz", limit=10_000_000) == b"\0" * 512


def test_downloads_are_never_read_when_they_are_not_what_was_fetched(get, tmp_path):
    get()
    downloads = Downloads(tmp_path / "downloads", tmp_path / "card.lock.tsv")
    with pytest.raises(InputError, match="nothing there"):
        downloads.get("other.gz")
    path = tmp_path / "downloads" / "table.txt.gz"
    path.write_bytes(CONTENT[:-1])
    with pytest.raises(InputError, match="the file that was fetched"):
        downloads.get("table.txt.gz")
    path.write_bytes(CONTENT)
    write_lock(tmp_path / "card.lock.tsv", {"table.txt.gz": Locked("0" * 64, 1, "https://x")})
    with pytest.raises(InputError, match=r"the file that was locked in .*card.lock.tsv"):
        downloads.get("table.txt.gz")


def test_same_files_give_the_same_lock(get, archive, tmp_path):
    files = [RemoteFile(name, (archive.url(PATH),)) for name in ("b.gz", "a.gz")]
    get(*files)
    text = (tmp_path / "card.lock.tsv").read_text()
    assert [line.split("\t")[0] for line in text.splitlines()] == ["file", "a.gz", "b.gz"]
    (tmp_path / "card.lock.tsv").unlink()
    get(*files[::-1], folder="again")
    assert (tmp_path / "card.lock.tsv").read_text() == text


def test_broken_lock_is_refused(get, tmp_path):
    lock = lock_path(tmp_path / "card.yaml")
    assert lock == tmp_path / "card.lock.tsv"
    for content, line in ((b"file\tsha256\tbytes\turl\na\tb\tc\td\n", 2), (b"\xff\xfe\x00", 1)):
        lock.write_bytes(content)
        assert f"card.lock.tsv:{line}" in refusal(get)


def test_plain_names_only(get):
    with pytest.raises(ValueError, match="not a plain file name"):
        get(RemoteFile("../out", ("https://host/out",)))
    assert is_safe_name("GSE1_series_matrix.txt.gz")
    assert not any(is_safe_name(name) for name in ("", "..", "a/b", "-x", ".hidden", "a\\b", MANIFEST))


@pytest.mark.parametrize("watched", [True, False])
def test_progress_shows_only_where_a_person_watches(get, monkeypatch, capsys, watched):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: watched, raising=False)
    get()
    assert ("table.txt.gz" in capsys.readouterr().err) is watched
