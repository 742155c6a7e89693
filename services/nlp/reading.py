"""What the encoder hands to the stages of nlp: sentences, mentions of names, tones and vectors, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from services.models import ToneScores

MentionKind = Literal["PER", "LOC", "ORG"]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, verbatim; `paragraph` counts from 0, the title is paragraph -1."""

    text: str
    paragraph: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence: `sentence` is the index into `Reading.sentences`, `start` and `end` are character offsets
    in that sentence's text, `score` is the mean probability of the kind over the words of the name.
    """

    kind: MentionKind
    text: str
    sentence: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One article as the encoder read it.

    `sentences[0]` is the title (its text may be empty), the rest is the body in order. `mentions` are in reading order.
    `tone` is that of headline and body together; `tones` has one entry a sentence. `vectors` is sentences × width, not
    normalized: compare by cosine; `vector` is the article's own (width).
    """

    sentences: tuple[Sentence, ...]
    mentions: tuple[Mention, ...]
    tone: ToneScores
    tones: tuple[ToneScores, ...]
    vectors: Vectors
    vector: Vectors
