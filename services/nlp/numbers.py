"""Sentences go in; the few numbers worth a place on a card come out: as written, with what they count.

Money, counts, shares, magnitudes, scores and measures; not dates, times, ages, numbers of laws, roads or models.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from services.models import Number
from services.nlp.reading import Sentence
from services.nlp.words import common_words, word_table

Kind = Literal["money", "percent", "magnitude", "score", "people", "measure", "count", "duration"]

_NUM = r"(?:\d{1,3}(?:[.,]\d{3}){1,5}(?:[.,]\d{1,3})?|\d{1,12}(?:[.,]\d{1,4})?)(?![\d/])"
_TENS = "satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
_SPELT = (
    rf"(?:(?:{_TENS}) (?:belas|puluh(?: (?:{_TENS}))?|ratus|ribu|juta)|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|"
    r"sepuluh|sebelas|seratus|seribu|belasan|puluhan|ratusan|ribuan|jutaan|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands)"
)
_TIMES = r"(?:ribu|rb|juta|jt|miliar|milyar|triliun|thousand|million|billion|trillion|bn|tn)"
_CURRENCY = r"(?:Rp\.?|IDR|US\$|USD|S\$|SGD|A\$|AUD|RM|\$|€|EUR|£|GBP|¥)"
_MONEY_NAME = (
    r"(?:rupiah|dolar(?: (?:AS|Amerika(?: Serikat)?|Singapura|Australia))?|dollars?|euro|yen|ringgit|yuan|riyal|baht|"
    r"poundsterling|pounds)"
)
_TO = r"(?:\s?[-–]\s?|\s(?:hingga|sampai|to)\s)"
_MONEY_BEFORE = (
    rf"(?<![\w$]){_CURRENCY}\s?(?P<num>{_NUM})(?:[\s-](?P<times>{_TIMES})\b)?"
    rf"(?:{_TO}(?:{_CURRENCY}\s?)?{_NUM}(?:[\s-]{_TIMES}\b)?)?(?:\s(?:per|/)\s?\w+)?"
)
_MONEY_AFTER = rf"(?<![\w.,/])(?P<num>{_NUM})\s(?:(?P<times>{_TIMES})\s)?{_MONEY_NAME}\b(?:\sper\s\w+)?"
_PERCENT = rf"(?<![\w.,/-])(?:{_NUM}{_TO})?(?P<num>{_NUM})\s?(?:%|persen\b|per ?cent\b|basis poin\b|bps\b)"
_MAGNITUDE = r"\b(?:magnitudo|magnitude|M)\s?(?P<num>\d[.,]\d)\b"
_RICHTER = r"(?<![\w.,])(?P<num>\d[.,]\d)\s(?:SR|skala richter)\b"
_SCORE = r"(?<![\w.,/-])(?P<num>\d{1,3}-\d{1,3})(?:,? (?:dan )?\d{1,3}-\d{1,3}){0,4}(?![\w/-])"
_COUNT = (
    rf"(?<![\w.,/$-])(?:(?P<from>{_NUM}){_TO})?(?P<num>{_NUM}|\b{_SPELT}\b)(?:[\s-](?P<times>{_TIMES})\b)?"
    r"[\s-](?P<noun>[^\W\d_][\w/-]*)(?P<more>\s[^\W\d_][\w-]*)?"
)
# In this order: what one pattern has taken, a later one doesn't take apart.
_PATTERNS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("money", re.compile(_MONEY_BEFORE, re.IGNORECASE)),
    ("money", re.compile(_MONEY_AFTER, re.IGNORECASE)),
    ("percent", re.compile(_PERCENT, re.IGNORECASE)),
    ("magnitude", re.compile(_MAGNITUDE)),
    ("magnitude", re.compile(_RICHTER, re.IGNORECASE)),
    ("score", re.compile(_SCORE)),
    ("count", re.compile(_COUNT, re.IGNORECASE)),
)
# What stands before a number that names something instead of counting.
_NAMING = re.compile(
    r"(?:\b(?:pukul|jam|tanggal|tgl|pasal|ayat|nomor|no|uu|perpres|pp|perda|jalan|jl|rt|rw|lantai|blok|edisi|seri|versi|"
    r"tahun|usia|umur|berusia|berumur|aged|grup|posisi|peringkat|ke|kelas|stadium|tipe|episode|chapter|bab|halaman|liga|"
    r"rute|km|gang|nopol|menit ke|article|section|route|flight|room|number|age|since|sejak|periode|angkatan|generasi|"
    r"musim|kloter|gate|terminal)\.?[\s-]|ke-)$",
    re.IGNORECASE,
)
# 'Lap 2 bikin Sean gagal', 'tikungan 11 membuat …': the number belongs to what stands before.
_COUNTED_VERB = re.compile(r"(?:me(?:m|n|ng|ny|l|r)|di|ber|ter)[a-z]{4,}|bikin|jadi|masuk|naik|turun|usai|punya")
_WORD_BEFORE = re.compile(r"([\w+]+)\s$")
_SCORING = re.compile(
    r"\b(?:skor|menang|kalah|imbang|unggul|takluk|seri|gol|gim|set|laga|menekuk|mengalahkan|won|lost|beat|draw|defeat)",
    re.IGNORECASE,
)
_AGED = re.compile(r"\b(?:pria|wanita|perempuan|bocah|usia\w*|remaja|lansia)\b", re.IGNORECASE)
_NOUNS: dict[Kind, str] = {"people": "people", "measure": "measures", "duration": "durations"}
_CLAUSE = re.compile(r"[,.](?!\d)|[;:!?()\"“”]|\s[-–]\s")
_MULTIPLIERS = {
    **dict.fromkeys(("ribu", "rb", "thousand"), 1e3),
    **dict.fromkeys(("juta", "jt", "million"), 1e6),
    **dict.fromkeys(("miliar", "milyar", "billion", "bn"), 1e9),
    **dict.fromkeys(("triliun", "trillion", "tn"), 1e12),
}
_ENGLISH = frozenset(("thousand", "million", "billion", "trillion", "bn", "tn"))
_SPELT_VALUES = {
    word: float(number)
    for number, words in enumerate(
        (
            "nol zero",
            "satu one",
            "dua two",
            "tiga three",
            "empat four",
            "lima five",
            "enam six",
            "tujuh seven",
            "delapan eight",
            "sembilan nine",
            "sepuluh ten",
            "sebelas eleven",
            "twelve",
        )
    )
    for word in words.split()
} | {"seratus": 100.0, "seribu": 1000.0}
_UNITS = (
    (re.compile(r"Rp|IDR|rupiah", re.IGNORECASE), "IDR"),
    (re.compile(r"(?<!U)S\$|SGD|dolar Singapura", re.IGNORECASE), "SGD"),
    (re.compile(r"(?<!\w)A\$|AUD|dolar Australia", re.IGNORECASE), "AUD"),
    (re.compile(r"\$|USD|dol", re.IGNORECASE), "USD"),
    (re.compile(r"€|EUR", re.IGNORECASE), "EUR"),
    (re.compile(r"£|GBP|pound", re.IGNORECASE), "GBP"),
    (re.compile(r"¥|yen", re.IGNORECASE), "JPY"),
    (re.compile(r"RM|ringgit", re.IGNORECASE), "MYR"),
    (re.compile(r"yuan", re.IGNORECASE), "CNY"),
    (re.compile(r"riyal", re.IGNORECASE), "SAR"),
    (re.compile(r"baht", re.IGNORECASE), "THB"),
)
# Worth of a kind and of a place; chosen on the tune half of the labelled cards, as are the two bounds.
_WORTH: dict[Kind, float] = {
    "magnitude": 4.0,
    "money": 3.0,
    "people": 2.8,
    "score": 2.6,
    "percent": 2.6,
    "measure": 2.2,
    "count": 1.7,
    "duration": 0.9,
}
_LEAST_WORTH = 1.1
_MOST = 6
_MOST_FOUND = 400
_LOOK_BACK = 40
_LONGEST_SENTENCE = 3_000


@dataclass(frozen=True, slots=True)
class _Found:
    """A number in a sentence and how much it is worth."""

    number: Number
    worth: float
    order: tuple[int, int]


def find_numbers(sentences: Sequence[Sentence]) -> tuple[Number, ...]:
    """The numbers worth showing, most important first, at most five; `sentences[0]` is the title."""
    found = list(itertools.islice(_found(sentences), _MOST_FOUND))
    best: dict[str, _Found] = {}
    for one in sorted(found, key=lambda one: (-one.worth, one.order)):
        best.setdefault(_key(one.number), one)
    worthy = [one.number for one in best.values() if one.worth >= _LEAST_WORTH]
    return tuple(worthy[:_MOST])


def _found(sentences: Sequence[Sentence]) -> Iterator[_Found]:
    for index, sentence in enumerate(sentences):
        text = sentence.text[:_LONGEST_SENTENCE]
        taken: list[tuple[int, int]] = []
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(text):
                if any(start < match.end() and match.start() < end for start, end in taken):
                    continue
                number, exact = _number(kind, match, text)
                if number:
                    taken.append((match.start(), match.end()))
                    yield _Found(number, _worth(exact, number, index), (index, match.start()))


def _number(kind: Kind, match: re.Match[str], text: str) -> tuple[Number | None, Kind]:
    if kind == "count":
        return _count(match, text)
    if kind == "score":
        scored = _SCORING.search(text) is not None and not _dated(text, match)
        return (Number(match.group(), _what(text, match), None, None), kind) if scored else (None, kind)
    value = _value(match["num"], _times(match))
    unit = {"percent": "%", "magnitude": "M"}.get(kind) or _money_unit(match.group())
    return Number(match.group().strip(), _what(text, match), value, unit), kind


def _count(match: re.Match[str], text: str) -> tuple[Number | None, Kind]:
    low = match["noun"].lower()
    kind: Kind = next((kind for kind, nouns in _NOUNS.items() if low in word_table(nouns)), "count")
    if not _counts(match, text) or (kind == "duration" and _ages(text, match)):
        return None, kind
    more = (match["more"] or "").strip().lower()
    ends = (
        kind in ("measure", "duration")
        or not more
        or more in word_table("not_counted") | word_table("breaks")
        or _verb(more)
    )
    written = text[match.start() : match.end("noun") if ends else match.end()].strip()
    what = "" if kind in ("measure", "duration") else _counted(text, match)
    value = _value(match["num"], _times(match), decimal_comma=kind == "duration")
    return Number(written, what if " " in what else _what(text, match), value, low), kind


def _counts(match: re.Match[str], text: str) -> bool:
    """Whether the number counts the word after it, and isn't a year, a clock, a list number or part of a name."""
    number, noun = match["num"], match["noun"]
    before = text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if noun.lower() in word_table("not_counted") | word_table("breaks") or _NAMING.search(before):
        return False
    if _COUNTED_VERB.fullmatch(noun.lower()) and noun.lower() not in word_table("inside"):
        return False
    if _names_model(before) and not any(noun.lower() in word_table(nouns) for nouns in _NOUNS.values()):
        return False
    if match["from"] and (_value(match["from"], None) or 0) >= (_value(number, None) or 0):
        return False  # '2-1' is no range.
    if number[0].isalpha():
        return noun[0].islower() and text[match.end("num")] != "-"
    return bool(match["times"]) or not (number.isdigit() and 1900 <= int(number) <= 2100)


