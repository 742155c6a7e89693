"""A Card and its buttons go in; the parameters with which the Bot API sends or edits it come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from handlers.card_text import Card, Span, SpanKind

_ENTITIES: dict[SpanKind, str] = {
    "expandable_quote": "expandable_blockquote",
    "quote": "blockquote",
    "code": "code",
    "link": "text_link",
    "bold": "bold",
    "italic": "italic",
}
_MOST_ENTITIES = 100
_EDITABLE = ("text", "entities", "link_preview_options", "reply_markup")
Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: its label, and the at most 64 bytes that we get back when it is pressed."""

    label: str
    data: str


Keyboard = Sequence[Sequence[Button]]
Medium = Literal["photo", "document"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to be sent: its name as people see it, and its content."""

    name: str
    content: bytes


def message_payload(
    card: Card,
    keyboard: Keyboard = (),
    *,
    reply_to: int | None = None,
    thread_id: int | None = None,
    silent: bool = False,
) -> Payload:
    """The parameters of a new message; a reply also to a message that is gone by then."""
    return {
        "text": card.text,
        "entities": [_entity(span) for span in card.spans[:_MOST_ENTITIES]],
        "link_preview_options": {"is_disabled": True},
        "reply_markup": _markup(keyboard),
        "reply_parameters": {"message_id": reply_to, "allow_sending_without_reply": True} if reply_to else None,
        "message_thread_id": thread_id,
        "disable_notification": silent or None,
    }


def file_payload(  # noqa: PLR0913 - a message's parameters, and the file's
    medium: Medium,
    file_id: int,
    caption: Card,
    keyboard: Keyboard = (),
    *,
    reply_to: int | None = None,
    thread_id: int | None = None,
) -> Payload:
    """The parameters of a new message with a kept file (its number in the store), which the sender puts in."""
    message = message_payload(caption, keyboard, reply_to=reply_to, thread_id=thread_id)
    text, entities = message.pop("text"), message.pop("entities")
    del message["link_preview_options"]
    return {**message, "medium": medium, "file_id": file_id, "caption": text, "caption_entities": entities}


def edit_payload(card: Card, keyboard: Keyboard = ()) -> Payload:
    """The parameters that change a message."""
    return editable(message_payload(card, keyboard))


def editable(payload: Payload) -> Payload:
    """Of a message's parameters those that can be changed afterwards."""
    return {name: payload.get(name) for name in _EDITABLE}


def _markup(keyboard: Keyboard) -> Payload | None:
    rows = [[{"text": button.label, "callback_data": button.data} for button in row] for row in keyboard if row]
    return {"inline_keyboard": rows} if rows else None


def _entity(span: Span) -> Payload:
    entity: Payload = {"type": _ENTITIES[span.kind], "offset": span.offset, "length": span.length}
    return {**entity, "url": span.url} if span.url else entity
