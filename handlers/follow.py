"""A member follows something: `/pantau`, a tap under a card, `/topik` and its buttons, `/berhenti`."""

from __future__ import annotations

from handlers.card_text import Card, shorten
from handlers.context import Turn, plain_card
from handlers.corrections import short_hash
from handlers.daily import may_manage, plan_line
from handlers.incoming import Incoming
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard
from handlers.preview import counts, items_of, lately, preview_of
from handlers.recall import asked_text, pointed_at, query_error_card
from handlers.texts import Texts
from handlers.topics import PREVIEW_DAYS, list_card, page_card, short_name, topic_card
from services.indexing import subjects
from services.models import Annotation, NameKind, Topic
from services.query import Everything, Named, Query, QueryError, Word, parse, show
from services.store import articles, chats, digests, questions, topics
from services.store.questions import Question
from services.store.topics import Following

_MOST_TOPICS, _LONGEST_NAME = 30, 60
_PAGE = 8
_FIGURES, _PLACES, _ORGANIZATIONS, _SUBJECTS = 4, 3, 2, 2
_LABEL = 40
_ICONS: dict[NameKind, str] = {"figure": "👤", "place": "📍", "organization": "🏛"}


# Commands


async def on_track(turn: Turn, incoming: Incoming) -> None:
    """`/pantau QUERY`: follow it; as a reply to a card, choose what of it to follow."""
    text = asked_text(incoming)
    if text:
        await _track_text(turn, text)
    elif article := await pointed_at(turn, incoming):
        await turn.say(*_choices(turn, article.id, article.annotation))
    else:
        await turn.tell(turn.words("topics.usage"))


async def on_topics(turn: Turn) -> None:
    """`/topik`: what the chat follows."""
    await turn.say(*await _list(turn))


async def on_stop(turn: Turn, incoming: Incoming) -> None:
    """`/berhenti NAME or number`: follow it no more; alone it shows what can be ended."""
    asked = asked_text(incoming).casefold()
    known = await topics.of_chat(turn.scope)
    if not asked:
        await turn.say(*await _list(turn))
        return
    found = [one for number, one in enumerate(known, 1) if asked in (str(number), one.name.casefold(), one.query)]
    if not found:
        await turn.tell(turn.words("topics.no_such"))
    elif not await may_manage(turn):
        await turn.tell(turn.words("topics.admins_only"))
    else:
        await turn.say(plain_card(await _removed(turn, found[0])))


async def on_answer(turn: Turn, incoming: Incoming) -> bool:
    """Take a reply to our question for a topic's new name; false where the message is none."""
    if incoming.reply_to is None or not incoming.reply_to.ours:
        return False
    question = await questions.of_message(turn.scope, incoming.reply_to.message_id)
    topic = await topics.get(turn.scope, question.topic_id) if question and question.topic_id else None
    if question is None or topic is None:
        return False
    if not await may_manage(turn):
        await turn.tell(turn.words("topics.admins_only"))
        return True
    name = " ".join(sanitise(incoming.content.text[:500]).split())
    if not name or len(name) > _LONGEST_NAME:
        await turn.tell(turn.words("topics.bad_name", most=_LONGEST_NAME))
        return True
    await questions.settle(turn.scope, question.outbox_id)
    await topics.change(turn.scope, topic.id, "name", name)
    await turn.say(plain_card(turn.words("topics.renamed", old=short_name(topic), new=name)))
    return True


# Buttons


async def on_track_button(turn: Turn, argument: str) -> str:
    """Under a card: what of it to follow, and then the choice."""
    number, _, choice = argument.partition(":")
    article = await articles.get(turn.scope, int(number))
    if article is None:
        return turn.words("recall.gone")
    if not choice:
        await turn.say(*_choices(turn, article.id, article.annotation))
        return ""
    query = next((one for one in _offers(article.annotation) if short_hash(show(one)) == choice), None)
    if query is None:
        return turn.words("share.already")
    return await _track(turn, query, _name_of(query))


async def on_topic_button(turn: Turn, argument: str) -> str:
    """The buttons of the list and of a topic."""
    step, _, rest = argument.partition(":")
    if step == "list":
        await turn.change(*await _list(turn))
        return ""
    number, _, page = rest.partition(":")
    topic = await topics.get(turn.scope, int(number))
    if topic is None:
        return turn.words("topics.gone")
    if step == "show":
        await turn.change(*await _page(turn, topic))
    elif step == "news":
        await _news(turn, topic, int(page or 0), fresh=not page)
    elif step in ("follow", "unfollow"):
        return await _private(turn, topic, follow=step == "follow")
    elif not await may_manage(turn):
        return turn.words("topics.admins_only")
    else:
        return await _managed(turn, topic, step)
    return ""


