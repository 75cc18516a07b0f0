from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from tiny_whisper import save_encoder, tiny_encoder

from undertone.errors import ModelError
from undertone.hub import resolve
from undertone.speech import conversion


def test_a_folder_can_write_only_with_decoder_and_tokenizer(tmp_path: Path) -> None:
    decoder = {"model.decoder.layer_norm.bias": torch.ones(1)}
    encoder_only = save_encoder(tiny_encoder(), tmp_path / "encoder")
    without_tokenizer = save_encoder(tiny_encoder(), tmp_path / "weights", **decoder)
    assert conversion.has_decoder(resolve("whisper-demo"))
    assert not conversion.has_decoder(encoder_only)
    assert not conversion.has_decoder(without_tokenizer)
    (without_tokenizer / "tokenizer.json").write_text("{}")
    assert conversion.has_decoder(without_tokenizer)


def test_a_model_is_converted_once_however_many_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    conversions = []

    def convert(folder: Path, to: Path, compute_type: str) -> None:
        conversions.append(compute_type)
        (to / "model.bin").write_text(compute_type)

    monkeypatch.setattr(conversion, "_convert", convert)
    source = resolve("whisper-demo")
    with ThreadPoolExecutor(4) as threads:
        folders = list(threads.map(lambda _: conversion.converted(source, "int8"), range(8)))
    assert conversions == ["int8"]
    assert len(set(folders)) == 1
    assert (folders[0] / "model.bin").read_text() == "int8"


def test_other_content_is_converted_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "_convert", lambda *_: None)
    one = save_encoder(tiny_encoder(seed=1), tmp_path / "whisper")
    first = conversion.converted(one, "int8")
    save_encoder(tiny_encoder(seed=2), tmp_path / "whisper")
    assert conversion.converted(one, "int8") != first
    assert conversion.converted(one, "float32") != conversion.converted(one, "int8")


def test_a_conversion_that_fails_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = save_encoder(tiny_encoder(), tmp_path / "whisper")
    with pytest.raises(ModelError, match="cannot be converted"):
        conversion.converted(broken, "int8")
    kept = [path for path in (tmp_path / "home").rglob("*") if path.suffix != ".lock"]
    assert all(path.is_dir() and not path.name.startswith(".") for path in kept)
