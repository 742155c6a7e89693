from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import Number
from services.nlp.numbers import find_numbers
from services.nlp.sentences import split_sentences


def numbers(text: str, title: str = "Judul") -> tuple[Number, ...]:
    return find_numbers(split_sentences(title, text))


@pytest.mark.parametrize(
    ("text", "written", "value", "unit"),
    [
        ("Anggarannya mencapai Rp 1,2 triliun tahun ini.", "Rp 1,2 triliun", 1.2e12, "IDR"),
        ("Harga cabai Rp5.000 di pasar.", "Rp5.000", 5000, "IDR"),
        ("Bantuan senilai Rp 177.380.804.375 disalurkan.", "Rp 177.380.804.375", 177_380_804_375, "IDR"),
        ("The deal is worth US$ 3.5 billion in cash.", "US$ 3.5 billion", 3.5e9, "USD"),
        ("Nilai ekspor naik 10 juta dolar AS.", "10 juta dolar AS", 10e6, "USD"),
        ("Harga minyak US$ 98,83 per barel.", "US$ 98,83 per barel", 98.83, "USD"),
        ("Ekonomi tumbuh 5,1 persen.", "5,1 persen", 5.1, "%"),
        ("Inflation reached 5.1% in June.", "5.1%", 5.1, "%"),
        ("Progres proyek 58-59% bulan ini.", "58-59%", 59, "%"),
        ("Gempa magnitudo 6,4 mengguncang.", "magnitudo 6,4", 6.4, "M"),
        ("Gempa M 6,4 mengguncang.", "M 6,4", 6.4, "M"),
        ("Banjir menewaskan 23 orang.", "23 orang", 23, "orang"),
        ("Sebanyak 1.200 warga mengungsi.", "1.200 warga", 1200, "warga"),
        ("Sekitar tiga korban dirawat.", "tiga korban", 3, "korban"),
        ("Ada dua puluh lima rumah roboh.", "dua puluh lima rumah", 25, "rumah"),
        ("Bulog menyimpan 2,5 juta ton beras.", "2,5 juta ton", 2.5e6, "ton"),
        ("Ia finis berselisih 7,659 detik.", "7,659 detik", 7.659, "detik"),
        ("Ribuan warga datang.", "Ribuan warga", None, "warga"),
    ],
)
def test_a_number_is_read_as_it_is_meant(text: str, written: str, value: float | None, unit: str) -> None:
    found = next(one for one in numbers(text) if one.text.startswith(written))
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.unit == unit


@pytest.mark.parametrize(
    "text",
    [
        "Rapat dimulai pukul 09.00 WIB pada 17 Agustus 2026.",
        "Pelaku dijerat pasal 5 ayat 2 UU No 1 Tahun 2023.",
        "Ia berusia 45 tahun dan tinggal di Jalan Merdeka 10 RT 5.",
        "Ponsel iPhone 17 dan pesawat Boeing 737 dipamerkan.",
        "Hubungi 0812-3456-7890 untuk pemesanan.",
        "Warga Bekasi (52 tahun) itu selamat.",
        "Acara berlangsung 23-24 April 2026.",
        "Ini peringkat 3 di dunia.",
    ],
)
def test_dates_ages_and_names_count_nothing(text: str) -> None:
    assert numbers(text) == ()


def test_scores_of_matches_are_numbers_where_something_is_played() -> None:
    (score,) = numbers("Garuda Muda menang 2-1 atas tamunya.")
    assert (score.text, score.value) == ("2-1", None)
    assert numbers("Ruas 2-1 ditutup sementara.") == ()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Nilai bantuan beasiswa mencapai Rp 2 miliar.", "Nilai bantuan beasiswa"),
        ("Banjir menewaskan 23 orang di dua desa.", "orang di dua desa"),
        ("Harga telur ayam naik 4%.", "Harga telur ayam naik"),
    ],
)
def test_what_is_counted_is_said_in_the_words_of_the_text(text: str, what: str) -> None:
    assert numbers(text)[0].what == what


def test_the_most_important_come_first_and_a_few_are_enough() -> None:
    text = "Dua toko tutup. Kerugian Rp 3 miliar. " + " ".join(f"Ada {n} lembar daun." for n in range(20, 60))
    found = numbers(text, "Kebakaran Tewaskan 4 Orang")
    assert [one.text for one in found[:2]] == ["4 Orang", "Rp 3 miliar"]
    assert len(found) <= 6


def test_the_same_number_is_told_once() -> None:
    assert len(numbers("Kerugian Rp 3 miliar. Total kerugian Rp3 miliar.")) == 1


@given(st.text(alphabet="0123456789.,-% Rporangjutaseminggu\n", max_size=200))
def test_anything_is_survived_and_stays_verbatim(text: str) -> None:
    for number in numbers(text):
        assert number.text in " ".join(text.split("\n")) or number.text in text
        assert number.value is None or number.value >= 0


@pytest.mark.parametrize(
    "hostile", ["1" * 100_000, "1.000." * 20_000, "Rp " * 30_000, "dua puluh " * 10_000, "1-1," * 25_000]
)
def test_hostile_text_is_bounded(hostile: str) -> None:
    assert len(numbers(hostile, hostile)) <= 6
