"""Sentences and figures go in; who said what comes out: words between quotation marks, with their speaker's name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.models import Figure, Quote
from services.nlp.reading import Sentence
from services.nlp.words import word_table

# What somebody says is a clause; fewer words between marks are a title of a work or a word held at arm's length.
_FEWEST_WORDS = 4
# A quote that goes on for longer has lost its closing mark.
_LONGEST = 1_500
_LONGEST_TEXT = 100_000
_MOST_QUOTES = 60
_SAYING = (
    r"kata|ujar|ucap|tutur|jelas|terang|tegas|ungkap|papar|imbuh|tambah|lanjut|sambung|tandas|pungkas|tukas|sebut|cetus|"
    r"beber|urai|aku|kisah|timpal|jawab|seru|klaim|keluh|pinta|harap|tulis|tutup|tanya|pesan|said|says|added|told|"
    r"explained|wrote|according to"
)
# Who spoke before may be somebody who is no figure.
_UNKNOWN = ""
_MARK = re.compile(r"[\"“”„«»]")
# What follows a verb of saying, to the end of the sentence; the full stop of 'dr.' is none.
_WHO = r"(?P<who>(?:\b(?:[A-Z]|[Dd]rs?|drg|Prof|Ir|Hj|Pol|Kol|Purn|Mr|Mrs|Ms|St)\.|[^.!?\"“”\n]){0,160})"
# '" kata X', '," ujarnya', '." X said'.
_TAG = re.compile(rf"[ ,.!?]{{0,4}}\b(?i:{_SAYING})(?P<own>nya)?\b{_WHO}")
# '" kenangnya', '" seloroh dr Luky', '" bunyi Pasal 15': any verb may follow a quote.
_OTHER_TAG = re.compile(rf"[ ,.!?]{{0,4}}(?P<verb>[a-z]{{2,24}}?)(?P<own>nya)?\b{_WHO}")
# '" Lina said', '" Lina menegaskan.'
_NAME_SAYS = re.compile(
    r"[ ,]{0,3}(?P<who>[^.!?\"“”\n,]{3,80}?)\s"
    r"(?:(?:said|says|added|told|wrote)\b|(?:me(?:n|ng|m|ny)[a-z]{3,12}kan|berujar|berkata)\s?(?=[.\n]|$))"
)
_ACTIVE = re.compile(
    r"\b(?:me(?:ngatakan|njelaskan|negaskan|nyampaikan|ngungkap(?:kan)?|nyebut(?:kan)?|nilai|nuturkan|maparkan|nambahkan|"
    r"ngaku|ngakui|ngklaim|nyatakan|minta|ngingatkan|nekankan|mastikan|mbantah|ngimbau|ngajak|lanjutkan|mbeberkan|"
    r"nerangkan|nyoroti|ngkritik|nyayangkan|nceritakan|ngenang|nulis|nyarankan|nduga)|ber(?:kata|ujar|harap|pesan|cerita|"
    r"tutur)|said|says|told|added|wrote|explained)\b",
    re.IGNORECASE,
)
# The speaker comes after these: 'menurut X', 'disampaikan X', '…, kata X'.
_BEFORE_NAME = re.compile(
    rf"\b(?:(?i:menurut|according to|di(?:sampaikan|ungkapkan|katakan|jelaskan|tegaskan|tuturkan|sebutkan))(?: oleh)?|"
    rf"(?:{_SAYING}))\s",
)
_PRONOUN = re.compile(r"[ ,.!?]*(?:dia|ia|beliau|he|she)\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:dia|ia|beliau|he|she|menurutnya|\w+nya)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^a-z])|\n")
_ELSEWHERE = re.compile(r"\b(?:kepada|mengutip|dikutip|menirukan)\b", re.IGNORECASE)
_AFTER_TITLE = re.compile(
    r",|\s(?:saat|dalam|di|kepada|pada|usai|ketika|sambil|lewat|melalui|seperti|itu|ini|tersebut)\b"
)
_CIRCUMSTANCES = frozenset(("saat", "dalam", "di", "kepada", "pada", "usai", "ketika", "sambil", "in", "on", "at"))
_THAT_ONE = frozenset(("itu", "ini", "tersebut"))
# Words that a description of a speaker may have.
_DESCRIPTION = 9


@dataclass(frozen=True, slots=True)
class _Speech:
    """Words between marks, the narration since the speech before them, and what follows them."""

    words: str
    before: str
    after: str

    @property
    def embedded(self) -> bool:
        """Whether the words are part of a sentence of the narration: 'kawasan itu "tidak akan damai" katanya'."""
        return self.before.rstrip(" ")[-1:].isalnum()


@dataclass(frozen=True, slots=True)
class _People:
    """Who can be found in a text: every form of a name, and the name it stands for."""

    forms: re.Pattern[str]
    names: Mapping[str, str]
    roles: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, figures: Sequence[Figure]) -> _People:
        """A form of two people stands for the more prominent."""
        names = {form: figure.name for figure in reversed(figures) for form in (*figure.aliases, figure.name) if form}
        longest_first = "|".join(re.escape(form) for form in sorted(names, key=len, reverse=True))
        roles = {figure.name: frozenset(_words(figure.role)) for figure in figures if figure.role}
        return cls(re.compile(rf"(?<![^\W_])(?:{longest_first})(?![^\W_])"), names, roles)

    def last(self, text: str) -> str | None:
        """The person named last."""
        found = list(self.forms.finditer(text))
        return self.names[found[-1].group()] if found else None

    def subject(self, text: str) -> str | None:
        """The person a sentence begins with, after nothing but a title: 'Kepala Dinas Kesehatan, dr Lina'."""
        found = self.forms.search(text)
        return self.names[found.group()] if found and _is_title(text[: found.start()]) else None

    def speaker(self, text: str) -> str | None:
        """The first person named after a verb of saying who is meant: not the client of 'kuasa hukum X, Y'."""
        begin = 0
        found = list(self.forms.finditer(text))
        for one in found:
            if _ELSEWHERE.search(text[begin : one.start()]):
                return None
            title = _words(text[begin : one.start()])[-3:]
            serves = one is not found[-1] and text[one.end() :].startswith(",") and _some("aides", title)
            if not serves and not _is_relation(title[-1:]):
                return self.names[one.group()]
            begin = one.end()
        return None

    def in_role(self, text: str) -> str | None:
        """The only person whose role a text begins with: 'Kepala BPOM saat ditemui', 'Menkeu'."""
        title = _words(_AFTER_TITLE.split(text, maxsplit=1)[0])
        if not _some("roles", title[:1]):  # 'tulis WHO' isn't its head.
            return None
        found = [name for name, role in self.roles.items() if set(title) <= role]
        return found[0] if len(found) == 1 else None


def find_quotes(sentences: Sequence[Sentence], figures: Sequence[Figure]) -> tuple[Quote, ...]:
    """What the figures of an article are quoted with, verbatim and in reading order; `sentences[0]` is the title.

    A quote whose speaker is no figure, or can't be told, is left out.
    """
    people = _People.of(figures)
    if not people.names:
        return ()
    quotes: list[Quote] = []
    last: str | None = None
    for speech in _speeches(_narrated(sentences[1:])):
        speaker = _speaker(speech, people, last)
        if speaker and len(speech.words.split()) >= _FEWEST_WORDS:
            quotes.append(Quote(speaker, speech.words))
        if speaker or not speech.embedded:
            last = speaker or _UNKNOWN
    return tuple(quotes[:_MOST_QUOTES])


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


def _speaker(speech: _Speech, people: _People, last: str | None) -> str | None:
    """Who says it: named after the verb of saying, else whom the narration lets speak, else who spoke before."""
    if said := _TAG.match(speech.after):
        return _tagged(said, speech, people, last)
    if speech.embedded:
        return _embedding(speech, people, last)
    if says := _NAME_SAYS.match(speech.after):
        return people.last(says["who"]) or (_told(speech, people, last) if says["who"][0].islower() else None)
    if said := _OTHER_TAG.match(speech.after):
        return _tagged(said, speech, people, last, known=False)
    return _untagged(speech, people, last)


def _tagged(
    said: re.Match[str], speech: _Speech, people: _People, last: str | None, *, known: bool = True
) -> str | None:
    """Who is named after the verb; somebody who is no figure ('kata seorang warga') is nobody.

    Not every verb that may follow a quote is one of saying: after one that isn't `known` the name must come at once.
    """
    who = said["who"]
    if said["own"] or _PRONOUN.match(who) or _PRONOUN.match(said.group()):
        return _told(speech, people, last)
    if named := (people.speaker(who) if known else people.subject(who)) or people.in_role(who):
        return named
    return _told(speech, people, last) if (_itself(who) if known else _is_described(who)) else None


def _embedding(speech: _Speech, people: _People, last: str | None) -> str | None:
    """Who says words that are part of a sentence of the narration: 'Lina menyebut rencana itu "tidak masuk akal"'."""
    sentence = _SENTENCE_END.split(speech.before)[-1]
    pronoun = _ACTIVE.search(sentence) and _OWN.search(sentence)
    return _reporter(sentence, people) or (_told(speech, people, last) if pronoun else None)


def _itself(who: str) -> bool:
    """Whether what follows the verb names nobody: 'kata dalam keterangannya', 'jelas politikus itu'."""
    words = _words(who)
    return not words or words[0] in _CIRCUMSTANCES or _is_described(who)


def _is_described(who: str) -> bool:
    """Whether somebody known is meant: 'politikus itu', 'pria 40 tahun tersebut'; a 'laporan itu' is nobody."""
    words = _words(who)[:_DESCRIPTION]
    that = next((index for index, word in enumerate(words) if word in _THAT_ONE), None)
    return that is not None and _some("roles", words[:that])


def _untagged(speech: _Speech, people: _People, last: str | None) -> str | None:
    """Who says words without a verb after them: whoever goes on, or is let speak by the sentences before."""
    *others, sentence = _SENTENCE_END.split(speech.before.strip())
    if not sentence or (not others and sentence[0].islower()):
        return last  # Nothing, or only ' kata Lina.', stands between.
    if told := _reported(speech.before, people):
        return told
    if sentence.endswith(":"):
        return people.last(sentence) or last
    return last if last and (last == people.last(sentence) or _OWN.search(sentence)) else None


def _told(speech: _Speech, people: _People, last: str | None) -> str | None:
    """Whom 'katanya' means: who was last let speak, else who spoke before, else what the narration is about."""
    if told := _reported(speech.before, people) or last:
        return told
    subjects = (people.subject(sentence) for sentence in reversed(_SENTENCE_END.split(speech.before)))
    return next(filter(None, subjects), None) or (people.last(speech.before) if last is None else None)


def _reported(text: str, people: _People) -> str | None:
    """Whoever the narration last lets speak: 'Andi, …, mengatakan', 'menurut Andi'."""
    sentences = reversed(_SENTENCE_END.split(text))
    return next((name for sentence in sentences if (name := _reporter(sentence, people))), None)


def _reporter(sentence: str, people: _People) -> str | None:
    """Who speaks by a sentence of the narration; nobody where the verb has a pronoun: 'Ia menilai Andi gagal'."""
    for verb in reversed(list(_BEFORE_NAME.finditer(sentence))):
        if name := people.subject(sentence[verb.end() :]):
            return name
    verbs = list(_ACTIVE.finditer(sentence))
    if not verbs:
        return None
    return people.subject(sentence) or people.last(sentence[: verbs[-1].start()])


def _is_title(text: str) -> bool:
    """Whether a text could stand before a name: capitalised words and words for roles or of address."""
    titles = word_table("roles") | word_table("honorifics") | word_table("ranks")
    return all(not word[0].islower() or word in titles for word in re.findall(r"[^\W_]+", text))


def _is_relation(words: Sequence[str]) -> bool:
    """Whether 'ayah' or 'istri' stands before a name; 'Ibu Lina' is Lina, and a 'ganda putra' nobody's son."""
    return _some("relations", words) and not _some("honorifics", words) and not _some("also_names", words)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _some(table: str, words: Sequence[str]) -> bool:
    return not word_table(table).isdisjoint(words)
