from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from undertone.config import PROFILES, Params, home, load_params, params_from_json
from undertone.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    path = folder / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_file_goes_before_the_profile_and_overrides_before_both(tmp_path: Path) -> None:
    path = write(tmp_path, "profile: base\ntraining: {epochs: 3, seed: 5}\n")
    params = load_params(path, overrides=["training.seed=6"])
    assert params.profile == "base"
    assert params.listening.whisper == "openai/whisper-tiny.en"
    assert (params.training.epochs, params.training.seed) == (3, 6)


def test_another_profile_leaves_the_keys_of_the_file_out(tmp_path: Path) -> None:
    path = write(tmp_path, "profile: base\ntraining: {epochs: 3}\n")
    params = load_params(path, profile="large")
    assert params.profile == "large"
    assert params.training.epochs == Params().training.epochs
    assert load_params(path, profile="base").training.epochs == 3


@pytest.mark.parametrize("profile", [file.stem for file in PROFILES.glob("*.yaml")])
def test_every_profile_is_valid_and_survives_json(profile: str) -> None:
    params = load_params(profile=profile)
    assert params_from_json(params.model_dump_json()) == params


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("profile: huge", "no profile 'huge'. Known profiles: base, demo"),
        ("training: {epoch: 3}", "training.epoch: Extra inputs"),
        ("training: {epochs: none}", "training.epochs: .*got 'none'"),
        ("training: {encoder_epochs: 0}", "training.encoder_epochs: .*greater than or equal to 1"),
        ("training: {epochs: 0}", "training.epochs must be 1 or more"),
        ("training: 3", "training: "),
        ("- training", "must hold sections"),
        ("training: [", "not readable YAML"),
        ("1: 2", "keys|string"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"(?is){reason}"):
        load_params(write(tmp_path, text))


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("training.epochs", "Write section.key=value"),
        ("=3", "Write section.key=value"),
        ("training.epochs=[", "not YAML"),
        ("training.epoch=3", "training.epoch"),
        ("training.epochs.deep=3", "training.epochs"),
        ("profile.x=3", "profile"),
    ],
)
def test_bad_overrides(override: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        load_params(overrides=[override])


def test_overrides_can_be_long_or_hold_equals_signs() -> None:
    params = load_params(
        overrides=[
            "corpus.path=/data/a=b",
            "corpus.generated.emotion_weights.anger=2",
            "corpus.generated.emotion_weights.fear=1e-3",
            "training.loggers=[dvclive, tensorboard]",
        ]
    )
    assert params.corpus.path == "/data/a=b"
    assert params.corpus.generated.emotion_weights == {"anger": 2.0, "fear": 0.001}
    assert params.training.loggers == ("dvclive", "tensorboard")


def test_an_override_can_name_the_profile() -> None:
    assert load_params(overrides=["profile=base"]).listening.whisper == "openai/whisper-tiny.en"


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_params(tmp_path / "params.yaml")
    with pytest.raises(ConfigError, match="not readable YAML"):
        load_params(tmp_path)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Params().training.epochs = 3  # type: ignore[misc]


@given(st.text(max_size=30))
def test_any_text_is_json_of_settings_or_a_config_error(text: str) -> None:
    with pytest.raises(ConfigError, match="pipeline parameter"):
        params_from_json(f"x{text}")


def test_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path))
    assert home() == tmp_path
    monkeypatch.delenv("UNDERTONE_HOME")
    assert home() == Path.cwd() / ".undertone"
