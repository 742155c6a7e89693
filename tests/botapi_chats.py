"""Chats of a Telegram that exists only for tests: what people do in them goes in, updates for the bot come out.

    telegram = BotApi()                                   # tests/botapi.py: the server around all this
    sari, group = telegram.user("Sari"), telegram.group("Redaksi")
    share = group.say(sari, "https://kabar.example/a")    # the bot gets an update `message`
    press = group.press(sari, telegram.sent[0], "Hapus")  # `press.answer` is what the bot answers

The JSON of updates is what Telegram sends: see https://core.telegram.org/bots/api#update.
"""

from __future__ import annotations

import itertools
import secrets
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Literal, TypedDict, Unpack

from autolink import Linked
from botapi_checks import TEXT_UNITS, Json, find_entities, links_outside, text_part, units

ChatKind = Literal["private", "group", "supergroup", "channel"]
Status = Literal["creator", "administrator", "member", "restricted", "left", "kicked"]
IN_CHAT = ("creator", "administrator", "member", "restricted")
ADMIN = ("creator", "administrator")

_ANONYMOUS_ADMIN = {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"}
_CHANNEL_BOT = {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"}
_TELEGRAM = {"id": 777000, "is_bot": False, "first_name": "Telegram"}
_GENERAL = 1
_ADMIN_RIGHTS = (
    "can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members", "can_change_info",
    "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories", "can_pin_messages",
    "can_manage_topics",
)  # fmt: skip
_MEMBER_RIGHTS = (
    "can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
    "can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages",
    "can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
    "can_edit_tag", "can_react_to_messages",
)  # fmt: skip


@dataclass(frozen=True)
class User:
    """Somebody with an account; `language` is what the client speaks, as `id` or `en`."""

    id: int
    name: str
    username: str | None = None
    is_bot: bool = False
    language: str | None = None

    @property
    def wire(self) -> Json:
        """The user as Telegram tells it."""
        first, _, last = self.name.partition(" ")
        optional = {"last_name": last, "username": self.username, "language_code": self.language}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": first, **_set(optional)}


@dataclass(eq=False)
class Message:
    """A message that is not the bot's. `wire` is its JSON as it is now; `reactions` are the bot's."""

    chat: Chat
    wire: Json
    deleted: bool = False
    reactions: list[str] = field(default_factory=list)
    automatic_copy: Message | None = None
    """Of a channel's post: what Telegram forwarded by itself into the discussion group."""

    @property
    def message_id(self) -> int:
        return int(self.wire["message_id"])

    @property
    def text(self) -> str:
        return str(self.wire.get("text", self.wire.get("caption", "")))

    @property
    def thread(self) -> int | None:
        """The topic that it is in."""
        return self.wire["message_thread_id"] if self.wire.get("is_topic_message") else None

    @property
    def date(self) -> datetime:
        return datetime.fromtimestamp(self.wire["date"], UTC)


@dataclass(eq=False)
class Sent:
    """A message of the bot. `edits` are its earlier states, oldest first; `content` is the file that it carries."""

    chat: Chat
    message_id: int
    text: str
    entities: list[Json]
    keyboard: list[list[Json]]
    method: str
    date: datetime
    reply_to: int | None = None
    thread: int | None = None
    silent: bool = False
    link_preview: Json | None = None
    media: Json = field(default_factory=dict)
    content: bytes | None = None
    edits: list[tuple[str, list[Json], list[list[Json]]]] = field(default_factory=list)
    deleted: bool = False
    reactions: list[str] = field(default_factory=list)
    automatic_copy: Message | None = None

    @property
    def links(self) -> list[Linked]:
        """What Telegram links by itself in the text; parts that we linked or set as code don't count."""
        return links_outside(self.text, self.entities)

    @property
    def buttons(self) -> list[str]:
        """What is written on the buttons, row by row."""
        return [button["text"] for row in self.keyboard for button in row]

    @property
    def state(self) -> tuple[str, list[Json], list[list[Json]]]:
        """All that an edit can change."""
        return self.text, self.entities, self.keyboard

    def grow_older(self, hours: float) -> None:
        """Let time have passed since it was sent; updates and rules see the earlier date."""
        self.date -= timedelta(hours=hours)

    @property
    def wire(self) -> Json:
        """The message as Telegram tells it."""
        kind = "caption" if self.media else "text"
        words = {kind: self.text, f"{kind}_entities" if self.media else "entities": self.entities}
        wire = {
            "message_id": self.message_id,
            **({"sender_chat": self.chat.wire} if self.chat.kind == "channel" else {"from": self.chat.telegram.bot}),
            "chat": self.chat.wire,
            "date": int(self.date.timestamp()),
            **self.media,
            **{name: value for name, value in words.items() if value},
            **self.chat.threading(self.thread, self.reply_to),
        }
        if self.edits:
            wire["edit_date"] = int(datetime.now(UTC).timestamp())
        return {**wire, "reply_markup": {"inline_keyboard": self.keyboard}} if self.keyboard else wire


@dataclass
class Press:
    """A button that somebody pressed; `answer` is what the bot answered (`text`, `show_alert`), `answers` how often."""

    id: str
    user: User
    message: Sent
    data: str
    expired: bool = False
    answer: Json | None = None
    answers: int = 0


@dataclass
class Topic:
    """A topic of a forum. A topic that is `deleted` is not found any more."""

    name: str
    closed: bool = False
    deleted: bool = False


@dataclass(frozen=True)
class File:
    """A file on Telegram's server; `size` in bytes is what Telegram tells."""

    file_id: str
    path: str
    name: str
    size: int
    content: bytes

    @property
    def wire(self) -> Json:
        """The file as Telegram tells it."""
        return {"file_id": self.file_id, "file_unique_id": self.file_id[:12], "file_size": self.size}


class Circumstances(TypedDict, total=False):
    """How a message came about.

    `reply_to`: a message or its id. `thread`: a topic. `forward_from`: a user, a channel's post, a chat, or the name of
    a user who hides. `sender_chat`: the chat as which a user writes. `signature`: of the author of a post, or the title
    of an anonymous admin. `fields`: further fields of the JSON, as they are.
    """

    reply_to: Message | Sent | int | None
    thread: int | None
    date: datetime | None
    via_bot: User | None
    forward_from: User | Message | Sent | Chat | str | None
    sender_chat: Chat | None
    anonymous_admin: bool
    automatic_forward_of: Message | Sent | None
    signature: str | None
    fields: Json


class Chat:
    """A chat, and what people do there. Made by `Telegram.private`, `.group` and `.channel`."""

    def __init__(
        self, telegram: Telegram, chat_id: int, kind: ChatKind, facts: Json, linked: Chat | None = None
    ) -> None:
        self.telegram, self.id, self.kind, self.facts, self.linked = telegram, chat_id, kind, facts, linked
        self.members: dict[int, tuple[User, Status]] = {}
        self.bot: Status = "member"
        self.started = kind != "private"
        self.topics: dict[int, Topic] = {_GENERAL: Topic("General")} if facts.get("is_forum") else {}
        self.messages: dict[int, Message | Sent] = {}
        self.migrated_to: Chat | None = None
        self.reactions_allowed = True
        self._ids = itertools.count(2)

    @property
    def wire(self) -> Json:
        """The chat as Telegram tells it."""
        return {"id": self.id, "type": self.kind, **self.facts}

    @property
    def sent(self) -> list[Sent]:
        """The bot's messages here, also those deleted."""
        return [sent for sent in self.telegram.sent if sent.chat is self]

    # People write

    def say(
        self,
        user: User | None,
        text: str,
        *,
        entities: Sequence[Json] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Message:
        """Write a message (in a channel: post). Without `entities` it gets those that Telegram finds."""
        assert 1 <= units(text) <= TEXT_UNITS, "nobody can send this as one message; see `paste`"
        found = find_entities(text) if entities is None else list(entities)
        return self._post(user, _set({"text": text, "entities": found}), circumstances)

    def paste(self, user: User, text: str, **circumstances: Unpack[Circumstances]) -> list[Message]:
        """Write a text of any length: clients send it in as many messages as it takes, cut at spaces and line ends."""
        parts = []
        while units(text) > TEXT_UNITS:
            most = text_part(text, 0, TEXT_UNITS)
            end = max(most.rfind("\n"), most.rfind(" ")) + 1 or len(most)
            parts.append(text[:end])
            text = text[end:]
        return [self.say(user, part.strip(), **circumstances) for part in [*parts, text]]

    def photo(self, user: User | None, caption: str = "", **circumstances: Unpack[Circumstances]) -> Message:
        """Send a photo."""
        file = self.telegram.keep(b"\xff\xd8\xff\xe0", "photos", "photo.jpg")
        size = {**file.wire, "width": 1280, "height": 720}
        return self._post(user, {"photo": [size], **_caption(caption)}, circumstances)

    def document(
        self,
        user: User | None,
        name: str,
        content: bytes,
        mime: str,
        caption: str = "",
        size: int | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> Message:
        """Send a file; `size` where Telegram should tell another one than it has."""
        file = self.telegram.keep(content, "documents", name, size)
        wire = {**file.wire, "file_name": name, "mime_type": mime}
        return self._post(user, {"document": wire, **_caption(caption)}, circumstances)

    def edit(self, message: Message, text: str, *, entities: Sequence[Json] | None = None) -> None:
        """Change the text or caption of a message."""
        found = find_entities(text) if entities is None else list(entities)
        kind, marks = ("caption", "caption_entities") if message.wire.keys() & _MEDIA else ("text", "entities")
        wire = {name: value for name, value in message.wire.items() if name not in (kind, marks)}
        message.wire = {**wire, **_set({kind: text, marks: found}), "edit_date": _now()}
        self._tell("edited_channel_post" if self.kind == "channel" else "edited_message", message.wire)
        self.edit_copy(message)

    def delete(self, message: Message | Sent) -> None:
        """Delete a message; Telegram tells bots nothing of it."""
        message.deleted = True

    def press(self, user: User, sent: Sent, button: str, *, expired: bool = False, inaccessible: bool = False) -> Press:
        """Press a button, named by its text or its data; `expired`: so long ago that it can't be answered."""
        assert not sent.deleted, "the message is gone, and its buttons"
        buttons = [one for row in sent.keyboard for one in row if button in (one["text"], one.get("callback_data"))]
        assert buttons, f"no button {button!r} among {sent.buttons}"
        press = Press(str(secrets.randbits(62)), user, sent, buttons[0]["callback_data"], expired)
        self.telegram.presses[press.id] = press
        message = {"chat": self.wire, "message_id": sent.message_id, "date": 0} if inaccessible else sent.wire
        query = {"id": press.id, "from": user.wire, "chat_instance": str(self.id), "data": press.data}
        self.telegram.push({"callback_query": {**query, "message": message}})
        return press

    # People come and go

    def join(self, user: User, by: User | None = None) -> Message:
        """A member comes, of his own accord or brought in by somebody."""
        self.members[user.id] = user, "member"
        return self._service(by or user, {"new_chat_members": [user.wire]})

    def leave(self, user: User) -> Message:
        """A member goes."""
        self.members[user.id] = user, "left"
        return self._service(user, {"left_chat_member": user.wire})

    def add_bot(self, by: User, status: Status = "member") -> None:
        """Bring the bot in."""
        self.set_bot(by, status)
        if self.kind in ("group", "supergroup"):
            self._service(by, {"new_chat_members": [self.telegram.bot]})

    def kick_bot(self, by: User) -> None:
        """Throw the bot out; in a private chat: block it."""
        self.set_bot(by, "kicked")

    def promote_bot(self, by: User) -> None:
        """Make the bot an admin."""
        self.set_bot(by, "administrator")

    def restrict_bot(self, by: User) -> None:
        """Forbid the bot to write."""
        self.set_bot(by, "restricted")

    def set_bot(self, by: User | None, status: Status) -> None:
        """Change what the bot is here, by a user or by itself; it is told by `my_chat_member`."""
        old, self.bot = self.bot, status
        bot = self.telegram.bot
        change = {"old_chat_member": member_wire(bot, old), "new_chat_member": member_wire(bot, status)}
        self.telegram.push(
            {"my_chat_member": {"chat": self.wire, "from": by.wire if by else bot, "date": _now(), **change}}
        )

    def migrate(self, by: User | None = None) -> Chat:
        """Let the group become a supergroup: another chat with another id; this one refuses from now on."""
        new = self.telegram.group(str(self.facts["title"]), bot=self.bot)
        new.members, self.migrated_to = self.members, new
        self._service(by, {"migrate_to_chat_id": new.id})
        new._service(by, {"migrate_from_chat_id": self.id})
        return new

    # Topics

    def topic(self, name: str, by: User | None = None) -> int:
        """Open a topic; gives its `message_thread_id`."""
        thread = self.next_id()
        self.topics[thread] = Topic(name)
        self._service(by, {"forum_topic_created": {"name": name, "icon_color": 7322096}}, thread, thread)
        return thread

    def close_topic(self, thread: int, by: User | None = None) -> None:
        """Close a topic: only admins may write there."""
        self.topics[thread].closed = True
        self._service(by, {"forum_topic_closed": {}}, thread)

    def reopen_topic(self, thread: int, by: User | None = None) -> None:
        """Open a topic again."""
        self.topics[thread].closed = False
        self._service(by, {"forum_topic_reopened": {}}, thread)

    def delete_topic(self, thread: int) -> None:
        """Delete a topic with all that is in it."""
        self.topics[thread].deleted = True
        for message in self.messages.values():
            if message.thread == thread:
                message.deleted = True

    def threading(self, thread: int | None, reply_to: int | None) -> Json:
        """The fields that say in which topic, and to what, a message is."""
        replied = self.messages.get(reply_to or 0)
        wire: Json = {}
        if self.topics and thread not in (None, _GENERAL):
            wire = {"message_thread_id": thread, "is_topic_message": True}
            # To a bot, what isn't a reply looks like one to the message that opened the topic.
            replied = replied or self.messages.get(thread or 0)
        elif replied and self.kind == "supergroup":
            wire = {"message_thread_id": replied.wire.get("message_thread_id", replied.message_id)}
        if replied and not replied.deleted:
            told = {name: value for name, value in replied.wire.items() if name != "reply_to_message"}
            wire["reply_to_message"] = told
        return wire

    # What the bot does

    def thread_of(self, message_id: int | None) -> int | None:
        """The topic of a message: a reply is where that is which it replies to."""
        replied = self.messages.get(message_id or 0)
        return replied.thread if replied else None

    def forward_into_linked(self, post: Message | Sent) -> None:
        """What Telegram does with each post of a channel, also the bot's, that has a discussion group."""
        if self.kind == "channel" and self.linked:
            words = {name: value for name, value in post.wire.items() if name in _COPIED}
            post.automatic_copy = self.linked._post(None, words, {"automatic_forward_of": post})

    def edit_copy(self, post: Message | Sent) -> None:
        """What Telegram does in the discussion group when a post changes."""
        if copy := post.automatic_copy:
            copy.chat.edit(copy, post.text, entities=post.wire.get("entities") or post.wire.get("caption_entities", []))

    def next_id(self) -> int:
        """The number of the next message."""
        return next(self._ids)

    # Under it all

    def _post(self, user: User | None, content: Json, circumstances: Circumstances) -> Message:
        reply = circumstances.get("reply_to")
        reply_to = reply if isinstance(reply, int) or reply is None else reply.message_id
        thread = circumstances.get("thread") or self.thread_of(reply_to)
        date = circumstances.get("date")
        via = circumstances.get("via_bot")
        wire = {
            "message_id": self.next_id(),
            **self._author(user, circumstances),
            "chat": self.wire,
            "date": int(date.timestamp()) if date else _now(),
            **_origin(circumstances),
            **_set({"via_bot": via.wire if via else None}),
            **self.threading(thread, reply_to),
            **content,
            **circumstances.get("fields", {}),
        }
        return self._add(wire)

    def _author(self, user: User | None, circumstances: Circumstances) -> Json:
        signature = _set({"author_signature": circumstances.get("signature")})
        if self.kind == "channel":
            return {"sender_chat": self.wire, **signature}
        if circumstances.get("anonymous_admin"):
            return {"from": _ANONYMOUS_ADMIN, "sender_chat": self.wire, **signature}
        if chat := circumstances.get("sender_chat"):
            return {"from": _CHANNEL_BOT, "sender_chat": chat.wire}
        if post := circumstances.get("automatic_forward_of"):
            return {"from": _TELEGRAM, "sender_chat": post.chat.wire, "is_automatic_forward": True}
        assert user, "somebody writes, unless a chat does"
        if self.kind == "private":
            self.started = True
        self.members.setdefault(user.id, (user, "member"))
        return {"from": user.wire}

    def _service(
        self, by: User | None, content: Json, thread: int | None = None, message_id: int | None = None
    ) -> Message:
        author = {"from": by.wire if by else _ANONYMOUS_ADMIN}
        place = {"message_thread_id": thread, "is_topic_message": True} if thread else {}
        head = {"message_id": message_id or self.next_id(), **author, "chat": self.wire, "date": _now()}
        return self._add({**head, **place, **content}, service=True)

    def _add(self, wire: Json, *, service: bool = False) -> Message:
        message = Message(self, wire)
        self.messages[message.message_id] = message
        self._tell("channel_post" if self.kind == "channel" else "message", wire, service=service)
        self.forward_into_linked(message)
        return message

    def _tell(self, kind: str, wire: Json, *, service: bool = False) -> None:
        readable = service or self.kind in ("private", "channel") or self._bot_may_read(wire)
        if self.bot in IN_CHAT and readable:
            self.telegram.push({kind: wire})

    def _bot_may_read(self, wire: Json) -> bool:
        """Whether privacy mode lets a message of a group through."""
        if self.telegram.can_read_all or self.bot == "administrator":
            return True
        bot = self.telegram.bot
        text, entities = wire.get("text", ""), wire.get("entities", [])
        if any(entity["type"] == "bot_command" and entity["offset"] == 0 for entity in entities):
            addressee = text[: entities[0]["length"]].partition("@")[2]
            return not addressee or addressee.lower() == bot["username"].lower()
        replied = wire.get("reply_to_message", {})
        return bool(replied.get("from", {}).get("id") == bot["id"] or wire.get("via_bot", {}).get("id") == bot["id"])


_MEDIA = {"photo", "document"}
_COPIED = {"text", "entities", "caption", "caption_entities", *_MEDIA}


class Telegram(ABC):
    """All that exists: users, chats, their messages, files; and what the bot said of itself."""

    def __init__(self, token: str, username: str, *, can_read_all: bool) -> None:
        self.token, self.username, self.can_read_all = token, username, can_read_all
        self.bot: Json = {
            "id": int(token.partition(":")[0]),
            "is_bot": True,
            "first_name": "Warta",
            "username": username,
        }
        self.chats: dict[int, Chat] = {}
        self.sent: list[Sent] = []
        self.presses: dict[str, Press] = {}
        self.files: dict[str, File] = {}
        self.commands: dict[tuple[str, str], list[Json]] = {}
        self.profile: dict[tuple[str, str], str] = {}
        self.warnings: list[str] = []
        self.auto_linked: list[tuple[Sent, list[Linked]]] = []
        self._ids = itertools.count(5_000_000_001, 7)

    @abstractmethod
    def push(self, update: Json) -> int:
        """Have an update given to the bot; its `update_id` comes unless it has one. Gives the id."""

    def user(
        self, name: str, *, username: str | None = None, is_bot: bool = False, language: str | None = None
    ) -> User:
        """A new user."""
        return User(next(self._ids), name, username, is_bot, language)

    def private(self, user: User) -> Chat:
        """The chat of the bot with a user, who has yet to write there before the bot may."""
        facts = {name: value for name, value in user.wire.items() if name in ("first_name", "last_name", "username")}
        return self.chats.get(user.id) or self._open(Chat(self, user.id, "private", facts))

    def group(
        self,
        title: str = "Redaksi",
        *,
        kind: Literal["supergroup", "group"] = "supergroup",
        forum: bool = False,
        username: str | None = None,
        members: Sequence[User] = (),
        admins: Sequence[User] = (),
        bot: Status = "member",
    ) -> Chat:
        """A group; the first of its admins is its owner. Who writes there is a member from then on."""
        number = next(self._ids)
        facts = {"title": title, **_set({"username": username, "is_forum": forum or None})}
        chat = Chat(self, -number if kind == "group" else -1_000_000_000_000 - number, kind, facts)
        chat.bot = bot
        chat.members = {user.id: (user, "member") for user in members}
        chat.members |= {user.id: (user, "creator" if user is admins[0] else "administrator") for user in admins}
        return self._open(chat)

    def channel(
        self,
        title: str,
        *,
        linked: Chat | None = None,
        username: str | None = None,
        admins: Sequence[User] = (),
        bot: Status = "administrator",
    ) -> Chat:
        """A channel; into the `linked` group Telegram forwards each post by itself."""
        facts = {"title": title, **_set({"username": username})}
        chat = Chat(self, -1_000_000_000_000 - next(self._ids), "channel", facts, linked)
        chat.bot = bot
        chat.members = {user.id: (user, "creator" if user is admins[0] else "administrator") for user in admins}
        return self._open(chat)

    def keep(self, content: bytes, folder: str, name: str, size: int | None = None) -> File:
        """Keep a file for download."""
        path = f"{folder}/file_{len(self.files)}{PurePath(name).suffix}"
        file = File(secrets.token_urlsafe(24), path, name, len(content) if size is None else size, content)
        self.files[file.file_id] = file
        return file

    def _open(self, chat: Chat) -> Chat:
        self.chats[chat.id] = chat
        return chat


def member_wire(user: Json, status: Status) -> Json:
    """A member of a chat as Telegram tells it."""
    wire: Json = {"user": user, "status": status}
    if status == "creator":
        return {**wire, "is_anonymous": False}
    if status == "administrator":
        rights = {**dict.fromkeys(_ADMIN_RIGHTS, True), "can_promote_members": False}
        return {**wire, "can_be_edited": False, "is_anonymous": False, **rights}
    if status == "restricted":
        return {**wire, "is_member": True, "until_date": 0, **dict.fromkeys(_MEMBER_RIGHTS, False)}
    return {**wire, "until_date": 0} if status == "kicked" else wire


def _origin(circumstances: Circumstances) -> Json:
    source = circumstances.get("automatic_forward_of") or circumstances.get("forward_from")
    date = {"date": int(source.date.timestamp()) if isinstance(source, Message | Sent) else _now() - 60}
    match source:
        case None:
            return {}
        case str():
            origin = {"type": "hidden_user", "sender_user_name": source, **date}
        case User():
            origin = {"type": "user", "sender_user": source.wire, **date}
        case Chat():
            origin = {"type": "chat", "sender_chat": source.wire, **date}
        case Message() | Sent() if source.chat.kind == "channel":
            origin = {"type": "channel", "chat": source.chat.wire, "message_id": source.message_id, **date}
        case Message() | Sent():
            origin = {"type": "user", "sender_user": source.wire["from"], **date}
    return {"forward_origin": origin}


def _caption(caption: str) -> Json:
    return _set({"caption": caption, "caption_entities": find_entities(caption)})


def _set(values: Json) -> Json:
    return {name: value for name, value in values.items() if value}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())
