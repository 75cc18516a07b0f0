import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from safetensors.numpy import load_file
from tiny_whisper import save_encoder, tiny_encoder

from undertone.audio import Samples
from undertone.config import ListeningParams, Params
from undertone.errors import AudioError
from undertone.hub import resolve
from undertone.manifest import read_manifest, write_manifest
from undertone.model.config import UNHEARD
from undertone.speech import hear, workers
from undertone.speech.listener import Listener
from undertone.speech.utterance import prepare

SECOND = 16_000


@pytest.fixture
def params(tmp_path: Path) -> Params:
    whisper = save_encoder(tiny_encoder(max_source_positions=1500), tmp_path / "whisper")
    return Params(listening=ListeningParams(whisper=str(whisper)))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    sounds = {f"u{index}": rng.normal(0, 0.1, SECOND + index * 999) for index in range(4)}
    return write_corpus(tmp_path / "corpus", sounds, text_only=["t0"])


def write_corpus(folder: Path, sounds: dict[str, Samples], text_only: list[str]) -> Path:
    (folder / "audio").mkdir(parents=True)
    for name, samples in sounds.items():
        soundfile.write(folder / "audio" / f"{name}.flac", samples, SECOND)
    rows = [
        {"utterance_id": name, "path": f"audio/{name}.flac", "sha256": f"sha-{name}"}
        for name in sounds
    ] + [{"utterance_id": name, "text": "so be it"} for name in text_only]
    frame = pd.DataFrame(rows).assign(
        corpus="test", speaker_id="s", language="en", emotion="neutral", words=None
    )
    write_manifest(folder, frame)
    return folder


def statistics(heard: Path) -> np.ndarray:
    return load_file(heard / "acoustic.safetensors")["statistics"]


def test_a_corpus_of_text_needs_no_whisper(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {}, text_only=["t0", "t1"])
    hear(corpus, Params(listening=ListeningParams(whisper="nowhere")), tmp_path / "heard")
    assert statistics(tmp_path / "heard").shape == (2, *UNHEARD)
    assert json.loads((tmp_path / "heard" / "listening.json").read_text()) == {}
    assert list(read_manifest(tmp_path / "heard")["text"]) == ["so be it"] * 2


def test_a_heard_folder_has_the_corpus_rows_in_order(
    corpus: Path, params: Params, tmp_path: Path
) -> None:
    hear(corpus, params, tmp_path / "heard")
    rows = read_manifest(tmp_path / "heard")
    assert rows["utterance_id"].tolist() == read_manifest(corpus)["utterance_id"].tolist()
    listener = Listener(resolve(params.listening.whisper), params.listening)
    for path, heard in zip(rows["path"], statistics(tmp_path / "heard"), strict=True):
        if path is None:
            assert not heard.any()
            continue
        utterance = prepare(corpus / path, params.audio)
        expected = listener.listen(utterance.samples, utterance.speech).statistics
        np.testing.assert_allclose(heard, expected, atol=1e-5)


def test_rows_without_a_recording_are_marked(corpus: Path, params: Params, tmp_path: Path) -> None:
    hear(corpus, params, tmp_path / "heard")
    present = load_file(tmp_path / "heard" / "acoustic.safetensors")["present"]
    assert present.tolist() == [1, 1, 1, 1, 0]


def test_without_a_decoder_transcripts_stay_null(
    corpus: Path, params: Params, tmp_path: Path
) -> None:
    hear(corpus, params, tmp_path / "heard")
    rows = read_manifest(tmp_path / "heard")
    assert rows["transcript"].isna().all()
    assert rows["words"].isna().all()


def test_the_record_names_the_whisper_that_listened(
    corpus: Path, params: Params, tmp_path: Path
) -> None:
    hear(corpus, params, tmp_path / "heard")
    record = json.loads((tmp_path / "heard" / "listening.json").read_text())
    assert record["whisper"] == params.listening.whisper
    assert record["encoder"] == tiny_encoder(max_source_positions=1500).fingerprint()