def _names_model(before: str) -> bool:
    """Whether the word before a number is a name: 'iPhone 17', 'Boeing 737'; 'Sekitar 40' begins a sentence."""
    word = _WORD_BEFORE.search(before)
    return word is not None and not word[1].islower() and word[1].lower() not in common_words()


def _ages(text: str, match: re.Match[str]) -> bool:
    """Whether a number of years is somebody's age: in brackets, or after who it is."""
    bracketed = text[: match.start()][-2:].endswith("(") or text[match.end("noun") : match.end("noun") + 1] == ")"
    return bracketed or _AGED.search(text[: match.start()][-40:]) is not None


def _dated(text: str, match: re.Match[str]) -> bool:
    """Whether '23-24' are days: a month follows or 'tanggal' comes before."""
    following = text[match.end() :].split(maxsplit=1)[:1]
    return bool(following and following[0].lower().strip(".,") in word_table("not_counted")) or text[
        : match.start()
    ].endswith("tanggal ")


def _verb(word: str) -> bool:
    return re.match(r"(?:me|di|ber|ter|ke)[a-z]{3,}", word) is not None


def _times(match: re.Match[str]) -> str | None:
    times = match.groupdict().get("times")
    return times.lower() if times else None


def _value(written: str, times: str | None, *, decimal_comma: bool = False) -> float | None:
    """The number meant: '1.250.000', '1,2' triliun and '3.5' billion alike; None for 'ribuan'."""
    if written[0].isalpha():
        value = _spelt_value(written.lower())
    elif decimal_comma and written.count(",") == 1:  # '7,659 detik': races are won by thousandths.
        value = float(written.replace(".", "").replace(",", "."))
    else:
        value = _digits_value(written, english=times in _ENGLISH)
    return None if value is None else value * _MULTIPLIERS.get(times or "", 1.0)


