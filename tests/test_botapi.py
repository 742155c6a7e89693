"""The Telegram of our tests takes and refuses what Telegram does, as python-telegram-bot meets it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime

import httpx
import pytest
from aiohttp import web
from botapi import (
    BotApi,
    Chat,
    DropAfter,
    DropBefore,
    Kind,
    Migrated,
    RetryAfter,
    Status,
    TimeoutAfter,
    TimeoutBefore,
    User,
)
from botapi_checks import Json, Limits, find_entities, text_part
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
    MessageOriginChannel,
    MessageOriginHiddenUser,
    MessageOriginUser,
    ReplyParameters,
    Update,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, NetworkError, TelegramError
from telegram.error import RetryAfter as ToldToWait

ANSWERS_429 = pytest.mark.filterwarnings("ignore:.*`retry_after`")  # python-telegram-bot's own change of type


@pytest.fixture
async def telegram() -> AsyncIterator[BotApi]:
    async with BotApi() as telegram:
        yield telegram


@pytest.fixture
async def bot(telegram: BotApi) -> AsyncIterator[Bot]:
    async with client(telegram) as bot:
        yield bot


@pytest.fixture
def sari(telegram: BotApi) -> User:
    return telegram.user("Sari Wulandari", username="sari_w", language="id")


@pytest.fixture
def group(telegram: BotApi, sari: User) -> Chat:
    return telegram.group("Redaksi", members=[sari])


def client(telegram: BotApi) -> Bot:
    return Bot(telegram.token, base_url=f"{telegram.url}/bot", base_file_url=f"{telegram.url}/file/bot")


def buttons(*rows: list[tuple[str, str]]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in rows]
    )


async def refusal(telegram: BotApi, request: Awaitable[object]) -> str:
    """What Telegram says to a request that it refuses."""
    with pytest.raises(TelegramError):
        await request
    return telegram.calls[-1].description


async def received(bot: Bot) -> list[Update]:
    """What waits for the bot, confirmed."""
    updates = await bot.get_updates()
    if updates:
        await bot.get_updates(offset=updates[-1].update_id + 1)
    return list(updates)


async def only_message(bot: Bot) -> Message:
    (update,) = await received(bot)
    assert update.effective_message
    return update.effective_message


async def test_a_conversation(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    share = group.say(sari, "Lihat https://kabar.example/a")
    got = await only_message(bot)
    assert (got.from_user and got.from_user.full_name, got.chat.title) == ("Sari Wulandari", "Redaksi")
    assert got.parse_entities([MessageEntity.URL]) == {got.entities[0]: "https://kabar.example/a"}

    await bot.send_message(
        group.id,
        "Kartu",
        entities=[MessageEntity("bold", 0, 5)],
        reply_parameters=ReplyParameters(share.message_id),
        reply_markup=buttons([("Hapus", "hapus:1")]),
        disable_notification=True,
    )
    (sent,) = group.sent
    assert (sent.text, sent.reply_to, sent.buttons, sent.silent) == ("Kartu", share.message_id, ["Hapus"], True)

    press = group.press(sari, sent, "Hapus")
    (update,) = await received(bot)
    assert update.callback_query
    assert update.callback_query.data == "hapus:1"
    await update.callback_query.answer("Baik", show_alert=True)
    assert press.answer == {"text": "Baik", "show_alert": True}

    await bot.edit_message_text("Kartu baru", group.id, sent.message_id)
    assert (sent.text, sent.keyboard, [text for text, _, _ in sent.edits]) == ("Kartu baru", [], ["Kartu"])
    await bot.delete_message(group.id, sent.message_id)
    assert sent.deleted
    assert telegram.complaints() == []


# Updates


async def test_an_update_is_given_until_it_is_confirmed(bot: Bot, group: Chat, sari: User) -> None:
    group.say(sari, "satu")
    group.say(sari, "dua")
    (first,) = await bot.get_updates(limit=1)
    assert len(await bot.get_updates()) == 2
    (second,) = await bot.get_updates(offset=first.update_id + 1)
    assert second.update_id == first.update_id + 1
    assert await bot.get_updates(offset=second.update_id + 1) == ()


async def test_a_negative_offset_skips_all_but_the_last(bot: Bot, group: Chat, sari: User) -> None:
    for text in ("satu", "dua", "tiga"):
        group.say(sari, text)
    assert [update.message and update.message.text for update in await bot.get_updates(offset=-1)] == ["tiga"]


async def test_updates_can_come_several_times(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    telegram.redeliver(3)
    group.say(sari, "satu")
    given = [update.update_id for _ in range(5) for update in await received_once(bot)]
    assert len(given) == 3
    assert len(set(given)) == 1


async def received_once(bot: Bot) -> list[Update]:
    # Each poll confirms all that came before.
    return list(await bot.get_updates(offset=800_000_000))


async def test_a_poll_waits_for_an_update(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    poll = asyncio.create_task(bot.get_updates(timeout=30))
    await telegram.until(lambda: any(call.method == "getUpdates" for call in telegram.calls))
    group.say(sari, "satu")
    assert len(await poll) == 1


async def test_a_second_poll_ends_the_first(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    async with client(telegram) as other:
        first = asyncio.create_task(other.get_updates(timeout=30))
        await telegram.until(lambda: any(call.method == "getUpdates" for call in telegram.calls))
        second = asyncio.create_task(bot.get_updates(timeout=30))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        group.say(sari, "satu")
        assert len(await second) == 1


async def test_only_wanted_updates_come(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    await bot.get_updates(allowed_updates=["my_chat_member"])
    group.say(sari, "satu")
    group.promote_bot(sari)
    (update,) = await received(bot)
    assert update.my_chat_member
    assert update.my_chat_member.new_chat_member.status == "administrator"
    await bot.get_updates(allowed_updates=[])
    telegram.push({"message_reaction": {}})
    assert await bot.get_updates() == ()


async def test_a_webhook_gets_each_update_until_it_takes_it(
    telegram: BotApi, bot: Bot, group: Chat, sari: User
) -> None:
    posted: list[tuple[str | None, Json]] = []

    async def endpoint(request: web.Request) -> web.Response:
        posted.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return web.Response(status=500 if len(posted) == 1 else 200)

    application = web.Application()
    application.router.add_post("/updates", endpoint)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/updates"
    try:
        await bot.set_webhook(url, secret_token="rahasia")
        assert "webhook is active" in await refusal(telegram, bot.get_updates())
        group.say(sari, "satu")
        group.say(sari, "dua")
        await telegram.until(lambda: len(telegram.updates) == 0)
        assert [(secret, update["message"]["text"]) for secret, update in posted] == [
            ("rahasia", "satu"),
            ("rahasia", "satu"),
            ("rahasia", "dua"),
        ]
        assert (await bot.get_webhook_info()).last_error_message == (
            "Wrong response from the webhook: 500 Internal Server Error"
        )
        await bot.delete_webhook()
        group.say(sari, "tiga")
        assert len(await bot.get_updates()) == 1
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("url", "secret", "words"),
    [
        ("http://kabar.example/updates", None, "bad webhook: An HTTPS URL must be provided for webhook"),
        ("https://kabar.example/updates", "ra has ia", "secret token contains unallowed characters"),
    ],
)
async def test_a_webhook_that_telegram_refuses(
    telegram: BotApi, bot: Bot, url: str, secret: str | None, words: str
) -> None:
    assert await refusal(telegram, bot.set_webhook(url, secret_token=secret)) == f"Bad Request: {words}"


# What people do, as the bot is told


async def test_who_writes_as_what(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    channel = telegram.channel("Kanal Uji", bot="left")
    group.say(sari, "anonim", anonymous_admin=True, signature="Redaktur")
    group.say(sari, "kanal", sender_chat=channel)
    anonymous, as_channel = [update.message for update in await received(bot)]
    assert anonymous
    assert anonymous.from_user
    assert anonymous.sender_chat
    assert (anonymous.from_user.id, anonymous.sender_chat.id) == (1087968824, group.id)
    assert as_channel
    assert as_channel.from_user
    assert as_channel.sender_chat
    assert (as_channel.from_user.id, as_channel.sender_chat.id) == (136817688, channel.id)


async def test_a_post_is_forwarded_into_the_linked_group(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    channel = telegram.channel("Kanal Uji", linked=group)
    post = channel.say(None, "https://kabar.example/a")
    own, copy = await received(bot)
    assert own.channel_post
    assert own.channel_post.sender_chat == own.channel_post.chat
    assert copy.message
    assert copy.message.is_automatic_forward
    origin = copy.message.forward_origin
    assert isinstance(origin, MessageOriginChannel)
    assert (origin.chat.id, origin.message_id) == (channel.id, post.message_id)
    channel.edit(post, "https://kabar.example/b")
    assert [next(iter(update.to_dict().keys() - {"update_id"})) for update in await received(bot)] == [
        "edited_channel_post",
        "edited_message",
    ]
    assert post.automatic_copy
    comment = group.say(sari, "wah", reply_to=post.automatic_copy)
    assert comment.wire["message_thread_id"] == post.automatic_copy.message_id


async def test_the_bots_own_posts_are_forwarded_too(telegram: BotApi, bot: Bot, group: Chat) -> None:
    channel = telegram.channel("Kanal Uji", linked=group)
    post = await bot.send_message(channel.id, "Kartu")
    await bot.edit_message_text("Kartu baru", channel.id, post.message_id)
    first, edited = await received(bot)
    assert first.message
    assert first.message.is_automatic_forward
    assert edited.edited_message
    assert edited.edited_message.text == "Kartu baru"


async def test_a_long_paste_comes_in_parts(bot: Bot, group: Chat, sari: User) -> None:
    text = " ".join(f"kata{number}" for number in range(700)) + " " + "x😀" * 2000
    parts = [message.text for message in group.paste(sari, text)]
    assert len(parts) == 4
    assert "".join(parts).replace(" ", "") == text.replace(" ", "")
    assert [update.message and update.message.text for update in await received(bot)] == parts


async def test_forwards_tell_where_from(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    budi = telegram.user("Budi")
    post = telegram.channel("Kanal Uji", bot="left").say(None, "kabar")
    for source in (budi, post, "Seseorang"):
        group.say(sari, "kabar", forward_from=source)
    origins = [update.message and update.message.forward_origin for update in await received(bot)]
    assert [type(origin) for origin in origins] == [MessageOriginUser, MessageOriginChannel, MessageOriginHiddenUser]


async def test_topics(telegram: BotApi, bot: Bot, sari: User) -> None:
    forum = telegram.group("Forum", forum=True)
    thread = forum.topic("Bencana", by=sari)
    await received(bot)
    question = forum.say(sari, "satu", thread=thread)
    message = await only_message(bot)
    assert (message.message_thread_id, message.is_topic_message) == (thread, True)
    assert message.reply_to_message
    assert message.reply_to_message.forum_topic_created
    await bot.send_message(forum.id, "jawab", reply_parameters=ReplyParameters(question.message_id))
    await bot.send_message(forum.id, "juga", message_thread_id=thread)
    assert [sent.thread for sent in forum.sent] == [thread, thread]

    for wrong in (1, 4711):
        words = await refusal(telegram, bot.send_message(forum.id, "di mana", message_thread_id=wrong))
        assert words == "Bad Request: message thread not found"
    forum.close_topic(thread)
    assert await refusal(telegram, bot.send_message(forum.id, "x", message_thread_id=thread)) == (
        "Bad Request: TOPIC_CLOSED"
    )
    forum.promote_bot(sari)
    assert await bot.send_message(forum.id, "admin", message_thread_id=thread)


async def test_a_deleted_topic_is_not_found(telegram: BotApi, bot: Bot) -> None:
    forum = telegram.group("Forum", forum=True)
    thread = forum.topic("Bencana")
    forum.delete_topic(thread)
    assert "thread not found" in await refusal(telegram, bot.send_message(forum.id, "x", message_thread_id=thread))


async def test_a_group_becomes_a_supergroup(telegram: BotApi, bot: Bot, sari: User) -> None:
    old = telegram.group("Redaksi", kind="group")
    new = old.migrate(sari)
    to, came_from = [update.message for update in await received(bot)]
    assert to
    assert came_from
    assert (to.migrate_to_chat_id, came_from.migrate_from_chat_id) == (new.id, old.id)
    with pytest.raises(ChatMigrated) as told:
        await bot.send_message(old.id, "satu")
    assert told.value.new_chat_id == new.id
    assert await bot.send_message(new.id, "satu")
    assert telegram.complaints() == []


async def test_the_bot_comes_and_goes(telegram: BotApi, bot: Bot, sari: User) -> None:
    group = telegram.group("Baru", bot="left")
    group.say(sari, "belum")
    group.add_bot(sari)
    change, service = await received(bot)
    assert change.my_chat_member
    assert change.my_chat_member.old_chat_member.status == "left"
    assert service.message
    assert [user.id for user in service.message.new_chat_members or ()] == [bot.id]
    await bot.leave_chat(group.id)
    assert group.bot == "left"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("https://kabar.example/a", False),
        ("/kartu https://kabar.example/a", True),
        ("/kartu@warta_uji_bot", True),
        ("/kartu@bot_lain", False),
        ("nanti /kartu", False),
    ],
)
async def test_privacy_mode_hides_what_is_not_for_the_bot(text: str, seen: bool) -> None:
    async with BotApi(can_read_all=False) as telegram, client(telegram) as bot:
        sari, group = telegram.user("Sari"), telegram.group()
        group.say(sari, text)
        assert bool(await received(bot)) == seen
        await bot.send_message(group.id, "Ya?")
        group.say(sari, "ini", reply_to=group.sent[0])
        telegram.group(bot="administrator").say(sari, text)
        telegram.private(sari).say(sari, text)
        group.join(telegram.user("Budi"))
        assert len(await received(bot)) == 4


async def test_files(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    group.document(sari, "rilis.txt", b"Isi rilis", "text/plain", "https://kabar.example/a")
    message = await only_message(bot)
    assert message.caption_entities
    assert message.document
    assert (message.document.file_name, message.document.mime_type) == ("rilis.txt", "text/plain")
    file = await message.document.get_file()
    assert await file.download_as_bytearray() == b"Isi rilis"
    large = group.document(sari, "besar.txt", b"", "text/plain", size=20 * 1024 * 1024 + 1)
    file_id = large.wire["document"]["file_id"]
    assert await refusal(telegram, bot.get_file(file_id)) == "Bad Request: file is too big"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Baca https://kabar.example/a?b=1#c.", [("url", "https://kabar.example/a?b=1#c")]),
        ("(https://kabar.example/a)", [("url", "https://kabar.example/a")]),
        ("https://kabar.example/a_(b)", [("url", "https://kabar.example/a_(b)")]),
        ("detik.com/x, lalu kata.Lalu", [("url", "detik.com/x")]),
        ("/kartu@warta_uji_bot https://t.me/@sari_w", [
            ("bot_command", "/kartu@warta_uji_bot"), ("url", "https://t.me/@sari_w"),
        ]),
        ("😀 #banjir @sari_w budi@kabar.example", [
            ("hashtag", "#banjir"), ("mention", "@sari_w"), ("email", "budi@kabar.example"),
        ]),
        ("tg://resolve?domain=warta", [("url", "tg://resolve")]),
        ("tanpa apa-apa", []),
    ],
)  # fmt: skip
def test_what_telegram_marks_in_members_texts(text: str, found: list[tuple[str, str]]) -> None:
    marked = [(one["type"], text_part(text, one["offset"], one["length"])) for one in find_entities(text)]
    assert marked == found


# What Telegram refuses


def link(url: str) -> MessageEntity:
    return MessageEntity("text_link", 0, 1, url=url)


STARTS_AT_0 = "entity beginning at UTF-16 offset 0 ends"
NO_BUTTON = "can't parse inline keyboard button:"


@pytest.mark.parametrize(
    ("text", "entities", "words"),
    [
        ("x" * 4097, [], "message is too long"),
        ("😀" * 2049, [], "message is too long"),
        (" \n ", [], "text must be non-empty"),
        ("a", [MessageEntity("bold", 0, 2)], f"{STARTS_AT_0} after the end of the text at UTF-16 offset 2"),
        ("a😀", [MessageEntity("bold", 0, 2)], f"{STARTS_AT_0} in a middle of a UTF-16 symbol at UTF-16 offset 2"),
        ("😀a", [MessageEntity("bold", 1, 2)], "entity begins in a middle of a UTF-16 symbol at UTF-16 offset 1"),
        ("a", [MessageEntity("bold", -1, 1)], "receive an entity with incorrect offset"),
        ("a", [MessageEntity("bold", 0, 0)], "receive an entity with incorrect length"),
        ("a", [MessageEntity("marquee", 0, 1)], "can't parse MessageEntity: Unsupported type specified"),
        ("a", [link("localhost")], "entity URL 'localhost' is invalid: Wrong HTTP URL"),
        ("a", [link("https://a.example:x/")], "entity URL 'https://a.example:x/' is invalid: Wrong HTTP URL"),
        ("a", [link("javascript:alert(1)")], "entity URL 'javascript:alert(1)' is invalid: Unsupported URL protocol"),
    ],
)  # fmt: skip
async def test_texts_that_telegram_refuses(
    telegram: BotApi, bot: Bot, group: Chat, text: str, entities: list[MessageEntity], words: str
) -> None:
    assert await refusal(telegram, bot.send_message(group.id, text, entities=entities)) == f"Bad Request: {words}"
    assert [call.params["text"] for call in telegram.refused] == [text]
    assert group.sent == []


async def test_an_empty_text(telegram: BotApi, bot: Bot, group: Chat) -> None:
    assert await refusal(telegram, bot.send_message(group.id, "")) == "Bad Request: message text is empty"


async def test_texts_at_the_limit_are_taken(bot: Bot, group: Chat) -> None:
    await bot.send_message(group.id, "😀" * 2048, entities=[MessageEntity("bold", 0, 4096)])
    await bot.send_message(group.id, "a", entities=[link("https://[2001:db8::1]:8080/x"), MessageEntity("bold", 0, 1)])


async def test_captions_are_shorter(telegram: BotApi, bot: Bot, group: Chat) -> None:
    await bot.send_photo(group.id, b"foto", caption="x" * 1024)
    assert group.sent[0].content == b"foto"
    words = await refusal(telegram, bot.send_photo(group.id, b"foto", caption="x" * 1025))
    assert words == "Bad Request: message caption is too long"


async def test_a_text_is_trimmed_with_its_entities(bot: Bot, group: Chat) -> None:
    entities = [MessageEntity("bold", 2, 2), MessageEntity("italic", 4, 2)]
    await bot.send_message(group.id, "\n a b \n", entities=entities)
    (sent,) = group.sent
    assert sent.text == "a b"
    assert sent.entities == [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "italic", "offset": 2, "length": 1},
    ]


BOLD, QUOTE, CODE = (MessageEntity(kind, 0, 4) for kind in ("bold", "expandable_blockquote", "code"))


@pytest.mark.parametrize(
    ("entities", "warned"),
    [
        ([QUOTE, BOLD], None),
        ([QUOTE, CODE], None),
        ([BOLD, MessageEntity("italic", 4, 2)], None),
        ([QUOTE, MessageEntity("blockquote", 1, 2)], "can't be nested"),
        ([BOLD, CODE], "can't be nested"),
        ([CODE, MessageEntity("text_link", 1, 2, url="https://a.example")], "can't be nested"),
        ([BOLD, MessageEntity("italic", 2, 4)], "overlap"),
        ([MessageEntity("bold", 7, 1)], "white space"),
        ([MessageEntity("bold", 0, 1)] + [MessageEntity("bold", 1, 1)] * 100, "Telegram keeps 100"),
    ],
)  # fmt: skip
async def test_what_telegram_mends_quietly_is_warned_of(
    telegram: BotApi, bot: Bot, group: Chat, entities: list[MessageEntity], warned: str | None
) -> None:
    await bot.send_message(group.id, "abc def ", entities=entities)
    assert telegram.refused == []
    assert any(warned in warning for warning in telegram.warnings) if warned else telegram.warnings == []


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "a", "callback_data": "😀" * 17}, "BUTTON_DATA_INVALID"),
        ({"text": "a", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "a"}, f"{NO_BUTTON} Text buttons are unallowed in the inline keyboard"),
        ({"text": "a", "url": "ftp://a.example"},
            "inline keyboard button URL 'ftp://a.example' is invalid: Unsupported URL protocol"),
        ({"callback_data": "a"}, f"{NO_BUTTON} Can't find field \"text\""),
        ({"text": "a", "callback_data": "a", "url": "https://a.example"},
            f"{NO_BUTTON} exactly one action is allowed, not callback_data, url"),
    ],
)  # fmt: skip
async def test_buttons_that_telegram_refuses(telegram: BotApi, group: Chat, button: Json, words: str) -> None:
    told = await post(telegram, "sendMessage", chat_id=group.id, text="a", reply_markup={"inline_keyboard": [[button]]})
    assert told["description"] == f"Bad Request: {words}"


async def post(telegram: BotApi, method: str, token: str = "", **parameters: object) -> Json:
    """A request in JSON, as python-telegram-bot wouldn't make it."""
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{telegram.url}/bot{token or telegram.token}/{method}", json=parameters)
        told: Json = answer.json()
        assert answer.status_code == told.get("error_code", 200)
        return told


