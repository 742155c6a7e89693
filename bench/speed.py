"""Times Warta against what one would otherwise install: `python -m bench.speed [ARTICLES]` (needs the extra `hub`).

The peer is `transformers` with a BERT-base tone classifier and a BERT-base tagger (random weights: speed doesn't depend
on them), truncated at 512 tokens. Warta reads the whole text and makes the whole annotation. Both get the same texts
one at a time and two threads, in processes of their own that take turns, so that a noisy machine is noisy for both.
Memory is the sum of the proportional set sizes of a side's processes, at its peak.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from bench.data import machine

_THREADS = 2
_ARTICLES = 40
_WARM_UP = 3
_VOCABULARY = 30_522
_SAMPLES = Path(__file__).resolve().parent.parent / "tests" / "data" / "pages"


def texts(count: int) -> list[tuple[str, str]]:
    """Titles and texts: of `WARTA_DATA`'s news where there is one, else of our own test pages, repeated."""
    folder = os.environ.get("WARTA_DATA")
    if folder:
        with (Path(folder) / "detik-2026" / "train.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [(row["judul"], row["isi"]) for row in rows[:: max(1, len(rows) // count)]][:count]
    own = list(_own_texts())
    return [own[index % len(own)] for index in range(count)]


def _own_texts() -> Iterator[tuple[str, str]]:
    from services.errors import WartaError  # noqa: PLC0415 - only this source needs the extraction
    from services.extract import read_page  # noqa: PLC0415 - as above
    from services.models import Extract, Page  # noqa: PLC0415 - as above

    for path in sorted(_SAMPLES.glob("*.html")):
        try:
            extract = read_page(Page(None, path.read_text("utf-8")))
        except WartaError:
            continue
        if isinstance(extract, Extract):
            yield extract.title, extract.text


def warta() -> Callable[[str, str], object]:
    """Warta's whole analysis."""
    from services.annotate import Analyst, article_of  # noqa: PLC0415 - each side loads only its own
    from services.extract import read_plain  # noqa: PLC0415 - as above
    from services.nlp.encoder import EMBEDDED_MODEL, Encoder  # noqa: PLC0415 - as above

    encoder = Encoder.load(EMBEDDED_MODEL, _THREADS)
    analyst = Analyst(encoder.read, encoder.model)
    return lambda title, text: analyst.annotate(article_of(read_plain(title, text)))


def bert() -> Callable[[str, str], object]:
    """A tone pipeline and a names pipeline of BERT-base."""
    import torch  # noqa: PLC0415 - each side loads only its own
    import transformers  # noqa: PLC0415 - as above

    torch.set_num_threads(_THREADS)
    tokenizer = _tokenizer()
    config = transformers.BertConfig(vocab_size=_VOCABULARY, num_labels=3)
    classifier = transformers.BertForSequenceClassification(config)
    tagger = transformers.BertForTokenClassification(transformers.BertConfig(vocab_size=_VOCABULARY, num_labels=7))
    tone = transformers.pipeline("text-classification", model=classifier, tokenizer=tokenizer)
    names = transformers.pipeline("token-classification", model=tagger, tokenizer=tokenizer)

    def read(title: str, text: str) -> object:
        whole = f"{title}. {text}"
        return tone(whole, truncation=True, max_length=512), names(whole)

    return read


def _tokenizer() -> object:
    """A WordPiece tokenizer trained on the texts, so that they have as many tokens as with a real one."""
    import transformers  # noqa: PLC0415 - each side loads only its own
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers  # noqa: PLC0415 - as above

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 - a token of text
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    trainer = trainers.WordPieceTrainer(
        vocab_size=_VOCABULARY, special_tokens=special, min_frequency=2, show_progress=False
    )
    tokenizer.train_from_iterator((f"{title} {text}" for title, text in texts(800)), trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    names = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=512, **names)


class Side:
    """One of the two, in a process of its own that annotates an article whenever it is given its number."""

    def __init__(self, name: str, count: int) -> None:
        """Start the process and wait until it is ready."""
        command = [sys.executable, "-m", "bench.speed", "--side", name, str(count)]
        environment = os.environ | {"OMP_NUM_THREADS": str(_THREADS), "TRANSFORMERS_VERBOSITY": "error"}
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.seconds: list[float] = []
        self.peak = 0
        self._answer()

    def annotate(self, number: int) -> None:
        """Annotate one article and note how long it took."""
        started = time.perf_counter()
        assert self._process.stdin  # noqa: S101 - it is a pipe
        print(number, file=self._process.stdin, flush=True)
        self._answer()
        self.seconds.append(time.perf_counter() - started)
        self.peak = max(self.peak, sum(_pss(pid) for pid in _tree(self._process.pid)))

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.close()
        self._process.wait(30)

    def _answer(self) -> None:
        output: IO[str] | None = self._process.stdout
        if output is None or output.readline() != "done\n":
            sys.exit("A side of the comparison ended; is the extra `hub` installed?")


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from _tree(int(child))


def _pss(pid: int) -> int:
    """Proportional set size in bytes."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))


def serve(name: str, count: int) -> None:
    """Be one side: read numbers of articles, annotate, say when it is done."""
    articles = texts(count)
    annotate = {"warta": warta, "bert": bert}[name]()
    for title, text in articles[:_WARM_UP]:
        annotate(title, text)
    print("done", flush=True)
    for line in sys.stdin:
        annotate(*articles[int(line)])
        print("done", flush=True)


def main(count: int) -> None:
    """Print the table."""
    sides = {name: Side(name, count) for name in ("warta", "bert")}
    for number in range(count):
        for side in sides.values():
            side.annotate(number)
    for side in sides.values():
        side.close()
    print(f"speed, {count} articles, {_words(texts(count)):.0f} words each, {_THREADS} threads ({machine()})")
    rates = {name: count / sum(side.seconds) for name, side in sides.items()}
    for name, side in sides.items():
        print(f"{name:6} {rates[name]:6.2f} articles/s   peak memory {side.peak / 2**20:6.0f} MiB")
    print(
        f"ratio  {rates['warta'] / rates['bert']:6.2f} x           {sides['warta'].peak / sides['bert'].peak:14.2f} x"
    )


def _words(articles: Sequence[tuple[str, str]]) -> float:
    return sum(len(text.split()) for _, text in articles) / len(articles)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--side"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else _ARTICLES)
