import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import torch
from transformers import BertConfig, WhisperConfig

from tests.model.tiny import nudge
from undertone.abstention import Abstention
from undertone.bundle import Bundle, save_bundle
from undertone.config import ListeningParams, Params
from undertone.dimensions import derive
from undertone.errors import AudioError, ModelError, UndertoneError
from undertone.inference import Predictor, Query, listener_for
from undertone.model.adapters import adapter_between
from undertone.model.config import UNHEARD, FusedConfig
from undertone.model.fused import FusedModel
from undertone.prediction import Prediction
from undertone.speech.encoder import AcousticEncoder
from undertone.speech.listener import Listener
from undertone.training.tokenizer import train_tokenizer

SECOND = 16_000
LABELS = ("anger", "happiness", "sadness")
TEXTS = ["i am so happy", "the train is late again", "leave me alone"]
WHISPER = {
    "d_model": 16,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 32,
    "num_mel_bins": 80,
}


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("whisper")
    torch.manual_seed(0)
    encoder = AcousticEncoder(WhisperConfig(**WHISPER))
    encoder.config.save_pretrained(folder)
    weights = {f"encoder.{name}": value for name, value in encoder.whisper.state_dict().items()}
    save_file(weights, folder / "model.safetensors")
    return folder


@pytest.fixture(scope="module")
def params(whisper: Path) -> Params:
    return Params(listening=ListeningParams(whisper=str(whisper)))


def bundle(temperature: float = 1.0, **changes: object) -> Bundle:
    tokenizer = train_tokenizer(TEXTS)
    text = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    settings = {"statistics_shape": (3, 32), "text_encoder": text.to_dict(), "hidden_size": 16}
    torch.manual_seed(1)
    model = FusedModel(FusedConfig(labels=LABELS, **settings | changes)).eval()
    return Bundle(model, tokenizer, temperature)


def predictor(params: Params, given: Bundle) -> Predictor:
    return Predictor(given, Listener(Path(params.listening.whisper), params.listening), params)


@pytest.fixture(scope="module")
def fused(params: Params) -> Predictor:
    return predictor(params, bundle())


