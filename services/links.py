"""The text and entities of a message go in; the addresses in it come out, cleaned, each once, in order.

An address is cleaned for fetching: what only tracks readers goes, what may name the article stays. To tell whether two
addresses are the same article, compare their `comparison_key`, which forgets more (mobile and AMP forms, `?page=all`).
"""

from __future__ import annotations

import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, urlencode, urlsplit, urlunsplit

from services.models import Link

LinkKind = Literal[
    "article",
    "file",
    "chat",
    "video",
    "audio",
    "social",
    "map",
    "shop",
    "document",
    "meeting",
    "app",
    "code",
    "mail",
    "reference",
    "search",
    "picture",
]

_DATA = Path(__file__).parent / "data" / "not_articles.toml"
_LONGEST_URL = 4096
_EXPLICIT = r"https?://[^\s<>\"“”]+"
# A bare address needs a path or 'www.': 'detik.com' in a sentence names an outlet, 'e.g.' nothing.
_BARE = r"(?<![\w@.:/-])(?:www\.(?:[\w-]+\.)+[^\W\d_]{2,}|(?:[\w-]+\.)+[^\W\d_]{2,}(?=/[^\s<>\"“”]))[^\s<>\"“”]*"
_ADDRESS = re.compile(f"{_EXPLICIT}|{_BARE}", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:(?!\d)", re.IGNORECASE)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_TRACKING = re.compile(
    r"(?:utm_\w+|(?:fb|g|dc|ms|y|tt|tw|li_fat_|e)clid|gbraid|wbraid|igshid|igsh|mc_[ce]id|_ga|_gl|_hs\w+|ref|ref_src|ref_url|s_cid|"
    r"cmpid|ncid|smid|spm|at_(?:medium|campaign)|ocid|sharetype|sfnsn|mibextid|__tn__|vero_\w+|tag_from|si|feature)$",
    re.IGNORECASE,
)
# Page selectors and AMP switches: another view of the same article.
_VIEWS = re.compile(r"(?:page|single|amp|outputtype|showpage|mobile|m|nocache)$", re.IGNORECASE)
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|rtf|csv|json|xml|rss|zip|rar|7z|gz|tar|exe|apk|dmg|iso|jpe?g|png|gif|webp|svg|bmp|"
    r"heic|mp[34]|m4[av]|mov|avi|mkv|webm|wav|ogg|epub)$",
    re.IGNORECASE,
)
# Where a wrapper keeps the address it leads to: host, beginning of the path, parameter.
_WRAPPERS = (
    (re.compile(r"(?:www\.)?google\.[a-z.]+$"), "/url", ("q", "url")),
    (re.compile(r"(?:l|lm|www|m)\.facebook\.com$"), "/l.php", ("u",)),
    (re.compile(r"l\.instagram\.com$"), "/", ("u",)),
    (re.compile(r"(?:www\.)?youtube\.com$"), "/redirect", ("q",)),
    (re.compile(r"out\.reddit\.com$"), "/", ("url",)),
)
_GOOGLE_AMP = re.compile(r"(?:www\.)?google\.[a-z.]+$")
_AMP_CACHE = re.compile(r"[\w-]+\.cdn\.ampproject\.org$")
_MOST_WRAPPINGS = 3


@dataclass(frozen=True, slots=True)
class LinkEntity:
    """What Telegram marks in a text: `kind` as the Bot API names it, offset and length in UTF-16 code units.

    Of interest here are `url` (the text is the address) and `text_link` (the address is in `url`).
    """

    kind: str
    offset: int
    length: int
    url: str | None = None


def find_links(text: str, entities: Sequence[LinkEntity] | None = None) -> tuple[Link, ...]:
    """The addresses of a message, cleaned, each once, in order.

    With `entities` only what Telegram marked counts; without, addresses are found in the text.
    """
    originals = _in_text(text) if entities is None else _in_entities(text, entities)
    links = (Link(cleaned, original) for original in originals if (cleaned := clean_url(original)))
    return tuple({link.url: link for link in reversed(list(links))}.values())[::-1]


def clean_url(url: str) -> str | None:
    """An address for fetching, or None where it is none: http or https, with a host, of sane length.

    Goes: tracking parameters, the fragment, credentials, default ports, wrappers that carry the real address (Google,
    Facebook, AMP caches). Cleaning twice changes nothing.
    """
    parts = _parts(url)
    for _ in range(_MOST_WRAPPINGS):
        inner = _unwrapped(parts) if parts else None
        if inner is None:
            break
        parts = _parts(inner)
    if parts is None:
        return None
    query = urlencode([pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(pair[0])])
    kept = parts.query if len(query) and not _tracked(parts.query) else query
    cleaned = urlunsplit((parts.scheme, parts.netloc, _quoted(parts.path) or "/", _quoted(kept), ""))
    return cleaned if len(cleaned) <= _LONGEST_URL else None


