"""A member shares something: it is remembered and queued, in the transaction of the update, and seen to be taken in.

Links, long texts and files by themselves; whatever a command points at; edits, parts of a text that a client cut, and
the text of a page that could not be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from handlers.card_text import Card
from handlers.context import Turn, plain_card
from handlers.deliver import remainder_card
from handlers.incoming import Content, Incoming
from handlers.payloads import Button, edit_payload
from handlers.recall import pointed_at
from handlers.understanding import (
    Found,
    find_shared,
    has_links,
    is_long,
    is_readable,
    is_rest,
    joint,
    may_go_on,
    pasted,
)
from services.models import NewShare, Share, Sharer
from services.store import chats, outbox, shares

_MOST_CARDS = 5
_GATHER = timedelta(seconds=2.5)
_SAME_PASTE = timedelta(seconds=5)
_LATE = timedelta(minutes=10)
_ANSWERABLE = timedelta(hours=48)
_EYES = [{"type": "emoji", "emoji": "👀"}]


async def on_message(turn: Turn, incoming: Incoming) -> None:
    """Take in what a message shares, if it shares anything."""
    if await _is_answered_elsewhere(turn, incoming):
        return
    if await _goes_on(turn, incoming) or await _completes(turn, incoming):
        return
    content = incoming.content
    if (
        content.document
        and not is_readable(content.document)
        and turn.team.kind == "private"
        and not has_links(content)
    ):
        await turn.tell(turn.words("share.unreadable_file"))
        return
    found = find_shared(content, turn.team.ignored, asked=False)
    if found and (turn.team.mode != "command" or turn.team.kind == "private"):
        await _take_in(turn, incoming, content, found, asked=turn.team.kind == "private")
    elif not found and turn.team.kind == "private" and (content.text or content.document):
        await turn.tell(turn.words("share.nothing" if not has_links(content) else "share.no_article"))


async def on_card_command(turn: Turn, incoming: Incoming) -> None:
    """`/kartu`: the card of what follows it, or of what it replies to."""
    content = incoming.argument
    if content is None or not (content.text or (content.document and is_readable(content.document))):
        content = incoming.reply_to
    if content is None:
        await turn.tell(turn.words("share.usage"))
        return
    if content.ours and (answered := await _share_of(turn, content.message_id)) and answered.state != "removed":
        await _show_again(turn, answered)
        return
    found = find_shared(content, (), asked=True)
    if found:
        await _take_in(turn, incoming, content, found, asked=True)
    else:
        await turn.tell(turn.words("share.no_article" if has_links(content) else "share.usage"))


async def on_again_command(turn: Turn, incoming: Incoming) -> None:
    """`/ulang`: the article of the card or message that it replies to is fetched and analysed anew."""
    article = await pointed_at(turn, incoming)
    if article is None:
        await turn.tell(turn.words("share.again_usage"))
        return
    url = article.annotation.article.url
    again = NewShare(
        turn.message_id, turn.thread_id, turn.member, "link" if url else "text", incoming.date, url, article.key,
        asked=True, again=True,
    )  # fmt: skip
    _acknowledge(turn, late=False)
    await shares.queue(turn.scope, await shares.add(turn.scope, again, "queued"))


async def on_edit(turn: Turn, incoming: Incoming) -> None:
    """A message changed: its cards change in place."""
    known = [share for share in await shares.of_message(turn.scope, turn.message_id) if share.kind != "document"]
    if not known:
        fresh = turn.now - incoming.date < _ANSWERABLE and incoming.command is None
        if fresh and not await shares.was_removed(turn.scope, turn.message_id):
            await on_message(turn, incoming)
        return
    content = incoming.argument or incoming.content
    if incoming.command and not content.text:
        return  # It points at another message, which did not change.
    found = find_shared(content, turn.team.ignored, asked=known[0].asked)
    kept = {share.key for share in known} & {one.key for one in found}
    gone = [share for share in known if share.key not in kept]
    new = [one for one in found if one.key not in kept]
    for share, one in zip(gone, new, strict=False):
        await _replace(turn, incoming, share, one)
    for share in gone[len(new) :]:
        await _take_away(turn, share)
    if rest := new[len(gone) :]:
        await _take_in(turn, incoming, content, rest, asked=known[0].asked)


async def on_offer(turn: Turn, argument: str) -> str:
    """The button of a chat where cards come on request: the message with the button becomes the first card."""
    share = await shares.get(turn.scope, int(argument))
    if share is None or share.state != "offered":
        return turn.words("share.already")
    offered = [one for one in await shares.of_message(turn.scope, share.message_id) if one.state == "offered"]
    for number, one in enumerate(offered[:_MOST_CARDS]):
        await shares.queue(turn.scope, one, placed=number > 0)
    turn.message_id = share.message_id
    await _hold(turn, offered[_MOST_CARDS:])
    return turn.words("share.being_read")


async def on_more(turn: Turn, argument: str) -> str:
    """The button under a message of many links: the cards of the next ones."""
    waiting, total = await shares.held(turn.scope, int(argument), _MOST_CARDS)
    if not waiting:
        return turn.words("share.already")
    for share in waiting:
        await shares.queue(turn.scope, share)
    left = total - len(waiting)
    if left:
        await turn.change(*_line(turn, left, int(argument)))
    else:
        await turn.take_back(plain_card(turn.words("share.all_shown")))
    return turn.words("share.being_read")


async def on_retry(turn: Turn, argument: str) -> str:
    """The button under a failure: read it once more; the sentence becomes the card."""
    share = await shares.get(turn.scope, int(argument))
    if share is None or share.state != "failed":
        return turn.words("share.already")
    await shares.queue(turn.scope, share, placed=False)
    return turn.words("share.trying_again")


async def on_remove(turn: Turn, argument: str) -> str:
    """The button under a card: for who shared it, and for admins."""
    share = await shares.get(turn.scope, int(argument))
    sharer = share.sharer if share else None
    own = sharer is not None and turn.member is not None and sharer.id == turn.member.id
    if not own and not await turn.is_admin():
        return turn.words("share.not_yours")
    await turn.take_back(remainder_card(turn.words, turn.member))
    if share:
        await shares.remove(turn.scope, share.id)
    return turn.words("share.removed")


def may_share(content: Content) -> bool:
    """Whether a message may have been meant for us."""
    return bool(find_shared(content, (), asked=False))


async def _take_in(turn: Turn, incoming: Incoming, content: Content, found: Sequence[Found], *, asked: bool) -> None:
    """Remember what was found, and have it read as the chat wants it."""
    allowed = await _within_quota(turn, _sharer(turn, content), len(found), asked=asked)
    new = [_new_share(turn, incoming, content, one, asked=asked) for one in found]
    for one in new[allowed:]:
        await shares.fail(turn.scope, (await shares.add(turn.scope, one, "failed")).id, "quota")
    if not new[:allowed]:
        return
    if turn.team.mode == "ask" and not asked:
        await _offer(turn, new[:allowed])
        return
    _acknowledge(turn, late=new[0].late)
    for one in new[: min(allowed, _MOST_CARDS)]:
        if one.kind == "text" and may_go_on(one.text or ""):
            until = turn.now + _GATHER
            await shares.queue(turn.scope, await shares.add(turn.scope, one, "gathering", until), at=until)
        else:
            await shares.queue(turn.scope, await shares.add(turn.scope, one, "queued"))
    await _hold(turn, [await shares.add(turn.scope, one, "held") for one in new[_MOST_CARDS:allowed]])


async def _hold(turn: Turn, rest: Sequence[Share]) -> None:
    """Read what is beyond the cards of one message for the archive, and count it in one line."""
    for share in rest:
        await shares.read_quietly(turn.scope, share)
    if rest:
        await turn.say(*_line(turn, len(rest), rest[0].message_id))


def _line(turn: Turn, count: int, message_id: int) -> tuple[Card, list[list[Button]]]:
    label = turn.words("share.show_more", count=turn.words.whole(min(count, _MOST_CARDS)))
    sentence = turn.words("share.more", count=turn.words.whole(count))
    return plain_card(sentence), [[Button(label, f"more:{message_id}")]]


async def _offer(turn: Turn, new: Sequence[NewShare]) -> None:
    offered = [await shares.add(turn.scope, one, "offered") for one in new]
    count = turn.words.whole(len(offered))
    button = Button(turn.words("share.make_card"), f"offer:{offered[0].id}")
    await turn.say(plain_card(turn.words("share.offer", count=count)), [[button]], offered[0].id)


def _acknowledge(turn: Turn, *, late: bool) -> None:
    """Show at once that a message was seen; not for what is old, which is worked off quietly."""
    if not late and turn.team.kind != "channel":
        turn.gestures.append(
            ("setMessageReaction", {"chat_id": turn.team.id, "message_id": turn.message_id, "reaction": _EYES})
        )


async def _within_quota(turn: Turn, sharer: Sharer | None, wanted: int, *, asked: bool) -> int:
    """How much of what is wanted the day's quotas leave; said once when they are used up, and whenever asked."""
    local = turn.now.astimezone(ZoneInfo(turn.team.timezone))
    midnight = datetime.combine(local, time.min, local.tzinfo)
    quotas: list[tuple[str, int, int | None]] = [
        (turn.words("share.chat_quota", count=turn.words.whole(turn.rules.chat_quota)), turn.rules.chat_quota, None)
    ]
    if sharer and turn.team.kind != "channel":
        count = turn.words.whole(turn.rules.member_quota)
        quotas.append((turn.words("share.member_quota", count=count), turn.rules.member_quota, sharer.id))
    allowed = wanted
    for sentence, quota, sharer_id in quotas:
        used = await shares.count(turn.scope, midnight, sharer_id)
        if used + wanted > quota and (used <= quota or asked):
            await turn.tell(sentence)
        allowed = max(0, min(allowed, quota - used))
    return allowed


