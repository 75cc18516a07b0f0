from pathlib import Path

import pytest

from undertone import hub
from undertone.errors import ModelError


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(hub, "ASSETS", tmp_path / "assets")
    monkeypatch.setenv("UNDERTONE_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("UNDERTONE_HUB", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def test_a_bundled_model_comes_first(places: Path) -> None:
    folder(places / "models" / "whisper-demo")
    bundled = folder(places / "assets" / "whisper-demo")
    assert hub.resolve("whisper-demo") == bundled


def test_a_path_stands_for_itself(places: Path) -> None:
    mine = folder(places / "elsewhere" / "my-whisper")
    assert hub.resolve(str(mine)) == mine


@pytest.mark.parametrize("found", ["whisper-tiny.en", "whisper-tiny.en-encoder"])
def test_a_hub_name_is_looked_for_by_its_last_part(places: Path, found: str) -> None:
    kept = folder(places / "models" / found)
    assert hub.resolve("openai/whisper-tiny.en") == kept


def test_a_whole_model_comes_before_its_encoder(places: Path) -> None:
    folder(places / "models" / "whisper-tiny.en-encoder")
    whole = folder(places / "models" / "whisper-tiny.en")
    assert hub.resolve("openai/whisper-tiny.en") == whole


@pytest.mark.parametrize("name", ["openai/nowhere", ""])
def test_a_missing_model_is_not_downloaded_but_explained(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_download", lambda _: pytest.fail("reached for the network"))
    with pytest.raises(ModelError, match=r"UNDERTONE_MODELS.*UNDERTONE_HUB=1"):
        hub.resolve(name)


def test_the_hub_is_asked_where_the_operator_allows_it(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = folder(places / "snapshot")
    monkeypatch.setenv("UNDERTONE_HUB", "1")
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda name, **_: str(snapshot))
    assert hub.resolve("openai/whisper-tiny.en") == snapshot


def test_a_name_that_the_hub_refuses_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNDERTONE_HUB", "1")
    with pytest.raises(ModelError, match="The hub gave no model 'a/b/c'"):
        hub.resolve("a/b/c")
