"""A member asks what the bot can do, or the bot comes into a chat: what to do comes out, with examples."""

from __future__ import annotations

from handlers.card_text import Card, written_card
from handlers.context import Turn
from handlers.incoming import Membership
from handlers.texts import Texts
from services.store import chats, outbox

_ABOUT_SEARCH, _ABOUT_CORRECTIONS = ("cari", "search", "query"), ("koreksi", "correct")
_COMMANDS = (
    *("card", "search", "recent", "similar", "figure", "place", "outlet", "trend", "compare", "correct", "accuracy"),
    *("track", "topics", "stop", "sources", "digest", "again", "export", "import", "help", "settings", "privacy"),
    "forget",
)


async def on_help(turn: Turn, topic: str = "") -> None:
    """`/bantuan`, `/start`: what to send, and what comes back; `/bantuan cari` and `/bantuan koreksi` in detail."""
    words = turn.words
    if topic.lower() in _ABOUT_SEARCH:
        parts = [words("help.query_title"), words("help.query_words"), words("help.query_fields")]
        await turn.say(written_card(*parts, words("help.query_dates"), words("help.query_amounts")))
        return
    if topic.lower() in _ABOUT_CORRECTIONS:
        parts = [words("help.correct_title"), words("help.correct_tone"), words("help.correct_figures")]
        parts += [words("help.correct_places"), words("help.correct_rest"), words("help.correct_undo")]
        await turn.say(written_card(*parts))
        return
    parts = [words("help.title"), words("help.share"), words("help.card"), words("help.unreadable")]
    parts += [words("help.search"), words("help.profile"), words("help.follow"), words("help.correct")]
    parts += [words("help.export"), words("help.settings"), words("help.privacy")]
    if turn.team.kind != "private" and not turn.rules.sees_everything:
        parts.append(words("help.blind"))
    await turn.say(written_card(*parts))


async def on_membership(turn: Turn, change: Membership) -> None:
    """The bot came into a chat, left it, or was given other rights."""
    await chats.activate(turn.scope, active=change.is_in)
    if change.is_in and change.can_write:
        await outbox.release(turn.transaction, turn.team.id)
    if change.is_in and not change.was_in and change.place.kind in ("group", "supergroup"):
        await turn.say(_greeting(turn, blind=not (turn.rules.sees_everything or change.is_admin)))


def _greeting(turn: Turn, *, blind: bool) -> Card:
    words = turn.words
    return written_card(
        words("help.hello"), words("help.blind") if blind else words("help.hello_auto"), words("help.more")
    )


def command_list(words: Texts) -> list[dict[str, str]]:
    """What Telegram shows when a member types a slash."""
    return [
        {"command": words.one_of("commands", name), "description": words.one_of("commands", f"{name}_about")}
        for name in _COMMANDS
    ]
