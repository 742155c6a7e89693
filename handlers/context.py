"""One update at work: where it happened, what the operator allows, the transaction, and the ways to answer."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from handlers.card_text import Card, CardText, Piece, written_card
from handlers.incoming import Place
from handlers.payloads import Keyboard, edit_payload, message_payload
from handlers.texts import Texts, texts
from services.delivery import Answer
from services.models import Language, Sharer, Team
from services.store import Scope, Transaction, outbox

_ADMIN_STATUSES = ("creator", "administrator")


class BotApi(Protocol):
    """What calls the Bot API (`handlers.wire.Telegram`)."""

    async def call(self, method: str, parameters: dict[str, Any] | None = None, seconds: float = 15) -> Answer:
        """Call a method and give what came of it."""

    async def download(self, file_id: str, limit: int) -> bytes:
        """The content of a file."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator allows, and who the bot is.

    `owners` and `chats` as WARTA_OWNERS and WARTA_CHATS name them; quotas are shares a day. `sees_everything`: privacy
    mode is off.
    """

    bot_id: int
    username: str
    sees_everything: bool
    owners: frozenset[int]
    chats: frozenset[int]
    chat_quota: int
    member_quota: int
    language: Language
    timezone: str

    def may_use(self, team: Team) -> bool | None:
        """Whether a chat may use the bot; None while nobody has decided."""
        return may_use(team, self.owners, self.chats)


def may_use(team: Team, owners: Collection[int], allowed: Collection[int]) -> bool | None:
    """Whether a chat may use the bot, by what WARTA_OWNERS and WARTA_CHATS name; None while nobody has decided."""
    if team.id in owners:
        return True
    if allowed:
        return team.id in allowed
    if owners:
        return team.approved
    return True


@dataclass
class Turn:
    """One update at work in one chat, inside one transaction.

    `message_id` is the message that an answer replies to. What is added to `gestures` (method and parameters) is done
    once the transaction is committed, and may fail without harm.
    """

    place: Place
    team: Team
    scope: Scope
    rules: Rules
    api: BotApi
    member: Sharer | None
    message_id: int
    thread_id: int | None = None
    as_chat: bool = False
    gestures: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def words(self) -> Texts:
        """The words of the chat's language."""
        return texts(self.team.language)

    @property
    def zone(self) -> ZoneInfo:
        """The chat's time zone."""
        return ZoneInfo(self.team.timezone)

    @property
    def now(self) -> datetime:
        """The moment of the turn."""
        return self.scope.now

    @property
    def transaction(self) -> Transaction:
        """The transaction that the turn is."""
        return self.scope.transaction

    async def say(
        self, card: Card, keyboard: Keyboard = (), share_id: int | None = None, *, article_id: int | None = None
    ) -> int:
        """Answer the message, with the card of a share or of an article; gives the number of the row."""
        payload = message_payload(card, keyboard, reply_to=self.message_id, thread_id=self.thread_id)
        return await outbox.say(self.scope, payload, share_id, article_id=article_id)

    async def tell(self, sentence: str) -> None:
        """Answer the message with a sentence of ours."""
        await self.say(written_card(sentence))

    async def change(self, card: Card, keyboard: Keyboard = ()) -> None:
        """Change the message of ours that the turn is about."""
        if message := await outbox.of_message(self.scope, self.message_id):
            await outbox.edit(self.scope, message.id, edit_payload(card, keyboard))

    async def take_back(self, remainder: Card) -> None:
        """Delete the message of ours that the turn is about."""
        if message := await outbox.of_message(self.scope, self.message_id):
            await outbox.delete(self.scope, message.id, edit_payload(remainder))

    async def is_admin(self) -> bool:
        """Whether who acts may decide for the chat; asks Telegram, and believes only a clear yes."""
        if self.team.kind == "private" or self.as_chat:
            return True
        if self.member is None:
            return self.team.kind == "channel"  # Only its admins can post there.
        answer = await self.api.call("getChatMember", {"chat_id": self.team.id, "user_id": self.member.id}, 5)
        return answer.ok and answer.result.get("status") in _ADMIN_STATUSES

    async def may_manage(self) -> bool:
        """Whether who acts may change the chat's settings."""
        return self.team.managers == "everyone" or await self.is_admin()


def plain_card(sentence: str) -> Card:
    """A sentence of ours as a card, in which a name of somebody's may stand: nothing in it is linked."""
    text = CardText()
    text.add(Piece(sentence))
    return text.card()
