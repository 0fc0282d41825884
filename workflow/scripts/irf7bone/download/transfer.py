"""One transfer over https or from a file: what it offers, and what a failure means."""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import irf7bone

USER_AGENT = f"irf7bone/{irf7bone.__version__} (Snakemake workflow for public tumour cohorts)"
MAY_PASS = (408, 425, 429, 500, 502, 503, 504)
MAX_REDIRECTS = 5


class Broken(Exception):
    """A transfer that failed in a way that may pass.

    Args:
        found: What went wrong.
        retry_after: Seconds that the server asked to wait.
        attempts: More than so many are not worth their time.
    """

    remedy = "try again later, or from a place with a better connection; or set mirror in the config"

    def __init__(self, found: str, retry_after: float | None = None, attempts: int = 1000):
        super().__init__(found)
        self.found, self.retry_after, self.attempts = found, retry_after, attempts


class Refused(Exception):
    """A transfer that would fail again.

    Args:
        found: What went wrong.
        remedy: What can be done about it.
        absent: Whether the server said that it has no such file.
    """

    def __init__(self, found: str, remedy: str, *, absent: bool = False):
        super().__init__(found)
        self.found, self.remedy, self.absent = found, remedy, absent


@dataclass(frozen=True)
class Stream:
    """A transfer under way.

    Args:
        read: Gives up to so many bytes as they come; none at the end.
        start: Position in the file of the first byte.
        total: Length of the whole file, where the other side says.
        validator: By this the server tells later whether the file is still the same.
        ends_itself: Whether a transfer that was cut can be told from a whole one.
    """

    read: Callable[[int], bytes]
    start: int
    total: int | None
    validator: str | None
    ends_itself: bool = True


def through_mirror(url: str, mirror: str | None) -> str:
    """Where to ask for ``url``: ``https://HOST/PATH`` is at ``<mirror>/HOST/PATH``.

    Raises:
        Refused: The address leads out of the mirror.
    """
    if not mirror or not url.startswith("https://"):
        return url
    rest = url.removeprefix("https://")
    if ".." in re.split(r"[/\\]", unquote(rest)):
        raise Refused(f"an address with `..` in it, {url}", "write the address without it")
    if "://" in mirror:
        return f"{mirror.rstrip('/')}/{rest}"
    return (Path(mirror).absolute() / rest).as_uri()  # a query becomes part of the file's name, as with wget


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows few redirects, none of which may leave https or lead to this machine from elsewhere."""

    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        ask = "ask the archive for an https address of the file"
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        if after.scheme not in ("https", "http"):
            raise Refused(f"a redirect to {after.scheme}: {newurl}", ask)
        if before.scheme == "https" and after.scheme != "https":
            raise Refused(f"a redirect from https to {newurl}", ask)
        if _is_near(after.hostname) and not _is_near(before.hostname):
            raise Refused(f"a redirect to an address of this machine or its network: {newurl}", ask)
        return super().redirect_request(req, fp, code, msg, headers, _as_ascii(newurl))


def _is_near(host: str | None) -> bool:
    """Whether a host is this machine or reached without a router: loopback, link-local, unspecified."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):  # asked for again when it is opened, and said then
        return False
    addresses = [ipaddress.ip_address(str(text).partition("%")[0]) for text in found]
    mapped = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    return any(one.is_loopback or one.is_link_local or one.is_unspecified for one in mapped)


def _as_ascii(url: str) -> str:
    """A URL as it is sent: letters outside ASCII quoted in the path, the host in its ASCII form."""
    parts = urlsplit(url)
    host = parts.netloc
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            raise Refused(f"a host that is no name: {host}", "correct the address") from None
    keep = "%/:=&?~#+!$,;'@()*[]"
    path, query = quote(parts.path, safe=keep), quote(parts.query, safe=keep)
    return urlunsplit((parts.scheme, host, path, query, ""))


