"""What tests share: the embedded model, loaded once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from services.nlp.encoder import EMBEDDED_MODEL, Encoder
from services.nlp.reading import Reading

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return Encoder.load(EMBEDDED_MODEL, threads=2)


@pytest.fixture(scope="session")
def read(encoder: Encoder) -> Callable[[str, str], Reading]:
    return encoder.read
