from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fetch import is_public, parse_allow


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "103.10.66.1", "2606:2800:220:1::1", "2404:6800::5"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "network",
    [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4", "::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "2001::/32", "2001:db8::/32", "2001:20::/28", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7",
        "fe80::/10", "fec0::/10", "ff00::/8",
    ],
)  # fmt: skip
def test_both_edges_of_every_range_are_refused(network: str) -> None:
    edges = ipaddress.ip_network(network)
    assert not is_public(str(edges[0]))
    assert not is_public(str(edges[-1]))


@pytest.mark.parametrize(
    ("outside", "inside"),
    [
        ("9.255.255.255", "10.0.0.0"),
        ("11.0.0.0", "10.255.255.255"),
        ("100.63.255.255", "100.64.0.0"),
        ("100.128.0.0", "100.127.255.255"),
        ("126.255.255.255", "127.0.0.0"),
        ("172.15.255.255", "172.16.0.0"),
        ("172.32.0.0", "172.31.255.255"),
        ("223.255.255.255", "224.0.0.0"),
        ("2003::", "2002:ffff::"),
        ("168.63.129.15", "168.63.129.16"),
        ("168.63.129.17", "168.63.129.16"),
    ],
)
def test_ranges_end_where_they_end(outside: str, inside: str) -> None:
    assert is_public(outside)
    assert not is_public(inside)


@pytest.mark.parametrize(
    "text", ["", "localhost", "127.1", "0x7f.0.0.1", "fe80::1%eth0", "2606:2800::1%1", "1.2.3.4/8"]
)
def test_what_is_no_plain_address_is_refused(text: str) -> None:
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_refused(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    assert not is_public(str(ipaddress.IPv6Address(0xFFFF << 32 | number)))
    assert not is_public(str(ipaddress.IPv6Address(number)))
    assert not is_public(str(ipaddress.IPv6Address(0x64FF9B << 96 | number)))
    assert not is_public(str(ipaddress.IPv6Address(0x64FF9B0001 << 80 | number)))
    assert not is_public(str(ipaddress.IPv6Address(0x2002 << 112 | number << 80)))
    assert not is_public(str(ipaddress.IPv6Address(0x20010000 << 96 | number ^ 0xFFFFFFFF)))


def test_what_may_be_fetched_besides() -> None:
    assert parse_allow("") == frozenset()
    assert parse_allow(" Intranet:8080 , [::1]:81 ") == {("intranet", 8080), ("::1", 81)}


@pytest.mark.parametrize(
    "text",
    ["intranet", "intranet:", ":80", "a:b", "a:0", "a:70000", "http://a:80", "a b:80", "a:８０", "bücher.example:80"],
)
def test_nonsense_is_no_permission(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_allow(text)
