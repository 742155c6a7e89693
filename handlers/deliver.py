"""A job's share goes in; its card, a short repetition, or a sentence that says why not, goes to the outbox.

Reading happens between two transactions: the first looks what is to be done, the second settles it. A job may run
twice, or beside another on the same share: the second transaction believes only the state that it finds.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers.card_text import Card, shorten
from handlers.cards import Followed, annotation_card, repetition_card
from handlers.context import BotApi, plain_card
from handlers.corrections import told
from handlers.failures import failure_card
from handlers.inert import sanitise
from handlers.payloads import Button, Keyboard, edit_payload, message_payload
from handlers.same_story import offers
from handlers.texts import Texts, texts
from handlers.understanding import LARGEST_FILE, text_key
from services.annotate import Desk
from services.errors import InternalError, WartaError
from services.fetch import decode_page
from services.links import comparison_key, link_kind
from services.models import Annotation, Page, Remembered, Share, Sharer, Team
from services.store import Scope, Store, articles, chats, corrections, matches, outbox, shares

_MOST_ATTEMPTS = 10
_PAGES = (".html", ".htm")
_NAME = 60
# Worth another try by ourselves, a little later: the sentence then becomes the card.
_TRANSIENT = ("connect", "timeout", "http_status", "dns")
_QUIET_RETRIES = (timedelta(minutes=2), timedelta(minutes=15))
_SOON = timedelta(seconds=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads shares. `api` is where the files of members come from."""

    store: Store
    desk: Desk
    api: BotApi

    async def read(self, share_id: int, job_id: int) -> None:
        """Read one share and settle it; what goes wrong becomes a sentence, never an error."""
        todo = await self._begin(share_id)
        if todo is None:
            return
        share, known = todo
        try:
            annotation = await self._annotation(share, known)
        except WartaError as error:
            logger.info("job %s: share %s failed: %s", job_id, share.id, error)
            await self._fail(share, error)
        except Exception as error:
            # Its message may hold article text, so that stays out of the log but for a developer.
            name, debug = type(error).__name__, logger.isEnabledFor(logging.DEBUG)
            logger.error("job %s: share %s could not be read: %s", job_id, share.id, name, exc_info=debug)
            await self._fail(share, InternalError("internal"))
        else:
            await self._succeed(share, annotation)
            logger.info("job %s: share %s read", job_id, share.id)

    async def _begin(self, share_id: int) -> tuple[Share, Remembered | None] | None:
        """The share to read, and its article if the chat has it already; None where there is nothing to do now."""
        async with self.store.transaction() as transaction:
            share = await shares.locate(transaction, share_id)
            if share is None or share.state not in ("queued", "gathering", "held", "failed"):
                return None
            scope = transaction.scope(share.chat_id)
            if until := await shares.gathered(scope, share.id):
                await shares.queue(scope, share, at=until, placed=False)
                return None
            if await shares.is_being_read(scope, share):
                await shares.queue(scope, share, at=transaction.now + _SOON, placed=False)
                return None
            if share.attempts >= _MOST_ATTEMPTS and share.state != "failed":
                # It was begun so often and never ended: it takes the process down with it.
                await _settle_failure(scope, share, InternalError("internal"))
                return None
            begun = await shares.begin(transaction, share.id)
            known = None
            if share.key and (share.kind == "link" or share.again):
                known = await articles.find(scope, [share.key])
            return (begun, known) if begun else None

    async def _annotation(self, share: Share, known: Remembered | None) -> Annotation:
        if known and not share.again:
            return known.annotation
        try:
            return await self._annotate(share)
        except WartaError:
            if known is None:
                raise
            return await self.desk.annotate_again(known.annotation.article)

    async def _annotate(self, share: Share) -> Annotation:
        if share.kind == "document":
            return await self._annotate_file(share)
        if share.kind == "text":
            return await self.desk.annotate_text(share.text or "", share.url)
        try:
            return await self.desk.annotate_link(share.url or "")
        except WartaError:
            if not share.text:
                raise
            return await self.desk.annotate_text(share.text, share.url)

    async def _annotate_file(self, share: Share) -> Annotation:
        content = await self.api.download(share.file_id or "", LARGEST_FILE)
        text = decode_page(content)
        if (share.file_name or "").lower().endswith(_PAGES):
            return await self.desk.annotate_page(Page(share.url, text))
        return await self.desk.annotate_text(text, share.url)

    async def _succeed(self, share: Share, annotation: Annotation) -> None:
        async with self.store.transaction() as transaction:
            current = await shares.locate(transaction, share.id)
            if current is None or current.state in ("done", "removed", "offered"):
                return
            scope = transaction.scope(current.chat_id)
            team = await chats.get(transaction, current.chat_id)
            keys = await _keys(scope, current, annotation)
            learnt = await corrections.taught(scope, annotation)
            known = await articles.find(scope, [current.key]) if current.again and current.key else None
            if known:
                article, new = replace(known, annotation=await corrections.analyse_anew(scope, known.id, learnt)), False
            else:
                article, new = await articles.keep(scope, learnt, keys)
            first = await shares.first_of(scope, article.id)
            await shares.finish(scope, current.id, article.id, "held" if current.state == "held" else "done")
            if current.state == "held":
                return
            if new or first is None or current.asked or first.id == current.id:
                card = await card_of(scope, team, article)
            else:
                card = _repetition(team, article.annotation, first, await _where(scope, team, first))
            await _answer(scope, current, card, await _buttons(scope, team, current, article, new=new))

    async def _fail(self, share: Share, error: WartaError) -> None:
        async with self.store.transaction() as transaction:
            current = await shares.locate(transaction, share.id)
            if current and current.state in ("queued", "gathering", "held", "failed"):
                await _settle_failure(transaction.scope(current.chat_id), current, error)


