"""Everything a member can do, on one page: an update and a transaction go in, it is handled, and gestures come out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handlers import access, correct, daily, exports, follow, imports, privacy, recall, settings, share, sources, trends
from handlers.context import BotApi, Rules, Turn
from handlers.help import on_help, on_membership
from handlers.incoming import Incoming, Membership, Place, Press
from services.models import Language, Sharer
from services.store import Transaction, chats, outbox

Gesture = tuple[str, dict[str, Any]]


async def _start(turn: Turn, incoming: Incoming) -> None:
    await on_help(turn, recall.asked_text(incoming))
    if turn.team.kind == "private":
        await access.show_waiting(turn)


COMMANDS: dict[str, Callable[[Turn, Incoming], Awaitable[None]]] = {
    **dict.fromkeys(("kartu", "card"), share.on_card_command),
    **dict.fromkeys(("ulang", "again"), share.on_again_command),
    **dict.fromkeys(("cari", "search"), recall.on_search),
    **dict.fromkeys(("riwayat", "recent"), recall.on_recent),
    **dict.fromkeys(("mirip", "similar"), recall.on_alike),
    **dict.fromkeys(("tokoh", "figure"), lambda turn, incoming: recall.on_profile(turn, incoming, "figure")),
    **dict.fromkeys(("tempat", "place"), lambda turn, incoming: recall.on_profile(turn, incoming, "place")),
    **dict.fromkeys(("media", "outlet"), lambda turn, incoming: recall.on_profile(turn, incoming, "outlet")),
    **dict.fromkeys(("tren", "trend"), trends.on_trend),
    **dict.fromkeys(("banding", "compare"), trends.on_compare),
    **dict.fromkeys(("koreksi", "correct"), correct.on_correct),
    **dict.fromkeys(("akurasi", "accuracy"), lambda turn, _: correct.on_accuracy(turn)),
    **dict.fromkeys(("ekspor", "export"), exports.on_export_command),
    **dict.fromkeys(("impor", "import"), imports.on_import_command),
    **dict.fromkeys(("pantau", "track"), follow.on_track),
    **dict.fromkeys(("topik", "topics"), lambda turn, _: follow.on_topics(turn)),
    **dict.fromkeys(("berhenti", "stop"), follow.on_stop),
    **dict.fromkeys(("sumber", "sources"), sources.on_sources),
    **dict.fromkeys(("ringkasan", "digest"), daily.on_digest),
    **dict.fromkeys(("start", "bantuan", "help"), _start),
    **dict.fromkeys(
        ("setelan", "settings"),
        lambda turn, incoming: settings.on_settings_command(turn, incoming.argument.text if incoming.argument else ""),
    ),
    **dict.fromkeys(("privasi", "privacy"), lambda turn, _: privacy.on_privacy(turn)),
    **dict.fromkeys(("lupakan", "forget"), lambda turn, _: privacy.on_forget_command(turn)),
}
"""In both languages, whatever the chat's: members differ."""

BUTTONS: dict[str, Callable[[Turn, str], Awaitable[str]]] = {
    "offer": share.on_offer,
    "more": share.on_more,
    "retry": share.on_retry,
    "remove": share.on_remove,
    "open": recall.on_open,
    "page": recall.on_page,
    "ask": recall.on_ask,
    "trend": trends.on_trend_button,
    "bars": trends.on_bars_button,
    "fix": correct.on_fix,
    "undo": correct.on_undo,
    "also": correct.on_also,
    "track": follow.on_track_button,
    "topic": follow.on_topic_button,
    "unfollow": follow.on_unfollow,
    "source": sources.on_source_button,
    "daily": daily.on_daily,
    "set": settings.on_settings,
    "forget": privacy.on_forget,
    "access": access.on_decision,
}
"""By the first word of a button's data; each gives what to say to who pressed, '' for nothing."""

ALWAYS = ("unfollow",)
"""Buttons under private digests, whose readers needn't be allowed to use the bot alone."""

UPDATES = ("message", "edited_message", "channel_post", "edited_channel_post", "callback_query", "my_chat_member")
"""What Telegram is asked for."""


