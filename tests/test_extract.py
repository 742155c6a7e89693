"""Pages go through `read_page` and are compared with their golden partners in `tests/data/pages`."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.errors import NotReadable, WartaError
from services.extract import join_pages, read_page
from services.extract.dateline import without_site
from services.models import Elsewhere, Extract, Page

PAGES = Path(__file__).parent / "data" / "pages"
NAMES = sorted(path.stem for path in PAGES.glob("*.html"))


def load(name: str) -> tuple[Page, dict[str, Any]]:
    gold = json.loads((PAGES / f"{name}.json").read_text(encoding="utf-8"))
    return Page(gold["url"], (PAGES / f"{name}.html").read_text(encoding="utf-8")), gold


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith(("no-", "to-"))])
def test_article_is_read_as_its_golden_partner_says(name: str) -> None:
    page, gold = load(name)
    extract = read_page(page)
    assert isinstance(extract, Extract)
    assert extract.title == gold["title"]
    assert extract.text.split("\n\n") == gold["text"]
    assert extract.language == gold["language"]
    assert (extract.whole_at, extract.next_page) == (gold.get("whole_at"), gold.get("next_page"))
    assert extract.published is not None
    assert extract.published.replace(second=0) == datetime.fromisoformat(gold["published"])
    for field in ("dateline", "site", "canonical_url", "image"):
        if field in gold:
            assert getattr(extract, field) == gold[field]
    if "authors" in gold:
        assert list(extract.authors) == gold["authors"]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("no-")])
def test_page_without_article_is_told_as_what_it_is(name: str) -> None:
    page, gold = load(name)
    with pytest.raises(WartaError) as caught:
        read_page(page)
    assert caught.value.kind == gold["error"]
    assert caught.value.facts.get("reason") == gold.get("reason")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("to-")])
def test_share_page_says_where_the_article_is(name: str) -> None:
    page, gold = load(name)
    assert read_page(page) == Elsewhere(gold["elsewhere"])


def test_page_that_refreshes_itself_points_nowhere() -> None:
    html = "<html><head><meta http-equiv='refresh' content='300;url=/a/?x=1'></head><body><p>Sebentar</p></body></html>"
    with pytest.raises(WartaError):
        read_page(Page("https://kabar.example.id/a?x=1", html))


LONG = "Petani di lereng gunung memanen kopi lebih awal karena cuaca kering sejak dua bulan lalu, kata ketua mereka."
PROSE = "".join(f"<p>{LONG[:-1]} nomor {number}.</p>" for number in range(12))


def read(body: str, url: str | None = "https://kabar.example.id/berita/kopi", head: str = "") -> Extract:
    article = f"<h1>Kopi Dipanen Lebih Awal</h1><div class='post-content'>{body}</div>"
    extract = read_page(Page(url, f"<html><head>{head}</head><body>{article}</body></html>"))
    assert isinstance(extract, Extract)
    return extract


@pytest.mark.parametrize(
    "line",
    [
        "<p>Baca juga: <a href='/x'>Harga Kopi Naik</a></p>",
        "<p><b>BACA JUGA</b></p><ul><li><a href='/x'>Harga Kopi Naik di Pasar Dunia Pekan Ini</a></li></ul>",
        "<p>Simak Video: Panen Raya di Lereng</p>",
        "<p>Simak juga video 'Panen Raya' di bawah ini:</p>",
        "<p>Lihat juga: Foto-foto panen</p>",
        "<p>(Baca: <a href='/y'>Kopi Langka</a>)</p>",
        "<p>[Gambas:Video 20detik]</p>",
        "<p>ADVERTISEMENT</p><p>SCROLL TO CONTINUE WITH CONTENT</p>",
        "<p>ADVERTISEMENT SCROLL TO CONTINUE WITH CONTENT</p>",
        "<p>Scroll ke bawah untuk melanjutkan membaca</p>",
        "<p>Ikuti Whatsapp Channel kami</p>",
        "<p>Follow WhatsApp Channel Kabar untuk update berita terbaru setiap hari</p>",
        "<p>Dapatkan update berita pilihan setiap hari. Mari bergabung di Grup Telegram kami, klik link ini.</p>",
        "<p>Halaman 1 2 3</p>",
        "<p>Halaman: 1 2 Selanjutnya</p>",
        "<p>12 Komentar</p>",
        "<p>Editor: Rina Wati</p>",
        "<p>Pewarta: Adi<br>Editor: Budi<br>Copyright © ANTARA 2024</p>",
        "<p>Artikel ini telah tayang di Kabar.com dengan judul Kopi Dipanen</p>",
        "<figure><img src='k.jpg'><figcaption>Petani memetik kopi di lereng gunung.</figcaption></figure>",
        "<div class='related-news'><h4>Berita Terkait</h4><p>Harga kopi naik karena stok menipis.</p></div>",
        "<script>var teks = 'ini bukan isi berita sama sekali';</script>",
    ],
)
def test_what_outlets_mix_in_is_left_out(line: str) -> None:
    half = PROSE.index("<p>", len(PROSE) // 2)
    assert read(PROSE[:half] + line + PROSE[half:]).text == read(PROSE).text


@pytest.mark.parametrize(
    "end", ["(fyk/ash)", "[nvl]", "(*)", "(ANTARA)", "(Tribunnews.com/Rina Wati)", "(Z-6)", "RINA WATI"]
)
def test_initials_and_names_of_writers_are_left_out(end: str) -> None:
    assert read(f"{PROSE}<p><b>{end}</b></p>").text == read(PROSE).text


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        ("JAKARTA, KOMPAS.com - ", "JAKARTA"),
        ("<b>JAKARTA, KOMPAS.com</b> — ", "JAKARTA"),
        ("Liputan6.com, Jakarta - ", "Jakarta"),
        ("<b>Liputan6.com, Jakarta</b> ", "Jakarta"),
        ("REPUBLIKA.CO.ID, JAKARTA -- ", "JAKARTA"),
        ("Jakarta (ANTARA) - ", "Jakarta"),
        ("Mataram, NTB (ANTARA News) - ", "Mataram, NTB"),
        ("<strong>TEMPO.CO</strong>, <strong>Jakarta</strong> - ", "Jakarta"),
        ("Jakarta, CNN Indonesia -- ", "Jakarta"),
        ("Bandung - ", "Bandung"),
        ("BANDA ACEH – ", "BANDA ACEH"),
        ("SURYA.co.id | SURABAYA - ", "SURABAYA"),
        ("Bisnis.com, JAKARTA — ", "JAKARTA"),
        ("Surabaya: ", "Surabaya"),
        ("WASHINGTON, June 18 (Reuters) - ", "WASHINGTON"),
        ("JawaPos.com - ", None),
        ("tirto.id - ", None),
        ("", None),
    ],
)
def test_dateline_stands_apart(opening: str, place: str | None) -> None:
    extract = read(PROSE.replace("<p>", f"<p>{opening}", 1))
    assert extract.dateline == place
    assert extract.text == read(PROSE).text


def test_dateline_before_the_paragraph_is_found() -> None:
    text = PROSE.replace("</p><p>", "<br><br>")
    extract = read_page(Page(None, f"<html><body><div><strong>Jakarta</strong> - {text}<br></div></body></html>"))
    assert isinstance(extract, Extract)
    assert (extract.dateline, extract.text) == ("Jakarta", read(PROSE).text)


@pytest.mark.parametrize(
    "sentence",
    [
        "Gubernur: tidak ada petani yang dirugikan oleh panen awal ini, termasuk di lereng bagian timur.",
        "Kopi-kopi terbaik dipilih - satu demi satu - oleh para petani sebelum dijual ke kota.",
        "Panen awal ini, yang kedua sejak 2019, membuat petani - terutama yang muda - bersemangat kembali.",
    ],
)
def test_sentence_with_a_dash_is_no_dateline(sentence: str) -> None:
    extract = read(f"<p>{sentence}</p>{PROSE}")
    assert extract.dateline is None
    assert extract.text.startswith(sentence)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Selasa, 18 Juni 2024 | 21:05 WIB", "2024-06-18T21:05:00+07:00"),
        ("Selasa, 18 Jun 2024 21.05 WITA", "2024-06-18T21:05:00+08:00"),
        ("18/06/2024, 21:05 WIT", "2024-06-18T21:05:00+09:00"),
        ("18 Agustus 2024 07:30", "2024-08-18T07:30:00+07:00"),
        ("June 18, 2024 at 9:05 PM", "2024-06-18T21:05:00+07:00"),
        ("<time datetime='2024-06-18T14:05:00Z'>kemarin</time>", "2024-06-18T14:05:00+00:00"),
        ("<time datetime='2024-06-18 21:05'>18 Juni 2024</time>", "2024-06-18T21:05:00+07:00"),
        ("31 Februari 2024 21:05 WIB", None),
        ("tanpa tanggal", None),
    ],
)
def test_time_of_publication_has_a_zone(written: str, moment: str | None) -> None:
    published = read(f"<div>{written}</div>{PROSE}").published
    assert published == (datetime.fromisoformat(moment) if moment else None)


def test_times_of_other_articles_do_not_count() -> None:
    others = "".join(f"<li><time datetime='2024-01-0{day}T08:00:00Z'>lama</time></li>" for day in range(1, 6))
    html = (
        f"<html><body><ul>{others}</ul><div><h1>Kopi Dipanen Lebih Awal</h1>"
        f"<time datetime='2024-06-18T21:05:00+07:00'>baru</time>{PROSE}</div><ul>{others}</ul></body></html>"
    )
    extract = read_page(Page(None, html))
    assert isinstance(extract, Extract)
    assert extract.published == datetime.fromisoformat("2024-06-18T21:05:00+07:00")


def test_local_time_declared_as_utc_is_corrected_by_the_time_shown() -> None:
    head = "<meta name='pubdate' content='2024-06-18T21:05:00Z'>"
    assert read(f"<div>18 Juni 2024 21:05 WIB</div>{PROSE}", head=head).published == datetime.fromisoformat(
        "2024-06-18T21:05:00+07:00"
    )
    assert read(PROSE, head=head).published == datetime.fromisoformat("2024-06-18T21:05:00+00:00")


@pytest.mark.parametrize(
    "declared",
    [
        "{} - detikNews",
        "{} | Okezone",
        "{} - Kabar.com",
        "Kabar.com: {}",
        "{} | Nasional | Kabar.com",
        "{} : Okezone News",
    ],
)
def test_title_comes_without_the_outlet(declared: str) -> None:
    title = "Kopi Dipanen: Petani Senang, Pedagang - dan Pembeli - Menunggu"
    head = f"<title>{declared.format(title)}</title><meta property='og:site_name' content='Okezone'>"
    html = f"<html><head>{head}</head><body><h1>Ekonomi</h1><div class='post-content'>{PROSE}</div></body></html>"
    extract = read_page(Page("https://www.detik.com/kopi", html))
    assert isinstance(extract, Extract)
    assert extract.title == title


@pytest.mark.parametrize(
    ("canonical", "believed"),
    [
        ("https://www.example.id/berita/kopi", "https://www.example.id/berita/kopi"),
        ("/berita/kopi-2", "https://kabar.example.id/berita/kopi-2"),
        ("https://kabar.example.id/", None),
        ("https://lain.example.com/berita/kopi", None),
        ("javascript:alert(1)", None),
        ("https://user:pass@kabar.example.id/berita/kopi", None),
        ("https://kabar.example.id:8080/berita", None),
        ("https://kabar.example.id/a b\u202e", None),
        ("https://kabar.example.id/" + "a" * 3000, None),
    ],
)
def test_canonical_address_is_believed_only_when_sane_and_of_the_same_site(
    canonical: str, believed: str | None
) -> None:
    head = f'<link rel="canonical" href="{canonical}"><meta property="og:image" content="file:///etc/passwd">'
    extract = read(PROSE, head=head)
    assert (extract.canonical_url, extract.image) == (believed, None)


@pytest.mark.parametrize(
    ("url", "href", "whole", "following"),
    [
        ("/a/kopi", "/a/kopi?page=all", True, False),
        ("/a/kopi", "?single=1", True, False),
        ("/a/kopi", "/a/kopi/2", False, True),
        ("/a/kopi/", "/a/kopi/page/2/", False, True),
        ("/a/kopi", "/a/kopi?page=2#isi", False, True),
        ("/a/kopi/2", "/a/kopi/3", False, True),
        ("/a/kopi?page=2", "/a/kopi?page=3", False, True),
        ("/a/kopi/2", "/a/kopi/4", False, False),
        ("/a/kopi", "/a/kopi?page=2#comments", False, False),
        ("/a/kopi", "/a/teh?page=2", False, False),
        ("/a/kopi", "https://lain.example.id/a/kopi?page=all", False, False),
        ("/a/kopi?page=all", "/a/kopi?page=2", False, False),
    ],
)
def test_other_pages_are_found_only_where_the_page_offers_them(
    url: str, href: str, whole: bool, following: bool
) -> None:
    address = f"https://kabar.example.id{url}"
    extract = read(f"{PROSE}<div class='paging'><a href='{href}'>Berikutnya</a></div>", url=address)
    assert (extract.whole_at is not None, extract.next_page is not None) == (whole, following)
    assert read(PROSE, url=address).next_page is None


def test_pages_are_joined_without_repeated_paragraphs() -> None:
    first = read(f"{PROSE}<p>(abc/def)</p><a href='/berita/kopi/2'>2</a>")
    second = read(f"<p>{LONG}</p>{PROSE.replace('nomor 1', 'urutan 1')}", url="https://kabar.example.id/berita/kopi/2")
    joined = join_pages(first, [second])
    paragraphs = joined.text.split("\n\n")
    assert len(paragraphs) == len(set(paragraphs)) == 12 + 1 + 3
    assert paragraphs[:12] == first.text.split("\n\n")
    assert (joined.url, joined.next_page, joined.title) == (first.url, None, first.title)


@pytest.mark.parametrize(
    "json_ld",
    [
        "[" * 100_000,
        '{"@type":"NewsArticle","headline":' * 3000 + "1" + "}" * 3000,
        '{"@type":"NewsArticle","headline":["'
        + "x" * 5000
        + '"],"author":[[[{"name":{"name":7}}]]],"datePublished":{"@value":[]},"image":[[]],"publisher":3}',
        '{"@type":{"a":1},"@graph":{"@graph":null}}',
        "<!-- {'nonsense' -->",
    ],
)
def test_hostile_declarations_do_no_harm(json_ld: str) -> None:
    extract = read(PROSE, head=f'<script type="application/ld+json">{json_ld}</script>')
    assert extract.text == read(PROSE).text
    assert 0 < len(extract.title) <= 300


def test_declared_texts_are_bounded_and_without_control_characters() -> None:
    head = (
        f'<meta property="og:site_name" content="Ka\u202ebar\x07&#8203; {"x" * 5000}">'
        f'<meta name="author" content="Rina\u200b Wati, {"y" * 500}, https://evil.example, &lt;b&gt;">'
    )
    extract = read(PROSE, head=head)
    assert extract.site is not None
    assert extract.site.startswith("Kabar x")
    assert len(extract.site) <= 100
    assert extract.authors == ("Rina Wati",)


@pytest.mark.parametrize("depth", [200, 5000])
def test_deep_nesting_ends_in_an_article_or_an_error_of_ours(depth: int) -> None:
    html = f"<html><body>{'<div>' * depth}{PROSE}{'</div>' * depth}</body></html>"
    if depth < 255:
        assert isinstance(read_page(Page(None, html)), Extract)
    else:
        with pytest.raises(WartaError):
            read_page(Page(None, html))


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("id-ID", LONG, "id"),
        (
            "",
            "The farmers on the slope have begun to harvest coffee early because of the dry weather, they said.",
            "en",
        ),
        (
            "id",
            "The farmers on the slope have begun to harvest coffee early because of the dry weather, they said.",
            "en",
        ),
        (
            "ms-MY",
            "Kerajaan berkata polis akan menyiasat kerana ramai penduduk kampung terjejas semasa banjir.",
            "ms",
        ),
        (
            "de",
            "Die Bauern am Hang haben wegen des trockenen Wetters früher mit der Ernte begonnen.",
            "de",
        ),
    ],
)
def test_language_is_told_by_the_text_and_confirmed_by_the_page(language: str, text: str, expected: str) -> None:
    body = "".join(f"<p>{text[:-1]} {number}.</p>" for number in range(4))
    html = f"<html lang='{language}'><body><h1>Judul</h1><div class='post-content'>{body}</div></body></html>"
    extract = read_page(Page(None, html))
    assert isinstance(extract, Extract)
    assert extract.language == expected


def test_the_outlets_own_name_is_no_part_of_the_dateline() -> None:
    assert without_site("MAJALENGKA, Kabar Contoh", "KABAR CONTOH") == "MAJALENGKA"
    assert without_site("Bogor, Jawa Barat", "Kabar Contoh") == "Bogor, Jawa Barat"
    assert without_site(None, "Kabar Contoh") is None
    assert without_site("Kabar Contoh", "Kabar Contoh") is None


SHORT_NEWS = (
    "Gempa bumi mengguncang kawasan pesisir selatan pada Senin dini hari dan merusak rumah warga di tiga kecamatan.",
    "Kepala badan penanggulangan bencana mengatakan para pengungsi sudah ditampung di balai desa dan sekolah.",
    "Bantuan makanan, selimut, dan obat-obatan mulai dikirim sejak pagi, sedangkan listrik masih padam di dua desa.",
    "Tidak ada korban jiwa dalam peristiwa itu, tetapi belasan orang terluka ringan tertimpa genteng dan dinding.",
)


def titled(title: str, *paragraphs: str) -> Page:
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    head = f"<head><title>{title}</title></head>"
    return Page(None, f"<html>{head}<body><article><h1>{title}</h1>{body}</article></body></html>")


@pytest.mark.parametrize(
    "title", ["500 Rumah Rusak akibat Gempa", "Jembatan ke-404 Diresmikan", "Harga Naik 502 Rupiah"]
)
def test_a_number_in_a_headline_is_no_error(title: str) -> None:
    extract = read_page(titled(title, *SHORT_NEWS))
    assert isinstance(extract, Extract)
    assert extract.title == title


@pytest.mark.parametrize(
    "title", ["404", "404 Not Found", "Error 404", "404 - Kabar Contoh", "500 Internal Server Error"]
)
def test_the_number_of_an_error_is_one(title: str) -> None:
    with pytest.raises(NotReadable) as raised:
        read_page(titled(title, "Maaf."))
    assert raised.value.facts.get("reason") == "error"
