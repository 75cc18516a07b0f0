import httpx
from serving_harness import live_service, wait_for_metric

from serving.metrics import metrics
from undertone.prediction import Modalities, Prediction

OPEN = "access: {default_role: caller, default_purpose: research}"


def heard(**facts):
    modalities = Modalities(audio=True, text=False, image=True)
    return Prediction(
        emotion="anger", confidence=0.9, distribution={"anger": 1.0}, modalities=modalities, **facts
    )


def total(metric, label):
    return next(iter(metric.labels(label).collect())).samples[0].value


def test_what_there_was_of_a_speaker_is_counted():
    told = metrics()
    before = [total(told.modalities, name) for name in ("audio", "text", "image")]
    told.count(heard(), "m:1")
    after = [total(told.modalities, name) for name in ("audio", "text", "image")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 0, 1]


def test_answers_that_are_none_are_counted_by_why():
    told = metrics()
    why = "unlike the training speech"
    before = total(told.abstentions, why)
    told.count(heard(unknown=why, ood_score=1.2), "m:1")
    told.count(heard(ood_score=0.4), "m:1")
    assert total(told.abstentions, why) - before == 1
    seen = {
        sample.labels["le"]: sample.value
        for sample in next(iter(told.novelty.collect())).samples
        if sample.name.endswith("_bucket")
    }
    assert seen["+Inf"] - seen["1.0"] == 1


def test_services_that_share_a_home_keep_their_figures_apart(tmp_path):
    answered = "undertone_confidence_count 1.0"
    with live_service(tmp_path, params=OPEN) as first:
        first.wait_alive()
        first.registry.promote(first.register("anger"), "first")
        first.client.wait_ready(60)
        first.client.predict(text="hello")
        wait_for_metric(first, answered)
        with live_service(tmp_path, params=OPEN) as second:
            second.client.wait_ready(60)
            assert answered not in httpx.get(second.url + "/metrics").text
            assert answered in httpx.get(first.url + "/metrics").text
