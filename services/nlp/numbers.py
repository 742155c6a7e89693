"""Sentences go in; the few numbers worth a place on a card come out: as written, with what they count.

Money, counts, shares, magnitudes, scores and measures; not dates, times, ages, numbers of laws, roads or models.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from services.models import Number
from services.nlp.reading import Sentence
from services.nlp.words import common_words, word_table

Kind = Literal["money", "percent", "magnitude", "score", "people", "measure", "count", "duration"]

_NUM = r"(?:\d{1,3}(?:[.,]\d{3}){1,5}(?:[.,]\d{1,3})?|\d{1,12}(?:[.,]\d{1,4})?)(?!\d|[.,]\d)"
_ONES = "satu|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan"
_ENGLISH_ONES = "one|two|three|four|five|six|seven|eight|nine"
_ENGLISH_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SPELT = (
    rf"(?:(?:{_ONES}) (?:belas|puluh(?: (?:{_ONES}))?|ratus|ribu|juta)|dua|tiga|empat|lima|enam|tujuh|delapan|sembilan|"
    r"sepuluh|sebelas|seratus|seribu|belasan|puluhan|ratusan|ribuan|jutaan|"
    rf"(?:{_ENGLISH_ONES}) hundred|(?:{_ENGLISH_TENS})(?:-(?:{_ENGLISH_ONES}))?|"
    r"two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens|hundreds|thousands)"
)
# 'Rp 2 jutaan': about two million.
_TIMES = r"(?:(?:ribu|juta|miliar|milyar|triliun)(?:an)?|rb|jt|thousand|million|billion|trillion|bn|tn)"
# Headlines shorten: 'Rp 1,73 T', 'Rp 857 M', '$3.5B'.
_MONEY_TIMES = rf"(?:{_TIMES}|[KMBT])\b"
_CURRENCY = r"(?:Rp\.?|IDR|US\$|USD|S\$|SGD|A\$|AUD|RM|\$|€|EUR|£|GBP|¥)"
_MONEY_NAME = (
    r"(?:rupiah|dolar(?: (?:AS|Amerika(?: Serikat)?|Singapura|Australia))?|dollars?|euro|yen|ringgit|yuan|riyal|baht|"
    r"pounds?\s?sterling)"
)
_TO = r"(?:\s?[-–]\s?|\s(?:hingga|sampai|to)\s)"
_MONEY_BEFORE = (
    rf"(?<![\w$]){_CURRENCY}\s?(?P<num>{_NUM})(?:[\s-]?(?P<times>{_MONEY_TIMES}))?(?:-an\b)?"
    rf"(?:{_TO}(?:{_CURRENCY}\s?)?{_NUM}(?:[\s-]?(?P<both>{_MONEY_TIMES}))?)?(?:(?:\sper\s|\s?/\s?)[\w$]+)?"
)
_MONEY_AFTER = rf"(?<![\w.,/])(?P<num>{_NUM})\s(?:(?P<times>{_TIMES})\s)?{_MONEY_NAME}\b(?:\sper\s\w+)?"
_PERCENT = rf"(?<![\w.,/-])(?:{_NUM}{_TO})?(?P<num>{_NUM})\s?(?:%|persen\b|per ?cent\b|basis poin\b|bps\b)"
_MAGNITUDE = (
    r"(?:(?:\b|(?<=ber))(?:[Mm]agnitud[oe]:?|MAGNITUDO)(?: \(?(?:M|Mw|SR)\)?)?\s(?P<num>\d(?:[.,]\d)?)"
    r"|\bM\s?(?P<short>\d[.,]\d))(?![\w%]|[.,]\d)"
)
_RICHTER = r"(?<![\w.,])(?P<num>\d[.,]\d)(?:\s(?:SR|skala richter)|[\s-]magnitude)\b"
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
    r"musim|kloter|gate|terminal|ronde|babak|putaran|tikungan|lap|gim|menit)\.?[\s-]|ke-)$",
    re.IGNORECASE,
)
# 'Lap 2 bikin Sean gagal', 'tikungan 11 membuat …': the number belongs to what stands before.
_COUNTED_VERB = re.compile(r"(?:me(?:m|n|ng|ny|l|r)|di|ber|ter)[a-z]{4,}|bikin|jadi|masuk|naik|turun|usai|punya")
_WORD_BEFORE = re.compile(r"([\w+]+)\s$")
_SCORING = re.compile(
    r"\b(?:skor|menang|kalah|imbang|unggul|takluk|seri|gol|gim|set|laga|menekuk|mengalahkan|won|lost|beat|draw|defeat)\b",
    re.IGNORECASE,
)
_HIGHEST_SCORE = 200
_AGED = re.compile(r"\b(?:pria|wanita|perempuan|bocah|usia\w*|remaja|lansia)\b", re.IGNORECASE)
_NOUNS: dict[Kind, str] = {"people": "people", "measure": "measures", "duration": "durations"}
_JOINING = frozenset(("dan", "atau", "serta", "and", "or"))
_AMOUNT = re.compile(rf"\W*{_CURRENCY}?\d", re.IGNORECASE)
# 'Banjir menewaskan 23 orang di dua desa': here the verb says more than what follows.
_HARM = re.compile(
    r"(?:(?:me)?(?:newas|tewas|renggut)\w*|(?:me)?lukai|(?:mem)?bunuh|(?:men|t)angkap|kill\w*|injur\w*|wound\w*|arrest\w*)",
    re.IGNORECASE,
)
_NO_CHILDREN = frozenset(("tangga", "perusahaan", "usaha", "sungai", "panah"))
_CLAUSE = re.compile(r"[,.](?!\d)|[;:!?()\"“”]|\s[-–]\s")
_MULTIPLIERS = {
    **dict.fromkeys(("ribu", "ribuan", "rb", "thousand", "k"), 10**3),
    **dict.fromkeys(("juta", "jutaan", "jt", "million"), 10**6),
    **dict.fromkeys(("miliar", "milyar", "miliaran", "milyaran", "billion", "bn", "b"), 10**9),
    **dict.fromkeys(("triliun", "triliunan", "trillion", "tn", "t"), 10**12),
}
_ENGLISH_TIMES = frozenset(("thousand", "million", "billion", "trillion", "bn", "tn"))
_ENGLISH_WORDS = frozenset(("the", "of", "and", "to", "in", "is", "was", "for", "that", "with"))
_INDONESIAN_WORDS = frozenset(("yang", "dan", "di", "dari", "untuk", "ini", "itu", "dengan", "pada", "dalam"))
_SPELT_VALUES = (
    {
        word: number
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
    }
    | {word: 10 * number for number, word in enumerate(_ENGLISH_TENS.split("|"), 2)}
    | {"seratus": 100, "seribu": 1000}
)
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
# Less for a number in words, which mostly tells of a few things in passing, and for 'asli 100%' outside the title.
_SPELT_LESS, _IDIOM_LESS = 0.6, 1.6
_LEAST_WORTH = 1.1
_MOST = 8
# A tie has its result and those of its matches; how they went from point to point isn't for a card.
_MOST_SCORES = 3
_MOST_FOUND = 400
_LOOK_BACK = 40
_LONGEST_WHAT = 5
_LONGEST_SENTENCE = 3_000


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence as it is searched: its text, its place in the article (0: title) and the article's decimal mark."""

    text: str
    index: int
    decimal: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A number in a sentence and how much it is worth."""

    number: Number
    kind: Kind
    worth: float
    order: tuple[int, int]


def find_numbers(sentences: Sequence[Sentence]) -> tuple[Number, ...]:
    """The numbers worth showing, most important first, at most eight; `sentences[0]` is the title."""
    found = list(itertools.islice(_found(sentences), _MOST_FOUND))
    best: dict[str, _Found] = {}
    for one in sorted(found, key=lambda one: (-one.worth, one.order)):
        first = best.setdefault(_key(one.number), one)
        if first.order[0] == 0 < one.order[0]:
            # A headline drops the words that say what is counted.
            best[_key(one.number)] = replace(one, worth=first.worth)
    worthy = _few_scores(one for one in best.values() if one.worth >= _LEAST_WORTH)
    return tuple(one.number for one in itertools.islice(worthy, _MOST))


def _few_scores(found: Iterator[_Found]) -> Iterator[_Found]:
    seen = Counter[Kind]()
    for one in found:
        seen[one.kind] += 1
        if one.kind != "score" or seen[one.kind] <= _MOST_SCORES:
            yield one


def _found(sentences: Sequence[Sentence]) -> Iterator[_Found]:
    decimal = _decimal_mark(sentences)
    for index, sentence in enumerate(sentences):
        line = _Line(sentence.text[:_LONGEST_SENTENCE], index, decimal)
        taken: list[tuple[int, int]] = []
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(line.text):
                if any(start < match.end() and match.start() < end for start, end in taken):
                    continue
                number, exact = _number(kind, match, line)
                if number:
                    taken.append((match.start(), match.end()))
                    yield _Found(number, exact, _worth(exact, number, index), (index, match.start()))


def _decimal_mark(sentences: Sequence[Sentence]) -> str:
    """The mark before decimals: a comma in Indonesian, a full stop in English."""
    words = Counter(word for sentence in sentences[:20] for word in sentence.text[:_LONGEST_SENTENCE].lower().split())
    english, indonesian = (sum(words[word] for word in some) for some in (_ENGLISH_WORDS, _INDONESIAN_WORDS))
    return "." if english > indonesian else ","


def _number(kind: Kind, match: re.Match[str], line: _Line) -> tuple[Number | None, Kind]:
    if kind == "count":
        return _count(match, line)
    what = _what(line.text, *match.span())
    if kind == "score":
        return Number(match.group(), what, None, None) if _scored(match, line.text) else None, kind
    groups = match.groupdict()
    unit = {"percent": "%", "magnitude": "M"}.get(kind) or _money_unit(match.group())
    times = _times(groups.get("times") or groups.get("both"), unit)
    value = _value(groups["num"] or groups["short"], times, line.decimal, whole=kind == "money" and not times)
    return Number(match.group().strip(), what, value, unit), kind


def _scored(match: re.Match[str], text: str) -> bool:
    """Whether '2-1' is the score of something played, not days or a range of a measure."""
    following = text[match.end() :].split(maxsplit=1)[:1]
    after = following[0].lower().strip(".,") if following else ""
    if after in word_table("not_counted") | _all_nouns() or text[: match.start()].endswith("tanggal "):
        return False
    return _SCORING.search(text) is not None and max(map(int, match["num"].split("-"))) <= _HIGHEST_SCORE


@functools.cache
def _all_nouns() -> frozenset[str]:
    return word_table("people") | word_table("measures") | word_table("durations")


@functools.cache
def _fillers() -> frozenset[str]:
    return word_table("fillers") | word_table("breaks") | {"rp", "us$", "usd"}


def _count(match: re.Match[str], line: _Line) -> tuple[Number | None, Kind]:
    text, low = line.text, match["noun"].lower()
    more = (match["more"] or "").strip().lower()
    kind = _kind(low, more)
    if not _counts(match, line) or (kind == "duration" and _ages(text, match)):
        return None, kind
    ends = (
        kind in ("measure", "duration")
        or not more
        or more in word_table("not_counted") | word_table("breaks")
        or _verb(more)
    )
    written = text[match.start() : match.end("noun") if ends else match.end()].strip()
    harmed = kind == "people" and _HARM.fullmatch(text[: match.start()].rpartition(" ")[0].rpartition(" ")[2])
    what = "" if kind in ("measure", "duration") or harmed else _counted(text, match)
    times = _times(match["times"], None)
    value = _value(match["num"], times, line.decimal, whole=kind == "people" and not times)
    if " " not in what:
        what = _what(text, match.start(), match.start() + len(written))
    return Number(written, what, value, low), kind


def _kind(noun: str, more: str) -> Kind:
    if noun == "anak" and more in _NO_CHILDREN:
        return "count"
    return next((kind for kind, nouns in _NOUNS.items() if noun in word_table(nouns)), "count")


def _counts(match: re.Match[str], line: _Line) -> bool:
    """Whether the number counts the word after it, and isn't a year, a clock, a list number or part of a name."""
    number, noun, low = match["num"], match["noun"], match["noun"].lower()
    before = line.text[max(0, match.start() - _LOOK_BACK) : match.start()]
    if low.partition("-")[0] in word_table("not_counted") | word_table("breaks") or low.endswith("-old"):
        return False
    if _COUNTED_VERB.fullmatch(low) and low not in word_table("inside"):
        return False
    if _NAMING.search(before) or (low not in _all_nouns() and _names(before, match, line)):
        return False
    if match["from"] and (_value(match["from"], None, line.decimal) or 0) >= (_value(number, None, line.decimal) or 0):
        return False  # '2-1' is no range.
    if number[0].isalpha():
        return noun[0].islower() and line.text[match.end("num")] != "-"
    return bool(match["times"]) or not (number.isdigit() and 1900 <= int(number) <= 2100)


