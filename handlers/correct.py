"""A member corrects a card, by its button or `/koreksi`: the archive keeps who, when and what it was; the card follows.

The button opens a message of its own that changes with every tap; where words are needed, a reply to it gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, get_args

from handlers.card_text import Card, CardText, Piece, shorten
from handlers.context import Turn, plain_card
from handlers.corrections import (
    NotUnderstood,
    clean_name,
    new_figure,
    new_place,
    other_place,
    places_called,
    read_correction,
    short_hash,
    told,
)
from handlers.deliver import article_buttons, card_buttons, card_of
from handlers.incoming import Incoming
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard, edit_payload
from handlers.recall import asked_text, pointed_at
from handlers.same_story import may_be_taken_over, same_story
from handlers.texts import Texts
from services.corrections import (
    CorrectedField,
    Correction,
    FigureGone,
    MediaIs,
    OutletIs,
    PlaceGone,
    PlaceIs,
    RoleIs,
    SamePerson,
    SentenceGone,
    SentenceIs,
    ToneIs,
    changes,
)
from services.models import Annotation, Figure, OutletType, Place, Remembered, ToneLabel
from services.nlp.gazetteer import Entry
from services.passages import opening_sentences
from services.store import articles, corrections, outbox, questions, search
from services.store.corrections import Made
from services.store.questions import Question

_TONES: tuple[ToneLabel, ...] = ("positive", "neutral", "negative")
_TYPES: tuple[OutletType, ...] = ("national", "regional", "international", "unknown")
_MOST_BUTTONS, _MOST_CARDS, _MOST_OFFERS = 12, 5, 3
_LABEL, _SENTENCE, _HISTORY = 40, 200, 15


_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Menu:
    """A step of the dialogue: the article, and how its buttons begin."""

    turn: Turn
    article: Remembered

    @property
    def words(self) -> Texts:
        """The words of the chat's language."""
        return self.turn.words

    @property
    def annotation(self) -> Annotation:
        """What the card says now."""
        return self.article.annotation

    def button(self, label: str, *steps: object) -> Button:
        """A button that leads on."""
        return Button(
            shorten(sanitise(label[:300]), _LABEL) or "–", ":".join(map(str, ("fix", self.article.id, *steps)))
        )


# Commands, buttons and replies


async def on_correct(turn: Turn, incoming: Incoming) -> None:
    """`/koreksi` as a reply to a card: alone it opens the dialogue, with words it corrects at once."""
    article = await pointed_at(turn, incoming)
    typed = asked_text(incoming)
    if article is None:
        await turn.tell(turn.words("correct.usage_reply"))
    elif not typed:
        await turn.say(*_menu(Menu(turn, article)))
    elif typed.lower() in ("riwayat", "history"):
        await turn.say(*await _history(Menu(turn, article)))
    elif typed.lower() in ("batal", "undo"):
        await _undo_last(turn, article)
    else:
        await _typed(turn, article, typed)


async def on_accuracy(turn: Turn) -> None:
    """`/akurasi`: how often members corrected each kind of fact."""
    words, total = turn.words, (await search.everything(turn.scope)).total
    if not total:
        await turn.tell(words("correct.accuracy_nothing"))
        return
    often = await corrections.how_often(turn.scope)
    text = CardText()
    text.add(Piece(words("correct.accuracy_title", count=words.whole(total)), ("bold",)), Piece("\n"))
    for field in get_args(CorrectedField):
        name, count = words.one_of("corrected_field", field), often.get(field, 0)
        right = words.percent(1 - count / total) if count else "100%"
        line = words("correct.accuracy_line", field=name, count=words.whole(count), share=right)
        text.add(Piece(f"\n{line}"))
    text.add(Piece("\n\n" + words("correct.accuracy_note")))
    await turn.say(text.card())


