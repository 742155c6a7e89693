"""A method of the Bot API and its parameters go in; what Telegram does and answers comes out, or `Refused`.

`METHODS` is the table of all that this Telegram can do; the rest is about updates, and in `botapi.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botapi_chats import ADMIN, IN_CHAT, Chat, File, Message, Sent, Telegram, member_wire
from botapi_checks import (
    CAPTION_UNITS,
    TEXT_UNITS,
    Formatted,
    Json,
    Refused,
    check_action,
    check_callback_answer,
    check_commands,
    format_text,
    read_keyboard,
    read_reactions,
)

_DOWNLOADABLE = 20 * 1024 * 1024
_DELETABLE = timedelta(hours=48)
_KINDS = {"private": "private chat", "group": "group chat", "supergroup": "supergroup chat", "channel": "channel chat"}
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


# Who the bot is


def _get_me(telegram: Telegram, _: Json) -> Json:
    able = {"can_join_groups": True, "can_read_all_group_messages": telegram.can_read_all}
    return {**telegram.bot, **able, "supports_inline_queries": False}


def _scope(parameters: Json) -> tuple[str, str]:
    scope = {"type": "default", **(parameters.get("scope") or {})}
    return ":".join(str(value) for value in scope.values()), parameters.get("language_code") or ""


def _set_my_commands(telegram: Telegram, parameters: Json) -> bool:
    telegram.commands[_scope(parameters)] = check_commands(parameters.get("commands"))
    return True


def _get_my_commands(telegram: Telegram, parameters: Json) -> list[Json]:
    return telegram.commands.get(_scope(parameters), [])


def _delete_my_commands(telegram: Telegram, parameters: Json) -> bool:
    telegram.commands.pop(_scope(parameters), None)
    return True


def _set_profile(name: str, limit: int) -> Callable[[Telegram, Json], bool]:
    def set_profile(telegram: Telegram, parameters: Json) -> bool:
        text = parameters.get(name) or ""
        if len(text) > limit:
            raise Refused(f"{name} is too long")
        telegram.profile[name, parameters.get("language_code") or ""] = text
        return True

    return set_profile


# Messages go out


def _send_message(telegram: Telegram, parameters: Json) -> Json:
    return _send(telegram, parameters, "sendMessage", _words(parameters, "text"))


def _send_photo(telegram: Telegram, parameters: Json) -> Json:
    file = _file(telegram, parameters.get("photo"), "photo")
    media = {"photo": [{**file.wire, "width": 1280, "height": 720}]}
    return _send(telegram, parameters, "sendPhoto", _words(parameters, "caption"), media, file.content)


def _send_document(telegram: Telegram, parameters: Json) -> Json:
    file = _file(telegram, parameters.get("document"), "document")
    media = {"document": {**file.wire, "file_name": file.name}}
    return _send(telegram, parameters, "sendDocument", _words(parameters, "caption"), media, file.content)


def _send(
    telegram: Telegram,
    parameters: Json,
    method: str,
    words: Formatted,
    media: Json | None = None,
    content: bytes | None = None,
) -> Json:
    keyboard, warnings = read_keyboard(parameters.get("reply_markup"))
    chat = _chat(telegram, parameters)
    _check_rights(chat)
    reply_to = _replied(chat, parameters)
    sent = Sent(
        chat,
        chat.next_id(),
        words.text,
        words.entities,
        keyboard,
        method,
        datetime.now(UTC),
        reply_to=reply_to,
        thread=_thread(chat, parameters, reply_to),
        silent=bool(parameters.get("disable_notification")),
        link_preview=parameters.get("link_preview_options"),
        media=media or {},
        content=content,
    )
    chat.messages[sent.message_id] = sent
    telegram.sent.append(sent)
    chat.forward_into_linked(sent)
    _note(telegram, sent, [*words.warnings, *warnings])
    return sent.wire


def _words(parameters: Json, name: str) -> Formatted:
    """The checked text or caption."""
    if parameters.get("parse_mode"):
        raise Refused("unsupported parse_mode: here only entities are read")
    if name == "text":
        return format_text(parameters.get("text"), parameters.get("entities"), limit=TEXT_UNITS)
    return format_text(parameters.get("caption"), parameters.get("caption_entities"), limit=CAPTION_UNITS)


def _file(telegram: Telegram, given: object, name: str) -> File:
    if isinstance(given, tuple):
        file_name, content = given
        if not content:
            raise Refused("file must be non-empty")
        return telegram.keep(content, f"{name}s", file_name)
    if not given:
        raise Refused(f"there is no {name} in the request")
    if file := telegram.files.get(str(given)):
        return file
    raise Refused("wrong remote file identifier specified: Wrong string length")


def _note(telegram: Telegram, sent: Sent, warnings: Sequence[str]) -> None:
    telegram.warnings += [f"{sent.method} {sent.text[:40]!r}: {warning}" for warning in warnings]
    if links := sent.links:
        telegram.auto_linked.append((sent, links))


# Where they go


def _chat(telegram: Telegram, parameters: Json) -> Chat:
    """The chat that is meant, if the bot may do something there at all."""
    given = parameters.get("chat_id")
    if given is None or given == "":
        raise Refused("chat_id is empty")
    named = (chat for chat in telegram.chats.values() if given == f"@{chat.facts.get('username')}")
    chat = telegram.chats.get(given) if isinstance(given, int) else next(named, None)
    if chat is None:
        raise Refused("chat not found")
    if chat.migrated_to:
        raise Refused("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to.id)
    if not chat.started:
        raise Refused("bot can't initiate conversation with a user", 403)
    if chat.bot == "kicked":
        blocked = "bot was blocked by the user"
        raise Refused(blocked if chat.kind == "private" else f"bot was kicked from the {_KINDS[chat.kind]}", 403)
    if chat.bot not in IN_CHAT:
        raise Refused(f"bot is not a member of the {_KINDS[chat.kind]}", 403)
    return chat


def _check_rights(chat: Chat) -> None:
    if chat.kind == "channel" and chat.bot not in ADMIN:
        raise Refused("need administrator rights in the channel chat")
    if chat.bot == "restricted":
        raise Refused("not enough rights to send text messages to the chat")


def _thread(chat: Chat, parameters: Json, reply_to: int | None = None) -> int | None:
    """The topic in which a message would be: the one given, else that of the message replied to."""
    given = parameters.get("message_thread_id")
    if given and not chat.topics:
        if not any(message.wire.get("message_thread_id") == given for message in chat.messages.values()):
            raise Refused("message thread not found")
        return None
    topic = chat.topics.get(given or chat.thread_of(reply_to) or 1)
    # The general topic is where a message goes that names none; it can't be named.
    if given == 1 or (chat.topics and (topic is None or topic.deleted)):
        raise Refused("message thread not found")
    if topic and topic.closed and chat.bot not in ADMIN:
        raise Refused("TOPIC_CLOSED")
    return given or chat.thread_of(reply_to)


def _replied(chat: Chat, parameters: Json) -> int | None:
    reply = parameters.get("reply_parameters") or {"message_id": parameters.get("reply_to_message_id")}
    message_id = reply.get("message_id")
    if not message_id:
        return None
    message = chat.messages.get(message_id)
    if message and not message.deleted:
        return int(message_id)
    if reply.get("allow_sending_without_reply") or parameters.get("allow_sending_without_reply"):
        return None
    raise Refused("message to be replied not found")


def _message(chat: Chat, parameters: Json, what: str) -> Message | Sent:
    """The message that is meant; `what` begins the refusal."""
    message = chat.messages.get(parameters.get("message_id") or 0)
    if message is None or message.deleted:
        raise Refused(f"{what} not found")
    return message


# Messages change and go


def _edit_text(telegram: Telegram, parameters: Json) -> Json:
    words = _words(parameters, "text")
    sent = _editable(telegram, parameters)
    if sent.media:
        raise Refused("there is no text in the message to edit")
    sent.link_preview = parameters.get("link_preview_options")
    return _edit(telegram, sent, words, parameters)


def _edit_caption(telegram: Telegram, parameters: Json) -> Json:
    words = _words(parameters, "caption")
    sent = _editable(telegram, parameters)
    if not sent.media:
        raise Refused("there is no caption in the message to edit")
    return _edit(telegram, sent, words, parameters)


def _edit_markup(telegram: Telegram, parameters: Json) -> Json:
    sent = _editable(telegram, parameters)
    return _edit(telegram, sent, Formatted(sent.text, sent.entities, []), parameters)


def _editable(telegram: Telegram, parameters: Json) -> Sent:
    message = _message(_chat(telegram, parameters), parameters, "message to edit")
    if not isinstance(message, Sent):
        raise Refused("message can't be edited")
    return message


def _edit(telegram: Telegram, sent: Sent, words: Formatted, parameters: Json) -> Json:
    keyboard, warnings = read_keyboard(parameters.get("reply_markup"), edited=True)
    new = words.text, words.entities, keyboard
    if new == sent.state:
        raise Refused(_NOT_MODIFIED)
    sent.edits.append(sent.state)
    sent.text, sent.entities, sent.keyboard = new
    sent.chat.edit_copy(sent)
    _note(telegram, sent, [*words.warnings, *warnings])
    return sent.wire


def _delete(telegram: Telegram, parameters: Json) -> bool:
    chat = _chat(telegram, parameters)
    message = _message(chat, parameters, "message to delete")
    own = isinstance(message, Sent) or chat.kind == "private" or chat.bot in ADMIN
    if not own or datetime.now(UTC) - message.date > _DELETABLE:
        raise Refused("message can't be deleted for everyone")
    message.deleted = True
    return True


# Gestures


def _send_action(telegram: Telegram, parameters: Json) -> bool:
    check_action(parameters.get("action"))
    chat = _chat(telegram, parameters)
    _check_rights(chat)
    _thread(chat, parameters)
    return True


def _react(telegram: Telegram, parameters: Json) -> bool:
    emoji = read_reactions(parameters.get("reaction"))
    chat = _chat(telegram, parameters)
    message = _message(chat, parameters, "message to react")
    if emoji and not chat.reactions_allowed:
        raise Refused("REACTION_INVALID")
    message.reactions = emoji
    return True


def _answer_press(telegram: Telegram, parameters: Json) -> bool:
    check_callback_answer(parameters.get("text"))
    press = telegram.presses.get(str(parameters.get("callback_query_id")))
    if press is None or press.expired:
        raise Refused("query is too old and response timeout expired or query ID is invalid")
    press.answer = {"text": parameters.get("text"), "show_alert": bool(parameters.get("show_alert"))}
    press.answers += 1
    return True


# What the bot asks about chats and files


def _get_chat(telegram: Telegram, parameters: Json) -> Json:
    chat = _chat(telegram, parameters)
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    wire = {**chat.wire, "accent_color_id": 0, "max_reaction_count": 11}
    wire["accepted_gift_types"] = dict.fromkeys(gifts, False)
    if not chat.reactions_allowed:
        wire["available_reactions"] = []
    linked = chat.linked or next((one for one in telegram.chats.values() if one.linked is chat), None)
    return {**wire, "linked_chat_id": linked.id} if linked else wire


def _get_member(telegram: Telegram, parameters: Json) -> Json:
    chat = _chat(telegram, parameters)
    user_id = parameters.get("user_id")
    if user_id == telegram.bot["id"]:
        return member_wire(telegram.bot, chat.bot)
    if chat.kind == "channel" and chat.bot not in ADMIN:
        raise Refused("member list is inaccessible")
    if user_id not in chat.members:
        raise Refused("PARTICIPANT_ID_INVALID")
    user, status = chat.members[user_id]
    return member_wire(user.wire, status)


def _get_admins(telegram: Telegram, parameters: Json) -> list[Json]:
    chat = _chat(telegram, parameters)
    if chat.kind == "private":
        raise Refused("there are no administrators in the private chat")
    admins = [member_wire(user.wire, status) for user, status in chat.members.values() if status in ADMIN]
    return [*admins, member_wire(telegram.bot, chat.bot)] if chat.bot in ADMIN else admins


def _count_members(telegram: Telegram, parameters: Json) -> int:
    chat = _chat(telegram, parameters)
    return 1 + sum(status in IN_CHAT for _, status in chat.members.values())


def _leave(telegram: Telegram, parameters: Json) -> bool:
    chat = _chat(telegram, parameters)
    if chat.kind == "private":
        raise Refused("chat member status can't be changed in private chats")
    chat.set_bot(None, "left")
    return True


def _get_file(telegram: Telegram, parameters: Json) -> Json:
    file = telegram.files.get(str(parameters.get("file_id")))
    if file is None:
        raise Refused("invalid file_id")
    if file.size > _DOWNLOADABLE:
        raise Refused("file is too big")
    return {**file.wire, "file_path": file.path}


METHODS: dict[str, Callable[[Telegram, Json], Any]] = {
    "getMe": _get_me,
    "setMyCommands": _set_my_commands,
    "getMyCommands": _get_my_commands,
    "deleteMyCommands": _delete_my_commands,
    "setMyName": _set_profile("name", 64),
    "setMyDescription": _set_profile("description", 512),
    "setMyShortDescription": _set_profile("short_description", 120),
    "sendMessage": _send_message,
    "sendPhoto": _send_photo,
    "sendDocument": _send_document,
    "editMessageText": _edit_text,
    "editMessageCaption": _edit_caption,
    "editMessageReplyMarkup": _edit_markup,
    "deleteMessage": _delete,
    "sendChatAction": _send_action,
    "setMessageReaction": _react,
    "answerCallbackQuery": _answer_press,
    "getChat": _get_chat,
    "getChatMember": _get_member,
    "getChatAdministrators": _get_admins,
    "getChatMemberCount": _count_members,
    "leaveChat": _leave,
    "getFile": _get_file,
}
