"""The service over a real predictor: a Whisper that listens and an untrained fused model."""

import pytest
from serving_harness import live_service, wait_for_metric, write_evaluation
from untrained import write_adapted_bundle, write_untrained_bundle

from serving.champion import warm_up_tone
from serving.client import ServiceError
from undertone.config import Params
from undertone.hub import resolve
from undertone.inference import Predictor
from undertone.labels import EMOTIONS


def test_a_real_model_is_loaded_warmed_and_answers(tmp_path):
    bundle = write_untrained_bundle(tmp_path / "bundle", resolve("whisper-demo"))
    evaluation = write_evaluation(tmp_path / "evaluation")
    origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
    settings = "serving: {keep_audio: true}"
    with live_service(tmp_path, "serving.service:Undertone", settings) as live:
        tag = live.registry.register(bundle, evaluation=evaluation, **origin)
        live.registry.promote(tag, "first")
        live.client.wait_ready(120)
        assert live.client.model().classes == EMOTIONS

        beside = live.client.predict(warm_up_tone(), "what a lovely day")
        assert set(beside.by_modality) == {"text"}
        answer = live.client.predict(warm_up_tone(), consent=True)
        assert (answer.emotion, answer.unknown) == ("unknown", "no speech")
        assert set(answer.distribution) == set(EMOTIONS)
        assert sum(answer.distribution.values()) == pytest.approx(1)
        assert set(answer.by_modality) == {"audio"}
        assert answer.audio.duration_s == pytest.approx(1)
        assert (tmp_path / "audio" / f"{answer.prediction_id}.flac").is_file()
        assert live.client.predict(text="what a lovely day").transcript.source == "given"

        for content in ({"audio": b"no sound"}, {"image": b"no face"}):
            with pytest.raises(ServiceError) as refused:
                live.client.predict(**content)
            assert refused.value.status == 422


def test_a_tenants_adapter_answers_on_the_champions_weights(tmp_path):
    base = write_untrained_bundle(tmp_path / "bundle", resolve("whisper-demo"))
    own = write_adapted_bundle(tmp_path / "own", base)
    origin = {"data_revision": "r1", "split_hash": "s1", "run_id": "run-1"}
    evaluation = write_evaluation(tmp_path / "evaluation")
    with live_service(
        tmp_path, "serving.service:Undertone", "serving: {poll_seconds: 0.1}"
    ) as live:
        champion = live.registry.register(base, evaluation=evaluation, **origin)
        live.registry.promote(champion, "first")
        live.client.wait_ready(120)
        tenants = live.registry.register(own, evaluation=evaluation, parent=champion, **origin)
        (live.registry.path(tenants) / "model.safetensors").write_bytes(b"never read")
        live.registry.give("clinic", tenants, "its own")
        wait_for_metric(
            live, f'undertone_model{{model_tag="{tenants}",pointer="tenant/clinic"}} 1.0'
        )
        everyones = live.client.predict(text="what a lovely day")
        ward = live.client.predict(text="what a lovely day", tenant="clinic/ward")
        assert (everyones.model_tag, ward.model_tag) == (champion, tenants)
        for answer, bundle in ((everyones, base), (ward, own)):
            whole = Predictor.load(bundle, Params()).predict(None, "what a lovely day")
            assert answer.distribution == pytest.approx(whole.distribution, abs=1e-4)
        assert everyones.distribution != pytest.approx(ward.distribution, abs=1e-2)
