from dataclasses import replace

import pytest
import torch

from tests.serving.untrained import write_untrained_bundle
from undertone.bundle import Bundle
from undertone.config import ListeningParams, Params
from undertone.errors import ModelError
from undertone.hub import resolve
from undertone.inference import Predictor
from undertone.inference.known import KNOWN, note_known, require_known

PARAMS = Params(listening=ListeningParams(transcribe=False))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("known") / "bundle"
    given = Bundle.load(write_untrained_bundle(folder, resolve("whisper-demo")))
    given.info["listening"] = {"whisper": "whisper-demo"}
    note_known(given, PARAMS)
    return given


def predictor(bundle: Bundle) -> Predictor:
    from undertone.inference import listener_for

    return Predictor(bundle, listener_for(bundle, PARAMS.listening), PARAMS)


def test_a_bundle_carries_what_it_answers(bundle: Bundle) -> None:
    known = bundle.info[KNOWN]
    assert set(known) == {"tone", "buzz", "tone with words"}
    assert all(sum(shares.values()) == pytest.approx(1) for shares in known.values())
    assert known["tone"] != known["buzz"]
    require_known(predictor(bundle))


def test_a_bundle_that_answers_otherwise_is_refused(bundle: Bundle) -> None:
    fusion = bundle.model.fusion
    before = {name: value.clone() for name, value in fusion.state_dict().items()}
    try:
        with torch.no_grad():
            for value in fusion.parameters():
                value.add_(torch.linspace(-3, 3, value.numel()).reshape(value.shape))
        with pytest.raises(ModelError, match="otherwise than when it was trained"):
            require_known(predictor(bundle))
    finally:
        fusion.load_state_dict(before)


def test_what_carries_nothing_is_not_checked(bundle: Bundle) -> None:
    bare = replace(
        bundle, info={name: value for name, value in bundle.info.items() if name != KNOWN}
    )
    require_known(predictor(bare))


def test_a_model_of_words_alone_carries_nothing(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Bundle, "hears", False)
    deaf = replace(bundle, info={})
    note_known(deaf, PARAMS)
    assert deaf.info == {}
