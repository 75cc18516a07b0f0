"""A bundle on joined recordings of a corpus's test speakers, to a folder."""

from pathlib import Path

from undertone.bundle import Bundle
from undertone.config import Params
from undertone.evaluation.evaluator import corpus_info, require_same_splits
from undertone.evaluation.joined import Joined, join_clips
from undertone.evaluation.strips import plot_strips
from undertone.evaluation.timelines import (
    ANCHOR,
    SMOOTHED,
    UNSMOOTHED,
    Clip,
    Diarisation,
    Judged,
    choose,
    hear_clips,
    judge,
    span_table,
    summarise,
)
from undertone.files import replacing_folder, write_json, write_text
from undertone.inference import listener_for, require_same_whisper
from undertone.leaks import assert_no_leak
from undertone.manifest import read_manifest
from undertone.splits import split_hash
from undertone.training.examples import load_examples

EACH = 24


def diarise(
    bundle: Path,
    corpus: Path,
    heard: Path,
    params: Params,
    out: Path,
    *,
    each: int = EACH,
) -> Diarisation:
    """Measure how well a bundle tells which emotion appears when.

    Recordings of one speaker are joined, neutral with emotional. Those of validation speakers
    choose the window and the cost of a change, which are then tried on those of test speakers.

    Args:
        bundle: a model bundle.
        corpus: a corpus folder.
        heard: its heard folder.
        params: the run's settings; `timeline`, `listening`, `audio` and `split.seed` count.
        out: the folder to write: `diarisation.json`, `report.txt`, `timeline.png`.
        each: joined recordings of a speaker, at most.

    Raises:
        ModelError: the bundle cannot be used, or was trained on another Whisper.
        CorpusError: nothing can be joined, a speaker stands in two splits, or the bundle was
            trained on other splits of this corpus.
    """
    model, rows = Bundle.load(bundle), read_manifest(heard)
    assert_no_leak(rows)
    require_same_splits(model.info, heard, split_hash(rows))
    listener = listener_for(model, params.listening)
    require_same_whisper(model, listener, params.listening.whisper)

    def hear(split: str) -> tuple[list[Joined], list[Clip]]:
        spoken = load_examples(corpus, heard, split).rows
        joined = list(join_clips(spoken, params.audio, each=each, seed=params.split.seed))
        return joined, hear_clips(
            joined, listener, params.audio, params.timeline.hop_seconds, model
        )

    settings = choose(model, hear("validation")[1], params.timeline)
    joined, clips = hear("test")
    judged = judge(model, clips, settings)
    found = summarise(
        judged,
        [settings],
        protocol="test split",
        corpus=corpus_info(corpus)["name"],
        split_hash=split_hash(rows),
        seed=params.split.seed,
    )
    with replacing_folder(out) as folder:
        write_json(folder / "diarisation.json", found.model_dump())
        write_text(folder / "report.txt", render(found, judged))
        _draw(folder / "timeline.png", joined, judged, found)
    return found


def render(found: Diarisation, judged: list[Judged]) -> str:
    """Rates with their intervals, kinds of error, whole spans, and where they come from."""
    rates = "\n".join(f"{way:<12} EDER {rate}" for way, rate in found.eder.items())
    kinds = "   ".join(
        f"{kind.replace('_', ' ')} {share:.3f}" for kind, share in found.kinds.items()
    )
    chosen = "\n".join(
        f"chosen on validation: timeline.window_seconds={one['window_seconds']:g} "
        f"timeline.switch_cost={one['switch_cost']:g}"
        for one in found.chosen
    )
    parts = [
        f"{found.protocol} · {found.corpus} · {found.clips} joined recordings of "
        f"{found.speakers} speakers · split {found.split_hash[:12]} · seed {found.seed}",
        rates,
        f"{SMOOTHED}: {kinds}",
        f"Whole spans, on steps of time:\n{span_table(judged)}",
        chosen,
        f"Elsewhere: {ANCHOR}.",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _draw(path: Path, joined: list[Joined], judged: list[Judged], found: Diarisation) -> None:
    """The recording whose own error is the median one."""
    order = sorted(range(len(judged)), key=lambda place: judged[place].errors(SMOOTHED).rate)
    place = order[len(order) // 2]
    clip = judged[place]
    plot_strips(
        path,
        {"truth": clip.clip.truth, **{way: clip.said[way] for way in (SMOOTHED, UNSMOOTHED)}},
        joined[place].recording.samples,
        title=f"Timeline · {found.corpus}, speaker {clip.clip.speaker} · "
        f"EDER {clip.errors(SMOOTHED).rate:.2f} (the median recording)",
        note=f"split {found.split_hash[:12]} · seed {found.seed} · all: {found.eder[SMOOTHED]}",
    )
