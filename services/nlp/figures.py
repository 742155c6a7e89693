"""A `Reading` goes in, the persons of the article come out: each once, most prominent first, with aliases and role."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

import numpy as np

from services.models import Figure, FigureTone, ToneLabel
from services.nlp.gazetteer import gazetteer
from services.nlp.persons import Name, Person, Spans, affiliation, spans_of, word_key
from services.nlp.reading import Mention, Reading
from services.nlp.roles import holds_office, is_role_word, is_title, rank_before, role_before
from services.nlp.stated_roles import role_of
from services.nlp.words import common_words, word_table

# Chosen on the tune half of the labelled cards: below it most names are none.
_LEAST_SCORE = 0.55
_MAIN_FIGURES = 3
_LOOK_BACK = 40
# What names more people than this is a list, not an article; merging compares each name with each person.
_MOST_NAMES = 500
_WORD = re.compile(r"\w+(?:[-’'.]\w+)*\.?")
_ALIAS = re.compile(
    r"\s*(?:\((?:alias |a\.?k\.?a\.? )?(?P<bracket>[^\W\d_][\w.’'-]{1,20})\)"
    r"|,?\s+(?:(?:atau\s+)?yang\s+)?(?:alias|(?:akrab|biasa|kerap|sering)\s+(?:disapa|dipanggil)"
    r"|(?:lebih\s+)?(?:dikenal|populer)\s+(?:dengan|sebagai)(?:\s+nama)?)\s+(?P<alias>[^\W\d_][\w.’'-]{1,20})"
    r"|\s+atau\s+(?P<also>[A-Z][\w.’'-]{1,20})(?!\w|\s[A-Z]))"
)
# 'AS (23)', 'RM (41 tahun)': a person by initials.
_INITIALS = re.compile(r"(?<![\w.])([A-Z]{1,3})\s*\(\d{1,2}(?: tahun| thn| th)?\)")
_COMPANY = re.compile(
    r"\b(?:berjuluk|berjulukan|bertajuk|berjudul|PT|CV|Tbk|UD|band|grup|group|album|lagu|film|merek|brand|aplikasi|kapal|KM|KRI|klub)\.?\s+$",
    re.IGNORECASE,
)
_JOIN = re.compile(
    r"\s(?:(?:bin|binti|van|der|von|de|da|al|el)\s)?|\s?-\s?|(?<=\b[A-Z])\.\s?|(?<=\b[A-Z][a-z])\.\s?|\)\s|\s\([A-Z]{1,3}\)\s"
)
# In a shorter word a letter more is another name.
_SHORTEST_SLIP = 4
_OFFICE_PLACES = ("regency", "city", "province", "country")


def find_figures(reading: Reading) -> tuple[Figure, ...]:
    """The persons of an article, most prominent first."""
    found = list(itertools.islice(_names(reading), _MOST_NAMES))
    nicknames = {alias for name in found if (alias := _nickname_after(name, reading))}
    names = [
        name for name in found if _is_person(name, reading) or (name.words[0] in nicknames and len(name.words) == 1)
    ]
    starts = {(name.sentence, name.start) for name in names}
    merged = [person for person in _merge(names, reading) if not _is_team(person, reading, starts)]
    organizations = {tuple(map(word_key, one.text.split())) for one in reading.mentions if one.kind == "ORG"}
    own = [person for person in merged if not _named_after(person, organizations)]
    persons = [person for person in own if _is_certain(person, reading)]
    spans = spans_of(name for person in persons for name in person.names)
    ranked = sorted(persons, key=lambda person: (-_prominence(person), _first(person)))
    figures = [_figure(person, reading, spans, rank < _MAIN_FIGURES) for rank, person in enumerate(ranked)]
    return tuple(figures)


# Names out of mentions.


def _names(reading: Reading) -> Iterator[Name]:
    known = _known_words(reading.mentions)
    others = defaultdict[int, list[Mention]](list)
    for mention in reading.mentions:
        others[mention.sentence].append(mention)
    for number, mentions in _by_sentence(reading):
        sentence = reading.sentences[number].text
        for start, end, score in _joined(mentions, sentence):
            words = _name_words(sentence, number, start, end, known)
            words = [*_forename(sentence, words, others[number]), *words] if number else words
            if words:
                yield _name(sentence, number, words, score)
        yield from _initials(sentence, number, mentions)


def _known_words(mentions: Iterable[Mention]) -> frozenset[str]:
    """Single words that the encoder mostly takes for persons."""
    seen = Counter[str]()
    for mention in mentions:
        seen[word_key(mention.text)] += 1 if mention.kind == "PER" else -1
    return frozenset(
        word
        for word, surplus in seen.items()
        if surplus > 0 and " " not in word and not _is_place(word, _OFFICE_PLACES)
    )


def _initials(sentence: str, number: int, mentions: Sequence[Mention]) -> Iterator[Name]:
    for match in _INITIALS.finditer(sentence):
        if not any(mention.start < match.end(1) and match.start(1) < mention.end for mention in mentions):
            yield Name(match[1], (match[1].lower(),), number, match.start(1), match.end(1), 1.0)


def _by_sentence(reading: Reading) -> Iterator[tuple[int, list[Mention]]]:
    persons = [mention for mention in reading.mentions if mention.kind == "PER"]
    for number in range(len(reading.sentences)):
        yield number, [mention for mention in persons if mention.sentence == number]


def _joined(mentions: Sequence[Mention], sentence: str) -> Iterator[tuple[int, int, float]]:
    """Spans of names, with pieces that the encoder cut at an initial or at 'bin' put together again."""
    pending: tuple[int, int, float] | None = None
    for mention in mentions:
        if pending and _JOIN.fullmatch(sentence, pending[1], mention.start):
            pending = (pending[0], mention.end, max(pending[2], mention.score))
            continue
        if pending:
            yield pending
        pending = (mention.start, mention.end, mention.score)
    if pending:
        yield pending


def _name_words(sentence: str, number: int, start: int, end: int, known: Collection[str]) -> list[re.Match[str]]:
    """The words of a name without the titles before it, and with what the encoder left out at its ends."""
    words = [
        word for word in _WORD.finditer(sentence, max(0, start - _LOOK_BACK), end + _LOOK_BACK) if word.end() > start
    ]
    words = [word for word in words if word.start() < end]
    while len(words) > 1 and is_title(words[0].group()):
        words = words[1:]
    words = _without_place(sentence, words)
    while words and words[-1].group().islower():
        words = words[:-1]
    if number == 0 or (words and _begins_sentence(sentence, words[0].start())):
        words = _without_common(words)
    return [*_left_out(sentence, words, known), *words, *_surname(sentence, words)] if words else []


def _without_place(sentence: str, words: list[re.Match[str]]) -> list[re.Match[str]]:
    """A name without the place of an office that the encoder took for its beginning: 'Bupati' 'Ngawi Ony Anwar'."""
    start = words[0].start() if words else 0
    before = list(_WORD.finditer(sentence, max(0, start - _LOOK_BACK), start))[-1:]
    if not before or role_before(sentence, start) is None:
        return words
    # 'Menteri Luar Negeri' is of a country; for a smaller place the office must stand right before it.
    kinds = _OFFICE_PLACES if is_role_word(before[0].group()) else _OFFICE_PLACES[-1:]
    for length in (2, 1):
        place = sentence[words[0].start() : words[length - 1].end()] if len(words) > length else ""
        if _is_place(place, kinds):
            return words[length:]
    return words


def _is_place(name: str, kinds: Sequence[str]) -> bool:
    """Whether a name is that of a place of one of these kinds."""
    return any(entry.kind in kinds for entry in gazetteer().find(name))


def _name(sentence: str, number: int, words: Sequence[re.Match[str]], score: float) -> Name:
    first, last = words[0].start(), words[-1].end()
    text = sentence[first:last].rstrip(".") if len(words[-1].group()) > 2 else sentence[first:last]
    return Name(text, tuple(word_key(word.group()) for word in words), number, first, first + len(text), score)


def _begins_sentence(sentence: str, start: int) -> bool:
    return not any(character.isalnum() for character in sentence[:start])


def _without_common(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """Where every word has a capital, ordinary words at the ends of a name aren't part of it."""
    while words and _is_common(words[0].group()):
        words = words[1:]
    while words and _is_common(words[-1].group()):
        words = words[:-1]
    return words