def _names(before: str, match: re.Match[str], line: _Line) -> bool:
    """Whether a number is part of a name: 'iPhone 17', 'Boeing 737', 'Skadron Udara 17 TNI AU', '5 Mustang GTD'."""
    word = _WORD_BEFORE.search(before)
    named = word is not None and not word[1].islower()
    if line.index == 0:  # Titles write most words with a capital: only a rare one is a name.
        return word is not None and named and word[1].lower() not in common_words()
    begins = word is None or match.start() == len(word.group())  # 'Sekitar 40 rumah' begins a sentence.
    noun = match["noun"]
    titled = noun[0].isupper() and not noun.isupper() and noun.lower() not in common_words()
    return titled or (word is not None and named and (not begins or word[1].lower() not in common_words()))


def _ages(text: str, match: re.Match[str]) -> bool:
    """Whether a number of years is somebody's age: in brackets, or after who it is."""
    bracketed = text[: match.start()][-2:].endswith("(") or text[match.end("noun") : match.end("noun") + 1] == ")"
    word = _WORD_BEFORE.search(text[max(0, match.start() - _LOOK_BACK) : match.start()])
    titled = word is not None and word[1].lower() in word_table("roles")  # 'petenis 23 tahun itu'
    return bracketed or titled or _AGED.search(text[: match.start()][-40:]) is not None


