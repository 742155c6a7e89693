"""Text that shows only itself: nothing hidden, nothing linked, and the same to a reader."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from autolink import Linked, telegram_would_link
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.inert import SEPARATOR, make_inert, sanitise, without_separators

LINKED = [
    ("mention", "kata @budi_santoso tadi"),
    ("mention", "(@gif)"),
    ("command", "ketik /mulai sekarang"),
    ("command", "/bantuan@warta_bot"),
    ("command", "«/a»"),
    ("hashtag", "#BanjirBandung"),
    ("hashtag", "lihat #2026_lagi!"),
    ("hashtag", "#кот"),
    ("cashtag", "saham $BBCA naik"),
    ("cashtag", "$1INCH"),
    ("bank card", "4000 0000 0000 0002"),
    ("bank card", "nomor 4000-0000-0000-0002."),
    ("url", "tg://resolve?domain=warta"),
    ("url", "TON://kabar"),
    ("url", "detik.com"),
    ("url", "baca okezone.com/berita?x=1#y"),
    ("url", "(Kompas.com)"),
    ("url", "https://kabar.example/a"),
    ("url", "http://rumah.4x"),
    ("url", "http://é.4x"),
    ("url", "ftp://é.contoh"),
    ("url", "президент.рф"),
    ("url", "xn--e1afmkfd.xn--p1ai"),
    ("url", "budi@kabar.co.id"),
    ("url", "budi:rahasia@kabar.co.id:8080/x"),
    ("url", "10.0.0.254"),
    ("url", "8.8.8.8:53"),
    ("url", "Rp1.000.id"),
    ("url", "kata.Lalu"),
    ("phone", "+62 812-3456-7890"),
    ("phone", "081234567890"),
    ("phone", "(021) 500-500-1"),
    ("video time", "pukul 21:05 tadi"),
    ("video time", "1:02:59"),
]
UNLINKED = [
    "",
    "Rp 1,2 triliun",
    "3.5 persen",
    "US$ 3.5 miliar",
    "dan/atau",
    "18/6/2024",
    "No. 5 tahun 2026. Lalu apa?",
    "C# dan F#",
    "99,8%",
    "skor 3-1",
    "21.05 WIB",
    "akhir...",
    "a@b",
    "@ab",
    "$abc",
    "#123",
    "1.000.000",
    "Rp 70.000",
    "jalan 1/2",
]


@pytest.mark.parametrize(("kind", "text"), LINKED)
def test_what_telegram_links_comes_out_unlinked(kind: str, text: str) -> None:
    assert kind in {linked.kind for linked in telegram_would_link(text)}, "the detector must know it"
    assert telegram_would_link(make_inert(text)) == []


@pytest.mark.parametrize(("kind", "text"), LINKED)
def test_it_looks_the_same(kind: str, text: str) -> None:
    inert = make_inert(text)
    assert inert != text, kind
    assert without_separators(inert) == text
    assert unicodedata.category(SEPARATOR) == "Cf"


@pytest.mark.parametrize("text", UNLINKED)
def test_the_detector_leaves_ordinary_text_alone(text: str) -> None:
    assert [linked for linked in telegram_would_link(text) if linked.kind != "phone"] == []


@pytest.mark.parametrize(
    "text", ["Rp 1,2 triliun", "3.5 persen", "99,8%", "18 Juni 2024, 21.05 WIB", "dan/atau", "1.240 rumah"]
)
def test_ordinary_numbers_are_not_even_touched(text: str) -> None:
    assert make_inert(text) == text


@pytest.mark.parametrize("separator", ["\u200b", "\u200c", "\u2060"])
def test_no_better_known_invisible_character_would_do(separator: str) -> None:
    texts = [text.replace("|", separator) for text in ("0812|345|6789", "#|tag", "http://|detik.|com")]
    assert any(telegram_would_link(text) for text in texts)
    assert not any(telegram_would_link(text.replace(separator, SEPARATOR)) for text in texts)


def test_the_detector_tells_where() -> None:
    assert telegram_would_link("oleh @sari_w, detik.com.") == [Linked("mention", 5, 12), Linked("url", 14, 23)]


TRICKY = st.text(
    st.sampled_from("ab0189Zz_@#$/.:-+()[]<>~·'\" \u00e9\u0434\u4e2d\u0b95\u0dca\u0301\u20e3\ufe0f😀x" + SEPARATOR),
    max_size=40,
)
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *("@budi", "/mulai", "/a@bot", "#tag", "$BBCA", "detik.com", "http://", "tg://x", "a@b.co", "0812345678"),
            *(
                "1.2.3.4",
                "4000000000000002",
                " ",
                ".",
                "/",
                "@",
                ":",
                "12:30",
                "//",
                "+62",
                "-",
                "x",
                "é",
                "#",
                "·",
                "…",
            ),
        ]
    )
).map("".join)


@settings(deadline=None, max_examples=600)
@given(text=TRICKY | FRAGMENTS | st.text())
def test_nothing_is_linked_in_any_text(text: str) -> None:
    assert telegram_would_link(make_inert(sanitise(text))) == []


@settings(deadline=None, max_examples=400)
@given(text=TRICKY | st.text(st.characters(exclude_categories=())))
def test_nothing_hidden_is_left(text: str) -> None:
    clean = sanitise(text)
    hidden = {
        character
        for character in clean
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    }
    assert hidden <= {"\u200d"}
    assert unicodedata.is_normalized("NFC", clean)
    assert clean == clean.strip()
    assert not re.search(r"\s\s|[^\S ]", clean)
    assert sanitise(clean) == clean


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("ke\u202ebalik\u202c", "kebalik"),
        ("\u2066Putin\u2069 \u200ftiba\u200e", "Putin tiba"),
        ("det\u200bik\u00ad.\u2060c\u200com\ufeff", "detik.com"),
        ("a\u200db", "ab"),
        ("nol\x00 dan\x1b[31m merah\x9b", "nol dan[31m merah"),
        ("garis\u2028baru\u2029lagi\r\n\tdan\xa0spasi\u3000lebar", "garis baru lagi dan spasi lebar"),
        ("bendera \U0001f3f4\U000e0067\U000e0062\U000e007f!", "bendera \U0001f3f4!"),
        ("varian\ufe0f \u845b\U000e0100", "varian \u845b"),
        ("\u3164\u115fHangul\uffa0", "Hangul"),
        ("pribadi\ue000\U000f0000", "pribadi"),
        ("tunggal\ud83d", "tunggal"),
        ("e\u0301", "\u00e9"),
        ("z" + "\u0301" * 500, "\u017a\u0301\u0301"),
        ("\u0338awal \u0338tengah", "awal tengah"),
        ("a\u030a x\u030a \u0333", "\u00e5 x"),
        ("kosong\u2800di\ufffcsini", "kosong di sini"),
        ("\U0001f469\u200d\U0001f33e \u2764\ufe0f\ufe0f", "\U0001f469\u200d\U0001f33e \u2764\ufe0f"),
        ("\U0001f468\U0001f3fd\u200d\U0001f33e", "\U0001f468\U0001f3fd\u200d\U0001f33e"),
        ("\U0001f469\u200d", "\U0001f469"),
        ("  \u200b  ", ""),
    ],
)  # fmt: skip
def test_sanitised(dirty: str, clean: str) -> None:
    assert sanitise(dirty) == clean


def test_hostile_lengths_cost_little() -> None:
    start = time.process_time()
    sanitise("a" + "\u0301\u0316" * 50_000)
    for unit in ("1 ", "@a", ".a", "/", ":", "1.1", "((((1", "$A", "#"):
        make_inert(unit * 30_000)
    # Linear work takes well under a second; what is quadratic takes minutes.
    assert time.process_time() - start < 20