def _is_common(word: str) -> bool:
    return word.lower().partition("-")[0] in common_words()


def _left_out(sentence: str, words: Sequence[re.Match[str]], known: Collection[str]) -> list[re.Match[str]]:
    """The word right before a name when the article uses it as a name by itself: 'Purbaya' before 'Yudhi Sadewa'."""
    before = list(_WORD.finditer(sentence, max(0, words[0].start() - _LOOK_BACK), words[0].start()))[-1:]
    adjacent = before and before[0].end() == words[0].start() - 1 and sentence[before[0].end()] == " "
    return before if adjacent and word_key(before[0].group()) in known and before[0].group()[0].isupper() else []


def _forename(sentence: str, words: Sequence[re.Match[str]], mentions: Iterable[Mention]) -> Iterator[re.Match[str]]:
    """The word between a rank, or a role and a comma, and a name: it begins the name, 'Kombes' 'Sarwono Adi Putra'."""
    start = words[0].start() if words else 0
    before = list(_WORD.finditer(sentence, max(0, start - _LOOK_BACK), start))[-1:]
    if not before or before[0].end() != start - 1 or sentence[start - 1] != " ":
        return
    word, first = before[0].group(), before[0].start()
    named = any(mention.start < start and first < mention.end for mention in mentions)
    looks = word.istitle() and len(word) > 2 and not _is_common(word) and not is_title(word)
    if named or not looks or _is_place(word, _OFFICE_PLACES) or _all_title_case(sentence):
        return
    rank = rank_before(sentence, first) not in (None, "Jenderal")  # 'Direktur Jenderal Imigrasi X'
    if rank or (sentence[:first].endswith(", ") and role_before(sentence, first)):
        yield before[0]