def _digits_value(written: str, *, english: bool) -> float:
    marks = [character for character in written if character in ".,"]
    decimal = (
        marks[-1] if marks and (len(set(marks)) > 1 or (len(marks) == 1 and _is_decimal(written, english))) else None
    )
    digits = "".join(character for character in written if character.isdigit() or character == decimal)
    return float(digits.replace(",", "."))


def _is_decimal(written: str, english: bool) -> bool:
    mark = "." if "." in written else ","
    return len(written.rpartition(mark)[2]) != 3 or (english and mark == ".")


def _spelt_value(written: str) -> float | None:
    first, _, rest = written.partition(" ")
    value = _SPELT_VALUES.get(first)
    if value is None or not rest:
        return value
    scale, _, last = rest.partition(" ")
    if scale == "belas":
        return value + 10
    times = {"puluh": 10.0, "ratus": 100.0, "ribu": 1e3, "juta": 1e6}.get(scale)
    return None if times is None else value * times + (_SPELT_VALUES.get(last) or 0.0)


def _money_unit(written: str) -> str | None:
    return next((unit for pattern, unit in _UNITS if pattern.search(written)), None)


def _counted(text: str, match: re.Match[str]) -> str:
    """What a count counts: the noun and what the clause goes on to say of it."""
    clause = _CLAUSE.split(text[match.start("noun") : match.start("noun") + _LOOK_BACK * 2], maxsplit=1)[0]
    return " ".join(_without_fillers(clause.split()[:5]))


