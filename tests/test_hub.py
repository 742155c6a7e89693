"""Real, tiny models, made and saved here, loaded as a team's own would be: `make test-hub`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.errors import UsageError
from services.nlp.reading import Sentence

transformers = pytest.importorskip("transformers", reason="needs the extra hub")
torch = pytest.importorskip("torch", reason="needs the extra hub")

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402 - beside it

from services.nlp import hub  # noqa: E402 - imports transformers

# transformers and torch warn about their own internals; what we call is what these tests are about.
pytestmark = [pytest.mark.hub, pytest.mark.filterwarnings("default")]

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "presiden",
    "joko",
    "wid",
    "##odo",
    "tiba",
    "di",
    "jakarta",
    ".",
    "banjir",
    "warga",
    "senang",
]
SMALL: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def save_tokenizer(folder: Path, longest: int = 64) -> None:
    tokenizer = Tokenizer(models.WordPiece({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=longest,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
    ).save_pretrained(folder)


def save_bert(folder: Path, task: str, labels: list[str], *, safe: bool = True) -> Path:
    config = transformers.BertConfig(
        vocab_size=len(WORDS), max_position_embeddings=64, id2label=dict(enumerate(labels)), label2id={}, **SMALL
    )
    torch.manual_seed(7)
    model = getattr(transformers, f"BertFor{task}Classification")(config)
    model.save_pretrained(folder)
    if not safe:
        torch.save(model.state_dict(), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    save_tokenizer(folder)
    return folder


def test_a_tone_model_takes_the_place_of_ours(tmp_path: Path) -> None:
    tone = hub.load_tone(str(save_bert(tmp_path, "Sequence", ["Negatif", "NETRAL", "positive"])))
    scores = tone("Warga senang", "Banjir " * 500)
    assert scores.positive + scores.neutral + scores.negative == pytest.approx(1)
    assert min(scores.positive, scores.neutral, scores.negative) > 0


def test_stars_are_tones_too(tmp_path: Path) -> None:
    stars = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]
    scores = hub.load_tone(str(save_bert(tmp_path, "Sequence", stars)))("Warga senang", "Banjir")
    assert scores.positive + scores.neutral + scores.negative == pytest.approx(1)


@pytest.mark.parametrize("labels", [["LABEL_0", "LABEL_1", "LABEL_2"], ["sports", "politics"], ["neutral", "netral"]])
def test_labels_that_are_no_tones_are_refused_by_name(tmp_path: Path, labels: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        hub.load_tone(str(save_bert(tmp_path, "Sequence", labels)))
    assert labels[0] in str(refused.value.facts["labels"])


def test_a_names_model_takes_the_place_of_ours(tmp_path: Path) -> None:
    labels = ["O", "B-PERSON", "I-PERSON", "B-GPE", "I-GPE", "B-EVT"]
    names = hub.load_names(str(save_bert(tmp_path, "Token", labels)))
    sentences = (Sentence("", -1), Sentence("Presiden Joko Widodo tiba di Jakarta.", 0), Sentence("Warga " * 300, 1))
    for mention in names(sentences):
        assert mention.kind in {"PER", "LOC", "ORG"}
        assert sentences[mention.sentence].text[mention.start : mention.end] == mention.text
        assert mention.text == mention.text.strip() != ""


def test_names_are_whole_words_though_only_their_first_piece_is_tagged(tmp_path: Path) -> None:
    labels = ["O", "B-PER", "I-PER", "S-LOC"]
    config = transformers.BertConfig(
        vocab_size=len(WORDS), num_labels=4, id2label=dict(enumerate(labels)), **(SMALL | {"num_hidden_layers": 0})
    )
    model = transformers.BertForTokenClassification(config)
    tagged = {"joko": 1, "wid": 2, "jakarta": 3}  # '##odo' isn't.
    with torch.no_grad():
        for weights in model.parameters():
            weights.zero_()
        model.bert.embeddings.LayerNorm.weight.fill_(1)
        model.bert.embeddings.word_embeddings.weight.copy_(torch.eye(len(WORDS), config.hidden_size))
        model.classifier.bias[0] = 1
        for word, label in tagged.items():
            model.classifier.weight[label, WORDS.index(word)] = 9
    model.save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    (person, place) = hub.load_names(str(tmp_path))((Sentence("Presiden Joko Widodo tiba di Jakarta.", 0),))
    assert (person.kind, person.text, person.start) == ("PER", "Joko Widodo", 9)
    assert (place.kind, place.text, place.start) == ("LOC", "Jakarta", 29)


def test_a_tagger_without_places_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        hub.load_names(str(save_bert(tmp_path, "Token", ["O", "B-PER", "B-DATE"])))


def test_a_summary_model_takes_the_place_of_ours(tmp_path: Path) -> None:
    config = transformers.BartConfig(
        vocab_size=len(WORDS),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=2,
        forced_eos_token_id=3,
    )
    torch.manual_seed(7)
    transformers.BartForConditionalGeneration(config).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    written = hub.load_summary(str(tmp_path))("Warga senang", "Banjir di Jakarta. " * 200)
    assert written == " ".join(written.split())


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = save_bert(tmp_path, "Sequence", ["negative", "neutral", "positive"], safe=False)
    with pytest.raises(UsageError):
        hub.load_tone(str(folder))


def test_a_model_that_was_never_trained_for_the_task_is_refused(tmp_path: Path) -> None:
    labels = ["negative", "neutral", "positive"]
    config = transformers.BertConfig(vocab_size=len(WORDS), id2label=dict(enumerate(labels)), label2id={}, **SMALL)
    transformers.BertModel(config).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    with pytest.raises(UsageError):
        hub.load_tone(str(tmp_path))


def test_a_models_own_code_is_never_run(tmp_path: Path) -> None:
    folder = save_bert(tmp_path, "Sequence", ["negative", "neutral", "positive"])
    ran = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(ran)!r}, 'w').close()\n")
    config = json.loads((folder / "config.json").read_text())
    config |= {
        "model_type": "evil",
        "auto_map": {"AutoConfig": "evil.C", "AutoModelForSequenceClassification": "evil.M"},
    }
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(UsageError):
        hub.load_tone(str(folder))
    assert not ran.exists()


def test_a_missing_model_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        hub.load_summary(str(tmp_path / "nowhere"))
    assert refused.value.facts["reason"] == "model"