def test_what_was_heard_before_is_not_heard_again(
    corpus: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(corpus, params, tmp_path / "first")
    monkeypatch.setattr(workers, "Worker", lambda _: pytest.fail("listened again"))
    hear(corpus, params, tmp_path / "second")
    np.testing.assert_array_equal(statistics(tmp_path / "first"), statistics(tmp_path / "second"))


def test_views_are_heard_beside_the_recordings(
    corpus: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = params.model_copy(update={"listening": params.listening.model_copy(update={"views": 2})})
    hear(corpus, params, tmp_path / "plain")
    calls: list[workers.Job] = []
    listen_to = workers.Worker.listen_to
    monkeypatch.setattr(
        workers.Worker, "listen_to", lambda self, job: calls.append(job) or listen_to(self, job)
    )
    for out in ("two", "again"):
        hear(corpus, two, tmp_path / out)
    assert [job.view for job in calls] == [1, 2] * 4
    plain, heard = statistics(tmp_path / "plain"), statistics(tmp_path / "two")
    np.testing.assert_array_equal(plain, heard)
    views = load_file(tmp_path / "two" / "acoustic.safetensors")["views"]
    assert views.shape == (2, *heard.shape)
    assert not views[:, 4].any()
    assert all(np.abs(view[:4] - heard[:4]).max(axis=(1, 2)).min() > 0.01 for view in views)
    again = load_file(tmp_path / "again" / "acoustic.safetensors")["views"]
    np.testing.assert_array_equal(views, again)
    records = [
        json.loads((tmp_path / name / "listening.json").read_text()) for name in ("plain", "two")
    ]
    assert records[1] == records[0] | {"views": 2}


def test_a_run_that_broke_off_goes_on_where_it_was(
    corpus: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen_to = workers.Worker.listen_to
    heard = []

    def break_off(worker: workers.Worker, job: workers.Job) -> object:
        heard.append(job.sha256)
        if len(heard) == 3:
            raise KeyboardInterrupt
        return listen_to(worker, job)

    monkeypatch.setattr(workers.Worker, "listen_to", break_off)
    with pytest.raises(KeyboardInterrupt):
        hear(corpus, params, tmp_path / "heard")
    assert not (tmp_path / "heard").exists()
    hear(corpus, params, tmp_path / "heard")
    assert heard == ["sha-u0", "sha-u1", "sha-u2", "sha-u2", "sha-u3"]


def test_other_settings_listen_anew(corpus: Path, params: Params, tmp_path: Path) -> None:
    hear(corpus, params, tmp_path / "one")
    louder = params.model_copy(
        update={"audio": params.audio.model_copy(update={"loudness_lufs": -40.0})}
    )
    hear(corpus, louder, tmp_path / "other")
    assert not np.allclose(statistics(tmp_path / "one"), statistics(tmp_path / "other"))


def test_a_recording_that_cannot_be_used_is_named(
    corpus: Path, params: Params, tmp_path: Path
) -> None:
    (corpus / "audio" / "u2.flac").write_bytes(b"not audio")
    with pytest.raises(AudioError, match=r"u2\.flac"):
        hear(corpus, params, tmp_path / "heard")


class PoolHere:
    """Stands for a pool of processes: the same pickled calls, in this process."""

    def __init__(self, processes: int, mp_context: object, initializer: Any, initargs: Any) -> None:
        self.processes = processes
        initializer(*pickle.loads(pickle.dumps(initargs)))

    def __enter__(self) -> "PoolHere":
        return self

    def __exit__(self, *_: object) -> None:
        del workers.Worker.current

    def map(self, call: Any, jobs: list[workers.Job], chunksize: int) -> Iterator[Any]:
        call = pickle.loads(pickle.dumps(call))
        for job in pickle.loads(pickle.dumps(jobs)):
            yield pickle.loads(pickle.dumps(call(job)))


def test_several_processes_hear_what_one_hears(
    corpus: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hear(corpus, params, tmp_path / "one")
    monkeypatch.setenv("UNDERTONE_HOME", str(tmp_path / "another-home"))
    monkeypatch.setattr(workers, "JOBS_PER_WORKER", 2)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", PoolHere)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    hear(corpus, params, tmp_path / "two")
    np.testing.assert_allclose(
        statistics(tmp_path / "one"), statistics(tmp_path / "two"), atol=1e-5
    )
