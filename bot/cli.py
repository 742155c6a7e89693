"""The command line: arguments go in, a command is run.

Kept light: every parsing process imports the module that was started, and this is the one.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run `warta`; ends the process with the status that belongs to each kind of failure."""
    options = _parser().parse_args(arguments)
    from bot.commands import run  # noqa: PLC0415 - see above

    sys.exit(run(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="warta", description="Reads news articles and tells what they say.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    card = commands.add_parser("card", help="one article in, one card out")
    card.add_argument("source", metavar="URL | FILE | -", help="an address, a saved page, a text, or - for stdin")
    card.add_argument("--json", action="store_true", help="print the annotation as JSON")
    card.add_argument("--lang", choices=("id", "en"), help="language of the card")
    card.add_argument("--url", help="where a saved page came from")

    annotate = commands.add_parser("annotate", help="lines of JSON in, lines of JSON out")
    annotate.add_argument("--jobs", type=_jobs, default=os.cpu_count() or 1, help="articles at a time")
    commands.add_parser("run", help="the bot, with a worker inside")
    commands.add_parser("worker", help="a worker alone")
    archive = commands.add_parser("import", help="bring an archive from before into a chat's")
    archive.add_argument("--chat", type=int, required=True, metavar="ID", help="the number of the chat")
    archive.add_argument("file", metavar="FILE", help="result.json of Telegram Desktop, or a csv of links")
    commands.add_parser("doctor", help="check everything a newcomer can get wrong, and say how to mend it")
    return parser


def _jobs(text: str) -> int:
    jobs = int(text)
    if not 1 <= jobs <= 64:
        raise argparse.ArgumentTypeError("must be between 1 and 64")
    return jobs
