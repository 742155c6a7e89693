"""Who may use the bot: a chat that nobody has approved waits for an owner's button, and is told so once."""

from __future__ import annotations

from handlers.card_text import Card, CardText, Piece, shorten, written_card
from handlers.context import Turn
from handlers.inert import sanitise
from handlers.payloads import Button, message_payload
from handlers.texts import texts
from services.models import Team
from services.store import Transaction, chats, outbox

_TITLE = 60


async def on_stranger(turn: Turn, *, new: bool, asked: bool) -> None:
    """A chat that may not use the bot (yet): say so when it is new there or when somebody asks."""
    if not (new or asked):
        return
    if turn.rules.may_use(turn.team) is None:
        if new:
            await _ask_owners(turn)
        await turn.tell(turn.words("access.waiting"))
    else:
        await turn.tell(turn.words("access.closed", chat=str(turn.team.id)))


async def on_decision(turn: Turn, argument: str) -> str:
    """An owner's button: let a chat in, or not."""
    if turn.member is None or turn.member.id not in turn.rules.owners:
        return turn.words("access.owners_only")
    chat, _, word = argument.partition(":")
    team = await chats.find(turn.transaction, int(chat))
    if team is None:
        return turn.words("share.already")
    approved = word == "yes"
    scope = turn.transaction.scope(team.id)
    await chats.approve(scope, approved=approved)
    told = texts(team.language)("access.approved" if approved else "access.refused")
    await outbox.say(scope, message_payload(written_card(told)))
    await turn.change(_request(team, turn.words("access.let_in" if approved else "access.kept_out")))
    return turn.words("access.noted")


async def show_waiting(turn: Turn) -> None:
    """Give an owner the chats that wait for a word."""
    if turn.member and turn.member.id in turn.rules.owners and not turn.rules.chats:
        for team in await chats.waiting_for_approval(turn.transaction):
            await _ask(turn.transaction, turn.team, team)


async def _ask_owners(turn: Turn) -> None:
    for owner in sorted(turn.rules.owners):
        # An owner who never wrote to the bot can't be written to; `show_waiting` tells him when he does.
        if known := await chats.find(turn.transaction, owner):
            await _ask(turn.transaction, known, turn.team)


async def _ask(transaction: Transaction, owner: Team, team: Team) -> None:
    words = texts(owner.language)
    keyboard = [
        [Button(words("access.yes"), f"access:{team.id}:yes"), Button(words("access.no"), f"access:{team.id}:no")]
    ]
    payload = message_payload(_request(team, words("access.request")), keyboard)
    await outbox.say(transaction.scope(owner.id), payload)


def _request(team: Team, sentence: str) -> Card:
    text = CardText()
    text.add(Piece(shorten(sanitise(team.title), _TITLE) or str(team.id), ("bold",)), Piece(f" ({team.id})\n"))
    text.add(Piece(sentence))
    return text.card()