async def card_of(scope: Scope, team: Team, article: Remembered) -> Card:
    """The card of a chat's article, with the topics that it belongs to."""
    topics = await matches.topics_of(scope, article.id, ZoneInfo(team.timezone))
    return team_card(team, article.annotation, [Followed(topic.name, by_meaning) for topic, by_meaning in topics])


def team_card(team: Team, annotation: Annotation, followed: Sequence[Followed] = ()) -> Card:
    """The card of an article in a chat's language, zone and threshold of certainty."""
    return annotation_card(_judged(team, annotation), team.language, ZoneInfo(team.timezone), followed)


def _repetition(team: Team, annotation: Annotation, first: Share, address: str | None) -> Card:
    return repetition_card(
        _judged(team, annotation),
        team.language,
        ZoneInfo(team.timezone),
        sharer=first.sharer.name if first.sharer else "",
        shared_at=first.shared_at,
        address=address,
    )


def _judged(team: Team, annotation: Annotation) -> Annotation:
    tone = replace(annotation.tone, sure=annotation.tone.confidence >= team.sure_from)
    return replace(annotation, tone=tone)


def remainder_card(words: Texts, member: Sharer | None) -> Card:
    """What stays of a card that can't be deleted any more."""
    name = shorten(sanitise(member.name), _NAME) if member else ""
    return plain_card(words("share.remainder", name=name) if name else words("share.remainder_nameless"))


async def _settle_failure(scope: Scope, share: Share, error: WartaError) -> None:
    """Keep that a share could not be read, say so where somebody waits for it, and try transient faults again."""
    team = await chats.get(scope.transaction, share.chat_id)
    again = share.state == "failed"
    quiet = share.state == "held" or (share.kind == "text" and not share.asked)
    await shares.fail(scope, share.id, error.kind)
    if error.kind in _TRANSIENT and share.kind == "link" and share.attempts <= len(_QUIET_RETRIES):
        await shares.read_quietly(scope, share, at=scope.now + _QUIET_RETRIES[share.attempts - 1])
    if quiet:
        # A long message that is no article was none; its author didn't ask.
        await outbox.drop(scope, share.id)
    elif not again:
        card = failure_card(error, team.language, share.attempts)
        await _answer(scope, share, card, _failure_buttons(team, share))


async def _answer(scope: Scope, share: Share, card: Card, keyboard: Keyboard) -> None:
    """Put a card where the share's place is, or its message, or else at the end."""
    payload = message_payload(card, keyboard, reply_to=share.message_id, thread_id=share.thread_id, silent=share.late)
    if await outbox.fill(scope, share.id, payload):
        return
    if message := await outbox.of_share(scope, share.id):
        await outbox.edit(scope, message.id, edit_payload(card, keyboard))
    else:
        await outbox.say(scope, payload, share.id)


async def _keys(scope: Scope, share: Share, annotation: Annotation) -> list[str]:
    """All that names the article: what was shared, where that led, and what the page calls itself."""
    own = [share.key] if share.key and not (share.kind == "text" and share.url is None) else []
    if share.kind == "text" and share.text:
        own.append(text_key(share.text))
    article = annotation.article
    told = [comparison_key(url) for url in (article.url, article.canonical_url) if url and link_kind(url) == "article"]
    # Some sites give all their pages one canonical address.
    other = await articles.find(scope, [key for key in told if key not in own])
    if other and other.annotation.article.title != article.title:
        told = []
    return list(dict.fromkeys([*own, *told])) or [f"share:{share.id}"]


async def _where(scope: Scope, team: Team, share: Share) -> str | None:
    """The address of the card of a share, or of its message, where Telegram has such addresses."""
    card = await outbox.of_share(scope, share.id)
    return message_address(team, card.message_id if card and card.message_id else share.message_id)


def message_address(team: Team, message_id: int) -> str | None:
    """The address of a message; only supergroups and channels have them."""
    prefix = message_prefix(team)
    return f"{prefix}{message_id}" if prefix else None


def message_prefix(team: Team) -> str | None:
    """What the addresses of a chat's messages begin with, if it has any."""
    if team.kind not in ("supergroup", "channel"):
        return None
    return f"https://t.me/{team.username}/" if team.username else f"https://t.me/c/{str(team.id).removeprefix('-100')}/"


def card_buttons(team: Team, share_id: int, article_id: int) -> Keyboard:
    """What can be done with a card that answers a share."""
    (row,) = article_buttons(team, article_id)
    return [[*row, Button(texts(team.language)("share.remove"), f"remove:{share_id}")]]


def article_buttons(team: Team, article_id: int) -> Keyboard:
    """What can be done with the card of an article of the archive."""
    words = texts(team.language)
    return [
        [
            Button(words("correct.button"), f"fix:{article_id}"),
            Button(words("topics.button"), f"track:{article_id}"),
        ]
    ]


async def _buttons(scope: Scope, team: Team, share: Share, article: Remembered, *, new: bool) -> Keyboard:
    """Those of a card; under a new one also what members corrected of the same story elsewhere."""
    words = texts(team.language)
    rows = [list(row) for row in card_buttons(team, share.id, article.id)]
    for made, other in await offers(scope, article) if new else ():
        outlet = other.annotation.article.outlet
        name = sanitise((outlet.name or outlet.domain or "")[:100])
        label = words("correct.as_there", name=name, what=told(made.correction, made.former, words))
        rows.append([Button(shorten(label, _NAME), f"also:{made.id}:{article.id}")])
    return rows


def _failure_buttons(team: Team, share: Share) -> Keyboard:
    words = texts(team.language)
    remove = Button(words("share.remove"), f"remove:{share.id}")
    return [[Button(words("share.retry"), f"retry:{share.id}"), remove]]
