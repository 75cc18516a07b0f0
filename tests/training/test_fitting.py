from pathlib import Path

import pytest
import synthetic
import torch
from torch.testing import assert_close

from undertone.config import Params
from undertone.dimensions import concordance, moments
from undertone.evaluation.metrics import uar
from undertone.training.batches import batches_of
from undertone.training.examples import Examples
from undertone.training.fitting import balanced, fit
from undertone.training.predicting import predict
from undertone.training.probing import probe_layers


def reached(bundle, examples: Examples, without: tuple[str, ...] = ()) -> float:
    logits = predict(bundle, examples, without=without).logits
    return uar(examples.targets(bundle.labels).numpy(), logits.argmax(1), len(bundle.labels))


def test_learns_a_handful_by_heart_from_any_modality(params: Params) -> None:
    train = synthetic.examples(speakers=4)
    slow = params.model_copy(
        update={"training": params.training.model_copy(update={"epochs": 25, "patience": 25})}
    )
    bundle = fit(train, train, slow, synthetic.LABELS)

    assert reached(bundle, train) == 1.0
    assert reached(bundle, train, without=("text",)) == 1.0
    assert reached(bundle, train, without=("audio",)) == 1.0


def test_standardises_by_training_speakers_alone(params: Params) -> None:
    train, validation = synthetic.examples(3), synthetic.examples(2, first=3)
    validation.statistics.add_(100.0)
    standardise = fit(train, validation, params, synthetic.LABELS).model.acoustic.standardise

    assert_close(standardise.mean, train.statistics.mean(0))
    assert_close(standardise.scale, train.statistics.std(0, correction=0))


def test_the_tokenizer_knows_training_texts_alone(params: Params) -> None:
    train, validation = synthetic.examples(3), synthetic.examples(1, first=3)
    validation.rows["text"] = "quixotic zebra"
    tokenizer = fit(train, validation, params, synthetic.LABELS).tokenizer

    assert tokenizer.unk_token_id in tokenizer("quixotic").input_ids
    assert tokenizer.tokenize("table") == ["table"]


def test_the_same_seed_gives_the_same_model(params: Params) -> None:
    train, validation = synthetic.examples(3), synthetic.examples(2, first=3)
    first, second = (fit(train, validation, params, synthetic.LABELS) for _ in range(2))

    assert_close(first.model.state_dict(), second.model.state_dict(), rtol=0, atol=0)
    assert first.labels == synthetic.LABELS


def test_goes_on_from_a_bundle_and_leaves_it_as_it_is(params: Params) -> None:
    train, validation = synthetic.examples(3), synthetic.examples(2, first=3)
    champion = fit(train, validation, params, synthetic.LABELS)
    before = {name: value.clone() for name, value in champion.model.state_dict().items()}
    challenger = fit(validation, train, params, (), init=champion)

    assert challenger.labels == champion.labels
    assert_close(champion.model.state_dict(), before, rtol=0, atol=0)
    assert_close(challenger.model.acoustic.standardise.mean, before["acoustic.standardise.mean"])
    assert not torch.equal(
        challenger.model.acoustic.project[1].weight, before["acoustic.project.1.weight"]
    )


def test_rare_emotions_weigh_more(params: Params) -> None:
    train = synthetic.examples(4).take([0, 1, 2, 3, 4, 6, 7])
    weights = fit(train, train, params, synthetic.LABELS).model.class_weights

    assert_close(weights, balanced(train.targets(synthetic.LABELS), 3))
    assert weights[2] > weights[0]
    flat = params.model_copy(
        update={"training": params.training.model_copy(update={"class_weights": False})}
    )
    assert fit(train, train, flat, synthetic.LABELS).model.class_weights.tolist() == [1, 1, 1]


def test_balanced_weights_count_each_emotion_alike() -> None:
    targets = torch.tensor([0, 0, 0, 1])

    assert_close(balanced(targets, 3), torch.tensor([4 / 6, 2.0, 1.0]))
    assert balanced(targets, 3, power=0).tolist() == [1, 1, 1]
    half = balanced(targets, 3, power=0.5)
    assert_close(half[1] / half[0], torch.tensor(3**0.5))
    assert_close(half[targets].mean(), torch.tensor(1.0))


