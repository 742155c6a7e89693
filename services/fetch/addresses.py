"""An IP address goes in; whether it is on the public internet comes out."""

from __future__ import annotations

import ipaddress
import re

# `is_global` of the standard library calls some of these global; none of them is a place where news is published.
_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "100.64.0.0/10",  # carrier-grade NAT
        "168.63.129.16/32",  # Azure's host, metadata among its services
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# IPv6 unicast is handed out from 2000::/3 only. What lies outside embeds other addresses (IPv4-mapped and -compatible,
# NAT64) or is local, and so are these inside it.
_UNICAST_6 = ipaddress.IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_HOST = re.compile(r"[a-z0-9_.:-]+")


def is_public(address: str) -> bool:
    """Whether an address in the form that `getaddrinfo` gives may be dialled; False for what is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed.is_global and not any(parsed in network for network in _NOT_PUBLIC_4)
    if parsed.scope_id is not None or parsed not in _UNICAST_6:
        return False
    return parsed.is_global and not any(parsed in network for network in _NOT_PUBLIC_6)


def parse_allow(text: str) -> frozenset[tuple[str, int]]:
    """The pairs of 'host:port,host:port'; IPv6 in brackets, names in ASCII. Raises ValueError on all else."""
    return frozenset(_pair(part.strip()) for part in text.split(",") if part.strip())


def _pair(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]").lower().rstrip(".")
    if not _HOST.fullmatch(host) or not port.isascii() or not port.isdigit():
        raise ValueError(f"{text!r} is not host:port")
    number = int(port)
    if not 0 < number < 65536:
        raise ValueError(f"{number} is no port")
    return host, number
