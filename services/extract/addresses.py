"""Addresses that a page declares go in; the ones that can be believed come out, absolute and sane."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

MAX_URL = 2048
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\"\\^`{|}\u200b-\u206f]")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)(?:{_LABEL}\.)+(?:[a-z]{{2,63}}|xn--[a-z0-9-]{{2,59}})")
# Second-level labels under which countries register names ('co.id', 'com.my').
_SHARED_LABELS = frozenset(
    [
        "ac",
        "biz",
        "co",
        "com",
        "desa",
        "edu",
        "go",
        "gob",
        "gov",
        "mil",
        "my",
        "net",
        "or",
        "org",
        "sch",
        "web",
        "ponpes",
    ]
)


def absolute(url: str, base: str | None) -> str | None:
    """Resolve the absolute http(s) address of `url` as written on page `base`; `None` when it isn't a sane one."""
    written = url.strip()
    if not written or len(written) > MAX_URL or _UNSAFE.search(written):
        return None
    try:
        joined = urljoin(base or "", written)
        parts = urlsplit(joined)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or parts.username is not None or len(joined) > MAX_URL:
        return None
    # The page's own host may be one of an intranet, with an address and port that would be odd elsewhere.
    known = _HOST.fullmatch(host) is not None and port in {None, 80, 443}
    return joined if known or (base is not None and _split(base).netloc == parts.netloc) else None


def site_of(url: str) -> str:
    """Return the registrable domain ('news.detik.com' -> 'detik.com'), judged by the shape of its labels."""
    labels = (_split(url).hostname or "").rstrip(".").split(".")
    shared = len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SHARED_LABELS
    return ".".join(labels[-3:] if shared else labels[-2:])


def same_site(url: str, other: str) -> bool:
    """Whether two addresses belong to one registrable domain."""
    return site_of(url) == site_of(other)


def host_of(url: str | None) -> str | None:
    """Return the host of an address without 'www.' and its kin; `None` for no address."""
    if url is None:
        return None
    host = (_split(url).hostname or "").rstrip(".")
    return re.sub(r"^(?:www\d?|m|amp|mobile)\.", "", host) or None


def path_of(url: str) -> str:
    """Return the path of an address without its closing slash."""
    return _split(url).path.rstrip("/")


def query_of(url: str) -> dict[str, str]:
    """Return the parameters of an address; the first value counts."""
    pairs = parse_qsl(_split(url).query, keep_blank_values=True, max_num_fields=None)[:50]
    return dict(reversed(pairs))


def same_page(url: str, other: str) -> bool:
    """Whether two addresses differ at most in fragment, scheme or closing slash."""
    return _key(url) == _key(other)


def _key(url: str) -> tuple[str, str, str]:
    parts = _split(url)
    return (host_of(url) or "", parts.path.rstrip("/"), parts.query)


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")