@contextmanager
def open_stream(place: str, *, start: int, validator: str | None, timeout: float) -> Iterator[Stream]:
    """Open a URL at byte ``start``; the stream begins at 0 where the other side cannot go on.

    Args:
        place: An ``https``, ``http`` (mirrors only) or ``file`` URL.
        start: First byte wanted.
        validator: What the first response gave; without it nothing can be resumed.
        timeout: Longest silence in seconds.

    Raises:
        Broken, Refused: Also while the stream is read.
    """
    if place.startswith("file:"):
        with _open_file(place) as stream:
            yield stream
        return
    headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}
    if start and validator:
        headers |= {"Range": f"bytes={start}-", "If-Range": validator}
    opener = urllib.request.build_opener(_Redirects)
    try:
        with opener.open(
            urllib.request.Request(_as_ascii(place), headers=headers), timeout=timeout
        ) as response:
            yield _stream(response, start)
    except urllib.error.HTTPError as error:
        raise _status(error) from None
    except http.client.IncompleteRead as error:
        raise Broken(f"a connection that was cut with {error.expected} bytes to come") from None
    except TimeoutError:
        raise Broken(f"a connection that was silent for {timeout:g} s") from None
    except urllib.error.URLError as error:
        raise _unreached(error.reason, timeout) from None
    except (ConnectionError, http.client.HTTPException, ssl.SSLError) as error:
        raise Broken(f"a broken connection ({type(error).__name__}: {error})") from None


def _stream(response: http.client.HTTPResponse, start: int) -> Stream:
    headers = response.headers
    stated = headers.get("Content-Length")
    length = int(stated) if stated and stated.isdigit() else None
    validator = headers.get("ETag") or headers.get("Last-Modified")
    if validator and validator.startswith("W/"):  # a weak tag does not promise the same bytes
        validator = headers.get("Last-Modified")
    begins = 0
    if response.status == 206:
        span, _, total = headers.get("Content-Range", "").removeprefix("bytes ").partition("/")
        if span.partition("-")[0] != str(start):
            raise Broken("another part of the file than was asked for")
        begins, length = start, int(total) if total.isdigit() else None
    elif response.status != 200:
        raise Refused(f"HTTP status {response.status} {response.reason}", "open the URL in a browser and see")
    ends_itself = length is not None or bool(response.chunked)
    return Stream(response.read1, begins, length, validator, ends_itself)


def _status(error: urllib.error.HTTPError) -> Broken | Refused:
    found = f"HTTP status {error.code} {error.reason}".splitlines()[0]
    error.close()
    if error.code == 416:
        return Broken("a server that cannot go on where the transfer broke")
    if error.code in MAY_PASS:
        after = error.headers.get("Retry-After", "")
        return Broken(found, float(after) if after.isdigit() else None)
    if error.code in (301, 302, 303, 307, 308):
        return Refused(
            f"more than {MAX_REDIRECTS} redirects, or a redirect in a circle (last: {found})",
            "open the URL in a browser: it may need a login, or the file may have moved",
        )
    remedies = {
        401: "the file needs a login: fetch it by hand and name it in the card as source: table",
        403: "the archive refuses programs or this network: fetch the file by hand into a mirror",
        404: "check the accession and the file name against the archive's page; it may have moved",
        410: "the archive removed the file: look for it elsewhere",
    }
    remedy = remedies.get(error.code, "open the URL in a browser and see what the archive says")
    return Refused(found, remedy, absent=error.code in (404, 410))


def _unreached(reason: object, timeout: float) -> Broken | Refused:
    if isinstance(reason, TimeoutError):
        return Broken(f"a connection that was silent for {timeout:g} s")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Refused(
            f"a certificate that does not hold ({reason.verify_message})",
            "if your network looks into https, give its certificate with SSL_CERT_FILE",
        )
    # a name that is not found twice means no network, and that would otherwise be waited for at every URL
    attempts = {"attempts": 2} if isinstance(reason, socket.gaierror) else {}
    return Broken(f"no connection ({reason})", **attempts)


@contextmanager
def _open_file(place: str) -> Iterator[Stream]:
    path = Path(unquote(urlsplit(place).path))
    try:
        with path.open("rb") as stream:
            yield Stream(stream.read, 0, path.stat().st_size, None)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        remedy = "put the file there, or correct the address or mirror"
        raise Refused(f"no file {path}", remedy, absent=True) from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}", "make the file readable") from None
