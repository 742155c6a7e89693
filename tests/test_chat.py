"""Conversations with the real `warta run`, in both languages: every case is answered right, and exactly once.

One process serves all tests of a language; each test has chats of its own. What a chat was sent is counted again at the
end, so that an answer given twice fails even where it came late.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import get_args

import pytest
from botapi import Chat, Sent, Status, User
from newsroom import Story, article, page
from talk import Talk, is_card, is_repetition, visible
from webserver import reply

from handlers.help import command_list
from handlers.texts import texts
from services.models import Language

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What is understood


async def test_a_link_gets_one_card_as_a_reply(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, f"Tolong dicek: {story.url}?utm_source=wa")
    card = await talk.card(group, story)
    assert card.reply_to == message.message_id
    assert card.buttons == [talk.words("correct.button"), talk.words("topics.button"), talk.words("share.remove")]
    assert card.link_preview == {"is_disabled": True}
    assert any(entity["type"] == "text_link" and entity["url"] == story.url for entity in card.entities)
    assert message.wire.get("text") == f"Tolong dicek: {story.url}?utm_source=wa"
    seen = [call for call in talk.telegram.calls if call.method == "setMessageReaction" and call.chat_id == group.id]
    assert [call.params["message_id"] for call in seen] == [message.message_id]


async def test_a_link_behind_words(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, "baca ini", entities=[{"type": "text_link", "offset": 5, "length": 3, "url": story.url}])
    await talk.card(group, story)


async def test_a_link_in_a_caption(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.photo(ani, f"Foto dari {story.url}")
    await talk.card(group, story)


async def test_a_forwarded_link(talk: Talk) -> None:
    ani, budi, story = talk.user(), talk.user("Budi"), talk.room.story()
    group = talk.group(ani)
    group.say(ani, story.url, forward_from=budi)
    await talk.card(group, story)


async def test_a_link_in_private(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    chat = talk.telegram.private(ani)
    chat.say(ani, story.url)
    await talk.card(chat, story)


async def test_a_channel_post(talk: Talk) -> None:
    story, channel = talk.room.story(), talk.telegram.channel("Kabar Kantor")
    channel.say(None, story.url)
    await talk.card(channel, story)


async def test_a_link_in_a_basic_group(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani, kind="group")
    group.say(ani, story.url)
    await talk.card(group, story)


async def test_talk_without_links_is_met_with_silence(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, "Rapat jam tiga ya, jangan lupa bawa data.")
    group.say(ani, "Lihat https://youtu.be/dQw4w9WgXcQ dan https://maps.app.goo.gl/xyz atau surat@kantor.example")
    group.say(ani, story.url)
    await talk.card(group, story)


@pytest.mark.parametrize("how", ["link", "text", "reply", "reply to text"])
async def test_asking_for_a_card(talk: Talk, how: str) -> None:
    ani, budi, story = talk.user(), talk.user("Budi"), talk.room.story()
    group, command = talk.group(budi, admins=(ani,)), talk.command("kartu")
    await set_mode(talk, group, ani, "command")
    text = f"{story.title}\n\n{story.body}"
    if how.startswith("reply"):
        message = group.say(ani, text if how == "reply to text" else f"lihat {story.url}")
        asked = group.say(budi, f"{command}@{talk.telegram.username}", reply_to=message)
    else:
        asked = group.say(budi, f"{command} {story.url if how == 'link' else text}")
    card = await talk.card(group, story, 2)
    assert card.reply_to == asked.message_id


async def test_asking_for_a_card_of_nothing(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    group.say(ani, talk.command("kartu"))
    (sent,) = await talk.answers(group, 1)
    assert talk.says(sent, "share.usage")
    group.say(ani, f"{talk.command('kartu')} https://youtu.be/dQw4w9WgXcQ")
    assert talk.says((await talk.answers(group, 2))[1], "share.no_article")


async def test_a_command_for_another_bot_is_not_ours(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, f"{talk.command('bantuan')}@bot_lain")
    group.say(ani, story.url)
    await talk.card(group, story)


async def test_an_edited_message_changes_its_card_in_place(talk: Talk) -> None:
    ani, first, second = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, first.url)
    card = await talk.card(group, first)
    group.edit(message, f"Maaf, maksudnya {second.url}")
    await talk.edited(card, lambda sent: is_card(sent, second))
    group.edit(message, "Tidak jadi.")
    await talk.edited(card, lambda sent: sent.deleted)


async def test_an_edit_that_keeps_the_link_changes_nothing(talk: Talk) -> None:
    ani, story, other = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, story.url)
    card = await talk.card(group, story)
    group.edit(message, f"Penting! {story.url}")
    group.say(ani, other.url)
    await talk.card(group, other, 2)
    assert card.edits == []


async def test_a_link_added_later_gets_its_card(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, "Tunggu sebentar")
    group.edit(message, f"Ini dia: {story.url}")
    card = await talk.card(group, story)
    assert card.reply_to == message.message_id


async def test_many_links_get_five_cards_and_a_line(talk: Talk) -> None:
    ani, stories = talk.user(), [talk.room.story() for _ in range(7)]
    group = talk.group(ani)
    group.say(ani, "\n".join(story.url for story in stories))
    sent = await talk.answers(group, 6)
    (line,) = [one for one in sent if talk.says(one, "share.more", count="2")]
    cards = [one for one in sent if one is not line]
    assert all(is_card(one, story) for one, story in zip(cards, stories, strict=False))
    group.press(ani, line, talk.words("share.show_more", count="2"))
    sent = await talk.answers(group, 8)
    assert all(is_card(one, story) for one, story in zip(sent[6:], stories[5:], strict=True))
    await talk.edited(line, lambda one: one.deleted)


async def test_a_pasted_text(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, f"{story.title}\n\n{story.body}")
    assert (await talk.card(group, story)).reply_to == message.message_id


async def test_a_text_that_the_client_cut_gets_one_card(talk: Talk) -> None:
    ani, budi, story = talk.user(), talk.user("Budi"), talk.room.story()
    group = talk.group(ani, budi)
    filler = "Pembangunan berjalan lancar meskipun hujan turun hampir setiap sore di kawasan itu. "
    text = f"{story.title}\n\n{story.body}\n\n" + "\n\n".join(f"{number}. {filler * 6}" for number in range(15))
    parts = [text[:4000], text[4000:8000], text[8000:]]
    assert 0 < len(parts[2]) < 4000
    group.say(ani, parts[0])
    group.say(budi, "Sip, ditunggu.")
    group.say(ani, parts[1])
    group.say(ani, parts[2])
    await talk.card(group, story)


@pytest.mark.parametrize("name", ["berita.html", "berita.txt"])
async def test_a_file(talk: Talk, name: str) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    content = page(story.title, story.body) if name.endswith("html") else f"{story.title}\n\n{story.body}".encode()
    group.document(ani, name, content, "application/octet-stream")
    await talk.card(group, story)


async def test_a_file_beyond_telegrams_limit(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    group.document(ani, "besar.txt", b"a", "text/plain", size=21 * 1024 * 1024)
    (sent,) = await talk.answers(group, 1)
    assert visible(sent.text) == talk.words("failures.too_large")
    talk.telegram.refused.clear()  # Asking for such a file is how its size is learnt.


async def test_a_file_that_is_no_text(talk: Talk) -> None:
    ani = talk.user()
    chat = talk.telegram.private(ani)
    chat.document(ani, "laporan.pdf", b"%PDF", "application/pdf")
    (sent,) = await talk.answers(chat, 1)
    assert talk.says(sent, "share.unreadable_file")


BLANK = reply(b'<!doctype html><html><body><div id="root"></div><script src="/app.js"></script></body></html>')


@pytest.mark.parametrize("why", ["403", "script"])
async def test_a_page_that_cannot_be_read_is_completed_by_its_text(talk: Talk, why: str) -> None:
    ani, budi = talk.user(), talk.user("Budi")
    story = talk.room.story(reply(b"no", "403 Forbidden") if why == "403" else BLANK)
    group = talk.group(ani, budi)
    group.say(ani, story.url)
    (told,) = await talk.answers(group, 1)
    assert not is_card(told, story)
    assert talk.words("share.retry") in told.buttons
    text = group.say(budi, f"{story.title}\n\n{story.body}", reply_to=told)
    card = await talk.card(group, story, 2)
    assert card.reply_to == text.message_id
    await talk.edited(told, lambda sent: sent.deleted)


async def test_asking_for_the_card_again_by_a_reply_to_it(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, story.url)
    card = await talk.card(group, story)
    asked = group.say(ani, talk.command("kartu"), reply_to=card)
    assert (await talk.card(group, story, 2)).reply_to == asked.message_id


async def test_editing_a_command_that_points_at_a_message_changes_nothing(talk: Talk) -> None:
    ani, budi, story, other = talk.user(), talk.user("Budi"), talk.room.story(), talk.room.story()
    group = talk.group(budi, admins=(ani,))
    await set_mode(talk, group, ani, "command")
    message = group.say(ani, story.url)
    asked = group.say(budi, talk.command("kartu"), reply_to=message)
    card = await talk.card(group, story, 2)
    group.edit(asked, f"{talk.command('kartu')}@{talk.telegram.username}")
    group.say(budi, f"{talk.command('kartu')} {other.url}")
    await talk.card(group, other, 3)
    assert not card.deleted


async def test_a_failed_page_is_tried_again_by_button(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    path = story.url.partition(":")[2].partition("/berita")[2]
    good = talk.room.sites.routes[f"/berita{path}"]
    talk.room.sites.routes[f"/berita{path}"] = reply(b"busy", "503 Service Unavailable")
    group = talk.group(ani)
    group.say(ani, story.url)
    (told,) = await talk.answers(group, 1)
    first = told.text
    group.press(ani, told, talk.words("share.retry"))
    await talk.edited(told, lambda sent: sent.text == f"{first} {talk.words('share.tried', count='2')}")
    talk.room.sites.routes[f"/berita{path}"] = good
    press = group.press(ani, told, talk.words("share.retry"))
    await talk.edited(told, lambda sent: is_card(sent, story))
    assert press.answer is not None
    assert press.answers == 1


# Manners


def has_button(label: str, sent: Sent) -> bool:
    return any(label in one for one in sent.buttons)


async def set_mode(talk: Talk, group: Chat, admin: User, mode: str) -> Sent:
    """Choose when the bot answers, by the buttons of the settings; the settings' message is closed again."""
    before = len(group.sent)
    group.say(admin, talk.command("setelan"))
    menu = (await talk.answers(group, before + 1))[-1]
    for button in (talk.words.one_of("setting", "mode"), talk.words.one_of("modes", mode)):
        await talk.edited(menu, partial(has_button, button))
        group.press(admin, menu, next(one for one in menu.buttons if button in one))
    await talk.edited(menu, lambda sent: f": {talk.words.one_of('modes', mode)}" in visible(sent.text))
    return menu


