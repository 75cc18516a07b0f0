"""Which emotion appears when: EDER on joined recordings of speakers that a model never heard.

`python -m benchmarks.accuracy.timeline --corpus emodb=DIR [--protocol loso] [--each 24]`

Recordings of one speaker are joined, neutral with emotional, so that the change points are known.
In each fold the model learns from other speakers, by the voice alone: from whole recordings, and
then (unless --untaught) from windows of joined ones. Joined recordings of the validation speakers
choose the window and the cost of a change. Peers: the same windows without smoothing, and one
label for the whole recording.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from undertone.config import Params, TimelineParams, load_params
from undertone.corpora import ingest
from undertone.evaluation.joined import join_clips
from undertone.evaluation.timelines import (
    ANCHOR,
    Clip,
    Diarisation,
    Judged,
    choose,
    hear_clips,
    judge,
    summarise,
)
from undertone.hub import resolve
from undertone.leaks import assert_no_leak
from undertone.protocols import Protocol, turns_hash
from undertone.speech import hear
from undertone.speech.listener import Listener
from undertone.training.examples import Examples, labels_of, load_examples
from undertone.training.fitting import fit
from undertone.training.learning import calibrate
from undertone.training.windows import teach_windows


def run(
    corpus: Path, heard: Path, params: Params, protocol: str, each: int, *, taught: bool = True
) -> Diarisation:
    examples = by_voice(load_examples(corpus, heard))
    turns = Protocol.parse(protocol).turns(examples.rows, params.split.seed)
    listener = Listener(resolve(params.listening.whisper), params.listening)
    joined = join_clips(examples.rows, params.audio, each=each, seed=params.split.seed)
    clips = hear_clips(joined, listener, params.audio, params.timeline.hop_seconds)
    judged: list[Judged] = []
    chosen: list[TimelineParams] = []
    for turn in turns:
        assert_no_leak(turn.split(examples.rows).dropna(subset="split"))
        train, validation, test = (
            examples.take(part) for part in (turn.train, turn.validation, turn.test)
        )
        bundle = fit(train, validation, params, labels_of(train.rows))
        calibrate(bundle, validation, params)
        heard_before, heard_beside = list(of(clips, train)), list(of(clips, validation))
        if taught:
            teach_windows(bundle, heard_before, heard_beside, params)
        settings = choose(bundle, heard_beside, params.timeline)
        chosen.append(settings)
        judged += judge(bundle, list(of(clips, test)), settings)
    return summarise(
        judged,
        chosen,
        protocol=protocol,
        corpus=params.corpus.name,
        split_hash=turns_hash(examples.rows, turns),
        seed=params.training.seed,
    )


def by_voice(examples: Examples) -> Examples:
    return Examples(examples.rows.assign(text=None, transcript=None), examples.statistics)


def of(clips: list[Clip], examples: Examples) -> Iterator[Clip]:
    speakers = set(examples.rows["speaker_id"])
    return (clip for clip in clips if clip.speaker in speakers)


def row(found: Diarisation) -> str:
    ways = " · ".join(f"{way} {rate}" for way, rate in found.eder.items())
    return (
        f"{found.corpus} · {found.protocol} · split {found.split_hash[:12]} · seed {found.seed} · "
        f"{found.clips} joined clips of {found.speakers} speakers · EDER: {ways} · "
        f"span F1 {found.spans['f1-score']:.3f} · {ANCHOR}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, help="NAME=PATH, e.g. emodb=DIR")
    parser.add_argument("--protocol", default="loso")
    parser.add_argument("--each", type=int, default=24, help="joined clips of a speaker, at most")
    parser.add_argument("--data", type=Path, help="keep the corpus and heard folder here")
    parser.add_argument("--set", action="append", default=[], help="section.key=value")
    parser.add_argument("--untaught", action="store_true", help="learn from whole clips alone")
    given = parser.parse_args()
    name, _, path = given.corpus.partition("=")
    where = [f"corpus.name={name}", f'corpus.path="{Path(path).resolve()}"']
    params = load_params(
        profile="base", overrides=["model.text_encoder=scratch", *where, *given.set]
    )
    with TemporaryDirectory() as scratch:
        corpus, heard = ((given.data or Path(scratch)) / part for part in ("corpus", "heard"))
        if not corpus.exists():
            ingest(params, corpus)
        if not heard.exists():
            hear(corpus, params, heard)
        found = run(corpus, heard, params, given.protocol, given.each, taught=not given.untaught)
    print(found.model_dump_json(indent=2))
    print(row(found))


if __name__ == "__main__":
    main()