def comparison_key(url: str) -> str:
    """What two addresses of the same article share: no scheme, mobile or AMP form, view parameters, last slash.

    What is no address is its own key.
    """
    cleaned = clean_url(url)
    if cleaned is None:
        return url
    parts = urlsplit(cleaned)
    host = re.sub(r"^(?:www|m|amp|mobile)\.", "", parts.netloc)
    path = re.sub(r"/(?:amp|amp\.html|index\.html?)$", "", parts.path.rstrip("/")).rstrip("/")
    pairs = sorted(pair for pair in parse_qsl(parts.query) if not _VIEWS.match(pair[0]))
    return f"{host}{path}" + (f"?{urlencode(pairs)}" if pairs else "")


def link_kind(url: str) -> LinkKind:
    """What an address leads to: an article as far as the address tells, or something known to be none."""
    parts = urlsplit(url)
    host, path = (parts.hostname or "").removeprefix("www."), parts.path
    if _FILE.search(path):
        return "file"
    labels = host.split(".")
    first = path.strip("/").partition("/")[0].lower()
    table = _not_articles()
    for start in range(len(labels) - 1):
        parent = ".".join(labels[start:])
        if kind := table.get(f"{parent}/{first}") or table.get(parent):
            return kind
    return "article"


def _in_text(text: str) -> Iterator[str]:
    for match in _ADDRESS.finditer(text):
        yield _trimmed(match.group())


def _in_entities(text: str, entities: Iterable[LinkEntity]) -> Iterator[str]:
    units = text.encode("utf-16-le", "surrogatepass")
    for entity in sorted(entities, key=lambda one: one.offset):
        if entity.kind == "text_link" and entity.url:
            yield entity.url
        elif entity.kind == "url":
            yield units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")


def _trimmed(address: str) -> str:
    """Without the punctuation of the sentence around it; a bracket stays where its partner is inside."""
    while address and (address[-1] in ".,;:!?'’…*_~" or _closes_nothing(address)):
        address = address[:-1]
    return address


def _closes_nothing(address: str) -> bool:
    opening = _CLOSING.get(address[-1])
    return opening is not None and address.count(address[-1]) > address.count(opening)


def _parts(url: str) -> SplitResult | None:
    """The parts of a sane address, host in ASCII and lower case, without credentials and default port."""
    url = url.strip()
    if not url or len(url) > _LONGEST_URL or any(unicodedata.category(one)[0] == "C" or one.isspace() for one in url):
        return None
    try:
        parts = urlsplit(url if _SCHEME.match(url) else f"https://{url}")
        host, port = _ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not host or ("@" in parts.netloc and not _SCHEME.match(url)):
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in (None, default) else f"{host}:{port}"
    return SplitResult(parts.scheme, netloc, parts.path, parts.query, "")


def _ascii_host(host: str) -> str:
    """A host name as DNS knows it: 'Contoh。ID' -> 'contoh.id'; raises ValueError where it can't be one."""
    if ":" in host:
        return f"[{host}]"
    name = unicodedata.normalize("NFKC", host).lower().rstrip(".").encode("idna").decode("ascii")
    return name if (re.fullmatch(r"[a-z0-9_.-]+", name) and "." in name) or name == "localhost" else ""


def _unwrapped(parts: SplitResult) -> str | None:
    """The address inside a wrapper, if this is one."""
    host = parts.hostname or ""
    if _GOOGLE_AMP.match(host) and parts.path.startswith("/amp/"):
        return _amp_target(parts, "/amp/")
    if _AMP_CACHE.match(host) and re.match(r"/[cv]/", parts.path):
        return _amp_target(parts, parts.path[:3])
    for pattern, path, names in _WRAPPERS:
        if pattern.match(host) and parts.path.startswith(path):
            values = parse_qs(parts.query)
            return next((values[name][0] for name in names if name in values and "://" in values[name][0]), None)
    return None


def _amp_target(parts: SplitResult, prefix: str) -> str:
    path = parts.path.removeprefix(prefix)
    scheme = "https" if path.startswith("s/") else "http"
    return f"{scheme}://{path.removeprefix('s/')}" + (f"?{parts.query}" if parts.query else "")


def _tracked(query: str) -> bool:
    return any(_TRACKING.match(name) for name, _ in parse_qsl(query, keep_blank_values=True))


def _quoted(text: str) -> str:
    """Percent-encoded where needed; what is encoded stays so."""
    return quote(text, safe="/%:@!$&'()*+,;=-._~?[]")


@functools.cache
def _not_articles() -> Mapping[str, LinkKind]:
    with _DATA.open("rb") as file:
        return {host: cast(LinkKind, kind) for kind, hosts in tomllib.load(file).items() for host in hosts}
