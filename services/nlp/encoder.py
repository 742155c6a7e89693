"""The one model: an article's title and text go in, one `Reading` (names, tones, vectors) comes out.

Rows for the model are the title with the opening (tone of the article as a whole, the form that head was trained on)
and every sentence by itself (names, the sentence's tone and its vector). Rows of similar length share a batch, and each
sentence is read once.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from services.errors import UsageError
from services.models import ModelInfo, ToneLabel, ToneScores
from services.nlp.reading import Mention, MentionKind, Reading, Sentence, Vectors
from services.nlp.sentences import split_sentences

EMBEDDED_MODEL = Path(__file__).parent / "model"

Floats = npt.NDArray[np.float32]
TokenIds = list[int]

_START, _PAD, _END, _UNKNOWN = 0, 1, 2, 3
# Names were learnt on single sentences, and longer rows lose them (F1 of figures on labelled cards: 0.84 with one
# sentence a row, 0.77 with 256 tokens), so a longer sentence is read in parts.
_ROW_TOKENS = 128
_OPENING_TOKENS = 192
# Bounds the cost of an article of any length; about 8,000 Indonesian words.
_ARTICLE_TOKENS = 16_384
_BATCH_TOKENS = 512
_BATCH_ROWS = 32
# Starting a run of the model costs about as much as reading so many tokens.
_BATCH_COST = 40
# The fused kernel is slower than its parts: without it 12-17 % more tokens a second (onnxruntime 1.32, 2 cores).
_SLOW_FUSIONS = ["SkipLayerNormFusion"]
_WORD = re.compile(r"\w+|[^\w\s]")
_TONES: tuple[ToneLabel, ...] = ("positive", "neutral", "negative")
_OUTPUTS = ["entity_logits", "tone_logits", "vector"]


@dataclass(frozen=True, slots=True)
class _Row:
    """What the model reads at once: `sentence` it belongs to (-1: title and opening), words and their first tokens."""

    sentence: int
    tokens: TokenIds
    words: tuple[re.Match[str], ...] = ()
    firsts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the model says of a row: names (tokens × labels), tone (3) and vector (width)."""

    row: _Row
    names: Floats
    tone: Floats
    vector: Vectors


class Encoder:
    """The embedded model. Make one with `load`; `read` may be called from several threads."""

    def __init__(
        self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer, config: dict[str, Any], model: ModelInfo
    ) -> None:
        self.model = model
        self._session = session
        self._tokenizer = tokenizer
        self._labels: list[str] = config["entity_labels"]
        self._tones: list[ToneLabel] = config["tone_labels"]
        self._temperature: float = config["tone_temperature"]
        # Words repeat; a bounded cache spares most calls into the tokenizer.
        self._word_tokens = functools.lru_cache(maxsize=50_000)(self._encode_word)

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Encoder:
        """Load a model folder (`config.json`, `tokenizer.json`, `model.onnx`).

        `threads` is how many cores one reading may use. Raises `UsageError` when the folder isn't such a model.
        """
        try:
            config = json.loads((folder / "config.json").read_text("utf-8"))
            weights = (folder / "model.onnx").read_bytes()
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            session = onnxruntime.InferenceSession(
                weights, _session_options(threads), ["CPUExecutionProvider"], disabled_optimizers=_SLOW_FUSIONS
            )
            _check_layout(config, session)
        except Exception as error:
            raise UsageError("usage", reason="model", path=str(folder)) from error
        name = str(config.get("name", folder.name))
        version = str(config.get("version") or hashlib.sha256(weights).hexdigest()[:12])
        return cls(session, tokenizer, config, ModelInfo(name, version))

    def read(self, title: str, text: str) -> Reading:
        """Read an article. `text` has paragraphs separated by line breaks.

        The reading covers the first 16,384 tokens; sentences after these are not in it.
        """
        rows, sentences = self._rows(split_sentences(title, text))
        seen = sorted(self._look([self._opening(title, text), *rows]), key=lambda one: one.row.sentence)
        opening, body = seen[0], seen[1:]
        tones, vectors = self._by_sentence(len(sentences), body)
        return Reading(
            sentences=sentences,
            mentions=tuple(mention for one in body for mention in _mentions(one, self._labels, sentences)),
            tone=self._tone(opening.tone),
            tones=tones,
            vectors=vectors,
            vector=opening.vector,
        )

    def _opening(self, title: str, text: str) -> _Row:
        # Only what can fit is tokenized: a token is rarely longer than ten characters.
        start = " ".join(f"{title.rstrip('.')}. {text}"[: _OPENING_TOKENS * 10].split())
        tokens = self._tokenizer.encode(_encodable(start), add_special_tokens=False).ids
        return _Row(-1, [_START, *tokens[: _OPENING_TOKENS - 2], _END])

    def _rows(self, sentences: Sequence[Sentence]) -> tuple[list[_Row], tuple[Sentence, ...]]:
        rows: list[_Row] = []
        total = 0
        for number, sentence in enumerate(sentences):
            of_sentence = list(_cut(number, _words(sentence.text), self._word_tokens))
            total += sum(len(row.tokens) for row in of_sentence)
            if total > _ARTICLE_TOKENS and number:
                return rows, tuple(sentences[:number])
            rows += of_sentence
        return rows, tuple(sentences)

    def _encode_word(self, word: str) -> tuple[int, ...]:
        # A 'word' without end (base64, noise) is as good as its beginning.
        return tuple(self._tokenizer.encode(_encodable(word[:60]), add_special_tokens=False).ids[:30]) or (_UNKNOWN,)

    def _look(self, rows: Sequence[_Row]) -> Iterator[_Seen]:
        for batch in _batches(rows):
            width = max(len(row.tokens) for row in batch)
            ids = np.full((len(batch), width), _PAD, np.int64)
            mask = np.zeros((len(batch), width), np.int64)
            for line, row in enumerate(batch):
                ids[line, : len(row.tokens)] = row.tokens
                mask[line, : len(row.tokens)] = 1
            names, tones, vectors = self._session.run(_OUTPUTS, {"input_ids": ids, "attention_mask": mask})
            for line, row in enumerate(batch):
                yield _Seen(row, names[line], tones[line], vectors[line])

    def _tone(self, logits: Floats) -> ToneScores:
        probabilities = _softmax(logits / self._temperature)
        scores = {label: float(value) for label, value in zip(self._tones, probabilities, strict=True)}
        return ToneScores(**scores)

    def _by_sentence(self, count: int, seen: Sequence[_Seen]) -> tuple[tuple[ToneScores, ...], Vectors]:
        width = len(seen[0].vector)
        tones, vectors = np.zeros((count, len(self._tones)), np.float32), np.zeros((count, width), np.float32)
        parts = np.zeros(count, np.float32)
        for one in seen:
            tones[one.row.sentence] += one.tone
            vectors[one.row.sentence] += one.vector
            parts[one.row.sentence] += 1
        tones, vectors = tones / parts[:, None], vectors / parts[:, None]
        return tuple(self._tone(logits) for logits in tones), vectors


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _session_options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return options


