"""An address and a site's own name go in; the outlet behind them comes out, from a checked table.

The table (`data/outlets.csv`) names Indonesian and international outlets by domain, some by the first part of the path
(`detik.com/jabar`). A national outlet's subdomain that is called after a region (`data/regions.csv`), such as
`jateng.antaranews.com`, is its regional edition. `data/outlet_names.csv` has further names under which sites go
('detikNews'). `data/feeds.csv` has the addresses of outlets' feeds: each is named by two public projects or more, most
of which say that they read it in 2026.
"""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from services.models import Outlet, OutletType

_DATA = Path(__file__).parent / "data"
# Second-level labels under which Indonesians and others register names; the registrable domain has one label more.
_PUBLIC_SECOND_LEVELS = frozenset(
    ("ac", "biz", "co", "com", "desa", "edu", "go", "gov", "mil", "my", "net", "or", "org", "ponpes", "sch", "web")
)
_LONGEST_NAME = 80


def find_outlet(url: str | None, site: str | None) -> Outlet:
    """The outlet of an address, else of the name or domain that a page or text gives itself.

    What the table doesn't know has type `unknown`, with the site's own name and its registrable domain.
    """
    host, section = _host_and_section(url)
    site_host, _ = _host_and_section(site if site and "." in site and " " not in site else None)
    known = _by_host(host, section) or _by_name(site) or _by_host(site_host)
    if known:
        # The table has some outlets by domain only: these go by their own name.
        return replace(known, name=known.name or _own_name(site) or known.domain)
    return Outlet(_own_name(site), registrable_domain(host or site_host) or None, "unknown", None)


@dataclass(frozen=True, slots=True)
class KnownFeed:
    """A feed of an outlet: the outlet's name, the section in a word, the address."""

    name: str
    section: str
    url: str


def known_feeds(url: str) -> list[KnownFeed]:
    """The feeds that we know of the outlet at an address, the main one first (`data/feeds.csv`)."""
    host, _ = _host_and_section(url)
    feeds = _feeds()
    domain = next((parent for parent in _parents(host) if parent in feeds), "")
    outlet = find_outlet(f"https://{domain}/", None)
    return [KnownFeed(outlet.name or domain, section, address) for section, address in feeds.get(domain, ())]


@functools.cache
def _feeds() -> Mapping[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    with (_DATA / "feeds.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["domain"], []).append((row["section"], row["url"]))
    return found


def registrable_domain(host: str) -> str:
    """The part of a host name that somebody registered: 'news.desa.go.id' -> 'desa.go.id'."""
    labels = host.split(".")
    if len(labels) <= 2 or labels[-1].isdigit():
        return host
    country = len(labels[-1]) == 2
    return ".".join(labels[-3:] if country and labels[-2] in _PUBLIC_SECOND_LEVELS else labels[-2:])


def _host_and_section(url: str | None) -> tuple[str, str]:
    try:
        parts = urlsplit(url if url and "://" in url else f"https://{url or ''}")
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return "", ""
    return host.removeprefix("www."), parts.path.strip("/").partition("/")[0].lower()


def _by_host(host: str, section: str = "") -> Outlet | None:
    table = _outlets()
    for parent in _parents(host):
        if section and parent == host and (known := table.get(f"{parent}/{section}")):
            return known
        if known := table.get(parent):
            return _edition(known, host) or known
    return None


def _parents(host: str) -> Iterator[str]:
    """The host and the domains above it: 'a.b.co.id', 'b.co.id', 'co.id'."""
    labels = host.split(".")
    for start in range(len(labels) - 1):
        yield ".".join(labels[start:])


def _edition(outlet: Outlet, host: str) -> Outlet | None:
    """The regional edition that a national outlet's subdomain stands for."""
    label = host.removesuffix(outlet.domain or "").rstrip(".").rpartition(".")[2]
    province = _regions().get(label.replace("-", ""))
    if outlet.type != "national" or province is None:
        return None
    return Outlet(f"{outlet.name} {label.title()}", outlet.domain, "regional", province)


def _by_name(site: str | None) -> Outlet | None:
    return _names().get(_key(site)) if site else None


def _own_name(site: str | None) -> str | None:
    return " ".join(site.split())[:_LONGEST_NAME] or None if site else None


def _key(name: str) -> str:
    """A name without what writers vary: 'KOMPAS.com', 'Kompas.com', 'kompas'."""
    return re.sub(r"[\W_]+", "", re.sub(r"\.(?:com?|id|co\.id|net|tv)$", "", name.strip().lower()))


@functools.cache
def _outlets() -> Mapping[str, Outlet]:
    return {row["domain"]: _outlet(row) for row in _rows("outlets.csv")}


def _outlet(row: Mapping[str, str]) -> Outlet:
    domain, kind = row["domain"].partition("/")[0], cast(OutletType, row["type"])
    return Outlet(row["name"] or None, domain, kind, row["province"] or None)


@functools.cache
def _names() -> Mapping[str, Outlet]:
    names: dict[str, Outlet] = {}
    for outlet in _outlets().values():
        for name in (outlet.domain, outlet.name):
            if name:
                names.setdefault(_key(name), outlet)
    # The outlet's name wins over the domain of another: 'Waspada', 'Republika'.
    names |= {_key(outlet.name): outlet for outlet in reversed(list(_outlets().values())) if outlet.name}
    return names | {_key(row["name"]): _outlets()[row["domain"]] for row in _rows("outlet_names.csv")}


@functools.cache
def _regions() -> Mapping[str, str]:
    return {row["label"]: row["province"] for row in _rows("regions.csv")}


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
