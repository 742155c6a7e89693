from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import Outlet
from services.nlp.gazetteer import gazetteer
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
            "https://denpasar.kompas.com/read/1",
            Outlet("Kompas.com Denpasar", "kompas.com", "regional", "Bali"),
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


@pytest.mark.parametrize(
    ("site", "outlet"),
    [
        ("detikNews", Outlet("detikcom", "detik.com", "national", None)),
        ("detikJabar", Outlet("detikJabar", "detik.com", "regional", "Jawa Barat")),
        ("Republika Online", Outlet("Republika", "republika.co.id", "national", None)),
        ("ANTARA News", Outlet("ANTARA", "antaranews.com", "national", None)),
        ("BBC News Indonesia", Outlet("BBC Indonesia", "bbc.com", "international", None)),
        ("The Associated Press", Outlet("AP", "apnews.com", "international", None)),
    ],
)
def test_the_outlet_of_a_section_or_an_older_name(site: str, outlet: Outlet) -> None:
    assert find_outlet(None, site) == outlet


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


def test_further_names_belong_to_outlets_of_the_table() -> None:
    domains = {row["domain"] for row in _rows(TABLE)}
    names = _rows(TABLE.with_name("outlet_names.csv"))
    assert {row["domain"] for row in names} <= domains
    assert all(find_outlet(None, row["name"]).type != "unknown" for row in names)
    regions = {row["province"] for row in _rows(TABLE.with_name("regions.csv"))}
    assert len(regions) == 38


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_is_sound() -> None:
    rows = _rows(TABLE)
    assert len(rows) == len({row["domain"] for row in rows}) > 500
    provinces = {entry.name for found in gazetteer().regions.values() for entry in found if entry.kind == "province"}
    for row in rows:
        assert row["province"] in provinces | {""}, row
        assert row["domain"] == row["domain"].lower().strip(), row
        assert row["type"] in {"national", "regional", "international"}, row
        assert row["type"] == "regional" or not row["province"], row
