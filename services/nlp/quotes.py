"""Sentences and figures go in; who said what comes out: words between quotation marks, with their speaker's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.models import Figure, Quote
from services.nlp.reading import Sentence

# What somebody says is a clause; fewer words between marks are a title of a work or a word held at arm's length.
_FEWEST_WORDS = 4
# A quote that goes on for longer has lost its closing mark.
_LONGEST = 1_500
_LONGEST_TEXT = 100_000
_MOST_QUOTES = 60
_SAYING = (
    r"kata|ujar|ucap|tutur|jelas|terang|tegas|ungkap|papar|imbuh|tambah|lanjut|sambung|tandas|pungkas|tukas|sebut|cetus|"
    r"beber|urai|aku|kisah|timpal|jawab|seru|klaim|keluh|pinta|harap|said|says|added|told|explained|according to"
)
_MARK = re.compile(r"[\"“”„«»]")
# '" kata X', '," ujarnya', '." X said'.
_AFTER = re.compile(rf"[\s,.!?]{{0,4}}\b(?:{_SAYING})(?P<own>nya)?\b(?P<who>[^.!?\"“”\n]{{0,160}})", re.IGNORECASE)
_NAME_SAYS = re.compile(r"[\s,]{0,3}(?P<who>[^.!?\"“”\n,]{3,80}?)\s(?:said|says|added|told)\b")
_REPORTS = re.compile(
    r"\b(?:menurut|mengatakan|menjelaskan|menegaskan|menyampaikan|mengungkapkan|menyebutkan?|menilai|menuturkan|"
    r"memaparkan|menambahkan|mengaku|mengklaim|berkata|berujar|menyatakan|meminta|mengingatkan|according to|said|says|"
    r"told|added)\b",
    re.IGNORECASE,
)
# Characters around a verb of reporting in which its subject stands.
_SUBJECT = 160
_CIRCUMSTANCES = frozenset(("saat", "dalam", "di", "kepada", "pada", "usai", "ketika", "sambil", "in", "on", "at"))
_PRONOUN = re.compile(r"\s*(?:dia|ia|beliau|he|she)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class _Speech:
    """Words between marks, the narration since the speech before them, and what follows them."""

    words: str
    before: str
    after: str


def find_quotes(sentences: Sequence[Sentence], figures: Sequence[Figure]) -> tuple[Quote, ...]:
    """What the figures of an article are quoted with, verbatim and in reading order; `sentences[0]` is the title.

    A quote whose speaker is no figure, or can't be told, is left out.
    """
    names = _names(figures)
    quotes: list[Quote] = []
    last: str | None = None
    for speech in _speeches(_narrated(sentences[1:])):
        last = _speaker(speech, names, last)
        if last and len(speech.words.split()) >= _FEWEST_WORDS:
            quotes.append(Quote(last, speech.words))
    return tuple(quotes[:_MOST_QUOTES])


def _names(figures: Sequence[Figure]) -> Mapping[str, str]:
    """Every form of a name and the name it stands for; a form of two people stands for the more prominent."""
    return {form: figure.name for figure in reversed(figures) for form in (*figure.aliases, figure.name)}


def _narrated(sentences: Sequence[Sentence]) -> str:
    """The body as it is read: sentences of a paragraph in one line."""
    lines: list[str] = []
    paragraph: int | None = None
    for sentence in sentences:
        if sentence.paragraph == paragraph:
            lines[-1] += f" {sentence.text}"
        else:
            lines.append(sentence.text)
        paragraph = sentence.paragraph
    return "\n".join(lines)[:_LONGEST_TEXT]


def _speeches(text: str) -> Iterator[_Speech]:
    """Words between marks. A mark that another opening or the length leaves unclosed closes at its paragraph's end."""
    marks = [match.start() for match in _MARK.finditer(text)]
    narrated = 0
    for index, opened in enumerate(marks):
        if opened < narrated or not _opens(text, opened):
            continue
        following = marks[index + 1] if index + 1 < len(marks) else len(text)
        closes = following < len(text) and following - opened < _LONGEST and not _opens(text, following)
        end = following if closes else _paragraph_end(text, opened)
        yield _Speech(text[opened + 1 : end].strip(" ,\n"), text[narrated:opened], text[end + 1 : end + 200])
        narrated = end + 1


def _opens(text: str, at: int) -> bool:
    """Whether a mark opens: a word follows at once, and none ends right before it."""
    if text[at] in "“„«":
        return True
    if text[at] in "”»":
        return False
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return bool(after) and not after.isspace() and (not before or before.isspace() or before in "([:,-–—")


def _paragraph_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return min(len(text) if end < 0 else end, start + _LONGEST)


def _speaker(speech: _Speech, names: Mapping[str, str], last: str | None) -> str | None:
    """Who says it: named after the verb of saying, else who the narration lets speak, else who spoke or was named."""
    told = _last_reporting(speech.before, names) or last or _last_named(speech.before, names)
    if said := _AFTER.match(speech.after):
        if said["own"] or _PRONOUN.match(said["who"]):
            return told
        # Somebody who is no figure says it ('kata seorang warga'): better nobody than somebody else.
        return _first_named(said["who"], names) or (told if _itself(said["who"]) else None)
    if says := _NAME_SAYS.match(speech.after):
        return _first_named(says["who"], names) or told
    return told


def _last_reporting(text: str, names: Mapping[str, str]) -> str | None:
    """Whoever the text last lets speak: 'Andi, …, mengatakan', 'menurut Andi'."""
    for report in reversed(list(_REPORTS.finditer(text))):
        named = _last_named(text[max(0, report.start() - _SUBJECT) : report.start()].rpartition(". ")[2], names)
        named = named or _first_named(text[report.end() : report.end() + _SUBJECT].partition(". ")[0], names)
        if named:
            return named
    return None


def _itself(who: str) -> bool:
    """Whether what follows the verb names nobody: 'kata dalam keterangannya', 'jelas politikus itu'."""
    words = [word.lower().strip(",") for word in who.split()[:6]]
    return not words or words[0] in _CIRCUMSTANCES or bool({"itu", "ini", "tersebut"} & set(words))


def _first_named(text: str, names: Mapping[str, str]) -> str | None:
    found = [(at, -len(form), name) for form, name in names.items() if (at := _find(form, text)) is not None]
    return min(found)[2] if found else None


def _last_named(text: str, names: Mapping[str, str]) -> str | None:
    found = [(at, len(form), name) for form, name in names.items() if (at := _find(form, text, last=True)) is not None]
    return max(found)[2] if found else None


def _find(form: str, text: str, *, last: bool = False) -> int | None:
    """Where a name stands as whole words."""
    at = text.rfind(form) if last else text.find(form)
    if at < 0:
        return None
    around = text[max(0, at - 1) : at] + text[at + len(form) : at + len(form) + 1]
    return None if _LETTER.search(around) else at
