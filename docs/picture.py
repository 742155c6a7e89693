"""The sample page goes in; `docs/card.png`, how its card looks in a group, comes out: `python -m docs.picture`.

For maintainers only, when cards change: needs Chromium and pngquant on the PATH, and the fonts Roboto and Noto Color
Emoji. The card is what the product answers to the sample; the chat around it is drawn here, in the look of Telegram.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from html import escape
from itertools import pairwise
from pathlib import Path
from string import Template

from bot.app import open_desk
from bot.settings import load_settings
from handlers.card_text import Card, SpanKind, utf16_length
from handlers.cards import annotation_card
from handlers.inert import without_separators
from handlers.texts import texts
from services.fetch import decode_page
from services.models import Annotation, Page

_DOCS = Path(__file__).resolve().parent
_SAMPLE = _DOCS.parent / "samples" / "jembatan.html"
_PICTURE = _DOCS / "card.png"
# In CSS pixels, of which each becomes two by two: as wide as a phone, as high as the chat with this card.
_WIDTH, _HEIGHT, _SCALE = 484, 944, 2

_TAGS: dict[SpanKind, str] = {
    "expandable_quote": "blockquote",
    "quote": "blockquote",
    "code": "code",
    "link": "u",
    "bold": "b",
    "italic": "i",
}

_CHAT = Template("""<!doctype html>
<html lang="id">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Redaksi</title>
<style>
* { box-sizing: border-box; margin: 0 }
body { height: 100vh; display: flex; flex-direction: column; overflow: hidden; color: #111;
  background: #cfe0d2; font: 15px/1.36 Roboto, "Noto Sans", "Noto Color Emoji", sans-serif }
header { display: flex; align-items: center; gap: 12px; padding: 9px 16px; background: #fff;
  box-shadow: 0 1px 2px #0002 }
header b { display: block; font-size: 16px; line-height: 1.25 }
header small { color: #7a8a96; font-size: 13px }
header s { margin-left: auto; color: #7a8a96; font-size: 22px; text-decoration: none }
main { flex: 1; display: flex; flex-direction: column; justify-content: flex-end; gap: 8px; padding: 8px 8px 10px }
time { color: #8a979f; font-size: 12px }
main > time { align-self: center; padding: 2px 10px; border-radius: 12px; color: #fff; background: #5f806a99;
  font-weight: 500 }
section { display: flex; align-items: flex-end; gap: 7px }
section > :last-child { min-width: 0 }
.face { flex: none; width: 34px; height: 34px; border-radius: 50%; color: #fff; background: var(--accent);
  font-weight: 600; line-height: 34px; text-align: center }
.warta { --accent: #2e8bcf }
.ani { --accent: #d9713c }
.team { --accent: #4d9c6b; width: 40px; height: 40px; line-height: 40px; font-size: 17px }
.bubble { padding: 7px 12px 8px; border-radius: 15px 15px 15px 5px; background: #fff; box-shadow: 0 1px 1px #0002;
  overflow-wrap: anywhere }
.name { color: var(--accent); font-weight: 600; line-height: 1.4 }
.text { display: flow-root; white-space: pre-wrap; overflow-wrap: break-word }
.text time { float: right; margin: 5px 0 -3px 12px }
.end { display: flex; justify-content: space-between; align-items: flex-end; margin-top: 5px }
.reaction { display: flex; align-items: center; gap: 5px; padding: 2px 4px 2px 8px; border-radius: 15px;
  background: #e3f0fa; font-size: 16px }
.reaction .face { width: 22px; height: 22px; line-height: 22px; font-size: 11px }
.reply, blockquote { position: relative; border-radius: 5px; font-size: 14px;
  background: linear-gradient(90deg, var(--accent) 3px, color-mix(in srgb, var(--accent) 10%, #fff) 3px) border-box }
.reply { margin: 2px 0 7px; padding: 3px 9px 3px 12px }
.reply p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis }
blockquote { margin: 5px 0 2px; padding: 4px 26px 0 12px; border-bottom: 5px solid transparent;
  max-height: calc(3 * 1.36em + 9px); overflow: hidden }
blockquote::before { content: "”"; position: absolute; right: 7px; top: 3px; color: var(--accent);
  font: 700 26px/1 Inter, Roboto, sans-serif }
blockquote::after { content: ""; position: absolute; right: 10px; bottom: 5px; width: 7px; height: 7px;
  border: solid var(--accent); border-width: 0 2px 2px 0; transform: rotate(45deg) }
u { color: #1a7fc4; text-decoration: none }
.button { margin-top: 4px; padding: 9px; border-radius: 12px; color: #fff; background: #5f806ab3; font-weight: 600;
  text-align: center }
</style>
<header><div class="face team">R</div><div><b>Redaksi</b><small>6 anggota</small></div><s>⋮</s></header>
<main>
<time>18 November</time>
<section class="ani"><div class="face">A</div><div class="bubble">
  <div class="name">Ani</div>
  <div class="text"><u>$link</u></div>
  <div class="end"><div class="reaction">👀<div class="face warta">W</div></div><time>09.42</time></div>
</div></section>
<section class="warta"><div class="face">W</div><div>
  <div class="bubble">
    <div class="name">Warta</div>
    <div class="reply ani"><div class="name">Ani</div><p>$link</p></div>
    <div class="text">$card<time>09.42</time></div>
  </div>
  <div class="button">$button</div>
</div></section>
</main>
</html>
""")


async def read_sample() -> Annotation:
    """The sample page as the product reads it with its own settings, whatever this machine's are."""
    page = Page(None, decode_page(_SAMPLE.read_bytes()))
    async with open_desk(load_settings({}, Path("no.env")), threads=1, parsers=1) as desk:
        return await desk.annotate_page(page)


def chat_page(annotation: Annotation) -> str:
    """The chat as HTML that loads nothing."""
    settings = load_settings({}, Path("no.env"))
    return _CHAT.substitute(
        link=escape(annotation.article.canonical_url or annotation.article.url or ""),
        card=card_html(annotation_card(annotation, settings.language, settings.timezone)),
        button=escape(texts(settings.language)("share.remove")),
    )


def card_html(card: Card) -> str:
    """The text of a card, escaped, with its spans as elements; a quote is a block and takes the line's end with it."""
    tags: defaultdict[int, str] = defaultdict(str)
    for span in reversed(card.spans):
        tags[span.offset + span.length] += f"</{_TAGS[span.kind]}>"
    for span in card.spans:
        tags[span.offset] += f"<{_TAGS[span.kind]}>"
    units = card.text.encode("utf-16-le")
    html = ""
    for start, end in pairwise(sorted({0, *tags, utf16_length(card.text)})):
        html += tags[start] + escape(without_separators(units[2 * start : 2 * end].decode("utf-16-le")))
    return (html + tags[utf16_length(card.text)]).replace("</blockquote>\n", "</blockquote>")


def take_picture(html: str) -> None:
    """Have Chromium draw `html` into the picture, and pngquant make that small."""
    with tempfile.TemporaryDirectory() as folder:
        page, drawn = Path(folder, "chat.html"), Path(folder, "chat.png")
        page.write_text(html, "utf-8")
        _run(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-lcd-text", "--hide-scrollbars",
            "--no-first-run", "--disable-sync", "--disable-background-networking", "--disable-component-update",
            f"--user-data-dir={folder}/profile", f"--force-device-scale-factor={_SCALE}",
            f"--window-size={_WIDTH},{_HEIGHT}", f"--screenshot={drawn}", page.as_uri(),
        )  # fmt: skip
        _run("pngquant", "--force", "--nofs", "--strip", "--quality=90-100", f"--output={_PICTURE}", str(drawn))


def _run(program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        sys.exit(f"{program} is not on the PATH.")
    subprocess.run([path, *arguments], check=True, capture_output=True, timeout=60)  # noqa: S603 - all of it is ours


if __name__ == "__main__":
    take_picture(chat_page(asyncio.run(read_sample())))
