"""Training on text alone, and on text with what was said before it."""

from pathlib import Path

import pandas as pd
import pytest
import synthetic
import torch
from torch.testing import assert_close

from tests.model import tiny
from undertone.bundle import Bundle
from undertone.config import Params
from undertone.corpora import ingest
from undertone.evaluation import evaluate
from undertone.model.config import UNHEARD
from undertone.speech import hear
from undertone.training import finetune
from undertone.training.batches import batches_of
from undertone.training.beginning import begin
from undertone.training.examples import Examples
from undertone.training.predicting import predict
from undertone.training.sources import LONGEST_TEXT, Tokens
from undertone.training.tokenizer import train_tokenizer
from undertone.training.trainer import trainer_for

FULL = (
    "listening.whisper=nowhere",
    "split.protocol=official",
    "training.tuning=full",
    "training.epochs=0",
    "training.encoder_epochs=8",
    "training.group_by_length=true",
    "training.select_by=macro_f1",
    "training.class_weights=0.5",
)
TOKENIZER = train_tokenizer(["stop this now", "the table is here", "i miss you so much today"])


def settings(folder: Path, *overrides: str) -> Params:
    table = folder / "texts.csv"
    if not table.exists():
        rows = synthetic.rows(speakers=12)
        rows["split"] = ["train"] * 24 + ["validation"] * 6 + ["test"] * 6
        rows[["speaker_id", "emotion", "text", "split"]].to_csv(table, index=False)
    corpus = ("corpus.name=table", f"corpus.path={table}")
    return synthetic.settings(*FULL, *corpus, *overrides)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    params = settings(folder)
    ingest(params, folder / "corpus")
    hear(folder / "corpus", params, folder / "heard")
    finetune(folder / "corpus", folder / "heard", params, folder / "bundle")
    return folder


def test_text_alone_needs_no_whisper_from_corpus_to_scores(made: Path, tmp_path: Path) -> None:
    bundle = Bundle.load(made / "bundle")
    assert not bundle.hears
    assert bundle.model.acoustic.encoder is None
    assert set(bundle.info["curves"]) == {"encoders"}
    assert {"validation_macro_f1", "validation_weighted_f1"} < set(
        bundle.info["curves"]["encoders"][0]
    )

    found = evaluate(made / "bundle", made / "corpus", made / "heard", tmp_path / "evaluation")
    assert set(found.scores) == {"fused", "text_only"}
    assert found.scores["fused"].weighted_f1.value > 0.9
    signals = pd.read_parquet(tmp_path / "evaluation" / "predictions.parquet")["snr_db"]
    assert signals.isna().all()


def test_goes_on_from_a_bundle(made: Path, tmp_path: Path) -> None:
    params = settings(made, f"training.init={made / 'bundle'}", "training.epochs=1")
    frozen = params.training.model_copy(update={"learning_rate": 1e-9, "weight_decay": 0.0})
    still = params.model_copy(
        update={"training": frozen.model_copy(update={"encoder_learning_rate": 1e-9})}
    )
    finetune(made / "corpus", made / "heard", still, tmp_path / "bundle")
    before, after = (Bundle.load(folder / "bundle").model for folder in (made, tmp_path))
    assert_close(dict(after.named_parameters()), dict(before.named_parameters()))


def test_a_text_model_reads_a_corpus_with_voices(made: Path, tmp_path: Path) -> None:
    frame = synthetic.rows(speakers=3)
    frame["split"] = ["train"] * 3 + ["validation"] * 3 + ["test"] * 3
    corpus, heard = synthetic.write_folders(tmp_path, frame)
    (corpus / "corpus.json").write_text('{"name": "synthetic", "data_revision": "d"}')
    found = evaluate(made / "bundle", corpus, heard, tmp_path / "evaluation")
    assert set(found.scores) == {"fused", "text_only"}
    assert found.scores["fused"].uar.value > 0.9


def test_groups_batches_by_length(tmp_path: Path) -> None:
    frame = synthetic.rows(speakers=12)
    frame["text"] = ["stop " * (1 + place % 4) for place in range(len(frame))]
    examples = Examples(frame.assign(path=None), torch.zeros(len(frame), *UNHEARD))
    params = synthetic.settings("training.group_by_length=true", "training.batch_size=9")
    bundle = begin(examples, params, synthetic.LABELS)
    batches = batches_of(bundle, examples, params.audio)
    trainer = trainer_for(bundle.model, batches, batches, params.training, 1, tmp_path, [])
    samplers = (trainer._get_train_sampler(), trainer._get_eval_sampler(batches))
    assert [sampler.lengths for sampler in samplers] == [batches.lengths()] * 2
    assert len(set(batches.lengths())) == 4
    assert sum(len(batch["labels"]) for batch in trainer.get_train_dataloader()) == len(examples)


def test_predicts_in_the_order_that_was_asked(made: Path) -> None:
    bundle, frame = Bundle.load(made / "bundle"), synthetic.rows(speakers=2)
    frame["text"] = [text * (1 + place % 3) for place, text in enumerate(frame["text"])]
    examples = Examples(frame.assign(path=None), torch.zeros(len(frame), *UNHEARD))
    whole = predict(bundle, examples)
    for place in range(len(examples)):
        alone = predict(bundle, examples.take([place]))
        assert_close(alone.logits[0], whole.logits[place])
        assert_close(alone.by_modality["text"][0], whole.by_modality["text"][place])


def test_the_latest_context_follows_a_text() -> None:
    tokens = Tokens(TOKENIZER, ["stop", "stop"], ["", "table " * 200 + "today"])
    alone, whole = (tokens.batch(torch.tensor([place]))["input_ids"][0] for place in (0, 1))
    assert whole[: len(alone)].tolist() == alone.tolist()
    assert (len(whole), tokens.lengths()) == (LONGEST_TEXT, [len(alone), LONGEST_TEXT])
    assert TOKENIZER.decode(whole[-2:-1]) == TOKENIZER.decode(
        TOKENIZER("today", add_special_tokens=False).input_ids[-1:]
    )
    batch = tokens.batch(torch.tensor([0, 1]))
    assert batch["attention_mask"].sum(1).tolist() == tokens.lengths()
    assert batch["token_type_ids"].sum(1).tolist() == [0, LONGEST_TEXT - len(alone)]


def test_the_same_words_in_two_contexts_are_two_texts() -> None:
    texts = Tokens(TOKENIZER, ["stop", "the table", "stop", "stop"], ["", "", "now", ""])
    distinct, places = texts.distinct()
    assert distinct.texts == ["stop", "stop", "the table"]
    assert distinct.contexts == ["", "now", ""]
    assert places.tolist() == [0, 2, 1, 0]


def test_context_is_heeded_but_not_averaged() -> None:
    branch = tiny.model().text
    there = torch.ones(1, dtype=torch.bool)
    ids = torch.tensor([[3, 4, 5, 6, 7]])
    mask, context = torch.ones_like(ids), torch.tensor([[0, 0, 0, 1, 1]])
    with torch.no_grad():
        states = branch.encoder(ids, attention_mask=mask, token_type_ids=context).last_hidden_state
        found = branch.encode(ids, mask, context, there)
        alone = branch.encode(ids[:, :3], mask[:, :3], None, there)
    assert_close(found, states[:, :3].mean(1))
    assert not torch.allclose(found, alone)