async def test_cards_behind_a_button(talk: Talk) -> None:
    ani, story, other = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(admins=(ani,))
    await set_mode(talk, group, ani, "ask")
    message = group.say(ani, f"{story.url} {other.url}")
    offer = (await talk.answers(group, 2))[-1]
    assert offer.reply_to == message.message_id
    assert talk.says(offer, "share.offer", count="2")
    group.press(ani, offer, talk.words("share.make_card"))
    await talk.edited(offer, lambda sent: is_card(sent, story))
    await talk.card(group, other, 3)
    group.say(ani, f"{talk.command('kartu')} {talk.room.story().url}")
    await talk.answers(group, 4)


async def test_cards_only_by_command(talk: Talk) -> None:
    ani, story, other = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(admins=(ani,))
    await set_mode(talk, group, ani, "command")
    group.say(ani, story.url)
    group.say(ani, f"{talk.command('kartu')} {other.url}")
    await talk.card(group, other, 2)


async def test_the_card_stays_in_its_topic(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani, forum=True)
    thread = group.topic("Ekonomi")
    group.say(ani, story.url, thread=thread)
    assert (await talk.card(group, story)).thread == thread


async def test_a_link_that_the_chat_has_is_told_in_short(talk: Talk) -> None:
    ani, budi, story = talk.user(), talk.user("Budi"), talk.room.story()
    group = talk.group(ani, budi)
    group.say(ani, story.url)
    first = await talk.card(group, story)
    again = group.say(budi, f"{story.url}?utm_source=twitter#komentar")
    told = (await talk.answers(group, 2))[-1]
    assert is_repetition(told, story)
    assert "Ani" in told.text
    assert told.reply_to == again.message_id
    address = f"https://t.me/c/{str(group.id).removeprefix('-100')}/{first.message_id}"
    assert address in [entity.get("url") for entity in told.entities]
    group.say(budi, f"{talk.command('kartu')} {story.url}")
    await talk.card(group, story, 3)


