from collections import Counter
from types import SimpleNamespace

import pytest
from serving_harness import live_service, wait_for_metric

from serving.refusal import RefusedError
from serving.routing import Route, Router
from undertone.config import ServingParams

OLD, NEW = (
    SimpleNamespace(current=SimpleNamespace(model=SimpleNamespace(tag=tag))) for tag in ("a", "b")
)
NOBODY = SimpleNamespace(current=None)
OWN = SimpleNamespace(model=SimpleNamespace(tag="c"))
TENANTS = SimpleNamespace(model_of={"clinic": OWN}.get)
CONVERSATIONS = [f"call {number}" for number in range(2000)]


def routes(challenger=NEW, **shares):
    router = Router(OLD, challenger, TENANTS, ServingParams(**shares))
    return [router.route(name) for name in CONVERSATIONS]


def test_the_champion_answers_where_no_share_is_the_challengers():
    assert all(route.answers is OLD.current for route in routes())
    assert all(route.looks_on is None for route in routes())


def test_shares_are_kept_and_apart():
    told = Counter(
        (route.answers.model.tag, route.looks_on is not None)
        for route in routes(canary_share=0.1, shadow_share=0.3)
    )
    assert told["b", False] == pytest.approx(200, abs=50)
    assert told["a", True] == pytest.approx(600, abs=80)
    assert told["b", True] == 0


def test_a_conversation_stays_with_its_model():
    first, second = (routes(canary_share=0.5) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("challenger", [NOBODY, OLD, None])
def test_without_another_model_the_champion_answers_all(challenger):
    for route in routes(challenger, canary_share=0.5, shadow_share=0.5):
        assert (route.answers, route.looks_on) == (OLD.current, None)


def test_without_a_champion_nobody_answers():
    with pytest.raises(RefusedError) as refused:
        Router(NOBODY, NEW, TENANTS, ServingParams(canary_share=1)).route("call", "clinic")
    assert refused.value.status == 503


def test_a_tenant_is_answered_by_its_own_model_others_by_the_champion():
    router = Router(OLD, NEW, TENANTS, ServingParams(canary_share=1))
    assert router.route("call", "clinic") == Route(OWN)
    assert router.route("call", "bank") == router.route("call") == Route(NEW.current)


def test_a_tenants_model_is_served_swapped_and_withdrawn(tmp_path):
    with live_service(tmp_path, params="serving: {poll_seconds: 0.1}") as live:
        champion, first, second = (live.register(name) for name in ("anger", "fear", "disgust"))
        live.registry.promote(champion, "for all")
        live.client.wait_ready(60)
        for tag in (first, second):
            live.registry.give("clinic", tag, "its own")
            wait_for_metric(
                live, f'undertone_model{{model_tag="{tag}",pointer="tenant/clinic"}} 1.0'
            )
            answer = live.client.predict(text="hello", tenant="clinic")
            assert answer.model_tag == tag
            assert live.client.predict(text="hello", tenant="clinic/ward").model_tag == tag
            assert live.store.get_prediction(answer.prediction_id).tenant == "clinic"
        assert live.client.predict(text="hello").model_tag == champion
        assert live.client.predict(text="hello", tenant="bank").model_tag == champion
        live.registry.give("clinic", None, "enough")
        wait_for_metric(
            live, f'undertone_model{{model_tag="{second}",pointer="tenant/clinic"}} 0.0'
        )
        assert live.client.predict(text="hello", tenant="clinic").model_tag == champion


@pytest.mark.parametrize("share", ["canary_share", "shadow_share"])
def test_a_challenger_answers_or_looks_on(share, tmp_path):
    settings = f"serving: {{poll_seconds: 0.1, {share}: 1.0}}"
    with live_service(tmp_path, params=settings) as live:
        champion, challenger = live.register("anger"), live.register("fear")
        live.registry.promote(champion, "first")
        live.client.wait_ready(60)
        assert live.client.predict(text="hello").emotion == "anger"
        live.registry.set_challenger(challenger, "try it")
        loaded = f'undertone_model{{model_tag="{challenger}",pointer="challenger"}} 1.0'
        wait_for_metric(live, loaded)
        answer = live.client.predict(text="hello")
        if share == "canary_share":
            assert (answer.emotion, answer.model_tag) == ("fear", challenger)
            live.registry.clear_challenger("enough")
            live.client.wait_for_champion(champion)
        else:
            assert (answer.emotion, answer.model_tag) == ("anger", champion)
            wait_for_metric(live, 'undertone_shadow_total{agrees="false"} 1.0')