def test_probing_finds_the_layer_that_tells() -> None:
    examples = synthetic.examples(speakers=6, each=3)
    weights = probe_layers(
        examples.statistics,
        examples.targets(synthetic.LABELS),
        examples.rows["speaker_id"].tolist(),
        classes=3,
    )

    assert weights.argmax() == 1
    assert weights[1] > 3 * weights[[0, 2]].max()
    assert_close(weights.norm(), torch.tensor(1.0))


def test_utterances_without_voice_or_words_are_learnt_from(params: Params) -> None:
    train, validation = synthetic.examples(4), synthetic.examples(2, first=4)
    train.rows.loc[:5, "path"] = None
    train.rows.loc[6:, "text"] = None
    train.statistics[:6] = torch.nan
    bundle = fit(train, validation, params, synthetic.LABELS)
    alone = predict(bundle, train).by_modality

    assert torch.tensor(predict(bundle, train).logits).isfinite().all()
    assert torch.tensor(alone["audio"]).isnan().all(1).tolist() == [True] * 6 + [False] * 6
    assert torch.tensor(alone["text"]).isnan().all(1).tolist() == [False] * 6 + [True] * 6
    assert torch.tensor(alone["image"]).isnan().all()


def test_no_voice_at_all_is_learnt_from(params: Params) -> None:
    train = synthetic.examples(4)
    train.rows["path"] = None
    bundle = fit(train, train, params, synthetic.LABELS)

    assert reached(bundle, train) > 1 / 3


def test_batches_do_not_depend_on_how_they_are_cut(params: Params) -> None:
    train = synthetic.examples(3)
    batches = batches_of(fit(train, train, params, synthetic.LABELS), train, params.audio)
    whole = batches.__getitems__(range(9))
    parts = [batches[place] for place in range(9)]

    assert_close(
        whole["acoustic_statistics"], torch.cat([part["acoustic_statistics"] for part in parts])
    )
    assert torch.equal(whole["labels"], train.targets(synthetic.LABELS))


@pytest.mark.parametrize("pooling", ["statistics", "attention"])
def test_attention_pooling_hears_the_recordings(
    pooling: str, whisper: Path, tmp_path: Path
) -> None:
    frame = synthetic.rows(3)
    corpus, _ = synthetic.write_folders(tmp_path, frame)
    frame["path"] = [str(corpus / path) for path in frame["path"]]
    train = Examples(frame, synthetic.statistics(frame))
    params = synthetic.settings(f"listening.whisper={whisper}", f"model.pooling={pooling}")
    model = fit(train, train, params, synthetic.LABELS).model

    assert (model.acoustic.encoder is not None) == (pooling == "attention")
    if pooling == "attention":
        assert model.acoustic.attention.score.abs().max() > 0


def test_dimensions_are_learnt_where_rows_have_them(params: Params) -> None:
    train, validation = synthetic.examples(4, 2), synthetic.examples(2, 2, first=4)
    for part in (train, validation):
        part.rows["valence"] = part.rows["emotion"].map({"anger": -0.7, "sadness": -0.3})
        part.rows["arousal"] = part.rows["emotion"].map(
            {"anger": 0.8, "neutral": 0.0, "sadness": -0.6}
        )
    slow = params.model_copy(
        update={"training": params.training.model_copy(update={"epochs": 25, "patience": 25})}
    )
    bundle = fit(train, validation, slow, synthetic.LABELS)
    guess = predict(bundle, validation).dimensions

    assert bundle.model.config.dimensions
    assert guess is not None and abs(guess).max() <= 1
    known = validation.rows["arousal"].to_numpy()
    pairs = moments(known, guess[:, 1])
    assert concordance(pairs.sum(axis=0)) > 0.5


def test_no_dimensions_without_labels_of_them(params: Params) -> None:
    train = synthetic.examples(3)
    bundle = fit(train, train, params, synthetic.LABELS)
    assert not bundle.model.config.dimensions
    assert predict(bundle, train).dimensions is None