def _new_share(turn: Turn, incoming: Incoming, content: Content, found: Found, *, asked: bool) -> NewShare:
    return NewShare(
        message_id=turn.message_id,
        thread_id=turn.thread_id,
        sharer=_sharer(turn, content),
        kind=found.kind,
        shared_at=incoming.date,
        url=found.url,
        key=found.key,
        text=found.text,
        file_id=found.file_id,
        file_name=found.file_name,
        asked=asked,
        late=turn.now - incoming.date > _LATE and not incoming.edited,
        origin=incoming.copy_of,
    )


def _sharer(turn: Turn, content: Content) -> Sharer | None:
    return content.sharer or turn.member


# Posts of a channel and their copies


async def _is_answered_elsewhere(turn: Turn, incoming: Incoming) -> bool:
    """Whether the channel of a post or the discussion group of its copy answers it: once, not twice."""
    if incoming.copy_of:
        channel = await chats.find(turn.transaction, incoming.copy_of[0])
        there = channel is not None and channel.active and turn.rules.may_use(channel)
        return bool(there) or not await shares.claim_post(turn.transaction, incoming.copy_of)
    if turn.team.kind == "channel" and not incoming.edited:
        return not await shares.claim_post(turn.transaction, (turn.team.id, turn.message_id))
    return False


