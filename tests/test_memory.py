"""The archive through the running bot, in both languages: searched, charted, corrected, exported, brought in."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from functools import partial

import pytest
from botapi import Chat, Sent, User
from newsroom import Story, page
from openpyxl import load_workbook
from talk import Talk, is_card, visible
from webserver import reply

pytestmark = pytest.mark.asyncio(loop_scope="module")

RUN_TIME = 40
"""Seconds that work in processes of its own may take on a busy machine."""


Desk = tuple[Chat, User, list[Story], list[Sent]]
DESKS = 13
"""How many groups are got ready at once: Telegram takes a message a second of each, so that time passes for all."""
_ready: dict[str, list[Desk]] = {}


async def newsdesk(talk: Talk, stories: int = 2) -> Desk:
    """A group of its own that has shared some stories."""
    ready = _ready.setdefault(talk.language, [])
    if stories == 2 and not ready:
        ready += await asyncio.gather(*(open_desk(talk, stories) for _ in range(DESKS)))
    return ready.pop() if stories == 2 else await open_desk(talk, stories)


async def open_desk(talk: Talk, stories: int) -> Desk:
    ani = talk.user()
    group = talk.group(admins=(ani,))
    published = [talk.room.story() for _ in range(stories)]
    for story in published:
        group.say(ani, story.url)
    cards = list(await talk.answers(group, stories))
    assert all(is_card(card, story) for card, story in zip(cards, published, strict=True))
    return group, ani, published, cards


async def ask(talk: Talk, group: Chat, by: User, text: str, **circumstances: object) -> Sent:
    """A command, and the next answer of the bot."""
    name, _, rest = text.partition(" ")
    before = len(group.sent)
    group.say(by, f"{talk.command(name)} {rest}".strip(), **circumstances)  # type: ignore[arg-type]
    return (await talk.answers(group, before + 1))[-1]


def village(story: Story) -> str:
    return story.title.split(" Desa ")[1].split(" Mulai")[0]


def number(story: Story) -> str:
    return story.title.split("ke-")[1].split()[0]


async def test_search_finds_shows_where_and_opens(talk: Talk) -> None:
    group, ani, (one, other), cards = await newsdesk(talk)
    found = await ask(talk, group, ani, f'cari "jembatan nomor {number(one)}" tokoh:"Hendra Wiguna"')
    assert one.title in visible(found.text)
    assert other.title not in visible(found.text)
    assert talk.words("recall.found", count="1") in found.text
    quotes = [entity for entity in found.entities if entity["type"] == "blockquote"]
    assert quotes
    assert f"nomor {number(one)}" in found.text
    assert any(one_link["url"].endswith(f"/{cards[0].reply_to}") for one_link in found.entities if "url" in one_link)
    group.press(ani, found, "1")
    opened = (await talk.answers(group, 4))[-1]
    assert is_card(opened, one)
    assert talk.words("correct.button") in opened.buttons


async def test_pages_are_turned_in_place(talk: Talk) -> None:
    group, ani, stories, _ = await newsdesk(talk, 6)
    found = await ask(talk, group, ani, "cari jembatan")
    assert talk.words("recall.found", count="6") in found.text
    first = visible(found.text)
    group.press(ani, found, "›")
    await talk.edited(found, lambda sent: visible(sent.text) != first)
    second = visible(found.text)
    assert "6. " in second
    assert all((story.title in first) != (story.title in second) for story in stories)
    recent = await ask(talk, group, ani, "riwayat")
    assert talk.words("recall.recent") in recent.text


async def test_a_misspelt_name_is_suggested_not_guessed(talk: Talk) -> None:
    group, ani, (story, _), _ = await newsdesk(talk)
    told = await ask(talk, group, ani, 'cari tokoh:"Hendro Wigunna"')
    assert talk.says(told, "recall.nothing_for")
    assert talk.words("recall.perhaps") in told.text
    assert any("Hendra Wiguna" in button for button in told.buttons)
    group.press(ani, told, told.buttons[0])
    found = (await talk.answers(group, 4))[-1]
    assert story.title in visible(found.text)


WRONG = ('"tidak ditutup', "(banjir", "tokoh:", "sejak:kapan", "banjir ATAU", "a | b", "tokho:Ani")


async def test_a_wrong_query_is_told_where_and_why(talk: Talk) -> None:
    ani = talk.user()
    groups = [talk.group(ani) for _ in WRONG]
    told = await asyncio.gather(
        *(ask(talk, group, ani, f"cari {query}") for group, query in zip(groups, WRONG, strict=True))
    )
    for answer in told:
        assert "^" in answer.text
        assert any(entity["type"] == "code" for entity in answer.entities)


async def test_nothing_found_says_what_each_part_finds(talk: Talk) -> None:
    group, ani, (one, other), _ = await newsdesk(talk)
    told = await ask(talk, group, ani, f'cari "jembatan nomor {number(one)}" "jembatan nomor {number(other)}"')
    assert talk.says(told, "recall.nothing_for")
    assert ": 1 ·" in visible(told.text)


async def test_profiles(talk: Talk) -> None:
    group, ani, _, _ = await newsdesk(talk)
    figure = await ask(talk, group, ani, "tokoh Hendra Wiguna")
    assert visible(figure.text).startswith("👤 Hendra Wiguna")
    assert talk.words("recall.found", count="2") in figure.text
    place = await ask(talk, group, ani, "tempat Garut")
    assert "Garut" in place.text.splitlines()[0]
    outlet = await ask(talk, group, ani, "media kabar contoh")
    assert talk.words("recall.found", count="2") in outlet.text
    unknown = await ask(talk, group, ani, "tokoh Zulkarnaen Hatta")
    assert talk.says(unknown, "recall.nothing_for")
    group.press(ani, figure, talk.words("recall.all"))
    assert talk.words("recall.found", count="2") in (await talk.answers(group, 7))[-1].text


async def test_charts_are_pictures_with_what_they_show(talk: Talk) -> None:
    group, ani, _, _ = await newsdesk(talk)
    trend = await ask(talk, group, ani, "tren jembatan sejak:2026-11-01 sampai:2026-11-23")
    assert trend.method == "sendPhoto"
    assert (trend.content or b"").startswith(b"\x89PNG")
    assert talk.words("recall.found", count="2") in trend.text
    compared = await ask(talk, group, ani, "banding jembatan sejak:2026-11 | rakit")
    assert compared.method == "sendPhoto"
    group.press(ani, trend, talk.words("trend_bars.figure"))
    bars = (await talk.answers(group, 5))[-1]
    assert bars.method == "sendPhoto"
    group.press(ani, trend, talk.words("trend_bars.province"))
    province = (await talk.answers(group, 6))[-1]
    assert (province.content or b"").startswith(b"\x89PNG")
    wrong = await ask(talk, group, ani, "banding jembatan")
    assert talk.says(wrong, "trend.compare_usage")


async def test_a_tone_is_corrected_by_taps_and_taken_back(talk: Talk) -> None:
    group, ani, (story, _), (card, _) = await newsdesk(talk)
    before = card.text
    tone = talk.words("tone.negative")
    group.press(ani, card, talk.words("correct.button"))
    menu = (await talk.answers(group, 3))[-1]
    group.press(ani, menu, talk.words("corrected_field.tone"))
    await talk.edited(menu, lambda sent: any(tone in button for button in sent.buttons))
    group.press(ani, menu, next(button for button in menu.buttons if tone in button))
    await talk.edited(card, lambda sent: "✎" in sent.text)
    assert talk.words("card.corrected") in card.text
    found = await ask(talk, group, ani, "cari sentimen:negatif")
    assert story.title in visible(found.text)
    group.press(ani, menu, talk.words("correct.undo"))
    await talk.edited(card, lambda sent: sent.text == before)
    none = await ask(talk, group, ani, f'cari sentimen:negatif "nomor {number(story)}"')
    assert talk.says(none, "recall.nothing_for")


async def test_words_are_given_in_reply_to_a_question(talk: Talk) -> None:
    group, ani, _, (card, _) = await newsdesk(talk)
    group.press(ani, card, talk.words("correct.button"))
    menu = (await talk.answers(group, 3))[-1]
    group.press(ani, menu, talk.words("corrected_field.figures"))
    await talk.edited(menu, lambda sent: talk.words("correct.add_figure") in sent.buttons)
    group.press(ani, menu, talk.words("correct.add_figure"))
    await talk.edited(menu, lambda sent: "Ani Lestari" in sent.text)
    group.say(ani, "Darto Wibowo, Camat Cikelet", reply_to=menu)
    told = (await talk.answers(group, 4))[-1]
    assert "Darto Wibowo" in told.text
    await talk.edited(card, lambda sent: "Darto Wibowo" in visible(sent.text))
    profile = await ask(talk, group, ani, "tokoh Darto Wibowo")
    assert "Camat Cikelet" in profile.text


async def test_corrections_typed_in_one_line(talk: Talk) -> None:
    group, ani, _, (card, _) = await newsdesk(talk)
    lines = {
        "id": ("nada negatif", "tokoh - Siti Maesaroh", "peran Hendra Wiguna = Bupati Sukses", "tempat + Kota Batu"),
        "en": ("tone negative", "figure - Siti Maesaroh", "role Hendra Wiguna = Bupati Sukses", "place + Kota Batu"),
    }[talk.language]
    for line in lines:
        told = await ask(talk, group, ani, f"koreksi {line}", reply_to=card)
        assert told.text.startswith("✓"), told.text
    await talk.edited(card, lambda sent: "Kota Batu" in visible(sent.text))
    assert "Siti Maesaroh" not in visible(card.text)
    assert "Bupati Sukses" in visible(card.text)
    wrong = await ask(talk, group, ani, "koreksi begini saja", reply_to=card)
    assert talk.says(wrong, "correct_errors.usage")
    history = await ask(talk, group, ani, "koreksi " + {"id": "riwayat", "en": "history"}[talk.language], reply_to=card)
    assert "4. " in history.text
    undone = await ask(talk, group, ani, "koreksi " + {"id": "batal", "en": "undo"}[talk.language], reply_to=card)
    assert talk.words("correct.undone") in undone.text
    await talk.edited(card, lambda sent: "Kota Batu" not in visible(sent.text))
    accuracy = await ask(talk, group, ani, "akurasi")
    assert talk.words("corrected_field.tone") in accuracy.text


async def test_exports(talk: Talk) -> None:
    group, ani, stories, (card, _) = await newsdesk(talk)
    line = {"id": "nada negatif", "en": "tone negative"}[talk.language]
    await ask(talk, group, ani, f"koreksi {line}", reply_to=card)
    files = {}
    for kind in ("csv", "xlsx", "json"):
        before = len(group.sent)
        group.say(ani, f"{talk.command('ekspor')} {kind} jembatan")
        await talk.telegram.until(partial(has_sent, group, before + 2), RUN_TIME, f"an export to {kind}")
        talk.expected[group] = before + 2
        progress, file = group.sent[before:]
        assert file.method == "sendDocument"
        assert str(file.media["document"]["file_name"]).endswith(f".{kind}")
        await talk.edited(progress, lambda sent: sent.text.startswith("✓"))
        files[kind] = file.content or b""
    rows = list(csv.DictReader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    titles = {story.title for story in stories}
    assert {row[talk.words("columns.title")] for row in rows} == titles
    assert sorted(row[talk.words("columns.corrected")] for row in rows) == ["", "tone"]
    sheet = load_workbook(io.BytesIO(files["xlsx"]), read_only=True).active
    assert sheet is not None
    assert len(list(sheet.iter_rows())) == 3
    articles = json.loads(files["json"])
    assert {one["title"] for one in articles} == titles
    assert {one["schema"] for one in articles} == {"warta.annotation/1"}
    assert all(one["text"] for one in articles)


def has_sent(group: Chat, count: int) -> bool:
    return len(group.sent) >= count


async def test_an_archive_is_brought_in_by_an_admin(talk: Talk) -> None:
    ani, budi = talk.user(), talk.user("Budi")
    group = talk.group(budi, admins=(ani,))
    stories = [talk.room.story() for _ in range(3)]
    messages = [
        {"id": number, "type": "message", "date": "2026-11-20T08:00:00", "date_unixtime": "1763600400",
         "from": "Citra Dewi", "from_id": "user4711", "text": ["Baca ", {"type": "link", "text": story.url}]}
        for number, story in enumerate(stories, 50)
    ]  # fmt: skip
    content = json.dumps({"name": "Redaksi", "type": "private_supergroup", "id": 12345, "messages": messages}).encode()
    command = talk.command("impor")
    group.document(budi, "result.json", content, "application/json", command)
    refused = (await talk.answers(group, 1))[-1]
    assert talk.says(refused, "import.admins_only")
    group.document(ani, "result.json", content, "application/json", command)
    told = (await talk.answers(group, 2))[-1]
    await talk.edited(told, lambda sent: sent.text.startswith("✓"))
    assert "3" in told.text
    found = await until_found(talk, group, ani, {"id": 'oleh:"Citra Dewi"', "en": 'by:"Citra Dewi"'}[talk.language], 3)
    assert all(story.title in visible(found.text) for story in stories)
    group.document(ani, "result.json", content, "application/json", command)
    again = (await talk.answers(group, len(group.sent) + 1))[-1]
    await talk.edited(again, lambda sent: sent.text.startswith("✓"))
    assert again.text.startswith(talk.words("import.done", new="0", known="3")[:20])


async def until_found(talk: Talk, group: Chat, by: User, query: str, count: int) -> Sent:
    """Ask until the archive has read so many; it reads what was brought in when there is time."""
    for _ in range(RUN_TIME):
        found = await ask(talk, group, by, f"cari {query}")
        if talk.words("recall.found", count=str(count)) in found.text:
            return found
    raise AssertionError(found.text)


async def test_a_card_is_analysed_anew_and_keeps_its_corrections(talk: Talk) -> None:
    group, ani, (story, _), (card, _) = await newsdesk(talk)
    line = {"id": "nada negatif", "en": "tone negative"}[talk.language]
    await ask(talk, group, ani, f"koreksi {line}", reply_to=card)
    again = await ask(talk, group, ani, "ulang", reply_to=card)
    assert is_card(again, story)
    assert talk.words("card.corrected") in again.text


async def test_similar_stories(talk: Talk) -> None:
    group, ani, (_, other), (card, _) = await newsdesk(talk)
    found = await ask(talk, group, ani, "mirip", reply_to=card)
    assert other.title in visible(found.text)
    usage = await ask(talk, group, ani, "mirip")
    assert talk.says(usage, "recall.alike_usage")


async def test_another_chat_sees_nothing_of_it(talk: Talk) -> None:
    group, ani, (story, _), (card, _) = await newsdesk(talk)
    found = await ask(talk, group, ani, "cari jembatan")
    stranger = talk.user("Orang Lain")
    elsewhere = talk.group(admins=(stranger,))
    nothing = await ask(talk, elsewhere, stranger, "cari jembatan")
    assert talk.says(nothing, "recall.nothing_for")
    # Buttons of the other chat's messages, pressed on a message of one's own.
    data = [one["callback_data"] for sent in (found, card) for row in sent.keyboard for one in row]
    usage = await ask(talk, elsewhere, stranger, "cari")
    for one in data:
        forged = with_button(usage, one)
        elsewhere.press(stranger, forged, one)
    silent = await ask(talk, elsewhere, stranger, "riwayat")
    assert talk.says(silent, "recall.nothing_for")
    assert not any(story.title in visible(sent.text) for sent in elsewhere.sent)
    assert card.text == group.sent[0].text


def with_button(sent: Sent, data: str) -> Sent:
    sent.keyboard = [[{"text": "x", "callback_data": data}]]
    return sent


async def test_help_about_searching_and_correcting(talk: Talk) -> None:
    ani = talk.user()
    group = talk.group(ani)
    queries = await ask(talk, group, ani, "bantuan " + {"id": "cari", "en": "search"}[talk.language])
    assert talk.says(queries, "help.query_title")
    corrections = await ask(talk, group, ani, "bantuan " + {"id": "koreksi", "en": "correct"}[talk.language])
    assert talk.says(corrections, "help.correct_title")


async def test_the_same_story_elsewhere_is_offered_the_same_correction(talk: Talk) -> None:
    group, ani, (story, _), (card, _) = await newsdesk(talk)
    group.say(ani, elsewhere(talk, story).url)
    untouched = (await talk.answers(group, 3))[-1]
    line = {"id": "nada negatif", "en": "tone negative"}[talk.language]
    told = await ask(talk, group, ani, f"koreksi {line}", reply_to=card)
    assert talk.words("correct.same_story") in told.text
    assert story.title in visible(told.text)
    assert "✎" not in untouched.text
    group.say(ani, elsewhere(talk, story).url)
    new = (await talk.answers(group, 5))[-1]
    offer = [button for button in new.buttons if talk.words("tone.negative") in button]
    assert offer
    assert "✎" not in new.text
    group.press(ani, new, offer[0])
    await talk.edited(new, lambda sent: talk.words("card.corrected") in sent.text)
    group.press(ani, told, next(button for button in told.buttons if button.startswith("1.")))
    await talk.edited(untouched, lambda sent: talk.words("card.corrected") in sent.text)


def elsewhere(talk: Talk, story: Story) -> Story:
    """The same story, as another site tells it."""
    copy = talk.room.story(reply(page(story.title, story.body)))
    return Story(copy.url, story.title, story.body)
