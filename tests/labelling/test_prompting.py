from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from tests.labelling.tables import utterance
from undertone.errors import ConfigError, ModelError
from undertone.labelling.prompting import MaskedClassifier, Shot, balanced_shots
from undertone.labelling.table import Partly
from undertone.labelling.texts import fill_gaps, shots_of, vocabulary

FELT = {"angry": "stop shouting leave", "happy": "lovely sunny smile", "sad": "gone alone cry"}
EMOTIONS = ("anger", "happiness", "sadness")
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = [*SPECIAL, *FELT, *" ".join(FELT.values()).split(), "i", "feel", ".", "n", "/", "a"]


def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({word: place for place, word in enumerate(WORDS)}, "[UNK]"))
    words.normalizer, words.pre_tokenizer = Lowercase(), Whitespace()
    words.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = ("pad", "unk", "cls", "sep", "mask")
    special = {f"{name}_token": token for name, token in zip(names, SPECIAL, strict=True)}
    return PreTrainedTokenizerFast(tokenizer_object=words, model_max_length=32, **special)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A masked language model that learnt in a second which words go with which feeling.

    It much prefers "angry" to the others, whatever is said.
    """
    folder, words = tmp_path_factory.mktemp("lm"), tokenizer()
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    config = BertConfig(
        vocab_size=len(WORDS), intermediate_size=64, max_position_embeddings=34, **sizes, **still
    )
    network = BertForMaskedLM(config)
    pairs = [(word, felt) for felt, said in FELT.items() for word in (*said.split(), "N/A", "")]
    gap = ["I feel [MASK]."] * len(pairs)
    batch = words([said for said, _ in pairs], gap, padding=True, return_tensors="pt")
    gaps = batch["input_ids"] == words.mask_token_id
    wanted = torch.tensor([WORDS.index(felt) for _, felt in pairs])
    optimizer = torch.optim.Adam(network.parameters(), 0.003)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(network(**batch).logits[gaps], wanted)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        network.cls.predictions.bias[WORDS.index("angry")] += 6
    network.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def said(classifier: MaskedClassifier, texts: Sequence[str]) -> list[str]:
    return [classifier.emotions[place] for place in classifier.classify(texts).argmax(1)]


def test_the_gap_is_filled_by_what_was_said(model: Path) -> None:
    classifier = MaskedClassifier(str(model), EMOTIONS)
    shares = classifier.classify(["lovely smile", "cry alone", "shouting"])
    assert shares.sum(axis=1) == pytest.approx(1)
    assert said(classifier, ["lovely smile", "cry alone", "stop shouting"]) == [
        "happiness",
        "sadness",
        "anger",
    ]


def test_a_preference_of_the_model_is_divided_out(model: Path) -> None:
    classifier = MaskedClassifier(str(model), EMOTIONS)
    assert classifier._scores(["lovely smile"]).argmax() == 0  # angry, before calibration
    blank = np.mean(classifier.classify(["N/A", ""]), axis=0)
    assert blank == pytest.approx(1 / 3, abs=0.15)


def test_examples_and_long_texts_fit_the_model(model: Path) -> None:
    shots = [Shot("lovely " * 30, "happiness"), Shot("cry", "sadness")]
    classifier = MaskedClassifier(str(model), EMOTIONS, shots)
    assert np.isfinite(classifier.classify(["stop " * 100, "a [MASK] smile"])).all()
    assert not np.allclose(
        classifier.classify(["cry"]), MaskedClassifier(str(model), EMOTIONS).classify(["cry"])
    )


def test_an_emotion_without_a_word_is_refused(model: Path) -> None:
    with pytest.raises(ModelError, match=r"no single token for surprise \(surprised, amazed\)"):
        MaskedClassifier(str(model), ("anger", "surprise"))


def test_what_is_no_masked_language_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no masked language model"):
        MaskedClassifier(str(tmp_path), EMOTIONS)


def test_shots_take_turns() -> None:
    shots = [Shot("1", "sadness"), Shot("2", "sadness"), Shot("3", "anger"), Shot("4", "sadness")]
    assert [shot.text for shot in balanced_shots(shots, 2)] == ["3", "1", "2"]
    partly = Partly([utterance("a", "x", "anger"), utterance("b", None, "anger")], [], [])
    assert shots_of(partly, 5) == [Shot("x", "anger")]


def test_texts_get_labels_and_silence_a_reason(model: Path) -> None:
    classifier = MaskedClassifier(str(model), EMOTIONS)
    labels, rejects = fill_gaps(classifier, [utterance("a", "smile"), utterance("b", None)])
    assert [(label.utterance.utterance_id, label.emotion) for label in labels] == [
        ("a", "happiness")
    ]
    assert labels[0].confidence > 1 / 3
    assert [(reject.place, reject.reason[:4]) for reject in rejects] == [("b", "text")]
    assert fill_gaps(classifier, [utterance("b", None)])[0] == []


def test_the_emotions_are_those_named_or_given() -> None:
    given = Partly([utterance("a", "x", "sadness"), utterance("b", "y", "anger")], [], [])
    assert vocabulary(given, None) == ("anger", "sadness")
    assert vocabulary(given, "neutral, fear") == ("fear", "neutral")
    with pytest.raises(ConfigError, match="'rage' is not one of"):
        vocabulary(given, "anger,rage")
    with pytest.raises(ConfigError, match="at least two"):
        vocabulary(Partly([], [], []), None)