def _surname(sentence: str, words: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """The capitalised word right after a name, unless it is an ordinary word: the encoder drops rare surnames."""
    following = _WORD.match(sentence, words[-1].end() + 1)
    if following is None or sentence[words[-1].end()] != " " or words[-1].group().endswith("."):
        return []
    word = following.group().rstrip(".")
    capitalised = word[:1].isupper() and not word.isupper() and len(word) > 2
    if not capitalised or _is_common(word) or is_title(word) or _all_title_case(sentence):
        return []
    return [following]


def _all_title_case(sentence: str) -> bool:
    words = [word for word in sentence.split() if word[:1].isalpha()]
    return sum(word[0].isupper() for word in words) > 0.6 * len(words)


# Which of them are persons.


def _is_person(name: Name, reading: Reading) -> bool:
    sentence = reading.sentences[name.sentence].text
    if not name.text[:1].isupper() or (name.score < _LEAST_SCORE and len(name.words) == 1):
        return False
    if _COMPANY.search(sentence[max(0, name.start - 16) : name.start]):
        return False
    if len(name.words) == 1 and (_is_common(name.text) or is_title(name.text)):
        return False
    if "idul" in name.words or word_table("feasts").issuperset(name.words):
        return False
    return not sentence.startswith(("'s", "’s"), name.end)


def _is_certain(person: Person, reading: Reading) -> bool:
    """Names need more than the encoder's word: brands and clubs look like them."""
    if len(person.words) > 1:
        return any(name.sentence > 0 or name.score > 0.8 for name in person.names)
    if person.names[0].text.isupper() and len(person.words[0]) > 1:
        return _is_initials(person, reading)
    return _mostly_person(person, reading) and any(name.sentence > 0 for name in person.names)


def _named_after(person: Person, organizations: Collection[tuple[str, ...]]) -> bool:
    """Whether an organization's longer name begins with this one: 'Wilmar' of 'Wilmar International'."""
    length = len(person.words)
    return any(len(words) > length and words[:length] == person.words for words in organizations)


def _is_team(person: Person, reading: Reading, starts: Collection[tuple[int, int]]) -> bool:
    """Whether the name only says where the person named next belongs: 'rider Gresini, Alex Marquez'."""
    return all(
        reading.sentences[name.sentence].text.startswith(", ", name.end)
        and (name.sentence, name.end + 2) in starts
        and _belongs(name, reading.sentences[name.sentence].text)
        for name in person.names
    )


def _belongs(name: Name, sentence: str) -> bool:
    """Whether a role stands before a name that may be an organization's; a full name needs an office for it."""
    return holds_office(sentence, name.start) or (
        len(name.words) == 1 and role_before(sentence, name.start) is not None
    )


def _mostly_person(person: Person, reading: Reading) -> bool:
    kinds = Counter(
        mention.kind for mention in reading.mentions if person.words[0] in map(word_key, mention.text.split())
    )
    return kinds["PER"] > kinds["ORG"] + kinds["LOC"]


def _is_initials(person: Person, reading: Reading) -> bool:
    """Whether a word in capitals stands for a person: an age follows or a role comes before."""
    sentences = [(reading.sentences[name.sentence].text, name.start) for name in person.names]
    return any(_INITIALS.match(text, start) or role_before(text, start) for text, start in sentences)


# One person, several names.


def _merge(names: Sequence[Name], reading: Reading) -> list[Person]:
    persons = _full_names(names)
    _add_aliases(persons, names, reading)
    recent: list[Person] = []
    for name in names:
        person = _owner(name, persons, recent)
        if person is None:
            person = Person(name.words)
            persons.append(person)
        person.names.append(name)
        recent = [person, *(other for other in recent if other is not person)]
    return [person for person in persons if person.names]


def _full_names(names: Sequence[Name]) -> list[Person]:
    """One person for each name of several words that isn't a shorter form or a slip of another.

    Names of the body come first: in a headline an ordinary word may cling to a name.
    """
    counts = Counter(name.words for name in names if len(name.words) > 1)
    in_body = {name.words for name in names if name.sentence > 0}
    persons: list[Person] = []
    for words in sorted(counts, key=lambda one: (one not in in_body, -len(one), -counts[one])):
        if not any(_same_person(person, words, words not in in_body) for person in persons):
            persons.append(Person(words))
    return persons


def _same_person(person: Person, words: Sequence[str], headline: bool) -> bool:
    if _contains(person.words, words) or _misspelt(person.words, words):
        return True
    return headline and len(person.words) > 1 and _contains(words, person.words)


def _add_aliases(persons: Sequence[Person], names: Sequence[Name], reading: Reading) -> None:
    for name in names:
        owner = next((one for one in persons if one.words == name.words or _contains(one.words, name.words)), None)
        alias = _nickname_after(name, reading)
        if owner and alias:
            owner.aliases.add(alias)


def _nickname_after(name: Name, reading: Reading) -> str | None:
    """The nickname that the text gives right after a name: '(Jokowi)', 'alias Titik', 'yang akrab disapa Dekok'."""
    found = _ALIAS.match(reading.sentences[name.sentence].text, name.end)
    alias = (found["bracket"] or found["alias"] or found["also"]) if found else ""
    if (
        found
        and found["also"]
        and any(word_key(alias) in map(word_key, one.text.split()) and " " in one.text for one in reading.mentions)
    ):
        return None  # 'Anita Sari atau Budi': somebody else, who has more names
    nickname = alias[:1].isupper() and not is_title(alias) and affiliation(name, reading) is None
    return word_key(alias) if nickname else None


def _owner(name: Name, persons: Sequence[Person], recent: Sequence[Person]) -> Person | None:
    """Whose name this is: the person last spoken of among those it fits, else the first it fits."""
    fitting = [
        person
        for person in persons
        if person.words == name.words
        or _same_person(person, name.words, name.sentence == 0)
        or (len(name.words) == 1 and name.words[0] in person.aliases)
    ]
    exact = [person for person in fitting if person.words == name.words]
    if exact:
        return exact[0]
    if not fitting:
        fitting = [person for person in persons if _nickname(name.words, person.words)]
    return next((person for person in recent if person in fitting), fitting[0] if fitting else None)


def _nickname(short: Sequence[str], full: Sequence[str]) -> bool:
    """'Rudy' for 'Hadi Rudyatmo': one word that begins a word of a fuller name."""
    return len(short) == 1 and len(full) > 1 and len(short[0]) > 3 and any(word.startswith(short[0]) for word in full)


def _contains(full: Sequence[str], short: Sequence[str]) -> bool:
    """Whether a shorter form has the words of the fuller one in order; an initial stands for its word."""
    rest = iter(full)
    shorter = len("".join(short)) < len("".join(full))
    return shorter and all(any(_stands_for(part, word) for word in rest) for part in short)


def _stands_for(part: str, word: str) -> bool:
    return part == word or (len(part) == 1 and word.startswith(part))


def _misspelt(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two names differ in their order only, or by one letter left out of one word: 'Alvaro Cape', 'Carpe'.

    Another letter makes another name: Budi Hartono isn't Rudi Hartono.
    """
    if len(one) != len(other) or len(one) < 2 or not set(one) & set(other):
        return False
    if sorted(one) == sorted(other):
        return True
    different = [(left, right) for left, right in zip(one, other, strict=True) if left != right]
    return len(different) == 1 and _lacks_a_letter(*sorted(different[0], key=len))


def _lacks_a_letter(short: str, full: str) -> bool:
    rest = iter(full)
    same_start = short[:1] == full[:1] and len(short) >= _SHORTEST_SLIP
    return same_start and len(full) == len(short) + 1 and all(letter in rest for letter in short)


# What a figure shows.


def _prominence(person: Person) -> float:
    sentences = [name.sentence for name in person.names]
    return len(sentences) + 3 * (0 in sentences) + 2 * any(0 < number <= 3 for number in sentences)


def _first(person: Person) -> tuple[int, int]:
    return min((name.sentence, name.start) for name in person.names)


def _figure(person: Person, reading: Reading, spans: Spans, prominent: bool) -> Figure:
    name = _display_name(person)
    forms = dict.fromkeys(one.text for one in sorted(person.names, key=lambda one: (one.sentence, one.start)))
    return Figure(
        name=name,
        aliases=tuple(form for form in forms if form != name),
        role=role_of(person, reading, spans),
        mentions=len(person.names),
        main=prominent and (_prominence(person) >= 5 or any(one.sentence == 0 for one in person.names)),
        tone=_tone(person, reading),
    )


def _display_name(person: Person) -> str:
    fullest = [one.text for one in person.names if one.words == person.words] or [one.text for one in person.names]
    mixed = [text for text in fullest if not text.isupper()] or fullest
    return Counter(mixed).most_common(1)[0][0]


def _tone(person: Person, reading: Reading) -> FigureTone | None:
    """Mean tone of the sentences that name the person; none unless one label has most of it."""
    tones = [reading.tones[number] for number in {name.sentence for name in person.names}]
    labels: tuple[ToneLabel, ...] = ("positive", "neutral", "negative")
    means = {label: float(np.mean([tone.of(label) for tone in tones])) for label in labels}
    best = max(labels, key=means.__getitem__)
    return FigureTone(best, means[best]) if means[best] > 0.5 else None
