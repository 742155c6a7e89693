"""A `Reading` goes in, the tone of the news comes out, with the sentences that speak for it."""

from __future__ import annotations

from services.models import Evidence, Tone, ToneLabel
from services.nlp.reading import Reading

# The scores are calibrated: below it, more than four in ten such verdicts are wrong.
SURE_FROM = 0.6
_MOST_EVIDENCE = 3
_FEWEST_WORDS = 5


def judge_tone(reading: Reading, sure_from: float = SURE_FROM) -> Tone:
    """The tone of headline and body together.

    `sure` is false when the best label's calibrated probability is under `sure_from`; then the evidence speaks for the
    two best labels, else for the best one. Evidence is verbatim, strongest first, at most three sentences.
    """
    scores = reading.tone
    labels: list[ToneLabel] = sorted(("positive", "neutral", "negative"), key=scores.of, reverse=True)
    sure = scores.of(labels[0]) >= sure_from
    return Tone(
        label=labels[0],
        confidence=scores.of(labels[0]),
        sure=sure,
        scores=scores,
        evidence=_evidence(reading, labels[:1] if sure else labels[:2]),
    )


def _evidence(reading: Reading, labels: list[ToneLabel]) -> tuple[Evidence, ...]:
    found = [
        Evidence(sentence.text, tone.label, tone.of(tone.label))
        for sentence, tone in zip(reading.sentences, reading.tones, strict=True)
        if tone.label in labels and len(sentence.text.split()) >= _FEWEST_WORDS
    ]
    distinct = {evidence.sentence: evidence for evidence in found}
    return tuple(sorted(distinct.values(), key=lambda one: one.score, reverse=True)[:_MOST_EVIDENCE])