@pytest.fixture(autouse=True)
def speech(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The noise of `recording` passes for speech, but in tests marked with `real_speech`."""
    if "real_speech" in request.keywords:
        return
    monkeypatch.setattr(
        "undertone.speech.utterance.speech_segments",
        lambda samples: [(0.0, len(samples) / SECOND)],
    )


def recording(seconds: float = 1.5) -> bytes:
    return wav(np.random.default_rng(0).normal(0, 0.1, int(seconds * SECOND)))


def wav(samples: npt.NDArray[np.float64]) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, SECOND, format="WAV")
    return file.getvalue()


def assert_whole(prediction: Prediction, modalities: set[str]) -> None:
    assert set(prediction.distribution) == set(LABELS)
    assert sum(prediction.distribution.values()) == pytest.approx(1)
    assert prediction.confidence == max(prediction.distribution.values())
    assert prediction.distribution[prediction.emotion] == prediction.confidence
    assert set(prediction.by_modality) == modalities
    for distribution in prediction.by_modality.values():
        assert sum(distribution.values()) == pytest.approx(1)
    there = prediction.modalities.model_dump()
    assert {name for name, present in there.items() if present} == modalities


def test_speech_and_text_are_fused(fused: Predictor) -> None:
    prediction = fused.predict(recording(), "i am so happy")
    assert_whole(prediction, {"audio", "text"})
    assert prediction.audio is not None
    assert prediction.audio.duration_s == pytest.approx(1.5)
    assert set(prediction.timings_ms) == {"decode", "listen", "write", "fuse"}


def test_speech_alone_is_enough(fused: Predictor, tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(recording())
    prediction = fused.predict(tmp_path / "call.wav")
    assert_whole(prediction, {"audio"})
    assert prediction.transcript is None
    assert prediction == fused.predict(recording()).model_copy(
        update={"timings_ms": prediction.timings_ms}
    )


def test_text_alone_is_enough(fused: Predictor) -> None:
    prediction = fused.predict(None, "  leave me alone ")
    assert_whole(prediction, {"text"})
    assert prediction.transcript is not None
    assert prediction.transcript.text == "leave me alone"
    assert prediction.transcript.source == "given"
    assert prediction.audio is None


def test_utterances_answered_together_are_answered_as_each_alone(fused: Predictor) -> None:
    queries = [
        Query(recording()),
        Query(recording(0.8), "i am so happy"),
        Query(text="leave me alone", context="i am so happy"),
        Query(recording(1.4), timeline=True),
        Query(),
        Query(text="leave me alone"),
    ]
    prepared = [fused.prepare(query) for query in queries]
    together = fused.answer(prepared)
    alone = [fused.answer([one])[0] for one in prepared]
    assert [type(answer) for answer in together] == [type(answer) for answer in alone]
    assert isinstance(together[4], UndertoneError)
    for ours, theirs in zip(together, alone, strict=True):
        if isinstance(ours, Prediction) and isinstance(theirs, Prediction):
            assert ours.distribution == pytest.approx(theirs.distribution, abs=1e-5)
            assert ours.by_modality.keys() == theirs.by_modality.keys()
            assert (ours.timeline is None) == (theirs.timeline is None)
            assert ours.transcript == theirs.transcript


def test_adapters_are_mixed_in_a_batch_and_answer_as_whole_bundles_do(
    params: Params, tmp_path: Path
) -> None:
    shared = predictor(params, bundle())
    ours, whole = [], []
    for seed in (5, 6):
        own = bundle(temperature=float(seed))
        own.abstention = Abstention(confidence_floor=seed / 10)
        nudge(own.model.fusion.joint[0], torch.Generator().manual_seed(seed))
        adapter = adapter_between(shared.bundle.model, own.model, 2)
        save_bundle(own, tmp_path / str(seed), adapter)
        ours.append(shared.adapted(tmp_path / str(seed)))
        whole.append(predictor(params, own))
    assert {one.shared for one in ours} == {shared.shared}
    query = Query(recording(), "i am so happy", timeline=True)
    mixed = ours[0].answer([one.prepare(query) for one in (*ours, shared)])
    alone = [one.answer([one.prepare(query)])[0] for one in (*whole, shared)]
    for answer, expected in zip(mixed, alone, strict=True):
        assert isinstance(answer, Prediction)
        assert isinstance(expected, Prediction)
        assert answer.distribution == pytest.approx(expected.distribution, abs=1e-5)
        assert answer.unknown == expected.unknown
        assert answer.timeline is not None
        assert expected.timeline is not None
        for segment, other in zip(answer.timeline, expected.timeline, strict=True):
            assert segment.distribution == pytest.approx(other.distribution, abs=1e-5)
    assert mixed[0] != mixed[1]


def test_what_was_said_before_counts(fused: Predictor) -> None:
    alone, led = (fused.predict(None, TEXTS[0], context=before) for before in (None, TEXTS[2]))
    assert alone.distribution != led.distribution
    assert alone.transcript == led.transcript


@pytest.mark.parametrize("text", [None, "", "  \n"])
def test_nothing_at_all_is_refused(fused: Predictor, text: str | None) -> None:
    with pytest.raises(UndertoneError, match="nothing to classify"):
        fused.predict(None, text)


def test_an_image_alone_is_refused_by_a_model_that_sees_none(fused: Predictor) -> None:
    with pytest.raises(UndertoneError, match="nothing to classify"):
        fused.predict(None, image=b"a face")


def test_audio_that_cannot_be_used_is_refused(fused: Predictor) -> None:
    with pytest.raises(AudioError):
        fused.predict(b"not audio", "i am so happy")


def test_the_temperature_calibrates(params: Params) -> None:
    sharp = predictor(params, bundle(0.5)).predict(None, TEXTS[0])
    flat = predictor(params, bundle(5.0)).predict(None, TEXTS[0])
    assert sharp.emotion == flat.emotion
    assert sharp.confidence > flat.confidence > 1 / len(LABELS)


def test_a_fine_tuned_encoder_is_heard_through(params: Params) -> None:
    tuned = bundle(acoustic_encoder=WhisperConfig(**WHISPER).to_dict())
    audio = recording()
    before = predictor(params, tuned).predict(audio)
    assert_whole(before, {"audio"})
    with torch.no_grad():
        tuned.model.acoustic.encoder.whisper.conv1.bias += 1
    assert predictor(params, tuned).predict(audio).distribution != before.distribution


def test_a_bundle_of_another_whisper_is_refused(params: Params) -> None:
    with pytest.raises(ModelError, match=r"Set listening\.whisper"):
        predictor(params, bundle(statistics_shape=(5, 768)))


def test_a_bundle_of_a_whisper_of_the_same_shape_but_other_weights_is_refused(
    params: Params,
) -> None:
    other = bundle()
    other.info = {"listening": {"whisper": "my-whisper", "encoder": "0" * 64}}
    with pytest.raises(ModelError, match=r"what my-whisper heard.*Set listening\.whisper"):
        predictor(params, other)


def test_a_face_is_seen(params: Params) -> None:
    from PIL import Image
    from transformers import ViTConfig, ViTImageProcessor

    vision = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=16,
        patch_size=8,
    )
    seeing = bundle(image_encoder=vision.to_dict(), detect_face=False)
    seeing.image_processor = ViTImageProcessor(size={"height": 16, "width": 16})
    face = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(face, "PNG")
    fused = predictor(params, seeing)
    assert_whole(fused.predict(None, image=face.getvalue()), {"image"})
    assert_whole(fused.predict(recording(), TEXTS[0], face.getvalue()), {"audio", "text", "image"})
    with pytest.raises(UndertoneError, match="image cannot be read"):
        fused.predict(None, image=b"no image")


def test_a_model_of_text_alone_takes_a_voice_by_its_words(params: Params) -> None:
    reader = predictor(params, bundle(statistics_shape=UNHEARD))
    both = reader.predict(recording(), TEXTS[0])
    assert both.distribution == reader.predict(None, TEXTS[0]).distribution
    assert (both.modalities.audio, both.modalities.text) == (False, True)
    assert both.audio is not None


def test_dimensions_follow_from_the_classes_or_from_their_own_head(params: Params) -> None:
    derived = predictor(params, bundle()).predict(None, TEXTS[0])
    assert derived.dimensions == derive(derived.distribution)
    trained = predictor(params, bundle(dimensions=True)).predict(None, TEXTS[0])
    assert trained.dimensions is not None
    assert trained.dimensions.source == "trained"


@pytest.mark.parametrize("own_encoder", [False, True])
def test_a_timeline_covers_the_recording_and_costs_nothing_unasked(
    params: Params, own_encoder: bool
) -> None:
    encoder = WhisperConfig(**WHISPER).to_dict() if own_encoder else None
    hearing = predictor(params, bundle(acoustic_encoder=encoder))
    audio = recording(4.0)
    plain, told = hearing.predict(audio), hearing.predict(audio, timeline=True)
    assert plain.timeline is None
    assert "timeline" not in plain.timings_ms
    assert told.timeline is not None
    assert told.timeline[0].start == 0
    assert told.timeline[-1].end == pytest.approx(4.0)
    for before, after in pairwise(told.timeline):
        assert before.end == after.start
        assert before.emotion != after.emotion
    assert told.distribution == plain.distribution
    assert hearing.predict(None, TEXTS[0], timeline=True).timeline is None


@pytest.mark.real_speech
@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silence_and_noise_are_unknown(fused: Predictor, level: float) -> None:
    prediction = fused.predict(wav(level * np.random.default_rng(0).normal(size=2 * SECOND)))
    assert (prediction.emotion, prediction.unknown) == ("unknown", "no speech")
    assert set(prediction.distribution) == set(LABELS)


@pytest.mark.real_speech
def test_a_given_text_stands_alone_beside_a_recording_without_speech(fused: Predictor) -> None:
    beside = fused.predict(wav(np.zeros(SECOND)), "i am so happy")
    alone = fused.predict(None, "i am so happy")
    assert beside.unknown is None
    assert beside.distribution == alone.distribution
    assert not beside.modalities.audio


def test_what_lies_far_from_training_is_unknown(params: Params) -> None:
    strict = bundle()
    strict.abstention = Abstention(novelty_limit=1e-6)
    prediction = predictor(params, strict).predict(recording())
    assert prediction.unknown == "unlike the training speech"
    assert prediction.ood_score is not None
    assert prediction.ood_score > 1


def test_the_unsure_abstain(params: Params) -> None:
    strict = bundle()
    strict.abstention = Abstention(confidence_floor=1.0)
    prediction = predictor(params, strict).predict(None, "i am so happy")
    assert (prediction.emotion, prediction.unknown) == ("unknown", "too unsure")


def test_the_whisper_of_the_training_listens_whatever_the_settings_name(params: Params) -> None:
    named = bundle()
    named.info = {"listening": {"whisper": params.listening.whisper}}
    assert listener_for(named, ListeningParams()).encoder.layers == WHISPER["encoder_layers"]
    named.info = {"listening": {"whisper": "gone/elsewhere"}}
    assert listener_for(named, params.listening).encoder.layers == WHISPER["encoder_layers"]
    with pytest.raises(ModelError, match="gone/too"):
        listener_for(named, ListeningParams(whisper="gone/too"))