async def test_a_basic_group_has_no_links_to_messages(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani, kind="group")
    group.say(ani, story.url)
    await talk.card(group, story)
    group.say(ani, story.url)
    told = (await talk.answers(group, 2))[-1]
    assert is_repetition(told, story)
    assert not any("t.me" in entity.get("url", "") for entity in told.entities)


async def test_what_one_chat_shared_is_new_in_another(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    here, there = talk.group(ani), talk.group(ani)
    here.say(ani, story.url)
    await talk.card(here, story)
    there.say(ani, story.url)
    await talk.card(there, story)


async def test_old_links_are_worked_off_quietly(talk: Talk) -> None:
    ani, old, live = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, old.url, date=datetime.now(UTC) - timedelta(hours=3))
    group.say(ani, live.url)
    sent = await talk.answers(group, 2)
    assert {is_card(one, old): one.silent for one in sent} == {True: True, False: False}
    seen = [call for call in talk.telegram.calls if call.method == "setMessageReaction" and call.chat_id == group.id]
    assert len(seen) == 1


async def test_only_sharer_and_admins_remove_a_card(talk: Talk) -> None:
    ani, budi, rina = talk.user(), talk.user("Budi"), talk.user("Rina")
    first, second = talk.room.story(), talk.room.story()
    group = talk.group(ani, budi, admins=(rina,))
    group.say(ani, first.url)
    card = await talk.card(group, first)
    press = group.press(budi, card, talk.words("share.remove"))
    await talk.telegram.until(lambda: press.answer, what="an answer")
    assert press.answer == {"text": talk.words("share.not_yours")} or talk.words("share.not_yours") in str(press.answer)
    assert not card.deleted
    group.press(ani, card, talk.words("share.remove"))
    await talk.edited(card, lambda sent: sent.deleted)
    group.say(ani, second.url)
    other = await talk.card(group, second, 2)
    group.press(rina, other, talk.words("share.remove"))
    await talk.edited(other, lambda sent: sent.deleted)
    group.say(budi, second.url)
    await talk.card(group, second, 3)