async def on_fix(turn: Turn, argument: str) -> str:
    """The buttons of the dialogue, and the one under a card that opens it."""
    number, _, rest = argument.partition(":")
    article = await articles.get(turn.scope, int(number))
    if article is None:
        return turn.words("recall.gone")
    menu = Menu(turn, article)
    if not rest:
        await turn.say(*_menu(menu))
        return ""
    if message := await outbox.of_message(turn.scope, turn.message_id):
        await questions.settle(turn.scope, message.id)
    step, *more = rest.split(":")
    if step in _CORRECTIONS:
        return await _corrected(menu, _CORRECTIONS[step](menu, more))
    if step in _QUESTIONS:
        await _ask(menu, step, _about(menu, step, more))
        return ""
    if step == "history":
        await turn.change(*await _history(menu))
        return ""
    if step == "close":
        await turn.take_back(plain_card(turn.words("correct.closed")))
        return ""
    await turn.change(*_PAGES[step](menu, more))
    return ""


async def on_undo(turn: Turn, argument: str) -> str:
    """The button that takes a correction back."""
    made = await corrections.undo(turn.scope, int(argument), turn.member)
    if made is None:
        return turn.words("correct.undone_already")
    article = await articles.get(turn.scope, made.article_id)
    if article:
        await _show_everywhere(turn, article)
        await turn.change(
            _undone_card(turn.words, made), [[Menu(turn, article).button(turn.words("correct.more"), "menu")]]
        )
    return turn.words("correct.undone")


async def on_also(turn: Turn, argument: str) -> str:
    """The button that gives the same story of another outlet the same correction."""
    number, _, article_id = argument.partition(":")
    made = await corrections.get(turn.scope, int(number))
    article = await articles.get(turn.scope, int(article_id))
    if made is None or made.undone or article is None:
        return turn.words("share.already")
    again = await corrections.make(turn.scope, article.id, made.correction, turn.member)
    if again is None:
        return turn.words("correct.nothing_changed")
    await _show_everywhere(turn, await articles.get(turn.scope, article.id) or article)
    return turn.words("correct.also_done")


async def on_answer(turn: Turn, incoming: Incoming) -> bool:
    """Take a reply to a question of ours as its answer; false where the message is none."""
    if incoming.reply_to is None or not incoming.reply_to.ours:
        return False
    question = await questions.of_message(turn.scope, incoming.reply_to.message_id)
    article = await articles.get(turn.scope, question.article_id) if question and question.article_id else None
    if question is None or article is None:
        return False
    try:
        correction = _ANSWERS[question.asks](article.annotation, question.about, incoming.content.text)
    except NotUnderstood as error:
        await turn.say(_not_understood(turn.words, error))
        return True
    await questions.settle(turn.scope, question.outbox_id)
    await _make(turn, article, correction)
    return True


# What a correction leads to


async def _typed(turn: Turn, article: Remembered, typed: str) -> None:
    try:
        correction = read_correction(typed, article.annotation)
    except NotUnderstood as error:
        await turn.say(_not_understood(turn.words, error))
        return
    await _make(turn, article, correction)


async def _make(turn: Turn, article: Remembered, correction: Correction) -> None:
    """Correct, and answer with what became of it."""
    made = await corrections.make(turn.scope, article.id, correction, turn.member)
    if made is None:
        await turn.tell(turn.words("correct.nothing_changed"))
        return
    corrected = await articles.get(turn.scope, article.id) or article
    await _show_everywhere(turn, corrected)
    await turn.say(*await _done(Menu(turn, corrected), made))


async def _corrected(menu: Menu, correction: Correction) -> str:
    """Correct; the dialogue's message tells it."""
    turn = menu.turn
    made = await corrections.make(turn.scope, menu.article.id, correction, turn.member)
    if made is None:
        return turn.words("correct.nothing_changed")
    corrected = await articles.get(turn.scope, menu.article.id) or menu.article
    await _show_everywhere(turn, corrected)
    await turn.change(*await _done(Menu(turn, corrected), made))
    return turn.words("settings.saved")


