from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.links import LinkEntity, clean_url, comparison_key, find_links, link_kind


def urls(text: str) -> list[str]:
    return [link.url for link in find_links(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Baca https://contoh.id/a/1, ya.", ["https://contoh.id/a/1"]),
        ("(lihat https://contoh.id/a_(b))", ["https://contoh.id/a_(b)"]),
        ("“https://contoh.id/a”", ["https://contoh.id/a"]),
        ("contoh.id/berita/1 dan www.contoh.id", ["https://contoh.id/berita/1", "https://www.contoh.id/"]),
        ("HTTPS://Contoh.ID/A", ["https://contoh.id/A"]),
        ("dua kali https://contoh.id/a https://contoh.id/a?utm_source=wa", ["https://contoh.id/a"]),
        ("https://b.id/2 lalu https://a.id/1", ["https://b.id/2", "https://a.id/1"]),
        ("surel ani@contoh.id atau mailto:ani@contoh.id/x", []),
        ("Kata detik.com, dst. misalnya e.g. 3.5/4", []),
        ("ftp://contoh.id/a javascript:alert(1) http:///x", []),
        ("", []),
    ],
)
def test_addresses_in_a_text(text: str, found: list[str]) -> None:
    assert urls(text) == found


def test_entities_count_in_utf_16_units() -> None:
    text = "😀😀 contoh.id/a lihat"
    links = find_links(
        text,
        [
            LinkEntity("text_link", 17, 5, "https://lain.id/b#x"),
            LinkEntity("url", 5, 11),
            LinkEntity("mention", 0, 2),
            LinkEntity("email", 0, 4),
        ],
    )
    assert [(link.url, link.original) for link in links] == [
        ("https://contoh.id/a", "contoh.id/a"),
        ("https://lain.id/b", "https://lain.id/b#x"),
    ]
    assert find_links("https://contoh.id/a", []) == ()
    assert find_links("pendek", [LinkEntity("url", 900, 9)]) == ()


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://contoh.id/a?utm_source=x&id=7&fbclid=y#komentar", "https://contoh.id/a?id=7"),
        ("https://contoh.id/a?id=7&q=a%20b", "https://contoh.id/a?id=7&q=a%20b"),
        ("https://contoh.id:443/a", "https://contoh.id/a"),
        ("http://contoh.id:8080/a", "http://contoh.id:8080/a"),
        ("https://ani:rahasia@contoh.id/a", "https://contoh.id/a"),
        ("https://contoh.id/berita ku", None),
        ("https://contoh.id/café", "https://contoh.id/caf%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://ｃｏｎｔｏｈ．ｉｄ/a", "https://contoh.id/a"),
        ("https://www.google.com/amp/s/contoh.id/a/amp?x=1", "https://contoh.id/a/amp?x=1"),
        ("https://contoh-id.cdn.ampproject.org/c/s/contoh.id/a", "https://contoh.id/a"),
        ("https://www.google.com/url?q=https://contoh.id/a&sa=D", "https://contoh.id/a"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fcontoh.id%2Fa%3Ffbclid%3Dz&h=1", "https://contoh.id/a"),
        ("https://news.google.com/rss/articles/CBMi?oc=5", "https://news.google.com/rss/articles/CBMi?oc=5"),
        ("https://m.contoh.id/a", "https://m.contoh.id/a"),
        ("https://contoh.id/\x00a", None),
        ("https://contoh.id/" + "a" * 5_000, None),
        ("https://[::1]:80/a", "https://[::1]:80/a"),
        ("https://contoh.id:99999/", None),
        ("mailto:ani@contoh.id", None),
        ("https://", None),
    ],
)
def test_cleaning_keeps_what_names_the_article(url: str, cleaned: str | None) -> None:
    assert clean_url(url) == cleaned


def test_the_same_article_has_one_key() -> None:
    same = [
        "https://www.contoh.id/news/1?page=all",
        "http://m.contoh.id/news/1/",
        "https://contoh.id/news/1/amp",
        "https://amp.contoh.id/news/1?utm_medium=x#a",
        "https://contoh.id/news/1?single=1",
    ]
    assert {comparison_key(url) for url in same} == {"contoh.id/news/1"}
    assert comparison_key("https://contoh.id/read?id=1") != comparison_key("https://contoh.id/read?id=2")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://news.detik.com/berita/d-1/judul", "article"),
        ("https://bit.ly/3abc", "article"),
        ("https://news.google.com/articles/x", "article"),
        ("https://t.me/kanal/12", "chat"),
        ("https://m.youtube.com/watch?v=1", "video"),
        ("https://www.instagram.com/p/1", "social"),
        ("https://www.google.com/maps/place/x", "map"),
        ("https://www.google.com/search?q=x", "search"),
        ("https://docs.google.com/document/d/1", "document"),
        ("https://shopee.co.id/x", "shop"),
        ("https://contoh.id/laporan.PDF", "file"),
        ("https://notx.com/a", "article"),
    ],
)
def test_what_an_address_leads_to(url: str, kind: str) -> None:
    assert link_kind(url) == kind


@given(st.text(max_size=200))
def test_nothing_breaks_and_cleaning_is_stable(text: str) -> None:
    for link in find_links(text):
        assert clean_url(link.url) == link.url
    for url in (text, f"https://contoh.id/{text}", f"https://{text}/a?b={text}"):
        cleaned = clean_url(url)
        if cleaned is not None:
            assert clean_url(cleaned) == cleaned
            assert link_kind(cleaned)
            comparison_key(cleaned)
        comparison_key(url)


def test_a_hostile_text_takes_linear_time() -> None:
    find_links("a." * 50_000)
    find_links("https://" * 20_000)
    find_links("www." + "a-" * 50_000 + ")" * 50_000)