# Texts in several messages


async def _goes_on(turn: Turn, incoming: Incoming) -> bool:
    """Take a message as the next part of a text that its sender is pasting."""
    content = incoming.content
    if not incoming.sharer or not is_rest(content):
        return False
    begun = await shares.gathering(turn.scope, incoming.sharer.id, turn.thread_id)
    if begun is None or incoming.date - begun.shared_at > _SAME_PASTE:
        return False
    until = turn.now + _GATHER if may_go_on(content.text) else turn.now
    await shares.gather(turn.scope, begun.id, joint(begun.text or "") + content.text, until)
    return True


async def _completes(turn: Turn, incoming: Incoming) -> bool:
    """Take a reply as the text of a page that could not be read."""
    if incoming.reply_to is None:
        return False
    failed = await _failed_share(turn, incoming.reply_to)
    content = incoming.content
    file = content.document if content.document and is_readable(content.document) else None
    if failed is None or not (file or is_long(content.text)):
        return False
    one = find_shared(content, (), asked=True)[0] if file else pasted(content.text)
    if told := await outbox.of_share(turn.scope, failed.id):
        await outbox.delete(turn.scope, told.id, edit_payload(plain_card(turn.words("share.completed"))))
    given = _new_share(turn, incoming, content, one, asked=True)
    gathers = one.kind == "text" and may_go_on(content.text)
    until = turn.now + _GATHER if gathers else None
    await shares.give_text(turn.scope, failed.id, given, until)
    if completed := await shares.get(turn.scope, failed.id):
        _acknowledge(turn, late=False)
        await shares.queue(turn.scope, completed, at=until)
    return True


async def _failed_share(turn: Turn, replied: Content) -> Share | None:
    """The one share that a reply can complete: what our sentence was about, or the message's only unread one."""
    if replied.ours:
        share = await _share_of(turn, replied.message_id)
        return share if share and share.state == "failed" else None
    failed = [one for one in await shares.of_message(turn.scope, replied.message_id) if one.state == "failed"]
    return failed[0] if len(failed) == 1 else None


async def _share_of(turn: Turn, message_id: int) -> Share | None:
    message = await outbox.of_message(turn.scope, message_id)
    return await shares.get(turn.scope, message.share_id) if message and message.share_id else None


async def _show_again(turn: Turn, share: Share) -> None:
    """The card of a share, once more, where the command stands."""
    again = NewShare(
        turn.message_id, turn.thread_id, share.sharer, share.kind, share.shared_at, share.url, share.key, share.text,
        share.file_id, share.file_name, asked=True,
    )  # fmt: skip
    _acknowledge(turn, late=False)
    await shares.queue(turn.scope, await shares.add(turn.scope, again, "queued"))


# Edits


async def _replace(turn: Turn, incoming: Incoming, old: Share, found: Found) -> None:
    """Another article takes the place of one, its message too."""
    state = old.state if old.state in ("offered", "held") else "queued"
    given = _new_share(turn, incoming, incoming.content, found, asked=old.asked)
    new = await shares.add(turn.scope, given, state)
    await outbox.hand_over(turn.scope, old.id, new.id)
    await shares.forget(turn.scope, old.id)
    if state == "held":
        await shares.read_quietly(turn.scope, new)
    elif state == "queued":
        await shares.queue(turn.scope, new, placed=False)


async def _take_away(turn: Turn, share: Share) -> None:
    if message := await outbox.of_share(turn.scope, share.id):
        await outbox.delete(turn.scope, message.id, edit_payload(remainder_card(turn.words, turn.member)))
    await outbox.drop(turn.scope, share.id)
    await shares.forget(turn.scope, share.id)