async def _show_everywhere(turn: Turn, article: Remembered) -> None:
    """Bring the article's cards in the chat up to date."""
    card = await card_of(turn.scope, turn.team, article)
    for message, answers in await outbox.cards_of(turn.scope, article.id, _MOST_CARDS):
        keyboard = (
            card_buttons(turn.team, message.share_id, article.id)
            if answers and message.share_id
            else article_buttons(turn.team, article.id)
        )
        await outbox.edit(turn.scope, message.id, edit_payload(card, keyboard))


async def _done(menu: Menu, made: Made) -> tuple[Card, Keyboard]:
    """What was corrected, how to take it back, and the same story elsewhere that may need the same."""
    words = menu.words
    text = CardText()
    text.add(Piece("✓ "), Piece(told(made.correction, made.former, words), ("bold",)))
    rows = [[Button(words("correct.undo"), f"undo:{made.id}"), menu.button(words("correct.more"), "menu")]]
    if may_be_taken_over(made.correction):
        same = [
            one for one in await same_story(menu.turn.scope, menu.article) if changes(one.annotation, made.correction)
        ]
        if same:
            text.add(Piece("\n\n" + words("correct.same_story")))
        for number, one in enumerate(same[:_MOST_OFFERS], 1):
            outlet = one.annotation.article.outlet
            name = sanitise((outlet.name or outlet.domain or "")[:100])
            text.add(Piece(f"\n{number}. {shorten(sanitise(one.annotation.article.title[:300]), 100)} ({name})"))
            rows.append(
                [Button(shorten(words("correct.also", number=number, name=name), 60), f"also:{made.id}:{one.id}")]
            )
    return text.card(), rows


async def _undo_last(turn: Turn, article: Remembered) -> None:
    standing = await corrections.of_article(turn.scope, article.id)
    made = await corrections.undo(turn.scope, standing[-1].id, turn.member) if standing else None
    if made is None:
        await turn.tell(turn.words("correct.nothing_to_undo"))
        return
    await _show_everywhere(turn, await articles.get(turn.scope, article.id) or article)
    await turn.say(_undone_card(turn.words, made))


def _undone_card(words: Texts, made: Made) -> Card:
    return plain_card(f"↩ {words('correct.undone')} {told(made.correction, made.former, words)}")


async def _history(menu: Menu) -> tuple[Card, Keyboard]:
    """Who corrected what, and when; what stands can be taken back."""
    words, zone = menu.words, menu.turn.zone
    all_made = await corrections.of_article(menu.turn.scope, menu.article.id, undone=True)
    text = CardText()
    text.add(Piece(words("correct.history"), ("bold",)))
    rows = []
    for number, made in enumerate(all_made[-_HISTORY:], 1):
        by = shorten(sanitise((made.by or "")[:100]), _LABEL)
        when = words.moment(made.at, zone)
        state = f" ({words('correct.taken_back')})" if made.undone else ""
        text.add(Piece(f"\n{number}. {told(made.correction, made.former, words)}{state}\n    {by} · {when}"))
        if not made.undone:
            rows.append(Button(f"↩ {number}", f"undo:{made.id}"))
    if not all_made:
        text.add(Piece("\n" + words("correct.history_empty")))
    keyboard = [rows[at : at + 5] for at in range(0, len(rows), 5)]
    return text.card(), [*keyboard, _back(menu)]


def _not_understood(words: Texts, error: NotUnderstood) -> Card:
    text = CardText()
    text.add(Piece(words.one_of("correct_errors", error.reason)))
    if error.choices:
        text.add(Piece("\n" + words("recall.choices") + " " + " · ".join(error.choices)))
    return text.card()


# The pages of the dialogue


def _menu(menu: Menu, _: Sequence[str] = ()) -> tuple[Card, Keyboard]:
    words = menu.words
    text = CardText()
    text.add(Piece(words("correct.title"), ("bold",)), Piece("\n"))
    text.add(Piece(shorten(sanitise(menu.annotation.article.title[:300]), _SENTENCE)))
    fields = [menu.button(words.one_of("corrected_field", name), name) for name in get_args(CorrectedField)]
    history = menu.button(words("correct.history"), "history")
    return text.card(), [fields[:3], [*fields[3:], history], [menu.button(words("settings.close"), "close")]]