def _verb(word: str) -> bool:
    return re.match(r"(?:me|di|ber|ter|ke)[a-z]{3,}", word) is not None


def _times(written: str | None, unit: str | None) -> str | None:
    """The multiplier in full; a lone 'M' is a milliard of rupiah, a million of anything else."""
    low = written.lower() if written else None
    return ("miliar" if unit == "IDR" else "million") if low == "m" else low


def _value(written: str, times: str | None, decimal: str, *, whole: bool = False) -> float | None:
    """The number meant: '1.250.000', '1,2' triliun and '3.5' billion alike; None for 'ribuan'.

    `decimal` is the article's mark before decimals. `whole`: three digits after any mark are thousands.
    """
    if written[0].isalpha():
        value = _spelt_value(written.lower())
    else:
        value = _digits_value(written, "." if times in _ENGLISH_TIMES else decimal, whole=whole)
    return None if value is None else float(value * _MULTIPLIERS.get(times or "", 1))


def _digits_value(written: str, decimal: str, *, whole: bool) -> Decimal:
    marks = [character for character in written if character in ".,"]
    if len(set(marks)) > 1:
        decimal = marks[-1]  # '1.250,50' and '1,250.50' say it themselves.
    elif len(marks) > 1 or (marks and not _fraction(written, marks[0], decimal, whole=whole)):
        decimal = ""
    elif marks:
        decimal = marks[0]
    digits = "".join(character for character in written if character.isdigit() or character == decimal)
    return Decimal(digits.replace(",", "."))