def _what(text: str, match: re.Match[str]) -> str:
    """What money, a share or a score is of: the clause before it, else what follows."""
    start = max(0, match.start() - _LOOK_BACK * 2)
    before = _CLAUSE.split(text[start : match.start()])[-1].split()
    if start and not text[start - 1].isspace():
        before = before[1:]  # Half a word.
    before = _without_fillers(before[-5:])
    after = _CLAUSE.split(text[match.end() : match.end() + _LOOK_BACK * 2], maxsplit=1)[0].split()
    return " ".join(before if len(before) > 1 else _without_fillers((before + after)[:5]))


def _without_fillers(words: list[str]) -> list[str]:
    """Words without prepositions and the like at either end."""
    fillers = word_table("fillers") | word_table("breaks")
    while words and words[-1].lower() in fillers:
        words = words[:-1]
    while words and words[0].lower() in fillers:
        words = words[1:]
    return words


def _worth(kind: Kind, number: Number, sentence: int) -> float:
    place = 1.5 if sentence == 0 else 0.8 if sentence <= 3 else 0.3 if sentence <= 7 else 0.0
    return _WORTH[kind] + place - (0.6 if number.text[0].isalpha() and kind in ("people", "count", "duration") else 0.0)


def _key(number: Number) -> str:
    value = number.value
    return f"{value} {number.unit}" if value is not None else re.sub(r"\W+", "", number.text.lower())