def _tone_page(menu: Menu, _: Sequence[str]) -> tuple[Card, Keyboard]:
    now = menu.annotation.tone.label
    rows = [
        [menu.button(("✓ " if label == now else "") + menu.words.one_of("tone", label), "settone", label)]
        for label in _TONES
    ]
    return plain_card(menu.words("correct.which_tone")), [*rows, _back(menu)]


def _figures_page(menu: Menu, _: Sequence[str]) -> tuple[Card, Keyboard]:
    rows = [[menu.button(one.name, "figure", short_hash(one.name))] for one in menu.annotation.figures[:_MOST_BUTTONS]]
    rows.append([menu.button(menu.words("correct.add_figure"), "addfigure")])
    return plain_card(menu.words("correct.which_figure")), [*rows, _back(menu)]


def _figure_page(menu: Menu, steps: Sequence[str]) -> tuple[Card, Keyboard]:
    figure, words = _chosen(menu.annotation.figures, steps), menu.words
    name = short_hash(figure.name)
    text = CardText()
    text.add(Piece(sanitise(figure.name[:200]), ("bold",)))
    text.add(Piece(f" ({sanitise(figure.role[:200])})" if figure.role else ""))
    rows = [
        [
            menu.button(words("correct.no_figure"), "nofigure", name),
            menu.button(words("correct.other_role"), "role", name),
        ],
        [menu.button(words("correct.same_person"), "same", name)],
    ]
    if figure.role:
        rows[1].append(menu.button(words("correct.no_role"), "norole", name))
    return text.card(), [*rows, _back(menu, "figures")]


def _same_page(menu: Menu, steps: Sequence[str]) -> tuple[Card, Keyboard]:
    figure, words = _chosen(menu.annotation.figures, steps), menu.words
    others = [one for one in menu.annotation.figures[:_MOST_BUTTONS] if one != figure]
    name = short_hash(figure.name)
    rows = [[menu.button(one.name, "join", name, short_hash(one.name))] for one in others]
    rows.append([menu.button(words("correct.another_name"), "othername", name)])
    text = CardText()
    text.add(Piece(words("correct.same_as", name=sanitise(figure.name[:200]))))
    return text.card(), [*rows, _back(menu, "figures")]


def _places_page(menu: Menu, _: Sequence[str]) -> tuple[Card, Keyboard]:
    rows = [
        [menu.button(_place_label(one), "place", _place_hash(one))] for one in menu.annotation.places[:_MOST_BUTTONS]
    ]
    rows.append([menu.button(menu.words("correct.add_place"), "addplace")])
    return plain_card(menu.words("correct.which_place")), [*rows, _back(menu)]


def _place_page(menu: Menu, steps: Sequence[str]) -> tuple[Card, Keyboard]:
    place, words = _chosen_place(menu, steps), menu.words
    key = _place_hash(place)
    rows = [
        [menu.button(f"→ {entry.name}" + (f", {entry.within}" if entry.within else ""), "meant", key, number)]
        for number, entry in enumerate(_others(place))
    ]
    rows.append(
        [
            menu.button(words("correct.no_place"), "noplace", key),
            menu.button(words("correct.other_place"), "otherplace", key),
        ]
    )
    text = CardText()
    text.add(Piece(_place_label(place), ("bold",)))
    return text.card(), [*rows, _back(menu, "places")]


def _outlet_page(menu: Menu, _: Sequence[str]) -> tuple[Card, Keyboard]:
    words, outlet = menu.words, menu.annotation.article.outlet
    types = [
        menu.button(("✓ " if kind == outlet.type else "") + words.one_of("outlet_types", kind), "settype", kind)
        for kind in _TYPES
    ]
    text = CardText()
    text.add(Piece(sanitise((outlet.name or outlet.domain or "–")[:200]), ("bold",)))
    return text.card(), [[menu.button(words("correct.outlet_name"), "outletname")], types[:2], types[2:], _back(menu)]


