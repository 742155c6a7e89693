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
        ("Kerugian negara Rp 1,73 T menurut jaksa.", "Rp 1,73 T", 1.73e12, "IDR"),
        ("Kerugian negara Rp 857 M menurut jaksa.", "Rp 857 M", 857e9, "IDR"),
        ("The fund raised $5M last year.", "$5M", 5e6, "USD"),
        ("The fund raised $3.5B last year.", "$3.5B", 3.5e9, "USD"),
        ("Ponsel itu dijual Rp 10,749 juta.", "Rp 10,749 juta", 10.749e6, "IDR"),
        ("Kekayaan itu bernilai Rp 15.400 triliun.", "Rp 15.400 triliun", 15.4e15, "IDR"),
        ("Ponsel itu dijual Rp 2 jutaan.", "Rp 2 jutaan", 2e6, "IDR"),
        ("Rupiah melemah ke Rp 17.700/US$ hari ini.", "Rp 17.700/US$", 17_700, "IDR"),
        ("Dolar kini di level Rp 17.600-an.", "Rp 17.600-an", 17_600, "IDR"),
        ("Nilainya RP 1,44-1,64 triliun.", "RP 1,44-1,64 triliun", 1.44e12, "IDR"),
        ("Anggarannya Rp 8,2 miliar.", "Rp 8,2 miliar", 8.2e9, "IDR"),
        ("Lomba yang digelar di kota itu sejauh 1.500 meter.", "1.500 meter", 1500, "meter"),
        ("The road that was built to the sea is 1,500 meters long.", "1,500 meters", 1500, "meters"),
        ("The stock of the firm that was sold fell 0.125% to 3.125 million units.", "0.125%", 0.125, "%"),
        ("Gempa berkekuatan Magnitudo 5,1 mengguncang.", "Magnitudo 5,1", 5.1, "M"),
        ("Gempa bermagnitudo 8 mengguncang.", "magnitudo 8", 8, "M"),
        ("A 6.4-magnitude earthquake struck.", "6.4-magnitude", 6.4, "M"),
        ("More than two hundred people fled.", "two hundred people", 200, "people"),
        ("At least twenty-three homes burned.", "twenty-three homes", 23, "homes"),
    ],
)
def test_a_number_is_read_as_it_is_meant(text: str, written: str, value: float | None, unit: str) -> None:
    found = next(one for one in numbers(text) if one.text.startswith(written))
    assert found.value == value
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
        "Ajeng berdinas di Skadron Udara 17 TNI AU sejak lama.",
        "Gempa di 2,02 lintang utara dan 96,69 bujur timur.",
        "Libur pada 27 Mei-5 Juni.",
        "A 33-year-old man was held.",
        "Pada ronde 11 sedianya ia menyerah.",
        "Jalan kaki 150-300 kali setidaknya.",
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
        ("Sebanyak 23 orang di desa itu mengungsi.", "orang di desa itu mengungsi"),
        ("Banjir menewaskan 23 orang di desa itu.", "Banjir menewaskan"),
        ("Pajak menyumbang Rp 5 miliar atau setara 2 persen.", "Pajak menyumbang"),
        ("Harga minyak Brent turun 4% menjadi US$ 98.", "Harga minyak Brent turun"),
        ("Dananya Rp 9 miliar untuk beasiswa guru.", "Dananya untuk beasiswa guru"),
        ("Polls found that 43 percent of voters agreed.", "voters agreed"),
        ("Harga telur ayam naik 4%.", "Harga telur ayam naik"),
    ],
)
def test_what_is_counted_is_said_in_the_words_of_the_text(text: str, what: str) -> None:
    assert numbers(text)[0].what == what


def test_the_most_important_come_first_and_a_few_are_enough() -> None:
    text = "Dua toko tutup. Kerugian Rp 3 miliar. " + " ".join(f"Ada {n} lembar daun." for n in range(20, 60))
    found = numbers(text, "Kebakaran Tewaskan 4 Orang")
    assert [one.text for one in found[:2]] == ["4 Orang", "Rp 3 miliar"]
    assert len(found) <= 8


def test_a_match_is_told_by_its_result() -> None:
    text = "Timnya unggul 3-1 lalu 5-2. Skor kembali sama kuat 7-7 lalu 9-9. Mereka menang 21-15, 21-18."
    scores = [one.text for one in numbers(text, "Indonesia Menang 2-0") if "-" in one.text]
    assert scores[0] == "2-0"
    assert len(scores) == 3


def test_each_number_keeps_its_own_words() -> None:
    flood, fire = numbers("Banjir menewaskan 23 orang dan melukai 1.200 warga di desa itu.")
    assert (flood.what, fire.what) == ("Banjir menewaskan", "melukai di desa")


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
    assert len(numbers(hostile, hostile)) <= 8


def test_what_a_number_counts_is_told_by_the_body_rather_than_the_headline() -> None:
    found = numbers("Sebanyak 1.200 warga kini bisa menyeberang dengan aman.", "1.200 Warga Tak Lagi Memutar")
    assert [(one.text, one.what) for one in found] == [("1.200 warga", "warga kini bisa menyeberang")]
