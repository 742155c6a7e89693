"""Tells names from parts of names: a stretch of a sentence goes in, whether it belongs to a name that is no place
comes out ('Persib Bandung', 'Polda Jawa Barat', 'Malaysia Open', 'dolar AS').
"""

from __future__ import annotations

from services.nlp.gazetteer import place_words
from services.nlp.places.line import Line, Stretch

# What stands between the words of 'RSPAD Gatot Subroto', 'Timnas U-16 Indonesia', '… (RSPAD) Gatot Subroto'.
_IN_NAMES = (" ", "-", ") ")
_INDONESIA_IN_OFFICES = frozenset({"RI", "NKRI", "Republik Indonesia"})


def is_part(stretch: Stretch) -> bool:
    """Whether a name is a part of another that is no place."""
    return (
        _begins_event(stretch)
        or _is_branch(stretch)
        or _is_team(stretch)
        or _is_letters(stretch)
        or _ends_office(stretch)
        or _ends_company(stretch)
        or _is_in_organization(stretch)
    )


def is_acting(stretch: Stretch) -> bool:
    """Whether a state acts through the body that is named before it ('Menteri Energi AS')."""
    return _head(stretch, "state") is not None


def _begins_event(stretch: Stretch) -> bool:
    """Whether it begins the name of a competition or a company ('Jogja Financial Festival')."""
    line, tails = stretch.line, place_words("tails")
    for position in range(stretch.after, stretch.after + line.reach):
        if line.gap(position) not in (" ", "-") or not line.capital(position):
            return False
        if line.word(position) in tails:
            return True
    return False


def _is_branch(stretch: Stretch) -> bool:
    """Whether it is the branch of something known by its letters ('BPBD Garut', 'Badan … (BPBD) Garut')."""
    line, first = stretch.line, stretch.first
    # 'Anggaran (RAPBD) Provinsi Jambi' is an amount, not an office.
    joints = (" ", ") ") if first == stretch.position else (" ",)
    if line.gap(first) not in joints or line.words[first].group().isupper() or stretch.may_be("country"):
        return False
    before = line.words[first - 1].group()
    return len(before) > 2 and before.isupper()


def _is_team(stretch: Stretch) -> bool:
    """Whether a city stands for its team ('melawan Dortmund', 'Real Madrid')."""
    if not stretch.meanings or stretch.may_be("country", "province"):
        return False
    if stretch.line.word(stretch.first - 1) in place_words("teams"):
        return True
    return stretch.line.number > 0 and stretch.meanings[0].kind == "foreign_city" and stretch.behind_name()


def _is_letters(stretch: Stretch) -> bool:
    """Whether it is no name but dollars ('US$'), somebody's initials or the model of a thing ('Mali-T864')."""
    line = stretch.line
    initials = stretch.text.isupper() and line.word(stretch.first - 1) in place_words("initials")
    model = line.gap(stretch.after) == "-" and any(letter.isdecimal() for letter in line.word(stretch.after))
    return initials or model or line.text[stretch.end : stretch.end + 1] == "$"


def _ends_office(stretch: Stretch) -> bool:
    """Whether it ends the name of an Indonesian office ('Menteri Kesehatan RI', 'Presiden ketiga RI')."""
    line, position = stretch.line, stretch.position
    before = line.word(position - 1)
    if stretch.text not in _INDONESIA_IN_OFFICES or line.number == 0 or before == "pemerintah":
        return False
    counted = before in place_words("ordinals") or before.isdecimal()
    return line.gap(position) == " " and (counted or line.capital(position - 1))


def _ends_company(stretch: Stretch) -> bool:
    """Whether a country ends the name of a company or a show ('Asus Indonesia', 'The Voice Jerman')."""
    line, first = stretch.line, stretch.first
    if not stretch.may_be("country") or line.gap(first) != " " or not line.capital(first - 1):
        return False
    before = line.words[first - 1]
    mention = line.mention("ORG", before.start(), before.end())
    if mention is None or (before.group().isupper() and not any(one.country == "ID" for one in stretch.meanings)):
        # 'FBI AS'
        return False
    acting = place_words("state") | place_words("government")
    return acting.isdisjoint(mention.text.casefold().split())


def _is_in_organization(stretch: Stretch) -> bool:
    line, first = stretch.line, stretch.first
    country = stretch.may_be("country")
    if country and line.word(first - 1) in place_words("government"):
        return False
    head = _head(stretch, "organization")
    if country and not any(one.country == "ID" for one in stretch.meanings) and head in place_words("state"):
        # 'Kementerian Luar Negeri Rusia': through its bodies a state acts.
        return False
    mention = line.mention("ORG", line.words[first].start(), stretch.end)
    longer = mention is not None and (mention.start < line.words[first].start() or mention.end > stretch.end)
    return longer or head is not None


def _head(stretch: Stretch, table: str) -> str | None:
    """The word of a table before it that begins a longer name, such as that of an organization ('Universitas')."""
    line = stretch.line
    for back in range(1, line.reach + 1):
        position = stretch.first - back
        if position < 0 or line.gap(position + 1) not in _IN_NAMES:
            return None
        if line.word(position) in place_words(table) and _heads_name(line, position, back):
            return line.word(position)
        if not line.capital(position) and not line.word(position).isdecimal():
            return None
    return None


def _heads_name(line: Line, position: int, back: int) -> bool:
    word = line.words[position].group()
    if line.number == 0 and back > 1 and word.isupper():
        return False
    return word[0].isupper() or word in place_words("things")