def _check_layout(config: dict[str, Any], session: onnxruntime.InferenceSession) -> None:
    outputs = {output.name for output in session.get_outputs()}
    if not outputs.issuperset(_OUTPUTS):
        raise ValueError(f"outputs are {sorted(outputs)}, need {_OUTPUTS}")
    if sorted(config["tone_labels"]) != sorted(_TONES):
        raise ValueError(f"tone_labels are {config['tone_labels']}")
    kinds = {label.partition("-")[2] for label in config["entity_labels"]} - {""}
    if config["entity_labels"][0] != "O" or kinds != {"PER", "LOC", "ORG"}:
        raise ValueError(f"entity_labels are {config['entity_labels']}")
    if not float(config["tone_temperature"]) > 0:
        raise ValueError("tone_temperature must be positive")


def _words(sentence: str) -> Iterator[re.Match[str]]:
    """The words and marks of a sentence but its closing full stop.

    The tone of short texts was learnt on headlines, which have none: with it the model says nearly the same of every
    sentence (0.36, 0.35, 0.29 where it says 0.88, 0.05, 0.06 without).
    """
    return _WORD.finditer(sentence, 0, len(sentence.rstrip(" .\"'”’")) or len(sentence))


def _cut(number: int, words: Iterable[re.Match[str]], tokens_of: Callable[[str], tuple[int, ...]]) -> Iterator[_Row]:
    """One sentence as rows of at most `_ROW_TOKENS` tokens; nearly always it is one."""
    tokens, kept, firsts = [_START], list[re.Match[str]](), list[int]()
    for word in words:
        ids = tokens_of(word.group())
        # Not inside a name, unless it goes on for ever.
        room = _ROW_TOKENS if word.group().islower() else _ROW_TOKENS + 32
        if kept and len(tokens) + len(ids) >= room:
            yield _Row(number, [*tokens, _END], tuple(kept), tuple(firsts))
            tokens, kept, firsts = [_START], [], []
        firsts.append(len(tokens))
        kept.append(word)
        tokens += ids
    yield _Row(number, [*tokens, _END], tuple(kept), tuple(firsts))


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Rows of similar length together, so that little is read for padding: the cheapest cuts of the rows by length.

    A batch costs its padded tokens and a constant; dynamic programming over where the last batch begins.
    """
    ordered = sorted(rows, key=lambda row: len(row.tokens))
    costs, starts = [0], [0]
    for end, row in enumerate(ordered, start=1):
        first = max(0, end - max(1, min(_BATCH_ROWS, _BATCH_TOKENS // len(row.tokens))))
        padded = len(row.tokens)
        cost, start = min((costs[start] + (end - start) * padded + _BATCH_COST, start) for start in range(first, end))
        costs.append(cost)
        starts.append(start)
    end = len(ordered)
    while end:
        yield ordered[starts[end] : end]
        end = starts[end]


def _softmax(logits: Floats) -> Floats:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return cast(Floats, shifted / shifted.sum(axis=-1, keepdims=True))


def _mentions(seen: _Seen, labels: Sequence[str], sentences: Sequence[Sentence]) -> Iterator[Mention]:
    """Names in one row: words labelled alike and side by side are one name unless a `B-` begins another."""
    if not seen.row.words:
        return
    text = sentences[seen.row.sentence].text
    probabilities = _softmax(seen.names[list(seen.row.firsts)])
    best = [labels[index] for index in probabilities.argmax(axis=-1)]
    for kind, start, end in _spans(best):
        first, last = seen.row.words[start].start(), seen.row.words[end - 1].end()
        of_kind = [index for index, label in enumerate(labels) if label[2:] == kind]
        score = float(probabilities[start:end, of_kind].sum(axis=-1).mean())
        yield Mention(kind, text[first:last], seen.row.sentence, first, last, score)


def _spans(labels: Sequence[str]) -> Iterator[tuple[MentionKind, int, int]]:
    start = 0
    while start < len(labels):
        kind, end = labels[start][2:], start + 1
        while kind and end < len(labels) and labels[end] == f"I-{kind}":
            end += 1
        if kind:
            yield cast(MentionKind, kind), start, end
        start = end
