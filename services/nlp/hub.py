"""A Hugging Face model id or folder goes in; a function that takes an embedded part's place comes out.

Only safetensors are loaded and never a model's own code, so a model can be wrong but not run anything. `transformers`
and torch are the extra `hub`; nothing here is imported unless a setting names a model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from transformers import (
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

from services.errors import UsageError
from services.models import ToneLabel, ToneScores
from services.nlp.reading import Mention, MentionKind, Sentence

_TONES: Mapping[str, ToneLabel] = {
    **dict.fromkeys(("positive", "positif", "pos", "4 stars", "5 stars"), "positive"),
    **dict.fromkeys(("neutral", "netral", "neu", "3 stars"), "neutral"),
    **dict.fromkeys(("negative", "negatif", "neg", "1 star", "2 stars"), "negative"),
}
_KINDS: Mapping[str, MentionKind] = {
    **dict.fromkeys(("per", "person", "ppl", "pers"), "PER"),
    **dict.fromkeys(("loc", "location", "gpe", "plc", "place"), "LOC"),
    **dict.fromkeys(("org", "organization", "organisation", "nor"), "ORG"),
}
# What a tokenizer says when its model's length is unknown is astronomically large.
_LONGEST_INPUT = 512
_OVERLAP = 32
_SUMMARY_TOKENS = 120
_SPACES = re.compile(r"\s+")


def load_tone(model: str) -> Callable[[str, str], ToneScores]:
    """A classifier of three tones (or two, or one to five stars): (title, text) -> scores.

    Raises `UsageError` when the model can't be loaded safely or its labels aren't tones.
    """
    classifier = _load("text-classification", model, AutoModelForSequenceClassification)
    labels = _mapped(classifier.model.config.id2label.values(), _TONES, model)
    if not {"positive", "negative"} <= set(labels.values()):
        raise _labels_refused(model, labels)

    def tone(title: str, text: str) -> ToneScores:
        results = classifier(f"{title}. {text}", top_k=None, truncation=True, max_length=_longest(classifier))
        scores: dict[ToneLabel, float] = {"positive": 0.0, "neutral": 0.0, "negative": 0.0}
        for result in results:
            scores[labels[result["label"]]] += float(result["score"])
        total = sum(scores.values())
        return ToneScores(**{label: score / total for label, score in scores.items()})

    return tone


def load_names(model: str) -> Callable[[Sequence[Sentence]], tuple[Mention, ...]]:
    """A tagger of persons, places and organizations: sentences -> mentions; its other labels are passed over.

    Raises `UsageError` when the model can't be loaded safely or knows no persons and places.
    """
    tagger = _load("token-classification", model, AutoModelForTokenClassification)
    names = {label: _bare(label) for label in tagger.model.config.id2label.values()}
    kinds = {label: _KINDS[name] for label, name in names.items() if name in _KINDS}
    if not {"PER", "LOC"} <= set(kinds.values()):
        raise _labels_refused(model, names)
    longest = _longest(tagger)
    tagger.tokenizer.model_max_length = longest

    def mentions(sentences: Sequence[Sentence]) -> tuple[Mention, ...]:
        found: list[Mention] = []
        for number, sentence in enumerate(sentences):
            if sentence.text.strip():
                spans = tagger(sentence.text, aggregation_strategy="simple", stride=min(_OVERLAP, longest // 4))
                found.extend(_mentions(spans, sentence.text, number))
        return tuple(found)

    return mentions


def _mentions(spans: Iterable[Mapping[str, Any]], text: str, number: int) -> Iterator[Mention]:
    """Names as whole words, though a tagger may tag only some pieces of a word; the first of two that meet stays."""
    reached = 0
    for span in spans:
        kind = _KINDS.get(_bare(span["entity_group"]))
        start, end = max(span["start"], reached), span["end"]
        while start > reached and text[start - 1].isalnum():
            start -= 1
        while end < len(text) and text[end].isalnum():
            end += 1
        start += len(text[start:end]) - len(text[start:end].lstrip())
        name = text[start:end].strip()
        if kind and name:
            reached = start + len(name)
            yield Mention(kind, name, number, start, reached, float(span["score"]))


def _bare(label: str) -> str:
    """A label without its place in the name: 'per' of 'B-PER' or 'S-PER'."""
    return label.rpartition("-")[2].lower()


def load_summary(model: str) -> Callable[[str, str], str]:
    """A model that writes summaries: (title, text) -> one text, its white space made single spaces.

    Raises `UsageError` when the model can't be loaded safely.
    """
    tokenizer, writer = _load_parts(model, AutoModelForSeq2SeqLM)
    longest = min(tokenizer.model_max_length, _LONGEST_INPUT)

    def summarize(title: str, text: str) -> str:
        inputs = tokenizer(f"{title}. {text}", truncation=True, max_length=longest, return_tensors="pt")
        written = writer.generate(
            inputs["input_ids"], attention_mask=inputs["attention_mask"], max_new_tokens=_SUMMARY_TOKENS
        )
        return _SPACES.sub(" ", str(tokenizer.decode(written[0], skip_special_tokens=True))).strip()

    return summarize


def _load(task: str, model: str, architecture: Any) -> Any:  # noqa: ANN401 - transformers publishes no types
    tokenizer, weights = _load_parts(model, architecture)
    return pipeline(task, model=weights, tokenizer=tokenizer)


def _load_parts(model: str, architecture: Any) -> tuple[Any, Any]:  # noqa: ANN401 - transformers publishes no types
    try:
        tokenizer = AutoTokenizer.from_pretrained(model, trust_remote_code=False)
        weights, report = architecture.from_pretrained(
            model, use_safetensors=True, trust_remote_code=False, output_loading_info=True
        )
    except Exception as error:
        raise UsageError("usage", reason="model", path=model) from error
    if report["missing_keys"]:  # transformers would fill them with random numbers and go on.
        raise UsageError("usage", reason="model", path=model)
    return tokenizer, weights


def _longest(loaded: Any) -> int:  # noqa: ANN401 - transformers publishes no types
    positions = getattr(loaded.model.config, "max_position_embeddings", _LONGEST_INPUT)
    return int(min(loaded.tokenizer.model_max_length, positions, _LONGEST_INPUT))


def _mapped(labels: Sequence[str], known: Mapping[str, ToneLabel], model: str) -> dict[str, ToneLabel]:
    mapped = {label: known.get(label.lower()) for label in labels}
    if not all(mapped.values()):
        raise _labels_refused(model, mapped)
    return {label: tone for label, tone in mapped.items() if tone}


def _labels_refused(model: str, labels: Mapping[str, object]) -> UsageError:
    return UsageError("usage", reason="labels", path=model, labels=", ".join(sorted(labels))[:200])
