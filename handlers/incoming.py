"""Telegram's update goes in; what somebody did, in our own words, comes out: `Incoming`, `Press`, `Membership`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, MessageEntity, MessageOriginChannel, Update, User
from telegram.constants import ChatMemberStatus, ChatType

from services.links import LinkEntity
from services.models import ChatKind, Sharer

_KINDS: dict[str, ChatKind] = {
    ChatType.PRIVATE: "private",
    ChatType.GROUP: "group",
    ChatType.SUPERGROUP: "supergroup",
    ChatType.CHANNEL: "channel",
}
_IN = (ChatMemberStatus.MEMBER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER, ChatMemberStatus.RESTRICTED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something happened."""

    chat_id: int
    kind: ChatKind
    title: str
    username: str | None


@dataclass(frozen=True, slots=True)
class Document:
    """A file in a message: `size` in bytes, 0 where Telegram doesn't tell."""

    file_id: str
    name: str
    mime: str
    size: int


@dataclass(frozen=True, slots=True)
class Content:
    """What a message holds: text or caption, what is marked in it, and a file."""

    message_id: int
    text: str
    entities: tuple[LinkEntity, ...]
    document: Document | None
    sharer: Sharer | None
    ours: bool


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message, new or edited. `sharer` is who wrote it: a member, or a chat as which somebody wrote.

    `command` is the name of a command that is meant for us, in lower case, `argument` what follows it. `copy_of` is the
    channel post (chat, message) of which this is the automatic copy in the discussion group.
    """

    place: Place
    content: Content
    thread_id: int | None
    date: datetime
    edited: bool
    by_bot: bool
    as_chat: bool
    language: str | None
    command: str | None
    argument: Content | None
    reply_to: Content | None
    copy_of: tuple[int, int] | None
    migrated_to: int | None
    reopened: bool

    @property
    def sharer(self) -> Sharer | None:
        """Who wrote it."""
        return self.content.sharer


@dataclass(frozen=True, slots=True)
class Press:
    """A button that somebody pressed."""

    place: Place
    id: str
    member: Sharer
    language: str | None
    data: str
    message_id: int
    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Membership:
    """The bot came, went, or was given other rights."""

    place: Place
    by: Sharer
    language: str | None
    was_in: bool
    is_in: bool
    can_write: bool
    is_admin: bool


def read_update(update: Update, bot_id: int, username: str) -> Incoming | Press | Membership | None:
    """What an update tells; None where it tells nothing that concerns us."""
    if update.callback_query:
        return _press(update.callback_query)
    if update.my_chat_member:
        return _membership(update.my_chat_member)
    message = update.message or update.edited_message or update.channel_post or update.edited_channel_post
    if message is None or message.chat.type not in _KINDS:
        return None
    return _incoming(message, bot_id, username, edited=bool(update.edited_message or update.edited_channel_post))


def _incoming(message: Message, bot_id: int, username: str, *, edited: bool) -> Incoming:
    content = _content(message, bot_id)
    command, argument = _command(content, username)
    return Incoming(
        place=_place(message.chat),
        content=content,
        thread_id=_thread(message),
        date=message.date,
        edited=edited,
        by_bot=bool(message.from_user and message.from_user.is_bot and not message.sender_chat),
        as_chat=bool(message.sender_chat and message.sender_chat.id == message.chat.id),
        language=message.from_user.language_code if message.from_user else None,
        command=command,
        argument=argument,
        reply_to=_replied(message, bot_id),
        copy_of=_copy_of(message),
        migrated_to=message.migrate_to_chat_id,
        reopened=bool(message.forum_topic_reopened or message.general_forum_topic_unhidden),
    )


def _press(query: CallbackQuery) -> Press | None:
    if query.message is None or query.message.chat.type not in _KINDS:
        return None
    thread = _thread(query.message) if isinstance(query.message, Message) else None
    return Press(
        place=_place(query.message.chat),
        id=query.id,
        member=_user(query.from_user),
        language=query.from_user.language_code,
        data=query.data or "",
        message_id=query.message.message_id,
        thread_id=thread,
    )


def _membership(change: ChatMemberUpdated) -> Membership | None:
    if change.chat.type not in _KINDS:
        return None
    old, new = change.old_chat_member, change.new_chat_member
    is_in = new.status in _IN and getattr(new, "is_member", True) is not False
    return Membership(
        place=_place(change.chat),
        by=_user(change.from_user),
        language=change.from_user.language_code,
        was_in=old.status in _IN and getattr(old, "is_member", True) is not False,
        is_in=is_in,
        can_write=is_in and getattr(new, "can_send_messages", True) is not False,
        is_admin=new.status == ChatMemberStatus.ADMINISTRATOR,
    )


def _place(chat: Chat) -> Place:
    name = chat.title or " ".join(filter(None, (chat.first_name, chat.last_name)))
    return Place(chat.id, _KINDS[chat.type], name, chat.username)


def _thread(message: Message) -> int | None:
    # Comments under a post have a thread too, but there a reply alone leads to the right place.
    return message.message_thread_id if message.is_topic_message else None


def _content(message: Message, bot_id: int) -> Content:
    return Content(
        message_id=message.message_id,
        text=message.text or message.caption or "",
        entities=_entities(message.entities or message.caption_entities),
        document=_document(message),
        sharer=_sharer(message),
        ours=bool(message.from_user and message.from_user.id == bot_id),
    )


def _document(message: Message) -> Document | None:
    file = message.document
    return Document(file.file_id, file.file_name or "", file.mime_type or "", file.file_size or 0) if file else None


def _sharer(message: Message) -> Sharer | None:
    if message.sender_chat:
        name = message.author_signature or message.sender_chat.title or message.sender_chat.full_name or ""
        return Sharer(message.sender_chat.id, name, message.sender_chat.username)
    if message.from_user:
        return _user(message.from_user)
    return None


def _user(user: User) -> Sharer:
    return Sharer(user.id, user.full_name, user.username)


def _replied(message: Message, bot_id: int) -> Content | None:
    replied = message.reply_to_message
    # In a topic every message "replies" to the message that opened it.
    if replied is None or replied.forum_topic_created:
        return None
    return _content(replied, bot_id)


def _copy_of(message: Message) -> tuple[int, int] | None:
    origin = message.forward_origin
    if not message.is_automatic_forward or not isinstance(origin, MessageOriginChannel):
        return None
    return origin.chat.id, origin.message_id


def _entities(entities: Iterable[MessageEntity]) -> tuple[LinkEntity, ...]:
    return tuple(LinkEntity(one.type, one.offset, one.length, one.url) for one in entities)


def _command(content: Content, username: str) -> tuple[str | None, Content | None]:
    """The command at the start of a text, if it is for us, and what follows it."""
    first = next((one for one in content.entities if one.kind == MessageEntity.BOT_COMMAND and one.offset == 0), None)
    if first is None:
        return None, None
    name, _, addressee = content.text[1 : first.length].partition("@")
    if addressee and addressee.lower() != username.lower():
        return None, None
    rest = content.text[first.length :]
    # Commands are ASCII, so up to here a character is a unit.
    shift = first.length + len(rest) - len(rest.lstrip())
    return name.lower(), replace(content, text=rest.strip(), entities=_shifted(content.entities, shift))


def _shifted(entities: Sequence[LinkEntity], shift: int) -> tuple[LinkEntity, ...]:
    return tuple(replace(one, offset=one.offset - shift) for one in entities if one.offset >= shift)