async def on_unfollow(turn: Turn, argument: str) -> str:
    """Under a private digest: a topic of a chat is followed no more."""
    followed = [
        one for one in await topics.followed_by(turn.transaction, turn.team.id) if str(one.topic.id) == argument
    ]
    if not followed or turn.team.kind != "private":
        return turn.words("topics.gone")
    topic = followed[0].topic
    await topics.unfollow(turn.transaction.scope(topic.chat_id), topic.id, turn.team.id)
    await turn.change(*await _list(turn))
    return turn.words("topics.unfollowed")


# Following


async def _track_text(turn: Turn, text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        await turn.say(query_error_card(turn, text, error))
        return
    if isinstance(query, Everything):
        await turn.tell(turn.words("topics.usage"))
        return
    answer = await _track(turn, query, text)
    if answer:
        await turn.tell(answer)


async def _track(turn: Turn, query: Query, name: str) -> str:
    """Follow a query; what hinders it is given back as a sentence, else a message tells that it is followed."""
    known = await topics.of_chat(turn.scope)
    written = show(query)
    if not await may_manage(turn):
        return turn.words("topics.admins_only")
    if any(one.query == written for one in known):
        return turn.words("topics.known")
    if len(known) >= _MOST_TOPICS:
        return turn.words("topics.too_many", most=_MOST_TOPICS)
    topic = await topics.add(
        turn.scope, shorten(sanitise(name), _LONGEST_NAME), written, turn.member.id if turn.member else None
    )
    await digests.plan_of(turn.scope)
    message = await turn.say(plain_card(turn.words("topics.followed", name=short_name(topic))))
    await topics.have_learnt(turn.scope, topic.id, message)
    return ""


def _offers(annotation: Annotation) -> list[Query]:
    """What of a card can be followed by a tap: people, places, organizations, what it is about."""
    people: list[Query] = [Named("figure", one.name) for one in annotation.figures[:_FIGURES]]
    places: list[Query] = [
        Named("place", one.name) for one in [*filter(lambda place: place.event, annotation.places), *annotation.places]
    ]
    offices: list[Query] = [Named("organization", one.name) for one in annotation.organizations[:_ORGANIZATIONS]]
    about: list[Query] = [Word(word) for word in subjects(annotation, _SUBJECTS)]
    found = [*people, *list(dict.fromkeys(places))[:_PLACES], *offices, *about]
    # A name may hold what the language of queries can't say.
    return [one for one in dict.fromkeys(found) if _can_be_asked(one)]


def _can_be_asked(query: Query) -> bool:
    try:
        return parse(show(query)) == query
    except QueryError:
        return False


def _name_of(query: Query) -> str:
    return query.name if isinstance(query, Named) else show(query)


def _choices(turn: Turn, article_id: int, annotation: Annotation) -> tuple[Card, Keyboard]:
    buttons = [
        Button(
            shorten(sanitise(f"{_icon(one)} {_name_of(one)}"), _LABEL), f"track:{article_id}:{short_hash(show(one))}"
        )
        for one in _offers(annotation)
    ]
    words = turn.words
    if not buttons:
        return plain_card(words("topics.nothing_to_choose")), ()
    return plain_card(words("topics.choose")), [buttons[at : at + 2] for at in range(0, len(buttons), 2)]


def _icon(query: Query) -> str:
    return _ICONS.get(query.kind, "") if isinstance(query, Named) else "🔎"


# What is shown


async def _list(turn: Turn) -> tuple[Card, Keyboard]:
    words = turn.words
    known = await topics.of_chat(turn.scope)
    private = await topics.followed_by(turn.transaction, turn.team.id) if turn.team.kind == "private" else []
    if not known and not private:
        return plain_card(words("topics.none")), ()
    card = list_card(known, await counts(turn.scope, known, turn.zone), await plan_line(turn), words)
    buttons = [
        Button(f"{number}. {shorten(short_name(one), _LABEL - 5)}", f"topic:show:{one.id}")
        for number, one in enumerate(known, 1)
    ]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    rows += [[_leave(one, words)] for one in private]
    return card, [*rows, [Button(words("daily.button"), "daily:menu")]]


def _leave(one: Following, words: Texts) -> Button:
    label = words("topics.leave", name=short_name(one.topic), chat=sanitise(one.chat_title[:100]))
    return Button(shorten(label, 60), f"unfollow:{one.topic.id}")


async def _page(turn: Turn, topic: Topic, note: str = "") -> tuple[Card, Keyboard]:
    preview = await preview_of(turn.scope, topic, turn.zone)
    return topic_card(topic, preview, note, turn.words, turn.zone), await _topic_buttons(turn, topic)


async def _topic_buttons(turn: Turn, topic: Topic) -> Keyboard:
    words, group = turn.words, turn.team.kind != "private"
    pause = Button(
        words("topics.resume" if topic.paused else "topics.pause"),
        f"topic:{'resume' if topic.paused else 'pause'}:{topic.id}",
    )
    rows = [
        [Button(words("topics.all", days=PREVIEW_DAYS), f"topic:news:{topic.id}")],
        [
            pause,
            Button(words("topics.rename"), f"topic:name:{topic.id}"),
        ],
        [Button(words("topics.remove"), f"topic:remove:{topic.id}"), Button(words("topics.list"), "topic:list")],
    ]
    if group:
        rows.insert(1, [Button(words("topics.follow"), f"topic:follow:{topic.id}"),
                        Button(words("topics.unfollow"), f"topic:unfollow:{topic.id}")])  # fmt: skip
    return rows


async def _news(turn: Turn, topic: Topic, page: int, *, fresh: bool) -> None:
    """A page of a topic's last days: in a message of its own, or in the place of the page before."""
    found = await lately(turn.scope, topic, turn.zone)
    pages = max(1, -(-len(found) // _PAGE))
    page = min(max(page, 0), pages - 1)
    shown = await items_of(turn.scope, found[page * _PAGE : (page + 1) * _PAGE])
    card = page_card(topic, shown, page * _PAGE + 1, len(found), turn.words, turn.zone)
    back = [Button("‹", f"topic:news:{topic.id}:{page - 1}")] if page else []
    forth = [Button("›", f"topic:news:{topic.id}:{page + 1}")] if page + 1 < pages else []
    here = Button(f"{page + 1} / {pages}", f"topic:news:{topic.id}:{page}")
    keyboard = [[*back, here, *forth]] if pages > 1 else []
    await (turn.say(card, keyboard) if fresh else turn.change(card, keyboard))


# Changing


async def _managed(turn: Turn, topic: Topic, step: str) -> str:
    words = turn.words
    if step in ("pause", "resume"):
        await topics.change(turn.scope, topic.id, "paused", step == "pause")
        changed = await topics.get(turn.scope, topic.id) or topic
        await turn.change(*await _page(turn, changed))
        return words("settings.saved")
    if step == "name":
        message = await turn.say(plain_card(words("topics.which_name", name=short_name(topic))))
        await questions.ask(turn.scope, Question(message, "topic_name", topic_id=topic.id))
        return ""
    if step == "remove":
        sure = [
            Button(words("topics.sure"), f"topic:sure:{topic.id}"),
            Button(words("settings.back"), f"topic:show:{topic.id}"),
        ]
        await turn.change(plain_card(words("topics.really", name=short_name(topic))), [sure])
        return ""
    if step == "sure":
        told = await _removed(turn, topic)
        await turn.change(plain_card(told), [[Button(words("topics.list"), "topic:list")]])
        return ""
    raise ValueError(step)


async def _removed(turn: Turn, topic: Topic) -> str:
    await topics.remove(turn.scope, topic.id)
    return turn.words("topics.removed", name=short_name(topic))


async def _private(turn: Turn, topic: Topic, *, follow: bool) -> str:
    """A member wants a topic of the chat in a private digest, or no more."""
    words, member = turn.words, turn.member
    if member is None:
        return words("share.already")
    if not follow:
        gone = await topics.unfollow(turn.scope, topic.id, member.id)
        return words("topics.unfollowed" if gone else "topics.not_followed")
    own = await chats.find(turn.transaction, member.id)
    if own is None or not own.active:
        return words("topics.start_first", bot=turn.rules.username)
    if len(await topics.followed_by(turn.transaction, member.id)) >= _MOST_TOPICS:
        return words("topics.too_many", most=_MOST_TOPICS)
    await topics.follow(turn.scope, topic.id, member.id)
    private = turn.transaction.scope(own.id)
    plan = await digests.plan_of(private)
    return words("topics.follows", at=f"{plan.at:%H.%M}", zone=words.zone(own.timezone))
