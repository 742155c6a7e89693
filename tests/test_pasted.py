"""Pasted texts, clean or copied from portals, go through `read_pasted` and `read_plain`."""

from __future__ import annotations

from datetime import datetime
from textwrap import fill

import pytest

from services.errors import NotReadable
from services.extract import read_pasted, read_plain

TITLE = "Pasar Apung Dibuka Lagi, Pedagang Perahu Kembali Berjualan"
BODY = [
    "Pasar apung di tepi sungai dibuka kembali setelah dua tahun ditutup karena pendangkalan dan kebakaran dermaga.",
    "Sedikitnya 85 pedagang perahu berjualan sejak subuh pada hari pertama, kata Kepala Dinas Pasar Murni Astuti.",
    '"Kami mengeruk sungai sedalam dua meter dan menambah lampu di dermaga," ujarnya di dermaga, Minggu (3/3/2024).',
    "Pengunjung datang dari kota tetangga dengan menyewa kelotok yang ongkosnya Rp 20.000 sekali jalan.",
]
TEXT = "\n".join(BODY)


def test_portal_page_gives_title_outlet_and_clean_body() -> None:
    extract = read_pasted(
        f"Sentimen\nInformasi Tambahan\nKab/Kota: Banjarmasin, Kapuas\nTokoh Terkait\n{TITLE}\n"
        f"Harianriver.com Jenis Media: Regional\nBANJARMASIN - {BODY[0]}\n{BODY[1]}\n"
        "Follow Berita Harianriver di Google News\n"
        "Dapatkan berita up to date dengan semua berita terkini hanya dengan satu akun, daftar dengan klik disini\n"
        f"{BODY[2]}\n{BODY[3]}\nFollow WhatsApp Channel Harianriver untuk update berita terbaru setiap hari\n"
        "FollowSentimen: positif (99.8%)"
    )
    assert extract.title == TITLE
    assert extract.site == "Harianriver.com"
    assert extract.dateline == "BANJARMASIN"
    assert extract.text.split("\n\n") == BODY
    assert (extract.url, extract.language, extract.authors, extract.published) == (None, "id", (), None)


def test_labelled_portal_page_gives_what_its_labels_say() -> None:
    extract = read_pasted(
        f"Beranda > Berita > Perdagangan\nJudul: {TITLE}\nMedia: Pos Sungai\nJurnalis: Gita Anjani\n"
        f"Tanggal: 03/03/2024 09:30 WITA\nPR Value: Rp 12.000.000\n{TEXT}\n"
        "Sentiment: negative (87%)\nKategori: Perdagangan\nURL: https://possungai.example.id/pasar"
    )
    assert extract.title == TITLE
    assert extract.site == "Pos Sungai"
    assert extract.authors == ("Gita Anjani",)
    assert extract.published == datetime.fromisoformat("2024-03-03T09:30:00+08:00")
    assert extract.url == "https://possungai.example.id/pasar"
    assert extract.text.split("\n\n") == BODY


@pytest.mark.parametrize(
    "verdict",
    [
        "Sentimen: positif (99.8%)",
        "Sentimen: Negatif",
        " Sentiment: negative (87%)",
        "Tone: Netral 0,91",
        "\nPositif (88%)",
    ],
)
def test_verdict_of_others_is_left_out_wherever_it_is_glued(verdict: str) -> None:
    extract = read_pasted(f"{TITLE}\n{TEXT}{verdict}")
    assert extract.title == TITLE
    assert extract.text.split("\n\n") == BODY


def test_verdict_above_the_article_does_not_become_the_title() -> None:
    assert read_pasted(f"Sentiment\nNegative\n{TITLE}\n{TEXT}").title == TITLE


def test_sentence_about_sentiment_stays() -> None:
    sentence = "Sentimen positif pasar mendorong harga ikan naik sampai akhir pekan, menurut para pedagang di dermaga."
    assert sentence in read_pasted(f"{TITLE}\n{TEXT}\n{sentence}").text


def test_copied_page_gives_byline_date_and_outlet() -> None:
    extract = read_pasted(
        f"Berita\n{TITLE}\nGita Anjani - detikKalimantan\nMinggu, 03 Mar 2024 10:15 WITA\nBagikan\n7 Komentar\n"
        f"Banjarmasin - {BODY[0]}\n\n{BODY[1]}\n\nBaca juga:\nMuseum Sungai Tambah Koleksi\n\n{BODY[2]}\n\n"
        f"[Gambas:Video 20detik]\n\n{BODY[3]}\n\n(gta/aud)\nbanjarmasin\npasar apung"
    )
    assert extract.title == TITLE
    assert extract.authors == ("Gita Anjani",)
    assert extract.site == "detikKalimantan"
    assert extract.published == datetime.fromisoformat("2024-03-03T10:15:00+08:00")
    assert extract.dateline == "Banjarmasin"
    assert extract.text.split("\n\n") == BODY


