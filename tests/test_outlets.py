from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import Outlet
from services.outlets import find_outlet, registrable_domain

TABLE = Path(__file__).resolve().parent.parent / "services" / "data" / "outlets.csv"


@pytest.mark.parametrize(
    ("url", "outlet"),
    [
        ("https://www.kompas.com/read/1", Outlet("Kompas.com", "kompas.com", "national", None)),
        ("https://megapolitan.kompas.com/read/1", Outlet("Kompas.com", "kompas.com", "national", None)),
        ("https://news.detik.com/berita/d-1/x", Outlet("detikcom", "detik.com", "national", None)),
        ("https://www.detik.com/jabar/berita/d-1/x", Outlet("detikJabar", "detik.com", "regional", "Jawa Barat")),
        (
            "https://jateng.antaranews.com/berita/1",
            Outlet("ANTARA Jateng", "antaranews.com", "regional", "Jawa Tengah"),
        ),
        (
            "https://surabaya.tribunnews.com/x",
            Outlet("Tribunnews Surabaya", "tribunnews.com", "regional", "Jawa Timur"),
        ),
        ("https://radarsolo.jawapos.com/x", Outlet("Radar Solo", "radarsolo.jawapos.com", "regional", "Jawa Tengah")),
        ("https://amp.suara.com/news/x", Outlet("Suara.com", "suara.com", "national", None)),
        ("https://www.bbc.com/indonesia/articles/x", Outlet("BBC Indonesia", "bbc.com", "international", None)),
        ("https://www.thestar.com.my/news", Outlet("The Star", "thestar.com.my", "international", None)),
        ("https://fajar.co.id/2026/x", Outlet("Fajar", "fajar.co.id", "regional", "Sulawesi Selatan")),
        ("https://KOMPAS.com./read", Outlet("Kompas.com", "kompas.com", "national", None)),
    ],
)
def test_the_outlet_of_an_address(url: str, outlet: Outlet) -> None:
    assert find_outlet(url, None) == outlet


@pytest.mark.parametrize("site", ["Okezone.com", "okezone", "OKEZONE", " Okezone "])
def test_the_outlet_of_a_name(site: str) -> None:
    assert find_outlet(None, site) == Outlet("Okezone", "okezone.com", "national", None)


def test_an_outlet_known_by_domain_only_goes_by_its_own_name() -> None:
    assert find_outlet("https://pewarta.co/a", "Pewarta Medan").name == "Pewarta Medan"
    assert find_outlet("https://pewarta.co/a", None).name == "pewarta.co"


def test_what_is_not_in_the_table_stays_unknown() -> None:
    assert find_outlet("https://kabar.warga.desa.id/x", "Kabar Warga") == Outlet(
        "Kabar Warga", "warga.desa.id", "unknown", None
    )
    assert find_outlet(None, None) == Outlet(None, None, "unknown", None)
    assert find_outlet("https://notkompas.com/x", None).type == "unknown"
    assert find_outlet("https://kompas.com.evil.example/x", None).type == "unknown"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("news.detik.com", "detik.com"),
        ("a.b.republika.co.id", "republika.co.id"),
        ("bogorkab.go.id", "bogorkab.go.id"),
        ("x.sukamaju.desa.id", "sukamaju.desa.id"),
        ("jubi.id", "jubi.id"),
        ("192.0.2.7", "192.0.2.7"),
        ("localhost", "localhost"),
    ],
)
def test_the_registrable_domain(host: str, domain: str) -> None:
    assert registrable_domain(host) == domain


@given(st.text(max_size=80), st.one_of(st.none(), st.text(max_size=200)))
def test_anything_has_an_answer(url: str, site: str | None) -> None:
    outlet = find_outlet(url, site)
    assert outlet.type in {"national", "regional", "international", "unknown"}
    assert outlet.name is None or 0 < len(outlet.name) <= 80


def test_the_table_is_sound() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len({row["domain"] for row in rows}) > 500
    for row in rows:
        assert row["domain"] == row["domain"].lower().strip(), row
        assert row["type"] in {"national", "regional", "international"}, row
        assert row["type"] == "regional" or not row["province"], row