def _summary_page(menu: Menu, _: Sequence[str]) -> tuple[Card, Keyboard]:
    text = CardText()
    text.add(Piece(menu.words("correct.which_sentence")))
    for number, sentence in enumerate(menu.annotation.summary, 1):
        text.add(Piece(f"\n{number}. {shorten(sanitise(sentence[:1000]), _SENTENCE)}"))
    row = [
        menu.button(str(number), "sentence", short_hash(one)) for number, one in enumerate(menu.annotation.summary, 1)
    ]
    return text.card(), [row[:8], _back(menu)]


def _sentence_page(menu: Menu, steps: Sequence[str]) -> tuple[Card, Keyboard]:
    """The sentence, and those of the article that may stand in its place."""
    sentence = _chosen_text(menu.annotation.summary, steps)
    text, row = CardText(), []
    text.add(
        Piece(shorten(sanitise(sentence[:1000]), _SENTENCE), ("bold",)), Piece("\n\n" + menu.words("correct.better"))
    )
    for number, other in enumerate(_candidates(menu.annotation), 1):
        text.add(Piece(f"\n{number}. {shorten(sanitise(other[:1000]), _SENTENCE)}"))
        row.append(menu.button(str(number), "better", short_hash(sentence), short_hash(other)))
    gone = [menu.button(menu.words("correct.no_sentence"), "nosentence", short_hash(sentence))]
    return text.card(), [row[:5], row[5:], gone, _back(menu, "summary")]


_PAGES: dict[str, Callable[[Menu, Sequence[str]], tuple[Card, Keyboard]]] = {
    "menu": _menu,
    "tone": _tone_page,
    "figures": _figures_page,
    "figure": _figure_page,
    "same": _same_page,
    "places": _places_page,
    "place": _place_page,
    "outlet": _outlet_page,
    "summary": _summary_page,
    "sentence": _sentence_page,
}


# Steps that correct


def _set_tone(_: Menu, steps: Sequence[str]) -> Correction:
    return ToneIs(_known(_TONES, steps))


def _no_figure(menu: Menu, steps: Sequence[str]) -> Correction:
    return FigureGone(_chosen(menu.annotation.figures, steps).name)


def _no_role(menu: Menu, steps: Sequence[str]) -> Correction:
    return RoleIs(_chosen(menu.annotation.figures, steps).name, None)


def _join(menu: Menu, steps: Sequence[str]) -> Correction:
    figures = menu.annotation.figures
    return SamePerson(_chosen(figures, steps).name, _chosen(figures, steps[1:]).name)


def _no_place(menu: Menu, steps: Sequence[str]) -> Correction:
    place = _chosen_place(menu, steps)
    return PlaceGone(place.name, place.within)


def _meant(menu: Menu, steps: Sequence[str]) -> Correction:
    place = _chosen_place(menu, steps)
    return other_place(place, _others(place)[int(steps[1])])


def _set_type(menu: Menu, steps: Sequence[str]) -> Correction:
    kind = _known(_TYPES, steps)
    return MediaIs(kind, menu.annotation.article.outlet.province if kind == "regional" else None)


def _no_sentence(menu: Menu, steps: Sequence[str]) -> Correction:
    return SentenceGone(_chosen_text(menu.annotation.summary, steps))


def _better(menu: Menu, steps: Sequence[str]) -> Correction:
    annotation = menu.annotation
    return SentenceIs(_chosen_text(annotation.summary, steps), _chosen_text(_candidates(annotation), steps[1:]))


_CORRECTIONS: dict[str, Callable[[Menu, Sequence[str]], Correction]] = {
    "settone": _set_tone,
    "nofigure": _no_figure,
    "norole": _no_role,
    "join": _join,
    "noplace": _no_place,
    "meant": _meant,
    "settype": _set_type,
    "nosentence": _no_sentence,
    "better": _better,
}