@pytest.mark.parametrize(
    "title",
    ['Lurah: "Kami Tidak Akan Pindah"', "Benarkah Pasar Apung Tidak Lagi Ramai Pembeli?", "Pasar Apung Hidup Lagi"],
)
def test_first_short_line_is_the_title(title: str) -> None:
    extract = read_pasted(f"{title}\n\n{TEXT}")
    assert (extract.title, extract.text.split("\n\n")) == (title, BODY)


def test_deck_and_kicker_are_not_the_title() -> None:
    extract = read_pasted(f"Wisata\n{TITLE}\nSebanyak 85 pedagang berjualan di atas perahu sejak subuh hari\n{TEXT}")
    assert extract.title == TITLE
    assert extract.text.split("\n\n") == BODY


@pytest.mark.parametrize("text", [TEXT, " ".join(BODY), f"BANJARMASIN, KOMPAS.com - {TEXT}"])
def test_text_without_title_gets_none(text: str) -> None:
    assert read_pasted(text).title == ""


def test_outlet_of_the_dateline_counts_where_nothing_else_names_one() -> None:
    assert read_pasted(f"{TITLE}\nBANJARMASIN, KOMPAS.com - {TEXT}").site == "KOMPAS.com"
    assert read_pasted(f"{TITLE}\n{TEXT}", url="https://www.possungai.example.id/a").site == "possungai.example.id"


def test_escaped_garbled_and_invisible_characters_are_mended() -> None:
    garbled = "â€œKami siap berjualan lagi setiap hari mulai pukul lima pagi,â€\x9d kata Murni."
    escaped = "R&amp;D dermaga itu\u200b rampung&nbsp;bulan lalu,\u00a0kata\u202e dia kepada kami."
    text = f"*{TITLE}*\r\n\r\n{TEXT}\r\n{garbled}\r\n{escaped}\r\n"
    paragraphs = read_pasted(text).text.split("\n\n")
    assert paragraphs[-2] == "“Kami siap berjualan lagi setiap hari mulai pukul lima pagi,” kata Murni."
    assert paragraphs[-1] == "R&D dermaga itu rampung bulan lalu, kata dia kepada kami."
    assert read_pasted(text).title == TITLE


def test_wrapped_lines_become_paragraphs_again() -> None:
    guests = (
        "Camat Sungai Baru, Ketua Koperasi Pedagang Perahu, Komandan Pos Air, dan Kepala Balai Wilayah Sungai Barito."
    )
    names = f"Hadir pula dalam acara pembukaan yang berlangsung meriah itu antara lain {guests}"
    wrapped = "\n\n".join(fill(paragraph, 68) for paragraph in [*BODY, names])
    assert "\nAir" in wrapped
    assert read_pasted(f"{TITLE}\n\n{wrapped}").text.split("\n\n") == [*BODY, names]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("", "empty"), (" \n\u200b\n", "empty"), ("Follow\nBagikan", "empty"), ("Halo, apa kabar semua?", "not_article")],
)
def test_what_is_no_article_is_told(text: str, kind: str) -> None:
    with pytest.raises(NotReadable) as caught:
        read_pasted(text)
    assert caught.value.kind == kind


def test_huge_text_is_refused() -> None:
    with pytest.raises(NotReadable) as caught:
        read_pasted("kata " * 200_000)
    assert caught.value.kind == "too_complex"


@pytest.mark.parametrize(
    "unit", ["baca juga ", "(((", "a/", "Sentimen: ", "- ", ", ", "&amp;", "â€", "1 ", "\t", "Halaman 1 "]
)
def test_hostile_repetition_is_read_in_linear_time(unit: str) -> None:
    # Catastrophic backtracking would take minutes here; the pool's limit is 10 s.
    extract = read_pasted(TITLE + "\n" + unit * (100_000 // len(unit)) + "\n" + TEXT)
    assert BODY[1] in extract.text


def test_given_title_is_kept_and_a_short_text_accepted() -> None:
    extract = read_plain(f" {TITLE}\n", f"BANJARMASIN - {BODY[0]} (gta/aud)", "https://possungai.example.id/a")
    assert extract.title == TITLE
    assert (extract.text, extract.dateline, extract.url) == (BODY[0], "BANJARMASIN", "https://possungai.example.id/a")
    with pytest.raises(NotReadable):
        read_plain(TITLE, "Foto: Antara")


def test_numbers_in_brackets_and_list_items_at_the_end_stay() -> None:
    ending = ["Dermaga baru itu dibuka pada hari Minggu oleh gubernur (3/3/2024)", "Jam buka:", "1. Senin", "2. Sabtu"]
    assert read_plain(TITLE, "\n".join([*BODY, *ending])).text.split("\n\n")[-4:] == ending
