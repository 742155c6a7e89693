"""A card in a terminal, and where there is none."""

from __future__ import annotations

import io

import pytest
from builders import JAKARTA, an_annotation, an_article

from handlers.card_text import CardText, Piece
from handlers.cards import annotation_card
from handlers.inert import SEPARATOR
from handlers.terminal import counted, print_card

URL = "https://kabar.example/a?b=1#c"
ARTICLE = an_annotation(article=an_article(title="Banjir 😀 di detik.com [/b] :smile:", url=URL))
CARD = annotation_card(ARTICLE, "id", JAKARTA)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def printed(file: io.StringIO, width: int | None = None) -> str:
    print_card(CARD, file, width)
    return file.getvalue()


def test_a_file_gets_plain_text() -> None:
    text = printed(io.StringIO())
    assert "\x1b" not in text
    assert SEPARATOR not in text
    lines = text.splitlines()
    assert lines[:2] == ["Banjir 😀 di detik.com [/b] :smile:", URL]
    assert "│ Lembaga: Pemerintah Kota Bandung" in lines
    assert "📍 Kota Bandung, Jawa Barat" in lines
    assert lines.count("") == 3


def test_a_file_gets_each_paragraph_on_a_line() -> None:
    card = CardText()
    card.add(Piece("panjang " * 100))
    file = io.StringIO()
    print_card(card.card(), file)
    assert file.getvalue() == ("panjang " * 100).strip() + "\n"


def test_a_terminal_gets_bold_and_links() -> None:
    text = printed(Terminal(), 80)
    assert f";{URL}\x1b\\" in text
    assert f"\n{URL}\n" not in text
    title, tone = text.splitlines()[0], text.splitlines()[3]
    assert title.startswith("\x1b[1;4m") or "\x1b[1;4m" in title
    assert "\x1b[1mPositif\x1b[0m" in tone


def test_lines_are_wrapped_with_the_quote_indented() -> None:
    lines = printed(io.StringIO(), 24).splitlines()
    lines.remove(URL)
    assert max(map(len, lines)) <= 24
    quote = [line for line in lines if line.startswith("│ ")]
    assert len(quote) > 3
    assert " ".join(line.removeprefix("│ ") for line in quote).endswith("Lembaga: Pemerintah Kota Bandung")


def test_a_span_after_an_astral_character_is_drawn_in_its_place() -> None:
    card = CardText()
    card.add(Piece("😀😀 "), Piece("tebal", ("bold",)), Piece(" biasa"))
    terminal = Terminal()
    print_card(card.card(), terminal, 80)
    assert terminal.getvalue() == "😀😀 \x1b[1mtebal\x1b[0m biasa\n"


def test_progress_is_counted_on_a_terminal_only() -> None:
    terminal, file = Terminal(), io.StringIO()
    for target in (terminal, file):
        with counted(target) as advance:
            advance()
            advance()
    assert "2/?" in terminal.getvalue()
    assert file.getvalue() == ""
