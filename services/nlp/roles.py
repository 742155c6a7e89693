"""A sentence and a name's place in it go in; the role that the sentence gives that person, in its words, comes out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.nlp.words import word_table

# As far as a role may reach; bounds the work on a hostile sentence.
_REACH = 220
_MOST_WORDS = 16
# Words between a name and the nearest head of its role ('Dekan Fakultas Hukum Universitas Jember X'), and between that
# head and one further left ('Wakil Ketua', 'mantan Bupati').
_FIRST_GAP = 16
_NEXT_GAP = 3
# Words of a clause between a role and the name.
_CLAUSE_WORDS = 12
# Words of an English title up to its head.
_TITLE_WORDS = 7
_TOKEN = re.compile(r"\w+(?:[-’'.&/]\w+)*|[^\w\s]")
_VERB = re.compile(r"(?:me(?:m|n|ng|ny|l|r|w)|di|ber|ter)[a-z]{4,}")
_INTRODUCED = re.compile(
    r"\s*,?\s*(?:(?:yang|who)\s+)?"
    r"(?:(?:juga|kini|saat ini|selama ini|sebelumnya|pernah|sempat|resmi|telah|sudah|akan|kembali|akhirnya|"
    r"currently)\s+){0,2}"
    r"(?P<word>(?:selaku|merupakan|adalah|menjabat(?: sebagai)?|(?:(?:ber|di|ter)\w+\s)?(?:sebagai|menjadi|jadi)|juga|"
    r"kini|is|was|as)\b|,|:|-|–|—|(?=[A-Za-z]))\s*(?:(?:seorang|salah satu|salah seorang|satu-satunya|the|an?)\s+)?"
)
_ASIDE = re.compile(r"\s*,?\s*yang\s+(?:juga|pernah|sempat|sebelumnya)\s")
# After these a role follows, whatever its words.
_STATING = ("selaku", "menjabat", "menjabat sebagai")
# What stands between a name and its role.
_GIVING = frozenset(["selaku", "sebagai", "menjadi", "merupakan", "adalah"])
# 'Selain X, anggota lainnya, Y'
_OTHERS = (" lain", " lainnya")
# Names that a clause is about: 'X dan Y' merupakan …
_SUBJECT_NAMES = re.compile(r"(?:^|[,;:]\s)(?:[A-Z][\w.’'-]*\s|dan\s){0,8}[A-Z][\w.’'-]*$")
_PRONOUN = re.compile(
    r"(?:Dia|Ia|Beliau|He|She)\s+(?:adalah|merupakan|is|was)\s+(?:(?:seorang|salah satu|the|an?)\s+)?"
)
# What opens a list of people: 'Kiper: A, B', 'dua tersangka, yakni A dan B'.
_OPENS_LIST = re.compile(
    r"(?:\s*:|\s+(?:yang\s+)?terdiri\s+(?:dari|atas)|\s+dijabat(?:\s+oleh)?|"
    r",?(?:\s+(?:itu|tersebut|ini))?(?:\s+(?:diketahui|diduga))?\s+(?:yakni|yaitu|masing-masing|berinisial|bernama|"
    r"antara lain|di antaranya|seperti|termasuk|adalah|ialah|namely|including|such as)(?:\s+adalah)?)[\s\d.]*$"
)
_ITEM_MARK = re.compile(r"\s*(?:\d{1,3}[.)]|[-–•*])\s*")
_BETWEEN_NAMES = re.compile(r"(?:[\s,;/&]|\bdan\b|\bserta\b|\band\b|\([^()]{0,60}\)|\d{1,2}\.|[A-Z][\w.’'-]*+)*")
_TWO_NAMES = re.compile(r"[^,/;()]+\s(?:dan|and|serta)\s+")
_PLURAL = re.compile(
    r"\b(?:para|dua|tiga|empat|lima|enam|tujuh|delapan|kedua|ketiga|keempat|kelima|duo|trio|duet|sejumlah|pasangan|ganda)\b[^.,]*,?\s*$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"(?:^|\b(?:menurut|kata|ujar|ucap|tutur|jelas|terang|tegas|ungkap|papar|imbuh|tambah|lanjut|sambung|tandas|pungkas|bagi)\s)"
    r"([^,.;:!?\"“”]{4,80}?) (?:itu|tersebut|ini)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"(?P<head>[A-Z]\w+)\s(?:asal|kelahiran|milik|berpaspor|berkebangsaan|yang\s(?:me|ber|di)\w+)\s(?:[A-Z][\w.-]*\s)+"
)
_ONE_NAME = re.compile(r"[^,;()]{2,60},\s*")
_BRACKET = re.compile(r"\s*\(((?:[^()\d]|(?<=\w)\d){2,80})\)")
# Behind a role, these say whose it is: 'striker andalan mereka X'.
_OWNERS = frozenset(["mereka", "kami", "kita"])
# Between two roles these tell one person from another: 'surat presiden dari Menteri X'.
_APART = frozenset(["dari", "di", "ke", "kepada", "untuk", "dan", ","])
# Behind these 'putra' and 'putri' are no relations.
_EVENTS = frozenset(["ganda", "tunggal", "beregu", "campuran", "sektor", "kategori", "kelas", "nomor", "tim", "regu"])
_CALLED = frozenset(["bernama", "berinisial", "inisial", "bernamakan", "named"])
_PROFESSION = re.compile(r"[a-z]{3,}(?:olog|wan|wati|iater|grafer)")
# Degrees after a name: ', MD', ', SpPD-KGH', ', S.H., M.H.'
_DEGREES = re.compile(
    r"(?:,\s?(?:[A-Z]{2,5}|Sp[A-Z][\w()-]{0,12}|(?:[A-Z][a-z]{0,3}\.){1,3}[A-Z]?\w{0,3}))+(?=,|\s[a-z])"
)
_DISCIPLINE = re.compile(r"\b(?P<sort>tunggal|ganda)\s(?:putra|putri|campuran)\b", re.IGNORECASE)
# Words that end a role elsewhere, but not behind these.
_WORD_PAIRS = (("penyakit", "dalam"), ("juru", "bicara"), ("juara", "bertahan"))
_PAIRS = {True: "ganda", False: "tunggal"}
_LOOSE_END = re.compile(r"[\s,]+(?:dan|serta|and)$")
_EMPTY_BRACKETS = re.compile(r"\([\s,.]*\)")
_AGE = re.compile(r"\s*\(\d{1,3}(?: tahun| thn| th)?\)|,\s?(?:berusia )?\d{1,3} (?:tahun|thn)(?=,)")


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int

    @property
    def lower(self) -> str:
        return self.text.lower().rstrip(".")


def role_before(sentence: str, start: int, names: Sequence[tuple[int, int]] = ()) -> str | None:
    """The role that ends where a name begins: 'Presiden Rusia' Vladimir Putin, 'pegawai toko', Bima.

    `start` is the name's offset, `names` are the spans of the other names in the sentence.
    """
    return _role_ending(sentence, start, names, listed=False)


def _role_ending(sentence: str, start: int, names: Sequence[tuple[int, int]], *, listed: bool) -> str | None:
    """The role that ends at `start`, where a name begins, or the opening of a list of names."""
    words, comma = _without_titles(_words(sentence, max(0, start - _REACH), start))
    apposition = comma or listed
    if apposition:
        words = _without_clause(words)
    others = [span for span in names if span[1] <= start]
    beside = not listed and bool(words) and words[-1].lower in ("dan", "serta", "and")  # 'Presiden dan X'
    first = None if beside else _role_start(words, others, apposition)
    if first is None or _states_another(words[:first], others):
        return None
    if not apposition and words[first].lower in word_table("aides") and _serves_next(sentence, start, names):
        own = [index for index in range(first + 1, len(words)) if _is_role(words[index])]
        return _phrase(sentence, words[own[0] :]) if own else None
    return _phrase(sentence, words[_title_start(words, first, others) :])


def _serves_next(sentence: str, start: int, names: Sequence[tuple[int, int]]) -> bool:
    """Whether the aide of who is named at `start` is named next: 'juru bicara Presiden' 'X, Y'."""
    following = min((span[0] for span in names if span[0] > start), default=0)
    return _ONE_NAME.fullmatch(sentence, start, following) is not None


def _title_start(words: Sequence[_Word], first: int, others: Sequence[tuple[int, int]]) -> int:
    """Where the English title with this head begins: 'Corporate Secretary', 'Board Advisor'."""
    if words[first].lower not in word_table("english_heads"):
        return first
    for index in range(first - 1, max(-1, first - 1 - _TITLE_WORDS), -1):
        word = words[index]
        named = any(start <= word.start < end for start, end in others)
        if named or not word.text.isalpha() or not word.text[0].isupper() or word.lower in word_table("breaks"):
            return index + 1
    return max(0, first - _TITLE_WORDS)


def _states_another(words: Sequence[_Word], others: Sequence[tuple[int, int]]) -> bool:
    """Whether the words before a role give it to somebody named there: 'Rina sebagai direktur, dan Tono …'."""
    return bool(words) and words[-1].lower in _GIVING and any(end <= words[-1].start for _, end in others)


def rank_before(sentence: str, start: int) -> str | None:
    """The military or police rank right before a name: 'Kombes'."""
    words = _words(sentence, max(0, start - _REACH), start)[-3:]
    ranks = [word for word in words if word.lower in word_table("ranks")]
    close = ranks and all(_is_title(word) for word in words[words.index(ranks[0]) :])
    return _phrase(sentence, words[words.index(ranks[0]) :]) if close else None


def role_after(sentence: str, end: int, names: Sequence[tuple[int, int]] = ()) -> str | None:
    """The role that follows a name: Bima, 'pegawai toko'; Airlangga selaku 'Menteri …'; Budi ('Ketua RT').

    `end` is where the name ends, `names` are the spans of the other names in the sentence.
    """
    tail = sentence[: end + _REACH]
    for aside in (_DEGREES, _AGE):
        if found := aside.match(tail, end):
            end = found.end()
    if bracket := _BRACKET.match(tail, end):
        words = _words(tail, bracket.start(1), bracket.end(1))
        if words and (_is_role(words[0]) or _ends_in_head(words)):
            return _phrase(tail, words)
        end = bracket.end()
    introduced = _INTRODUCED.match(tail, end)
    if introduced is None:
        return None
    words = _words(tail, introduced.end(), len(tail))
    subject = introduced["word"] == "merupakan" and _SUBJECT_NAMES.search(sentence, max(0, end - _REACH), end)
    stated = introduced["word"] in _STATING or subject or ("," in introduced.group() and _ends_in_head(words))
    if not words or not (_is_role(words[0]) or stated):
        return None
    phrase = _phrase(tail, _until_break(words, [span for span in names if span[0] >= end]))
    return None if phrase is None or phrase.endswith(_OTHERS) else phrase


def tells_aside(sentence: str, end: int) -> bool:
    """Whether what follows a name is a further or former role: 'X yang juga menjabat …'."""
    return _ASIDE.match(sentence, end) is not None


def role_in_list(sentence: str, start: int, names: Sequence[tuple[int, int]]) -> str | None:
    """The role of a list that a name stands in: 'Kiper: A, B (Persija), C'; 'dua tersangka, A dan B'.

    `start` is the name's offset, `names` are the spans of the other names in the sentence.
    """
    first = start
    for left, right in sorted((span for span in names if span[1] <= start), reverse=True):
        if not _BETWEEN_NAMES.fullmatch(sentence, right, first):
            break
        first = left
    before = sentence[max(0, first - _REACH) : first]
    opening = _OPENS_LIST.search(before)
    if opening is None and (first == start or not _share_role(before, sentence[first:start])):
        return None
    if opening is None:
        return role_before(sentence, first)
    return _role_ending(sentence, first - len(before) + opening.start(), (), listed=True)


def _share_role(before: str, names: str) -> bool:
    """Whether names share what stands before them: of a pair ('A/B'), of several ('dua tersangka'), or of two behind a
    comma ('jurnalis harian itu, A dan B').
    """
    two = before.rstrip().endswith(",") and _TWO_NAMES.fullmatch(names) is not None
    return names.rstrip().endswith("/") or two or _PLURAL.search(before) is not None


def role_of_heading(heading: str) -> str | None:
    """The role that the heading of a list gives to those in it: 'Berikut sepuluh calon pimpinan KPK yang lolos:'."""
    if not heading.rstrip().endswith(":"):
        return None
    words = _words(heading, max(0, len(heading) - _REACH), len(heading))
    heads = [index for index, word in enumerate(words) if _is_role(word)]
    return _phrase(heading, _until_break(words[heads[0] :], ())) if heads else None


def role_of_pronoun(sentence: str) -> str | None:
    """The role that a sentence gives to the person spoken of just before: 'Dia adalah perenang muda Indonesia'."""
    found = _PRONOUN.match(sentence)
    words = _words(sentence[:_REACH], found.end(), _REACH) if found else []
    return _phrase(sentence, _until_break(words, ())) if words and _is_role(words[0]) else None


def role_of_reference(sentence: str) -> str | None:
    """The role that a sentence gives to the person before by pointing back: 'Pebalap Indonesia itu finis keenam',
    'Pebalap asal Garut finis keenam', '… ujar mantan gubernur itu'.
    """
    subject = _SUBJECT.match(sentence)
    if subject and is_role_word(subject["head"]):
        return subject.group().strip()
    for found in _REFERENCE.finditer(sentence):
        words = _words(sentence, found.start(1), found.end(1))
        inner = words[1:]
        if len(words) > 1 and _is_role(words[0]) and not any(_breaks(inner, index) for index in range(len(inner))):
            return _phrase(sentence, words)
    return None


def role_in_discipline(text: str, paired: bool) -> str | None:
    """The event of a racket sport named last: 'ganda putra' for one of a pair, 'tunggal putri' for others."""
    events = [one.group() for one in _DISCIPLINE.finditer(text) if one["sort"].lower() == _PAIRS[paired]]
    return events[-1].lower() if events else None


def ends_in_title(sentence: str) -> bool:
    """Whether a sentence was cut behind the abbreviated title of who is named next: '… kata Rektor Prof.'."""
    words = _words(sentence, max(0, len(sentence) - _REACH), len(sentence))
    return sentence.endswith(".") and len(words) > 1 and _is_title(words[-2])


def begins_item(sentence: str, start: int) -> bool:
    """Whether only the number or mark of a list item stands before `start`."""
    return _ITEM_MARK.fullmatch(sentence, 0, start) is not None


def is_role_word(word: str) -> bool:
    """Whether a word can be the head of a role."""
    lower = word.lower()
    if lower in word_table("roles") or lower in word_table("relations") or _profession(lower):
        return True
    owned = lower.removesuffix("nya")  # 'manajernya', 'putrinya'
    return owned != lower and (owned in word_table("roles") or owned in word_table("relations"))


def is_relation(role: str) -> bool:
    """Whether a role only says whose somebody is: 'istri Bupati Garut'."""
    return role.split(maxsplit=1)[0].lower().removesuffix("nya") in word_table("relations")


def is_passing(role: str) -> bool:
    """Whether a role is a part in one event: 'saksi kasus suap'."""
    return role.split(maxsplit=1)[0].lower() in word_table("passing")


def _profession(word: str) -> bool:
    """Whether a word is formed like one for a profession: 'antropolog', 'sukarelawan'."""
    return _PROFESSION.fullmatch(word) is not None and word not in word_table("no_professions")


def holds_office(sentence: str, start: int) -> bool:
    """Whether the word before `start` begins a role in an organization, whose name `start` may then be."""
    words = _words(sentence, max(0, start - _REACH), start)
    return bool(words) and any(word.lower in word_table("offices") for word in words[-3:])


def is_title(word: str) -> bool:
    """Whether a word before a name belongs to a role, a rank or a form of address rather than to the name."""
    lower = word.lower().rstrip(".")
    if lower in word_table("also_names"):
        return False
    return any(lower in word_table(table) for table in ("roles", "relations", "ranks", "honorifics"))


def _words(sentence: str, start: int, end: int) -> list[_Word]:
    return [_Word(match.group(), match.start(), match.end()) for match in _TOKEN.finditer(sentence, start, end)]


def _is_role(word: _Word) -> bool:
    return is_role_word(word.lower) or is_role_word(word.lower.partition("-")[0])


def _is_title(word: _Word) -> bool:
    return word.text == "." or any(word.lower in word_table(table) for table in ("ranks", "honorifics"))


def _without_titles(words: list[_Word]) -> tuple[list[_Word], bool]:
    """Drop the ranks, degrees and the comma right before the name; say whether there was a comma."""
    comma = False
    while words and (_is_title(words[-1]) or words[-1].lower in _CALLED or (words[-1].text in ",:" and not comma)):
        if comma and [word.lower for word in words[-2:-1]] == ["sang"]:  # 'sang ibu, X'
            break
        if _is_role(words[-1]) and not comma and len(words[-1].text) > 2 and words[-1].lower not in ("ibu", "bapak"):
            break
        comma = comma or words[-1].text in ",:"
        words = words[:-1]
        if words and words[-1].lower in ("itu", "tersebut", "ini", "yang"):
            words = words[:-1]
            if words and words[-1].lower in ("saat", "kala", "ketika"):  # 'Direktur FBI saat itu, X'
                words = words[:-1]
    if words and words[-1].lower in _OWNERS:
        words = words[:-1]
    return words, comma


def _without_clause(words: list[_Word]) -> list[_Word]:
    """Drop the clause between a role and the comma: 'pebalap Gresini yang disponsori oleh bank daerah, Alex'."""
    for index in range(len(words) - 1, max(0, len(words) - _CLAUSE_WORDS), -1):
        if not words[index].text[0].isalnum() or _is_role(words[index]):
            break
        if words[index].lower == "yang":
            return words[:index]
    return words


def _role_start(words: list[_Word], others: Sequence[tuple[int, int]], apposition: bool) -> int | None:
    """Index of the word where the role before a name begins, going left from the name."""
    first: int | None = None
    allowed = _FIRST_GAP
    crossed = False
    brackets = _bracketed(words)
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        if index in brackets:
            continue
        crossed = crossed or any(start <= word.start < end for start, end in others)
        if allowed < 0 or _breaks(words, index) or (crossed and (not apposition or word.text in ",/")):
            break
        joined = not crossed and _joins(words, index, apposition)
        if first is not None and not joined and word.lower in _APART:
            break
        allowed -= word.text.islower() or first is None
        if _is_head(words, index, apposition, crossed):
            first, allowed = index, _NEXT_GAP
    return first


def _joins(words: Sequence[_Word], index: int, apposition: bool) -> bool:
    """Whether 'dan' joins two roles of one person ('Pendiri dan CEO X', 'ahli hukum Universitas Y dan penulis, X') or
    'dari' a relation and its owner: 'putri dari Bupati Garut, X'.
    """
    word, left = words[index].lower, words[max(0, index - 2) : index]
    if word == "dari":
        return apposition and any(one.lower in word_table("relations") for one in left)
    beside = index + 1 < len(words) and _is_role(words[index + 1])
    return word == "dan" and beside and (apposition or any(map(_is_role, left)))


def _is_head(words: Sequence[_Word], index: int, apposition: bool, crossed: bool) -> bool:
    """Whether a role begins here. A relation is somebody else's unless a comma follows its owner: 'putra sulung X' is
    not X, 'istri Y, X' is, and so is 'istrinya X'. Only relations and aides name another person; what looks like one
    behind an office is its organization: 'CEO Advan, X'.
    """
    word = words[index].lower
    if word.removesuffix("nya") not in word_table("relations"):
        return _is_role(words[index]) and (not crossed or word in word_table("aides") or word in word_table("offices"))
    if words[-1].lower.endswith("nya") and index >= len(words) - 2:  # 'istrinya X', 'rekan setimnya X'
        return True
    left = words[index - 1].lower if index else ""
    return left == "sang" or (apposition and left not in _EVENTS)


def _bracketed(words: Sequence[_Word]) -> frozenset[int]:
    """Indices of words in brackets, brackets included: 'Menteri Komunikasi dan Digital (Menkomdigi)'."""
    inside: set[int] = set()
    opened: int | None = None
    for index, word in enumerate(words):
        if word.text == "(":
            opened = index
        elif word.text == ")" and opened is not None:
            inside.update(range(opened, index + 1))
            opened = None
    return frozenset(inside)


def _breaks(words: Sequence[_Word], index: int) -> bool:
    word = words[index]
    if not word.text[0].isalnum():
        return not _inner_mark(words, index)
    if _is_role(word) or word.lower in word_table("inside"):
        return False
    if word.lower in word_table("breaks") or _VERB.fullmatch(word.text):
        return not _inside_name(words, index)
    return False


def _inside_name(words: Sequence[_Word], index: int) -> bool:
    """Whether a function word belongs to a name: 'AS', 'Menteri Dalam Negeri', 'penyakit dalam'."""
    word, left = words[index].text, words[index - 1].text if index else ""
    if word.isupper() and len(word) > 1:
        return True
    right = words[index + 1].text if index + 1 < len(words) else ""
    if word == "atau":  # 'Direktur Utama Bank Syariah Indonesia atau BSI'
        return right.isupper() and len(right) > 1
    if word in (
        "untuk",
        "of",
        "and",
        "for",
        "in",
        "at",
    ):  # 'Duta Besar Israel untuk PBB', 'VP of People and Operations'
        return left[:1].isupper() and right[:1].isupper()
    return (word[0].isupper() and left[:1].isupper()) or (left.lower(), word) in _WORD_PAIRS


def _inner_mark(words: Sequence[_Word], index: int) -> bool:
    """Whether a mark may stand inside a role: brackets, '&', '-', '/', and the commas of 'Pendidikan, Sains, dan …'."""
    mark, right = words[index].text, words[index + 1 : index + 2]
    if mark == ",":
        left = words[index - 1 : index]
        listed = bool(right) and (right[0].text[0].isupper() or right[0].lower in ("dan", "and"))
        return listed and bool(left) and left[0].text[0].isupper()
    return mark in "()&-/.®™"


def _until_break(words: list[_Word], others: Sequence[tuple[int, int]]) -> list[_Word]:
    """The words up to where the role ends, which is no later than whose it is ('kuasa hukum Titi'); none when it leads
    into the name of a person whom it may belong to.
    """
    owned = words[0].lower in word_table("relations") or words[0].lower in word_table("aides")
    named = False
    for index, word in enumerate(words[:_MOST_WORDS]):
        if any(start <= word.start < end for start, end in others):
            if not owned:
                return []
            named = True
        elif named or (index and (_breaks(words, index) or word.text == "." or _numbers_item(words, index))):
            return words[:index]
    return words[:_MOST_WORDS]


def _ends_in_head(words: Sequence[_Word]) -> bool:
    """Whether an English title begins here, whose head comes last: 'Consumer Product Manager Oppo Indonesia'."""
    for word in words[:_TITLE_WORDS]:
        if word.lower in word_table("english_heads"):
            return True
        if not word.text[0].isupper() and word.text not in ("and", "of", "&"):
            return False
    return False


def _numbers_item(words: list[_Word], index: int) -> bool:
    """Whether a number only counts the next item of a list: 'Sekretaris Jenderal 2. Arnold'."""
    return words[index].text.isdigit() and [word.text for word in words[index + 1 : index + 2]] == ["."]


def _phrase(sentence: str, words: Sequence[_Word]) -> str | None:
    if not words:
        return None
    phrase = _EMPTY_BRACKETS.sub("", sentence[words[0].start : words[-1].end])
    phrase = _LOOSE_END.sub("", " ".join(phrase.split()).strip(" ,-/&"))
    if phrase.count("(") != phrase.count(")"):
        phrase = phrase.partition("(")[0].strip()
    return phrase if phrase and phrase.lower() not in word_table("no_role_alone") else None