# Steps that ask for words

_QUESTIONS = ("addfigure", "role", "othername", "addplace", "otherplace", "outletname")


async def _ask(menu: Menu, asks: str, about: str | None) -> None:
    """Ask in the dialogue's message; a reply to it is the answer."""
    turn = menu.turn
    card = plain_card(menu.words.one_of("correct_questions", asks).format(name=sanitise((about or "")[:200])))
    message = await outbox.of_message(turn.scope, turn.message_id)
    if message:
        await turn.change(card, [_back(menu)])
        await questions.ask(turn.scope, Question(message.id, asks, article_id=menu.article.id, about=about))


def _about(menu: Menu, asks: str, steps: Sequence[str]) -> str | None:
    if asks in ("role", "othername"):
        return _chosen(menu.annotation.figures, steps).name
    return _chosen_place(menu, steps).name if asks == "otherplace" else None


def _name(text: str) -> str:
    name = clean_name(text)
    if not name:
        raise NotUnderstood("empty")
    return name


def _answered_place(annotation: Annotation, about: str | None, text: str) -> Correction:
    meant = new_place(text)
    place = next((one for one in annotation.places if one.name == about), None)
    if place is None:
        return meant
    facts = meant.meant, meant.kind, meant.meant_within, meant.country, meant.code
    return PlaceIs(place.name, place.within, *facts)


_ANSWERS: dict[str, Callable[[Annotation, str | None, str], Correction]] = {
    "addfigure": lambda _, __, text: new_figure(text),
    "role": lambda _, about, text: RoleIs(about or "", _name(text)),
    "othername": lambda _, about, text: SamePerson(about or "", _name(text)),
    "addplace": lambda _, __, text: new_place(text),
    "otherplace": _answered_place,
    "outletname": lambda _, __, text: OutletIs(_name(text)),
}


# Finding again what a button meant: raises ValueError where the card has changed since


def _known(values: Sequence[_Value], steps: Sequence[str]) -> _Value:
    for value in values:
        if value == steps[0]:
            return value
    raise ValueError("no value of ours")


def _chosen(figures: Sequence[Figure], steps: Sequence[str]) -> Figure:
    for figure in figures:
        if steps and short_hash(figure.name) == steps[0]:
            return figure
    raise ValueError("no such figure any more")


def _chosen_place(menu: Menu, steps: Sequence[str]) -> Place:
    for place in menu.annotation.places:
        if steps and _place_hash(place) == steps[0]:
            return place
    raise ValueError("no such place any more")


def _chosen_text(texts: Sequence[str], steps: Sequence[str]) -> str:
    for text in texts:
        if steps and short_hash(text) == steps[0]:
            return text
    raise ValueError("no such sentence any more")


def _candidates(annotation: Annotation) -> list[str]:
    """Sentences that may stand in the summary: the first ones, and those that speak for the tone."""
    found = [*opening_sentences(annotation, 10), *(one.sentence for one in annotation.tone.evidence)]
    return [one for one in dict.fromkeys(found) if one not in annotation.summary][:10]


def _others(place: Place) -> list[Entry]:
    """Other places that the name may mean."""
    surfaces = (place.name, *place.surfaces, *(one.name for one in place.candidates))
    found = dict.fromkeys(entry for surface in surfaces for entry in places_called(surface))
    return [one for one in found if (one.name, one.within) != (place.name, place.within) or place.candidates][:6]


def _place_label(place: Place) -> str:
    return sanitise((f"{place.name}, {place.within}" if place.within else place.name)[:200])


def _place_hash(place: Place) -> str:
    return short_hash(f"{place.name}|{place.within}")


def _back(menu: Menu, page: str = "menu") -> list[Button]:
    return [menu.button(menu.words("settings.back"), page), menu.button(menu.words("settings.close"), "close")]