def _fraction(written: str, mark: str, decimal: str, *, whole: bool) -> bool:
    """Whether the only mark of a number stands before decimals; any group of three digits could be thousands."""
    head, _, tail = written.partition(mark)
    return len(tail) != 3 or head == "0" or (mark == decimal and not whole)


def _spelt_value(written: str) -> Decimal | None:
    if "-" in written:
        return Decimal(sum(_SPELT_VALUES[word] for word in written.split("-")))
    first, _, rest = written.partition(" ")
    value = _SPELT_VALUES.get(first)
    if value is None or not rest:
        return None if value is None else Decimal(value)
    scale, _, last = rest.partition(" ")
    if scale == "belas":
        return Decimal(value + 10)
    times = {"puluh": 10, "ratus": 100, "hundred": 100, "ribu": 10**3, "juta": 10**6}.get(scale)
    return None if times is None else Decimal(value * times + _SPELT_VALUES.get(last, 0))


def _money_unit(written: str) -> str | None:
    return next((unit for pattern, unit in _UNITS if pattern.search(written)), None)


def _counted(text: str, match: re.Match[str]) -> str:
    """What a count counts: the noun and what the clause goes on to say of it."""
    return " ".join(_without_fillers(_counted_words(text[match.start("noun") : match.start("noun") + _LOOK_BACK * 2])))