async def test_replies_need_their_message(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    gone = group.say(sari, "hilang")
    group.delete(gone)
    reply = ReplyParameters(gone.message_id)
    words = await refusal(telegram, bot.send_message(group.id, "a", reply_parameters=reply))
    assert words == "Bad Request: message to be replied not found"
    lenient = ReplyParameters(gone.message_id, allow_sending_without_reply=True)
    await bot.send_message(group.id, "a", reply_parameters=lenient)
    assert group.sent[0].reply_to is None


async def test_edits_that_telegram_refuses(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    theirs = group.say(sari, "satu")
    ours = await bot.send_message(group.id, "satu", reply_markup=buttons([("a", "a")]))
    same = bot.edit_message_text(" satu", group.id, ours.message_id, reply_markup=buttons([("a", "a")]))
    assert (await refusal(telegram, same)).startswith("Bad Request: message is not modified: specified new message")
    other = bot.edit_message_text("dua", group.id, theirs.message_id)
    assert await refusal(telegram, other) == "Bad Request: message can't be edited"
    missing = bot.edit_message_text("dua", group.id, 4711)
    assert await refusal(telegram, missing) == "Bad Request: message to edit not found"
    await bot.edit_message_reply_markup(group.id, ours.message_id)
    assert group.sent[0].keyboard == []


async def test_deletions_that_telegram_refuses(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    words = "Bad Request: message can't be deleted for everyone"
    theirs = group.say(sari, "satu")
    assert await refusal(telegram, bot.delete_message(group.id, theirs.message_id)) == words
    ours = await bot.send_message(group.id, "dua")
    group.sent[0].grow_older(hours=48.1)
    assert await refusal(telegram, bot.delete_message(group.id, ours.message_id)) == words
    missing = bot.delete_message(group.id, 4711)
    assert await refusal(telegram, missing) == "Bad Request: message to delete not found"
    group.promote_bot(sari)
    assert await bot.delete_message(group.id, theirs.message_id)
    assert theirs.deleted


async def test_reactions(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    share = group.say(sari, "satu")
    await bot.set_message_reaction(group.id, share.message_id, "👀")
    assert share.reactions == ["👀"]
    for reaction, words in (("🦖", "REACTION_INVALID"), (["👀", "👍"], "REACTIONS_TOO_MANY")):
        request = bot.set_message_reaction(group.id, share.message_id, reaction)
        assert await refusal(telegram, request) == f"Bad Request: {words}"
    group.reactions_allowed = False
    assert "REACTION_INVALID" in await refusal(telegram, bot.set_message_reaction(group.id, share.message_id, "👍"))


async def test_a_press_can_be_too_old(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    await bot.send_message(group.id, "a", reply_markup=buttons([("a", "a")]))
    press = group.press(sari, group.sent[0], "a", expired=True)
    assert "query is too old" in await refusal(telegram, bot.answer_callback_query(press.id))
    assert press.answers == 0


async def test_chats_that_the_bot_may_not_write_to(telegram: BotApi, bot: Bot, group: Chat, sari: User) -> None:
    async def told(chat_id: int) -> str:
        return await refusal(telegram, bot.send_message(chat_id, "a"))

    assert await told(4711) == "Bad Request: chat not found"
    private = telegram.private(sari)
    assert await told(private.id) == "Forbidden: bot can't initiate conversation with a user"
    private.say(sari, "/start")
    assert await bot.send_message(private.id, "Halo")
    private.kick_bot(sari)
    assert await told(private.id) == "Forbidden: bot was blocked by the user"
    group.restrict_bot(sari)
    assert await told(group.id) == "Bad Request: not enough rights to send text messages to the chat"
    group.kick_bot(sari)
    assert await told(group.id) == "Forbidden: bot was kicked from the supergroup chat"
    channel = telegram.channel("Kanal", bot="left")
    assert await told(channel.id) == "Forbidden: bot is not a member of the channel chat"
    assert {call.status for call in telegram.refused} == {400}
    assert len(await received(bot)) == 4  # the start, and three changes of what the bot is


async def test_what_a_bot_learns_of_a_chat(telegram: BotApi, bot: Bot) -> None:
    ratna, sari, budi = (telegram.user(name) for name in ("Ratna", "Sari", "Budi"))
    group = telegram.group("Redaksi", admins=[ratna, sari], members=[budi], username="redaksi")
    channel = telegram.channel("Kanal", linked=group)
    statuses = [(await bot.get_chat_member("@redaksi", user.id)).status for user in (ratna, sari, budi)]
    assert statuses == ["creator", "administrator", "member"]
    group.leave(budi)
    assert (await bot.get_chat_member(group.id, budi.id)).status == "left"
    assert (await bot.get_chat_member(group.id, bot.id)).status == "member"
    assert {admin.user.id for admin in await bot.get_chat_administrators(group.id)} == {ratna.id, sari.id}
    assert await bot.get_chat_member_count(group.id) == 3
    assert (await bot.get_chat(group.id)).linked_chat_id == channel.id
    stranger = bot.get_chat_member(group.id, telegram.user("Asing").id)
    assert await refusal(telegram, stranger) == "Bad Request: PARTICIPANT_ID_INVALID"


async def test_what_the_bot_says_of_itself(telegram: BotApi, bot: Bot) -> None:
    assert (await bot.get_me()).can_read_all_group_messages
    await bot.set_my_commands([("kartu", "Buat kartu")], language_code="id")
    assert [one.command for one in await bot.get_my_commands(language_code="id")] == ["kartu"]
    assert await bot.get_my_commands() == ()
    assert "BOT_COMMAND_INVALID" in await refusal(telegram, bot.set_my_commands([("Kartu", "Buat kartu")]))
    await bot.set_my_description("Membaca tautan berita")
    assert telegram.profile == {("description", ""): "Membaca tautan berita"}


async def test_tokens_and_methods_that_nobody_knows(telegram: BotApi) -> None:
    other = "110201543:BBHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    assert (await post(telegram, "getMe", token=other))["description"] == "Unauthorized"
    assert (await post(telegram, "getMe", token="rusak"))["description"] == "Not Found"
    assert (await post(telegram, "sendTelepathy"))["description"] == "Not Found: method not found"
    assert (await post(telegram, "GETME"))["result"]["username"] == "warta_uji_bot"


async def test_a_form_whose_json_is_broken(telegram: BotApi, group: Chat) -> None:
    async with httpx.AsyncClient() as http:
        form = {"chat_id": str(group.id), "text": "a", "reply_markup": "{"}
        answer = await http.post(f"{telegram.url}/bot{telegram.token}/sendMessage", data=form)
    assert answer.json()["description"] == "Bad Request: can't parse reply_markup JSON object"


async def test_what_telegram_would_link_by_itself_is_told(telegram: BotApi, bot: Bot, group: Chat) -> None:
    await bot.send_message(group.id, "detik.com dan kompas.com", entities=[MessageEntity("code", 14, 10)])
    await bot.send_message(group.id, "tanpa tautan")
    ((sent, links),) = telegram.auto_linked
    assert sent is group.sent[0]
    assert [sent.text[one.start : one.end] for one in links] == ["detik.com"]


# Limits and faults


def test_a_chat_takes_one_message_a_second_and_short_bursts() -> None:
    limits = Limits()
    assert [take(limits, 1, now) for now in (0, 0, 0, 0, 1, 1)] == [0, 0, 0, 1, 0, 1]
    assert take(limits, 2, 1) == 0


def take(limits: Limits, chat_id: int, now: float) -> int:
    """Let a message be taken, or give how long it must wait."""
    wait = limits.wait(chat_id, now, group=chat_id < 0)
    if not wait:
        limits.count(chat_id, now)
    return wait


def test_a_group_takes_twenty_messages_a_minute() -> None:
    limits = Limits()
    assert not any(take(limits, -1, now) for now in range(20))
    assert take(limits, -1, 25) == 35
    assert take(limits, -1, 60) == 0
    private = Limits()
    assert not any(take(private, 1, now) for now in range(60))


def test_all_chats_together_take_thirty_messages_a_second() -> None:
    limits = Limits()
    assert not any(take(limits, chat, 0.5) for chat in range(30))
    assert take(limits, 30, 1.4) == 1
    assert take(limits, 30, 1.5) == 0


@ANSWERS_429
async def test_a_flood_is_refused_and_told(telegram: BotApi, bot: Bot, group: Chat) -> None:
    for number in range(3):
        await bot.send_message(group.id, str(number))
    with pytest.raises(ToldToWait):
        await bot.send_message(group.id, "3")
    assert [call.params["text"] for call in telegram.flooded] == ["3"]
    assert len(telegram.complaints()) == 1
    assert [sent.text for sent in group.sent] == ["0", "1", "2"]


async def test_limits_can_be_left_out() -> None:
    async with BotApi(limits=False) as telegram, client(telegram) as bot:
        group = telegram.group()
        for number in range(30):
            await bot.send_message(group.id, str(number))
        assert telegram.flooded == []


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        (Status(403, "Forbidden: bot was blocked by the user"), Forbidden, False),
        (Status(400, "Bad Request: TOPIC_CLOSED"), BadRequest, False),
        (Status(502, "Bad Gateway", json=False), NetworkError, False),
        (DropBefore(), NetworkError, False),
        (DropAfter(), NetworkError, True),
        (TimeoutBefore(), NetworkError, False),
        (TimeoutAfter(), NetworkError, True),
    ],
)  # fmt: skip
async def test_faults(
    telegram: BotApi, bot: Bot, group: Chat, kind: Kind, error: type[TelegramError], done: bool
) -> None:
    telegram.fail("sendMessage", group, kind=kind)
    elsewhere = telegram.group("Lain")
    await bot.send_message(elsewhere.id, "a")
    with pytest.raises(error):
        await bot.send_message(group.id, "a", read_timeout=0.2)
    assert len(group.sent) == done
    assert await bot.send_message(group.id, "b")
    assert telegram.complaints() == []


async def test_a_migration_can_be_told_of_a_sudden(telegram: BotApi, bot: Bot, group: Chat) -> None:
    telegram.fail(kind=Migrated(telegram.group("Baru")))
    with pytest.raises(ChatMigrated):
        await bot.send_message(group.id, "a")


@ANSWERS_429
async def test_who_is_told_to_wait_must_wait(telegram: BotApi, bot: Bot, group: Chat) -> None:
    telegram.fail("sendMessage", group, kind=RetryAfter(60))
    with pytest.raises(ToldToWait):
        await bot.send_message(group.id, "a")
    assert telegram.flooded == []
    with pytest.raises(ToldToWait):
        await bot.send_message(group.id, "a")
    assert len(telegram.flooded) == 1
    assert await bot.send_message(telegram.group("Lain").id, "a")


async def test_waiting_in_vain_tells_the_story(telegram: BotApi, bot: Bot, group: Chat) -> None:
    await bot.send_message(group.id, "Kartu pertama")
    with pytest.raises(AssertionError, match=r"(?s)the second card didn't come.*Kartu pertama"):
        await telegram.until(lambda: len(group.sent) == 2, timeout=0.05, what="the second card")


async def test_quiet_comes_after_the_last_message(telegram: BotApi, bot: Bot, group: Chat) -> None:
    quiet = asyncio.create_task(telegram.quiet(0.2))
    await bot.get_me()
    await bot.send_message(group.id, "a")
    assert not quiet.done()
    await quiet
    loop = asyncio.get_running_loop()
    assert loop.time() - telegram.calls[-1].time >= 0.2


async def test_times_are_as_told(bot: Bot, group: Chat, sari: User) -> None:
    moment = datetime(2026, 6, 15, 2, 5, tzinfo=UTC)
    group.say(sari, "lama", date=moment)
    assert (await only_message(bot)).date == moment