@dataclass(frozen=True, slots=True)
class Router:
    """Handles what happened. `sure_from` is the default threshold of a new chat."""

    rules: Rules
    api: BotApi
    sure_from: float

    async def handle(self, transaction: Transaction, event: Incoming | Press | Membership) -> list[Gesture]:
        """Handle an event inside a transaction; gives what to do once that is committed."""
        if isinstance(event, Incoming) and event.migrated_to is not None:
            await chats.move(transaction, event.place.chat_id, event.migrated_to)
            return []
        turn, new = await self._turn(transaction, event)
        if isinstance(event, Membership):
            await self._on_membership(turn, event, new=new)
        elif isinstance(event, Press):
            await self._on_press(turn, event)
        else:
            await self._on_incoming(turn, event, new=new)
        return turn.gestures

    async def apologise(self, transaction: Transaction, event: Incoming | Press | Membership) -> None:
        """Say that an update could not be handled, to whom it matters."""
        turn, _ = await self._turn(transaction, event)
        concerns = isinstance(event, Incoming) and (event.command or share.may_share(event.content))
        if concerns and self.rules.may_use(turn.team):
            await turn.tell(turn.words.one_of("failures", "internal"))

    async def _on_membership(self, turn: Turn, change: Membership, *, new: bool) -> None:
        if self.rules.may_use(turn.team) or not change.is_in:
            await on_membership(turn, change)
        else:
            await chats.activate(turn.scope, active=True)
            await access.on_stranger(turn, new=new or not change.was_in, asked=False)

    async def _on_press(self, turn: Turn, press: Press) -> None:
        name, _, argument = press.data.partition(":")
        answer = ""
        if (button := BUTTONS.get(name)) and (self.rules.may_use(turn.team) or name in ALWAYS):
            try:
                answer = await button(turn, argument)
            except (ValueError, LookupError):
                answer = turn.words("share.already")  # Not one of our buttons, or of a Warta of long ago.
        turn.gestures.append(("answerCallbackQuery", {"callback_query_id": press.id, "text": answer[:200] or None}))

    async def _on_incoming(self, turn: Turn, incoming: Incoming, *, new: bool) -> None:
        if incoming.by_bot or incoming.content.ours:
            return
        if incoming.reopened:
            await outbox.release(turn.transaction, turn.team.id)
        handler = COMMANDS.get(incoming.command or "")
        if not self.rules.may_use(turn.team):
            await access.on_stranger(turn, new=new, asked=handler is not None)
        elif incoming.edited:
            await share.on_edit(turn, incoming)
        elif handler:
            await handler(turn, incoming)
        elif incoming.command and turn.team.kind == "private":
            await turn.tell(turn.words("help.unknown"))
        elif not (await correct.on_answer(turn, incoming) or await follow.on_answer(turn, incoming)):
            await share.on_message(turn, incoming)

    async def _turn(self, transaction: Transaction, event: Incoming | Press | Membership) -> tuple[Turn, bool]:
        place = event.place
        team, new = await chats.meet(
            transaction,
            place.chat_id,
            place.kind,
            place.title,
            place.username,
            language=self._language(place, event.language),
            timezone=self.rules.timezone,
            sure_from=self.sure_from,
        )
        if not team.active and not isinstance(event, Membership):
            await chats.activate(transaction.scope(team.id), active=True)  # Who hears is there.
        message_id = 0
        if isinstance(event, Incoming):
            message_id = event.content.message_id
        elif isinstance(event, Press):
            message_id = event.message_id
        turn = Turn(
            place=place,
            team=team,
            scope=transaction.scope(team.id),
            rules=self.rules,
            api=self.api,
            member=_member(event),
            message_id=message_id,
            thread_id=None if isinstance(event, Membership) else event.thread_id,
            as_chat=isinstance(event, Incoming) and event.as_chat,
        )
        return turn, new

    def _language(self, place: Place, told: str | None) -> Language:
        """A new chat's language: a member's own in private, else what the operator set."""
        if place.kind == "private" and told:
            return "id" if told.startswith("id") else "en"
        return self.rules.language


def _member(event: Incoming | Press | Membership) -> Sharer | None:
    if isinstance(event, Press):
        return event.member
    return event.by if isinstance(event, Membership) else event.sharer