def _what(text: str, begin: int, end: int) -> str:
    """What money, a share or a score is of: the words before it in its clause, else those after, else farther back."""
    start = max(0, begin - _LOOK_BACK * 3)
    before = text[start:begin]
    if start and not text[start - 1].isspace():
        before = before.partition(" ")[2]  # Half a word.
    clauses = [_without_numbers(clause.split()) for clause in _CLAUSE.split(before)]
    after = _counted_words(text[end : end + _LOOK_BACK * 2])
    own = clauses.pop()
    said = [own, _without_fillers((own + after)[:_LONGEST_WHAT]), *reversed(clauses)]
    if after[:1] == ["of"]:  # '43 percent of Americans'
        said.insert(0, _without_fillers(after))
    longest: list[str] = max(said, key=len)
    return " ".join(next((words for words in said if len(words) > 1), longest))


def _counted_words(text: str) -> list[str]:
    """The words that a clause goes on with, up to 'and' or a further number at their end."""
    clause = _CLAUSE.split(text, maxsplit=1)[0].split()
    words = list(itertools.takewhile(lambda word: word.lower() not in _JOINING, clause))[:_LONGEST_WHAT]
    return words[:-1] if words and _AMOUNT.match(words[-1]) else words


def _without_numbers(words: list[str]) -> list[str]:
    """The last words of a clause that say what is counted, not how much: 'Brent turun' of 'Brent turun 4% menjadi'."""
    last = next((index for index in range(len(words) - 1, -1, -1) if _AMOUNT.match(words[index])), None)
    if last is None:
        return _without_fillers(_without_fillers(words)[-_LONGEST_WHAT:])
    measured = _MULTIPLIERS.keys() | _all_nouns()
    nearer = _without_fillers(list(itertools.dropwhile(lambda word: word.lower() in measured, words[last + 1 :])))
    return _without_fillers(nearer[-_LONGEST_WHAT:]) or _without_numbers(words[:last])


def _without_fillers(words: list[str]) -> list[str]:
    """Words without prepositions, currencies and the like at either end."""
    fillers = _fillers()
    while words and words[-1].lower() in fillers:
        words = words[:-1]
    while words and words[0].lower() in fillers:
        words = words[1:]
    return words


def _worth(kind: Kind, number: Number, sentence: int) -> float:
    place = 1.5 if sentence == 0 else 0.8 if sentence <= 3 else 0.3 if sentence <= 7 else 0.0
    spelt = number.text[0].isalpha() and kind in ("people", "count", "duration")
    idiom = number.unit == "%" and number.value == 100 and sentence > 0
    return _WORTH[kind] + place - _SPELT_LESS * spelt - _IDIOM_LESS * idiom


def _key(number: Number) -> str:
    value = number.value
    return f"{value} {number.unit}" if value is not None else re.sub(r"\W+", "", number.text.lower())
