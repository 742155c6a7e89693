from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.links import LinkEntity, LinkKind, clean_url, comparison_key, find_links, link_kind, not_articles


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
        ("https://b.id/2 https://a.id/1 https://b.id/2", ["https://b.id/2", "https://a.id/1"]),
        ("https://m.b.id/2?page=all https://www.b.id/2", ["https://m.b.id/2?page=all"]),
        ("«https://contoh.id/a»", ["https://contoh.id/a"]),
        ("[judul](https://contoh.id/a) *https://contoh.id/b*", ["https://contoh.id/a", "https://contoh.id/b"]),
        ("\u2066https://contoh.id/\u200ba\u2069, ya", ["https://contoh.id/a"]),
        ("http://intranet/wiki dan http://2130706433/", ["http://intranet/wiki", "http://2130706433/"]),
        ("kirim ke intranet/wiki atau ani@contoh.id/x", []),
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
    assert find_links("a", [LinkEntity("url", -4, 9), LinkEntity("text_link", 0, 1)]) == ()


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://contoh.id/a?utm_source=x&id=7&fbclid=y#komentar", "https://contoh.id/a?id=7"),
        ("https://contoh.id/a?id=7&q=a%20b", "https://contoh.id/a?id=7&q=a%20b"),
        ("https://contoh.id/a?read/12;b=a+b&fbclid=y&&id", "https://contoh.id/a?read/12;b=a+b&&id"),
        ("https://contoh.id/a?id=7&amp;utm_source=wa&UTM%5Fmedium=x", "https://contoh.id/a?id=7"),
        ("https://contoh.id/a?ref=12&source=x&page=2", "https://contoh.id/a?ref=12&source=x&page=2"),
        ("https://contoh.id/a?fbclid=y", "https://contoh.id/a"),
        ("https://contoh.id/%7eani/%c3%a9%2f%zz", "https://contoh.id/~ani/%C3%A9%2F%25zz"),
        ("https://contoh.id/{a}|b", "https://contoh.id/%7Ba%7D%7Cb"),
        ("https://contoh.id:443/a", "https://contoh.id/a"),
        ("http://contoh.id:8080/a", "http://contoh.id:8080/a"),
        ("https://ani:rahasia@contoh.id/a", "https://contoh.id/a"),
        ("https://contoh.id/berita ku", None),
        ("https://contoh.id/café", "https://contoh.id/caf%C3%A9"),
        ("https://bücher.example/x", "https://xn--bcher-kva.example/x"),
        ("https://ｃｏｎｔｏｈ．ｉｄ/a", "https://contoh.id/a"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("http://１２７。０。０。１/", "http://127.0.0.1/"),
        ("https://contoh.id./a", "https://contoh.id/a"),
        ("https://detik.com@contoh.id/a", "https://contoh.id/a"),
        ("https://contoh..id/a", None),
        ("https://contoh.id%00.lain.id/a", None),
        (f"https://{'a' * 64}.id/", None),
        (f"https://{'a.' * 130}id/", None),
        ("https://[::1%25lo]/", None),
        ("https://[0:0:0::1]:80/a", "https://[::1]:80/a"),
        ("contoh.id:8080/a", "https://contoh.id:8080/a"),
        ("https://contoh.id/a\u202eb", "https://contoh.id/ab"),
        ("https://www.google.com/amp/s/contoh.id/a/amp?x=1", "https://contoh.id/a/amp?x=1"),
        ("https://contoh-id.cdn.ampproject.org/c/s/contoh.id/a", "https://contoh.id/a"),
        ("https://www.google.com/url?q=https://contoh.id/a&sa=D", "https://contoh.id/a"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fcontoh.id%2Fa%3Ffbclid%3Dz&h=1", "https://contoh.id/a"),
        ("https://t.me/share/url?url=https%3A%2F%2Fcontoh.id%2Fa&text=x", "https://contoh.id/a"),
        ("https://www.google.com/url?q=mailto://x", "https://www.google.com/url?q=mailto://x"),
        ("https://www.google.com/url?q=" * 9 + "https://contoh.id/a", "https://contoh.id/a"),
        ("https://google.com/amp/s/google.com/amp/s/contoh.id/a", "https://contoh.id/a"),
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
        "https://contoh.id/amp/news/1?ref=beranda",
        "https://contoh.id/news/1/amp.html?outputType=amp",
        "https://CONTOH.id./news/%31",
    ]
    assert {comparison_key(url) for url in same} == {"contoh.id/news/1"}
    assert comparison_key("https://contoh.id/read?id=1") != comparison_key("https://contoh.id/read?id=2")
    assert comparison_key("https://contoh.id/?ref=1") != comparison_key("https://contoh.id/?ref=2")
    assert comparison_key("https://contoh.id/a?x=1&y=2") == comparison_key("https://contoh.id/a?y=2&x=1")
    assert comparison_key("https://contoh.id/a%2Fb") != comparison_key("https://contoh.id/a/b")


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://news.detik.com/berita/d-1/judul", "article"),
        ("https://bit.ly/3abc", "article"),
        ("https://search.app/3abc", "article"),
        ("https://share.google/3abc", "article"),
        ("https://detik.com/", "home"),
        ("https://www.detik.com?", "home"),
        ("https://contoh.id/?p=12", "article"),
        ("https://20.detik.com/x", "video"),
        ("https://YouTube.com/", "video"),
        ("https://notyoutube.com/x", "article"),
        ("https://contoh.id/berita-pdf", "article"),
        ("http://[", "article"),
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


def test_the_table_is_sound() -> None:
    table = not_articles()
    assert set(table.values()) <= set(get_args(LinkKind)) - {"article", "home", "file"}
    for entry in table:
        assert clean_url(f"https://{entry}") in (f"https://{entry}", f"https://{entry}/")


PIECES = [
    "https://", "http:", "//", "/", "?", "#", "&", "=", "%", "%2", "%41", "@", ":", "80", ".", "[", "::1", "]",
    "a", "ß", "é", "\u200b", "\x00", "😀", "．", "xn--", "contoh.id", "google.com/url?q=", "google.com/amp/s/",
    "utm_x=1", "ref=1", "amp",
]  # fmt: skip


@given(st.one_of(st.text(max_size=100), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_nothing_breaks_and_cleaning_is_stable(text: str) -> None:
    for link in find_links(text):
        assert clean_url(link.url) == link.url
    for url in (text, f"https://contoh.id/{text}", f"https://{text}/a?b={text}"):
        cleaned = clean_url(url)
        assert link_kind(url) in get_args(LinkKind)
        assert comparison_key(url) == comparison_key(cleaned or url)
        if cleaned is not None:
            assert clean_url(cleaned) == cleaned
            assert cleaned.isascii()
            assert cleaned.startswith(("https://", "http://"))


@given(
    st.text(max_size=50),
    st.lists(st.builds(LinkEntity, st.sampled_from(["url", "text_link", "bold"]), st.integers(), st.integers())),
)
def test_no_entity_breaks_anything(text: str, entities: list[LinkEntity]) -> None:
    find_links(text, entities)


def test_a_hostile_text_takes_linear_time() -> None:
    find_links("a." * 50_000)
    find_links("https://" * 20_000)
    find_links("www." + "a-" * 50_000 + ")" * 50_000)
    find_links("https://contoh.id/" + ")" * 200_000)
    find_links(("https://contoh.id/" + "(" * 2_000 + ")" * 2_050 + " ") * 5)
    clean_url("https://www.google.com/url?q=" * 140)
