from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.models import Figure, Quote
from services.nlp.quotes import find_quotes
from services.nlp.sentences import split_sentences


def figure(name: str, *aliases: str, role: str | None = None) -> Figure:
    return Figure(name, aliases, role, 1, main=False, tone=None)


LINA = figure("Lina Hapsari", "Lina", role="Kepala Dinas Kesehatan")
TONO = figure("Tono Wibisono", "Tono")


def quotes(text: str) -> tuple[Quote, ...]:
    return find_quotes(split_sentences("Judul", text), [LINA, TONO])


@pytest.mark.parametrize(
    "text",
    [
        '"Kami siap membantu semua warga," kata Lina.',
        '"Kami siap membantu semua warga " ujar Lina Hapsari, Senin (1/6).',
        "“Kami siap membantu semua warga,” tutur Kepala Dinas, Lina Hapsari.",
        'Menurut Lina, "Kami siap membantu semua warga."',
        'Lina mengatakan pihaknya bekerja. "Kami siap membantu semua warga," ujarnya.',
        'Lina mengatakan pihaknya bekerja. Tono hadir. "Kami siap membantu semua warga," katanya.',
        'Lina menjelaskan: "Kami siap membantu semua warga."',
        '"We are ready to help," said Lina. "Kami siap membantu semua warga," she added.',
        '"Kami siap membantu semua warga," Lina said on Monday.',
        '"Kami siap membantu semua warga," seloroh dr. Lina saat ditemui.',
        '"Kami siap membantu semua warga," ujar dr. Lina Hapsari.',
        '"Kami siap membantu semua warga," Lina menegaskan.',
        '"Kami siap membantu semua warga," kata kuasa hukum Tono, Lina Hapsari.',
        '"Kami siap membantu semua warga," kata seorang petugas, Lina.',
        '"Kami siap membantu semua warga," tutup Kepala Dinas Kesehatan.',
        '"Saya datang membawa bantuan," kata Lina. "Kami siap membantu semua warga," kenangnya.',
        '"Saya datang membawa bantuan," kata Lina. "Kami siap membantu semua warga," jelas kepala dinas itu.',
        'Tono hadir. Sekolah ditutup, kata Kepala Dinas Lina Hapsari. "Kami siap membantu semua warga," katanya.',
        'Lina hadir. Ia menilai Tono gagal. "Kami siap membantu semua warga," tegasnya.',
        'Hal itu disampaikan Lina kepada Tono. "Kami siap membantu semua warga," katanya.',
        'Lina menyebut pihaknya "Kami siap membantu semua warga" dan pergi.',
    ],
)
def test_the_speaker_is_named_in_full(text: str) -> None:
    found = quotes(text)
    assert Quote("Lina Hapsari", found[-1].text) == found[-1]
    assert "Kami siap membantu semua warga" in found[-1].text


def test_a_quote_may_run_over_sentences() -> None:
    (quote,) = quotes('Tono hadir. "Kami siap membantu. Jangan ragu menghubungi kami." kata Lina.')
    assert quote == Quote("Lina Hapsari", "Kami siap membantu. Jangan ragu menghubungi kami.")


def test_a_name_inside_a_quote_does_not_speak() -> None:
    found = quotes('"Saya kagum pada Pak Tono sejak lama," kata Lina. "Beliau dan Tono selalu tepat waktu," ujarnya.')
    assert [one.speaker for one in found] == ["Lina Hapsari", "Lina Hapsari"]


def test_an_unclosed_quote_ends_with_its_paragraph() -> None:
    first, second = quotes(
        'Lina mengatakan:\n"Kami siap membantu semua warga\nTono menilai lain. "Itu belum cukup bagi warga," katanya.'
    )
    assert first == Quote("Lina Hapsari", "Kami siap membantu semua warga")
    assert second.speaker == "Tono Wibisono"


@pytest.mark.parametrize(
    "text",
    [
        '"Kami takut air naik lagi malam ini," kata seorang warga.',
        '"Kami takut air naik lagi malam ini."',
        'Film "Laskar Pelangi" diputar Lina.',
        'Lina menyebut "pahlawan" itu.',
        'Aturan itu diteken Lina. "Gaji dibayarkan paling cepat bulan Juni," bunyi Pasal 15.',
        'Lina hadir. "Kami berharap aturan itu segera diperbaiki," tulis Ikatan Dokter.',
        '"Kami takut air naik lagi malam ini," ungkap laporan tersebut. Lina hadir.',
        '"Ayah saya selalu bangun lebih pagi," kata putri bungsunya, mengutip Lina.',
        '"Suami saya selalu bangun pagi," kata istri Tono.',
        'Lina meraih penghargaan "Mitra Rumah Sakit Terbaik Tahun Ini" dari wali kota.',
        'Lina hadir. "Kami takut air naik lagi," kata Budi. "Kami takut sekali malam ini," ujarnya.',
    ],
)
def test_better_nobody_than_somebody_else(text: str) -> None:
    assert quotes(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "Tidak ada kutipan di sini.",
        "",
    ],
)
def test_nobody_is_quoted_who_did_not_speak(text: str) -> None:
    assert quotes(text) == ()


def test_a_shared_name_goes_to_the_more_prominent() -> None:
    rich, poor = figure("Rudi Hartono", "Hartono"), figure("Yuli Hartono", "Hartono")
    found = find_quotes(split_sentences("", '"Saya akan kembali lagi besok," kata Hartono.'), [rich, poor])
    assert found[0].speaker == "Rudi Hartono"


@given(st.text(alphabet='"“” kataLina.\n,', max_size=200))
def test_anything_is_survived_and_stays_verbatim(text: str) -> None:
    for quote in quotes(text):
        assert quote.speaker == "Lina Hapsari"


@pytest.mark.parametrize(
    "hostile", ['"' * 100_000, '"a ' * 30_000, "“" * 50_000, "kata " * 20_000 + '"', '" kata ' * 20_000]
)
def test_hostile_text_is_bounded(hostile: str) -> None:
    assert len(quotes(hostile)) <= 60
