"""The card of an article: what it says, how long it gets, and that nothing in it is linked but the title."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from autolink import telegram_would_link
from builders import JAKARTA, a_figure, a_number, a_place, a_tone, an_annotation, an_article, an_outlet
from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.card_text import Card, CardText, Piece, Span, shorten, split, utf16_length
from handlers.cards import annotation_card
from handlers.inert import without_separators
from services.models import Annotation, Candidate, Evidence, Number, Organization, Outlet, Quote, Tone, ToneScores

# --- reading a card the way Telegram does


def under(card: Card, span: Span) -> str:
    units = card.text.encode("utf-16-le")[2 * span.offset : 2 * (span.offset + span.length)]
    return units.decode("utf-16-le")


def spans(card: Card, kind: str) -> list[str]:
    return [without_separators(under(card, span)) for span in card.spans if span.kind == kind]


def shown(annotation: Annotation, language: str = "id") -> str:
    return without_separators(annotation_card(annotation, "en" if language == "en" else "id", JAKARTA).text)


def line_with(annotation: Annotation, start: str, language: str = "id") -> str:
    return next((line for line in shown(annotation, language).splitlines() if line.startswith(start)), "")


def in_sight(card: Card) -> str:
    hidden = "".join(spans(card, "expandable_quote"))
    return without_separators(card.text).replace(hidden, "") if hidden else without_separators(card.text)


def assert_telegram_takes_it(card: Card) -> None:
    length = utf16_length(card.text)
    assert 0 < length <= 4096
    assert len(card.spans) <= 100
    assert card.text == card.text.strip()
    assert list(card.spans) == sorted(card.spans, key=lambda span: (span.offset, -span.length))
    for span in card.spans:
        inside = under(card, span)  # fails inside a surrogate pair
        assert span.offset >= 0
        assert inside
        assert inside == inside.strip()
        assert (span.url is not None) == (span.kind == "link")
    for outer, inner in pairwise(card.spans):
        apart = inner.offset >= outer.offset + outer.length
        assert apart or inner.offset + inner.length <= outer.offset + outer.length
    assert telegram_would_link(card.text) == []


# --- what it says

RICH = an_annotation(
    summary=(
        "Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin.",
        "Jembatan itu ditargetkan selesai akhir tahun depan.",
        "Selama pembangunan, lalu lintas dialihkan ke Jalan Arjuna.",
    ),
    figures=(a_figure(), a_figure("Asep Munandar", None, main=False)),
    places=(a_place("Jawa Barat", None, kind="province", event=False), a_place()),
)


def test_a_card_from_top_to_bottom() -> None:
    assert shown(RICH) == (
        "Jembatan Layang Ciroyom Mulai Dibangun\n"
        "Kabar Priangan · daerah (Jawa Barat) · 15 Juni 2026, 09.05 WIB · 1 menit baca\n"
        "\n"
        "🟢 Positif ▰▰▰▰▰▰▰▰▰▱ 87%\n"
        "“Warga tidak perlu lagi menunggu kereta lewat.”\n"
        "\n"
        "Pemerintah Kota Bandung mulai membangun jembatan layang Ciroyom pada Senin. "
        "Jembatan itu ditargetkan selesai akhir tahun depan.\n"
        "Selama pembangunan, lalu lintas dialihkan ke Jalan Arjuna.\n"
        "💬 “Warga tidak perlu lagi menunggu kereta lewat” – Ratna Dewantari\n"
        "Lembaga: Pemerintah Kota Bandung\n"
        "\n"
        "📍 Kota Bandung, Jawa Barat\n"
        "👤 Ratna Dewantari (Wali Kota Bandung) · Asep Munandar\n"
        "🔢 Rp 1,2 triliun (biaya jembatan)"
    )


def test_the_same_in_english() -> None:
    text = shown(RICH, "en")
    assert "Kabar Priangan · regional (Jawa Barat) · 15 June 2026, 09:05 WIB · 1 min read" in text
    assert "🟢 Positive" in text
    assert "Organizations: " in text


def test_the_title_is_the_link_and_the_rest_expands() -> None:
    card = annotation_card(RICH, "id", JAKARTA)
    (link,) = [span for span in card.spans if span.kind == "link"]
    assert (without_separators(under(card, link)), link.url) == (RICH.article.title, RICH.article.url)
    assert card.spans[1].kind == "bold"
    assert card.spans[1].offset == link.offset
    (hidden,) = spans(card, "expandable_quote")
    assert hidden.startswith("Selama pembangunan")
    assert hidden.endswith("Lembaga: Pemerintah Kota Bandung")
    assert spans(card, "bold")[1:] == ["Positif", "Kota Bandung", "Ratna Dewantari", "Rp 1,2 triliun"]
    assert_telegram_takes_it(card)


@pytest.mark.parametrize(
    "url",
    [
        *(None, "", "javascript:alert(1)", "tg://user?id=1", "https://", "http://[::1"),
        "https://bank.example@jahat.example/",
        "https://kabar.example/\u202egnp.exe",
        "https://kabar.example/a b",
        "https://kabar.example/" + "a" * 3000,
    ],
)
def test_an_address_that_is_not_plainly_of_the_web_is_not_linked(url: str | None) -> None:
    card = annotation_card(an_annotation(article=an_article(url=url)), "id", JAKARTA)
    assert spans(card, "link") == []
    assert "Jembatan Layang Ciroyom Mulai Dibangun" in spans(card, "bold")


def test_the_canonical_address_stands_in() -> None:
    article = an_article(url=None, canonical_url="https://kabar.example/asli")
    assert annotation_card(an_annotation(article=article), "id", JAKARTA).spans[0].url == "https://kabar.example/asli"


def test_a_missing_title_still_leads_to_the_article() -> None:
    card = annotation_card(an_annotation(article=an_article(title=" \u200b")), "id", JAKARTA)
    assert spans(card, "link") == ["Artikel tanpa judul"]


def test_what_is_missing_has_no_line() -> None:
    article = an_article(text="", url=None, published=None, outlet=Outlet(None, None, "unknown", None))
    bare = an_annotation(
        article=article,
        summary=(),
        figures=(),
        places=(),
        organizations=(),
        numbers=(),
        quotes=(),
        tone=a_tone(evidence=()),
    )
    assert shown(bare) == "Jembatan Layang Ciroyom Mulai Dibangun\n\n🟢 Positif ▰▰▰▰▰▰▰▰▰▱ 87%"


@pytest.mark.parametrize(
    ("outlet", "line"),
    [
        (Outlet(None, "detik.com", "national", None), "detik.com · nasional"),
        (an_outlet("Kabar", "regional", None), "Kabar · daerah"),
        (an_outlet("Kabar", "international", "Jawa Barat"), "Kabar · internasional"),
        (an_outlet("Kabar", "unknown"), "Kabar"),
    ],
)
def test_the_outlet(outlet: Outlet, line: str) -> None:
    article = an_article(outlet=outlet, published=None, text="")
    assert shown(an_annotation(article=article)).splitlines()[1] == line


def test_an_outlet_named_like_a_domain_is_no_link() -> None:
    card = annotation_card(an_annotation(article=an_article(outlet=an_outlet("detik.com"))), "id", JAKARTA)
    assert "detik.com" not in card.text
    assert "detik.com" in without_separators(card.text)
    assert telegram_would_link(card.text) == []


def test_a_time_is_told_in_the_readers_zone() -> None:
    annotation = an_annotation(article=an_article(published=datetime(2024, 6, 18, 22, 30, tzinfo=UTC)))
    card = annotation_card(annotation, "id", ZoneInfo("Asia/Jayapura"))
    assert "19 Juni 2024, 07.30 WIT" in without_separators(card.text)


@pytest.mark.parametrize("published", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_time_at_the_end_of_the_calendar_is_left_out(published: datetime) -> None:
    for zone in (JAKARTA, ZoneInfo("America/Lima")):
        annotation = an_annotation(article=an_article(published=published))
        assert "9999" not in annotation_card(annotation, "id", zone).text


# --- tone


def test_what_is_not_sure_says_so_with_the_two_closest() -> None:
    scores = ToneScores(positive=0.08, neutral=0.48, negative=0.44)
    annotation = an_annotation(tone=Tone("neutral", 0.48, False, scores, ()))
    assert line_with(annotation, "🟡") == "🟡 Tidak yakin: netral (48%) atau negatif (44%)"
    assert line_with(annotation, "🟡", "en") == "🟡 Not sure: neutral (48%) or negative (44%)"


def test_near_certainty_is_never_certainty() -> None:
    assert line_with(an_annotation(tone=a_tone("negative", 0.998)), "🔴").endswith("99,8%")
    assert line_with(an_annotation(tone=a_tone("negative", 1.0)), "🔴").endswith("99,9%")


def test_the_evidence_is_a_sentence_with_which_the_summary_does_not_begin() -> None:
    tone = a_tone(evidence=(RICH.summary[0], "Warga menyambutnya dengan gembira."))
    assert line_with(replace(RICH, tone=tone), "“") == "“Warga menyambutnya dengan gembira.”"


def test_no_sentence_is_shown_twice() -> None:
    text = shown(replace(RICH, tone=a_tone(evidence=(RICH.summary[0],))))
    assert f"“{RICH.summary[0]}”\n\n{RICH.summary[1]}" in text
    assert text.count(RICH.summary[0]) == 1
    alone = an_annotation(tone=a_tone(evidence=(RICH.summary[0],)), summary=RICH.summary[:1])
    assert shown(alone).count(RICH.summary[0]) == 2, "a card without a summary would be worse"


def test_the_evidence_speaks_for_the_tone_that_is_told() -> None:
    tone = a_tone("negative", evidence=("Dua warga hilang.",))
    against = Evidence("Bantuan mulai berdatangan.", "positive", 0.99)
    assert (
        line_with(an_annotation(tone=replace(tone, evidence=(against, *tone.evidence))), "“") == "“Dua warga hilang.”"
    )


def test_long_evidence_ends_at_a_word_and_keeps_its_words() -> None:
    sentence = "Warga " + "sangat " * 60 + "gembira."
    line = line_with(an_annotation(tone=a_tone(evidence=(sentence,))), "“")
    assert line.endswith("sangat…”")
    assert line[1:-2] in sentence


def test_a_sentence_with_quotation_marks_gets_the_other_kind() -> None:
    said = '"Kami kaget," kata Asep.'
    assert line_with(an_annotation(tone=a_tone(evidence=(said,))), "‘") == f"‘{said}’"


# --- summary


def test_a_long_first_sentence_goes_on_in_the_quote() -> None:
    sentence = "Pemerintah " + "sungguh " * 60 + "membangun."
    card = annotation_card(an_annotation(summary=(sentence, "Selesai.")), "id", JAKARTA)
    (hidden,) = spans(card, "expandable_quote")
    (lead,) = [line for line in in_sight(card).splitlines() if line.startswith("Pemerintah ")]
    assert lead.endswith("sungguh…")
    rest = hidden.splitlines()[0]
    assert rest.startswith("…sungguh")
    assert f"{lead[:-1]} {rest[1:]}" == f"{sentence} Selesai."


def test_a_machine_written_summary_says_so() -> None:
    written = an_annotation(summary=("Jembatan dibangun.",), summary_kind="abstractive")
    card = annotation_card(written, "id", JAKARTA)
    assert "Ringkasan ini ditulis mesin, bukan kutipan:\nJembatan dibangun." in without_separators(card.text)
    assert "ditulis mesin" not in shown(an_annotation())


def test_a_quote_that_the_summary_holds_is_not_repeated() -> None:
    quote = Quote("Ratna", '"kami siap"')
    assert "💬" not in shown(an_annotation(summary=('Ratna berkata, "kami siap".',), tone=a_tone(), quotes=(quote,)))
    assert "💬 “kami siap” – Ratna" in shown(an_annotation(quotes=(quote,)))


# --- places, figures, numbers


def test_places_of_the_event_come_first() -> None:
    places = (
        a_place("Rusia", None, kind="country", event=False),
        a_place("Pyongyang", "Korea Utara", kind="foreign_city"),
    )
    assert line_with(an_annotation(places=places), "📍") == "📍 Pyongyang, Korea Utara · Rusia"


def test_an_ambiguous_place_is_flagged_with_what_it_may_be() -> None:
    candidates = (Candidate("Kota Banjar", "Jawa Barat", "1"), Candidate("Kabupaten Banjar", "Kalimantan Selatan", "2"))
    banjar = a_place("Banjar", None, candidates=candidates)
    expected = "📍 Banjar? (Kota Banjar, Jawa Barat / Kabupaten Banjar, Kalimantan Selatan)"
    assert line_with(an_annotation(places=(banjar,)), "📍") == expected
    many = a_place("Banjar", None, candidates=candidates * 5)
    assert line_with(an_annotation(places=(many,)), "📍") == "📍 Banjar?"


def test_whole_items_are_dropped_and_counted() -> None:
    figures = tuple(a_figure(f"Nama Panjang {number:04}", "Kepala Dinas") for number in range(10_000))
    line = line_with(an_annotation(figures=figures), "👤")
    items = line.removeprefix("👤 ").split(" · ")
    assert items[:-1] == [f"Nama Panjang {number:04} (Kepala Dinas)" for number in range(len(items) - 1)]
    assert items[-1] == f"+{10_000 - len(items) + 1:,}".replace(",", ".")
    assert len(items) > 3


def test_a_name_too_long_for_the_line_is_counted_and_not_cut() -> None:
    figures = (a_figure("Panjang " * 12_500), a_figure("Asep Munandar", "warga"))
    assert line_with(an_annotation(figures=figures), "👤") == "👤 Asep Munandar (warga) · +1"
    assert line_with(an_annotation(figures=figures[:1]), "👤") == ""


def test_a_role_too_long_for_the_line_leaves_the_name() -> None:
    figures = (a_figure("Asep Munandar", "kepala " * 30),)
    assert line_with(an_annotation(figures=figures), "👤") == "👤 Asep Munandar"


def test_a_number_does_not_say_twice_what_it_counts() -> None:
    numbers = (
        a_number("23 orang tewas", "orang tewas"),
        a_number("5,1 persen", "inflasi"),
        a_number("9 Orang", "orang hilang"),
    )
    assert (
        line_with(an_annotation(numbers=numbers), "🔢") == "🔢 23 orang tewas · 5,1 persen (inflasi) · 9 Orang hilang"
    )


# --- corrections


def test_what_members_corrected_is_marked_and_explained() -> None:
    corrected = an_annotation(corrected=("tone", "places"))
    assert line_with(corrected, "🟢") == "🟢 Positif ✎"
    assert line_with(corrected, "📍") == "📍 Kota Bandung, Jawa Barat ✎"
    assert "✎" not in line_with(corrected, "👤")
    assert shown(corrected).endswith("\n✎ = dikoreksi tim")
    assert "✎" not in shown(an_annotation())


# --- size and safety

LONG = "kata " * 4000


def test_a_full_card_fits_a_phone_screen() -> None:
    many = 60
    full = an_annotation(
        article=an_article(title=LONG, outlet=an_outlet(LONG), text=LONG),
        tone=a_tone(evidence=(LONG[:-1] + "a",)),
        summary=(LONG, LONG),
        figures=tuple(a_figure(f"Tokoh {number}", "Kepala Dinas") for number in range(many)),
        places=tuple(a_place(f"Kota {number}") for number in range(many)),
        numbers=tuple(a_number(f"{number} orang", "mengungsi") for number in range(many)),
        organizations=tuple(Organization(f"Lembaga {number}", 1) for number in range(many)),
        quotes=tuple(Quote(f"Tokoh {number}", LONG) for number in range(many)),
    )
    card = annotation_card(full, "id", JAKARTA)
    assert_telegram_takes_it(card)
    assert len(in_sight(card)) <= 1300


HOSTILE = st.text(
    st.sampled_from("aK0189 _@#$/.:-+()éд中😀\u0301\u200d\u202e\u2063\u200b\n\t\x1b\ud800\ufe0f\u3164👩🌾✎“”'\""),
    max_size=60,
) | st.sampled_from(
    [
        *("@budi_s", "/start@bot", "#tag", "$BBCA", "detik.com", "https://a.b/c", "0812-3456-7890", "tg://x"),
        *("4000 0000 0000 0002", "8.8.8.8", "a@b.co", "12:30", "\u202eterbalik", "تجربة", "عنوان @budi detik.com"),
        *("z" + "\u0301" * 3000, "😀" * 3000, "@a" * 3000, "1.2." * 2000, "a" * 5000),
        *("", " ", "{title}", "%s", "<b>tebal</b>", "*tebal* [a](b)"),
    ]
)
FEW = st.lists(HOSTILE, max_size=4).map(tuple)


@st.composite
def hostile_annotations(draw: st.DrawFn) -> Annotation:
    texts = st.lists(HOSTILE, min_size=8, max_size=8)
    title, url, outlet, province, role, within, what, speaker = draw(texts)
    times = draw(st.sampled_from([1, 7, 3000]))
    names = draw(FEW) * times
    return an_annotation(
        article=an_article(
            title=title,
            url=url,
            text=draw(HOSTILE),
            outlet=Outlet(outlet, outlet, "regional", province),
            published=draw(st.none() | st.datetimes(timezones=st.just(UTC))),
        ),
        tone=a_tone("neutral", draw(st.floats()), sure=draw(st.booleans()), evidence=draw(FEW)),
        summary=draw(FEW),
        summary_kind=draw(st.sampled_from(["extractive", "abstractive"])),
        figures=tuple(a_figure(name, role) for name in names),
        places=tuple(a_place(name, within, candidates=(Candidate(what, within, None),) * len(role)) for name in names),
        organizations=tuple(Organization(name, 1) for name in names),
        numbers=tuple(Number(name, what, None, None) for name in names),
        quotes=tuple(Quote(speaker, name) for name in names),
        corrected=draw(FEW),
    )


@settings(deadline=None, max_examples=120)
@given(annotation=hostile_annotations(), language=st.sampled_from(["id", "en"]))
def test_no_article_can_break_its_card(annotation: Annotation, language: str) -> None:
    card = annotation_card(annotation, "en" if language == "en" else "id", JAKARTA)
    assert_telegram_takes_it(card)
    assert [span.url for span in card.spans if span.kind == "link"] in ([], [annotation.article.url])
    assert not set(card.text) & set("\u202e\u200b\x1b\u3164\ud800")


def test_ten_thousand_of_everything_and_names_of_100_kb() -> None:
    name = "@nama_" * 17_000
    annotation = an_annotation(
        article=an_article(title=name),
        figures=tuple(a_figure(name, name) for _ in range(10_000)),
        places=tuple(a_place(name, name) for _ in range(10_000)),
        summary=(name,) * 100,
        quotes=(Quote(name, name),) * 100,
    )
    assert_telegram_takes_it(annotation_card(annotation, "id", JAKARTA))


# --- the text below a card


def test_offsets_count_utf_16_and_spans_are_trimmed_and_nested() -> None:
    text = CardText()
    text.add(
        Piece("\n"), Piece("😀 "), Piece(" detik.com ", ("bold", "link"), "https://detik.com"), Piece("  ", ("italic",))
    )
    with text.within("expandable_quote"):
        text.add(Piece("a 😀", ("bold",)), Piece(" b\n"))
    card = text.card()
    assert [(span.kind, under(card, span)) for span in card.spans] == [
        ("link", "detik.\u2063com"),
        ("bold", "detik.\u2063com"),
        ("expandable_quote", "a 😀 b"),
        ("bold", "a 😀"),
    ]
    assert card.spans[0].offset == len("😀") + 1 + 2
    assert card.text.endswith("😀 b")


def test_a_link_cannot_arise_between_two_pieces() -> None:
    text = CardText()
    text.add(Piece("detik."), Piece("com", ("bold",)), Piece(" @"), Piece("budi 0812"), Piece("3456789"))
    assert telegram_would_link("detik.com @budi 08123456789") != []
    assert telegram_would_link(text.card().text) == []


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("satu dua tiga", 13, ("satu dua tiga", "")),
        ("satu dua tiga", 12, ("satu dua…", "…tiga")),
        ("satu dua, tiga", 11, ("satu dua…", "…tiga")),
        ("satuduatiga", 6, ("satud…", "…uatiga")),
        ("😀😀😀", 4, ("😀…", "…😀😀")),
        ("abe\u0301e\u0301e\u0301", 6, ("abe\u0301…", "…e\u0301e\u0301")),
        ("a👩\u200d🌾👩\u200d🌾", 6, ("a…", "…👩\u200d🌾👩\u200d🌾")),
    ],
)
def test_text_is_cut_where_a_word_ends(text: str, limit: int, parts: tuple[str, str]) -> None:
    assert split(text, limit) == parts
    assert shorten(text, limit) == parts[0]
    assert utf16_length(parts[0]) <= limit


def test_importing_cards_brings_in_nothing_of_others() -> None:
    script = (
        "import sys, handlers.cards, handlers.terminal; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert not set(loaded) & {"telegram", "rich", "numpy", "httpx", "onnxruntime", "bot"}


def test_the_title_is_evidence_only_where_there_is_no_other() -> None:
    title, other = "Harga Beras Turun Tipis di Pasar", "Pembeli mulai kembali ke pasar."
    for evidence, shown in (((title, other), other), ((title,), title)):
        annotation = an_annotation(article=an_article(title=title), tone=a_tone(evidence=evidence))
        assert f"“{shown}”" in annotation_card(annotation, "id", JAKARTA).text


def test_a_province_is_not_told_twice() -> None:
    city, province = a_place("Kota Bandung", "Jawa Barat"), a_place("Jawa Barat", None, kind="province", event=False)
    assert line_with(an_annotation(places=(city, province)), "📍") == "📍 Kota Bandung, Jawa Barat"
    assert line_with(an_annotation(places=(province,)), "📍") == "📍 Jawa Barat"
    event = a_place("Jawa Barat", None, kind="province", event=True)
    assert line_with(an_annotation(places=(city, event)), "📍") == "📍 Kota Bandung, Jawa Barat · Jawa Barat"