async def test_a_removed_card_does_not_come_back_with_an_edit(talk: Talk) -> None:
    ani, story, other = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(ani)
    message = group.say(ani, story.url)
    card = await talk.card(group, story)
    group.press(ani, card, talk.words("share.remove"))
    await talk.edited(card, lambda sent: sent.deleted)
    group.edit(message, f"Salah tautan: {story.url}")
    group.say(ani, other.url)
    await talk.card(group, other, 2)


async def test_an_old_card_is_removed_to_a_remainder(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, story.url)
    card = await talk.card(group, story)
    card.grow_older(49)
    group.press(ani, card, talk.words("share.remove"))
    await talk.edited(card, lambda sent: sent.text == talk.words("share.remainder", name="Ani"))
    assert card.buttons == []
    talk.telegram.refused.clear()  # That it can't be deleted is learnt by trying.


async def test_an_anonymous_admin_is_an_admin(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(admins=(ani,))
    group.say(ani, talk.command("setelan"), anonymous_admin=True)
    (menu,) = await talk.answers(group, 1)
    assert menu.text.startswith(talk.words("settings.title"))
    group.say(ani, story.url, anonymous_admin=True)
    await talk.card(group, story, 2)


async def test_somebody_who_writes_as_a_channel(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group, channel = talk.group(ani), talk.telegram.channel("Kanal Ani")
    group.say(ani, story.url, sender_chat=channel)
    await talk.card(group, story)
    group.say(ani, story.url)
    assert "Kanal Ani" in (await talk.answers(group, 2))[-1].text


async def test_a_post_and_its_copy_in_the_discussion_are_answered_once(talk: Talk) -> None:
    group = talk.group()
    channel = talk.telegram.channel("Kabar Kantor", linked=group)
    story = talk.room.story()
    channel.say(None, story.url)
    await talk.telegram.until(lambda: [*group.sent, *channel.sent], 15, "a card")
    await talk.telegram.quiet(1.5)
    assert len([*group.sent, *channel.sent]) == 1


async def test_other_bots_are_not_listened_to(talk: Talk) -> None:
    ani, robot = talk.user(), talk.telegram.user("Robot", is_bot=True, username="lain_bot")
    story, other = talk.room.story(), talk.room.story()
    group = talk.group(ani, robot)
    group.say(robot, story.url)
    group.say(robot, f"{talk.command('bantuan')}@{talk.telegram.username}")
    group.say(ani, other.url)
    await talk.card(group, other)


async def test_a_group_that_becomes_a_supergroup_keeps_its_memory(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani, kind="group")
    group.say(ani, story.url)
    await talk.card(group, story)
    new = group.migrate()
    new.say(ani, story.url)
    told = (await talk.answers(new, 1))[-1]
    assert is_repetition(told, story)


async def test_a_migration_in_the_middle_of_a_card(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani, kind="group")
    group.say(ani, story.url)
    new = group.migrate()
    await talk.telegram.until(lambda: [*group.sent, *new.sent], 20, "the card")
    await talk.telegram.quiet(1)
    assert [is_card(sent, story) for sent in (*group.sent, *new.sent)] == [True]


async def test_a_closed_topic_gets_its_card_when_it_opens(talk: Talk) -> None:
    ani, closed, other = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(admins=(ani,), forum=True)
    thread, elsewhere = group.topic("Tutup"), group.topic("Buka")
    message = group.say(ani, closed.url, thread=thread)
    group.close_topic(thread, ani)
    group.say(ani, other.url, thread=elsewhere)
    await talk.telegram.until(lambda: any(is_card(sent, other) for sent in group.sent), 15, "the card elsewhere")
    group.reopen_topic(thread, ani)
    sent = await talk.answers(group, 2)
    assert {one.thread: is_card(one, closed) for one in sent} == {thread: True, elsewhere: False}
    assert message.thread == thread
    talk.telegram.refused.clear()  # That a topic is closed is learnt by trying.


async def test_a_bot_that_was_kicked_says_nothing_and_works_again_when_it_is_back(talk: Talk) -> None:
    ani, lost, story = talk.user(), talk.room.story(), talk.room.story()
    group = talk.group(admins=(ani,))
    group.say(ani, lost.url)
    group.kick_bot(ani)
    await talk.telegram.quiet(1.5)
    assert group.sent == []
    group.add_bot(ani)
    (hello,) = await talk.answers(group, 1)
    assert talk.says(hello, "help.hello")
    group.say(ani, story.url)
    await talk.card(group, story, 2)


async def test_a_bot_that_is_blocked(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    chat = talk.telegram.private(ani)
    talk.telegram.fail("sendMessage", chat, kind=Status(403, "Forbidden: bot was blocked by the user"))
    chat.say(ani, talk.command("bantuan"))
    await talk.telegram.until(
        lambda: any(call.status == 403 for call in talk.telegram.calls if call.chat_id == chat.id)
    )
    chat.say(ani, story.url)
    await talk.card(chat, story)


async def test_a_bot_without_rights_keeps_its_card_until_it_has_them(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(admins=(ani,))
    group.restrict_bot(ani)
    group.say(ani, story.url)
    await talk.telegram.until(
        lambda: any(
            call.status == 400 and call.method == "sendMessage"
            for call in talk.telegram.calls
            if call.chat_id == group.id
        )
    )
    group.promote_bot(ani)
    await talk.card(group, story)
    talk.telegram.refused.clear()  # That it may not write is learnt by trying.


# Help and joining


async def test_the_commands_are_announced_in_both_languages(talk: Talk) -> None:
    await talk.telegram.until(lambda: sum(call.method == "setMyCommands" for call in talk.telegram.calls) >= 3)
    lists = {
        call.params.get("language_code"): [one["command"] for one in call.params["commands"]]
        for call in talk.telegram.calls
        if call.method == "setMyCommands"
    }
    names = {code: [one["command"] for one in command_list(texts(code))] for code in get_args(Language)}
    assert lists == {None: names[talk.language], **names}


@pytest.mark.parametrize("command", ["/start", "bantuan"])
async def test_help_shows_examples_and_links_its_commands(talk: Talk, command: str) -> None:
    ani = talk.user()
    chat = talk.telegram.private(ani)
    chat.say(ani, command if command.startswith("/") else talk.command(command))
    (sent,) = await talk.answers(chat, 1)
    assert talk.says(sent, "help.title")
    assert {link.kind for link in sent.links} == {"command"}
    assert any(entity["type"] == "code" for entity in sent.entities)


async def test_small_talk_in_private_gets_a_hint(talk: Talk) -> None:
    ani = talk.user()
    chat = talk.telegram.private(ani)
    chat.say(ani, "Halo, bot!")
    assert talk.says((await talk.answers(chat, 1))[-1], "share.nothing")
    chat.say(ani, "/tidakada")
    assert talk.says((await talk.answers(chat, 2))[-1], "help.unknown")


async def test_joining_a_group_is_greeted(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(admins=(ani,), bot="left")
    group.add_bot(ani)
    (sent,) = await talk.answers(group, 1)
    assert talk.says(sent, "help.hello")
    assert visible(talk.words("help.hello_auto")) in visible(sent.text)


# Settings and privacy


async def test_settings_are_for_admins(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    group.say(ani, talk.command("setelan"))
    (sent,) = await talk.answers(group, 1)
    assert talk.says(sent, "settings.admins_only")


async def test_a_member_cannot_press_an_admins_buttons(talk: Talk) -> None:
    ani, rina = talk.user(), talk.user("Rina")
    group = talk.group(ani, admins=(rina,))
    group.say(rina, talk.command("setelan"))
    (menu,) = await talk.answers(group, 1)
    press = group.press(ani, menu, talk.words.one_of("setting", "mode"))
    await talk.telegram.until(lambda: press.answer, what="an answer")
    assert talk.words("settings.admins_only") in str(press.answer)
    assert menu.edits == []


async def test_admins_can_let_everyone_change_the_settings(talk: Talk) -> None:
    ani, rina = talk.user(), talk.user("Rina")
    group = talk.group(ani, admins=(rina,))
    group.say(rina, talk.command("setelan"))
    (menu,) = await talk.answers(group, 1)
    group.press(rina, menu, talk.words.one_of("setting", "managers"))
    everyone = talk.words.one_of("managers", "everyone")
    await talk.edited(menu, partial(has_button, everyone))
    group.press(rina, menu, everyone)
    await talk.edited(menu, lambda sent: f": {everyone}" in sent.text)
    group.say(ani, talk.command("setelan"))
    assert talk.says((await talk.answers(group, 2))[-1], "settings.title")


async def test_the_language_of_a_chat_is_changed_by_button(talk: Talk) -> None:
    rina, story = talk.user("Rina"), talk.room.story()
    other = texts("en" if talk.language == "id" else "id")
    group = talk.group(admins=(rina,))
    group.say(rina, talk.command("setelan"))
    (menu,) = await talk.answers(group, 1)
    group.press(rina, menu, talk.words.one_of("setting", "language"))
    await talk.edited(menu, lambda sent: any(other("settings.this_language") in one for one in sent.buttons))
    group.press(rina, menu, other("settings.this_language"))
    await talk.edited(menu, lambda sent: sent.text.startswith(other("settings.title")))
    group.press(rina, menu, other("settings.close"))
    await talk.edited(menu, lambda sent: sent.deleted)
    group.say(rina, story.url)
    labels = [other("correct.button"), other("topics.button"), other("share.remove")]
    assert (await talk.card(group, story, 2)).buttons == labels


async def test_ignored_sites(talk: Talk) -> None:
    rina, story, other = talk.user("Rina"), talk.room.story(), talk.room.story()
    group = talk.group(admins=(rina,))
    word = "abaikan" if talk.language == "id" else "ignore"
    group.say(rina, f"{talk.command('setelan')} {word} contoh.example")
    (menu,) = await talk.answers(group, 1)
    assert "contoh.example" in visible(menu.text)
    group.say(rina, "https://www.contoh.example/berita/1")
    group.say(rina, story.url)
    await talk.card(group, story, 2)
    group.press(rina, menu, talk.words("settings.ignored"))
    await talk.edited(menu, lambda sent: "✕ contoh.example" in sent.buttons)
    group.press(rina, menu, "✕ contoh.example")
    await talk.edited(menu, lambda sent: "✕ contoh.example" not in sent.buttons)
    group.say(rina, f"{talk.command('setelan')} {word}")
    assert talk.says((await talk.answers(group, 3))[-1], "settings.ignore_usage")
    assert other.url


async def test_privacy_is_explained(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    group.say(ani, talk.command("privasi"))
    (sent,) = await talk.answers(group, 1)
    assert talk.says(sent, "privacy.title")
    assert "365" in sent.text


async def test_a_member_is_forgotten_after_asking_twice(talk: Talk) -> None:
    ani, budi, story = talk.user(), talk.user("Budi"), talk.room.story()
    group = talk.group(ani, budi)
    group.say(ani, story.url)
    await talk.card(group, story)
    group.say(ani, talk.command("lupakan"))
    asked = (await talk.answers(group, 2))[-1]
    press = group.press(budi, asked, talk.words("forget.mine"))
    await talk.telegram.until(lambda: press.answer, what="an answer")
    assert talk.words("forget.not_yours") in str(press.answer)
    group.press(ani, asked, talk.words("forget.mine"))
    await talk.edited(asked, lambda sent: sent.text == talk.words("forget.sure_mine"))
    group.press(ani, asked, talk.words("forget.yes"))
    await talk.edited(asked, lambda sent: sent.text == talk.words("forget.done_mine", count="1"))
    group.say(budi, story.url)
    await talk.card(group, story, 3)


async def test_a_chat_is_forgotten_by_an_admin(talk: Talk) -> None:
    ani, rina, story = talk.user(), talk.user("Rina"), talk.room.story()
    group = talk.group(ani, admins=(rina,))
    group.say(ani, story.url)
    await talk.card(group, story)
    group.say(rina, talk.command("lupakan"))
    asked = (await talk.answers(group, 2))[-1]
    press = group.press(ani, asked, talk.words("forget.chat"))
    await talk.telegram.until(lambda: press.answer, what="an answer")
    assert talk.words("forget.admins_only") in str(press.answer)
    group.press(rina, asked, talk.words("forget.chat"))
    await talk.edited(asked, lambda sent: sent.text == talk.words("forget.sure_chat"))
    group.press(rina, asked, talk.words("forget.yes"))
    assert talk.says((await talk.answers(group, 3))[-1], "forget.done_chat")
    group.say(ani, story.url)
    await talk.card(group, story, 4)


# What breaks


async def test_an_update_that_nobody_understands_stops_no_other(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    talk.telegram.push({"message": {"message_id": "x", "chat": {"id": group.id}, "date": "never"}})
    talk.telegram.push({"message": 7})
    talk.telegram.push({"brand_new_kind": {"a": 1}})
    group.say(ani, story.url)
    await talk.card(group, story)


async def test_buttons_that_are_not_ours(talk: Talk) -> None:
    ani, story = talk.user(), talk.room.story()
    group = talk.group(ani)
    group.say(ani, story.url)
    card = await talk.card(group, story)
    for data in (
        "",
        "remove",
        "remove:abc",
        "remove:999999999999",
        "x:1",
        "set:mode:never",
        "access:1:yes",
        "more:x",
        "forget:mine:1",
    ):
        talk.telegram.push(
            {
                "callback_query": {
                    "id": f"{abs(hash(data))}",
                    "from": ani.wire,
                    "chat_instance": "1",
                    "data": data,
                    "message": card.wire,
                }
            }
        )
    other = talk.room.story()
    group.say(ani, other.url)
    await talk.card(group, other, 2)
    assert not card.deleted
    talk.telegram.refused.clear()  # These presses were never made, so their answers are not known.


async def test_a_message_that_telegram_would_link_comes_out_unlinked(talk: Talk) -> None:
    ani = talk.user()
    title, body = article(4711)
    body = body.replace("Siti Maesaroh", "Siti Maesaroh (@siti_kades, hubungi 081234567890, situs.example/lapor)")
    story = talk.room.story(reply(page(title, body)))
    group = talk.group(ani)
    group.say(ani, story.url)
    await talk.card(group, Story(story.url, title, body))
