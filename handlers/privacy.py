"""A member asks what is kept, or wants it forgotten: it is said, or done after asking twice."""

from __future__ import annotations

from handlers.card_text import written_card
from handlers.context import Turn, plain_card
from handlers.payloads import Button
from services.store import chats, shares


async def on_privacy(turn: Turn) -> None:
    """`/privasi`: what is kept, where, for how long, and how it is forgotten."""
    days = turn.words.whole(turn.team.retention_days)
    words = turn.words
    parts = [words("privacy.title"), words("privacy.kept"), words("privacy.seen"), words("privacy.days", days=days)]
    await turn.say(written_card(*parts, words("privacy.forget")))


async def on_forget_command(turn: Turn) -> None:
    """`/lupakan`: ask what is to be forgotten."""
    words = turn.words
    rows = [[Button(words("forget.mine"), f"forget:mine:{turn.member.id}")]] if turn.member else []
    rows += [[Button(words("forget.chat"), "forget:chat")], [Button(words("forget.nothing"), "forget:nothing")]]
    await turn.say(plain_card(words("forget.which")), rows)


async def on_forget(turn: Turn, argument: str) -> str:
    """The buttons of `/lupakan`; only what was confirmed is forgotten."""
    words, member = turn.words, turn.member
    what, _, owner = argument.partition(":")
    if what in ("mine", "mine_surely") and (member is None or str(member.id) != owner):
        return words("forget.not_yours")
    if what in ("chat", "chat_surely") and not await turn.is_admin():
        return words("forget.admins_only")
    if what == "mine":
        await _ask_again(turn, words("forget.sure_mine"), f"forget:mine_surely:{owner}")
    elif what == "chat":
        await _ask_again(turn, words("forget.sure_chat"), "forget:chat_surely")
    elif what == "mine_surely" and member:
        count = await shares.forget_sharer(turn.scope, member.id)
        await turn.change(plain_card(words("forget.done_mine", count=words.whole(count))))
    elif what == "chat_surely":
        await _forget_chat(turn)
    else:
        await turn.change(plain_card(words("forget.kept")))
    return ""


async def _ask_again(turn: Turn, question: str, data: str) -> None:
    words = turn.words
    rows = [[Button(words("forget.yes"), data)], [Button(words("forget.nothing"), "forget:nothing")]]
    await turn.change(plain_card(question), rows)


async def _forget_chat(turn: Turn) -> None:
    """Forget everything; the chat goes on with its settings, an owner's word and a last sentence."""
    await chats.forget_content(turn.scope)
    await turn.tell(turn.words("forget.done_chat"))
