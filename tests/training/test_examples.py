from dataclasses import replace
from pathlib import Path

import pytest
import synthetic
import torch
from safetensors.torch import save_file

from undertone.errors import CorpusError
from undertone.training.examples import Examples, labels_of, load_examples


def test_what_was_heard_comes_before_what_was_told() -> None:
    frame = synthetic.rows(1)
    frame.loc[0, "transcript"] = "stop this cow"
    frame.loc[1, ["text", "transcript"]] = [None, " "]
    examples = Examples(frame, synthetic.statistics(frame))

    assert examples.texts() == ["stop this cow", "", "i miss you 0"]
    assert examples.present().tolist() == [
        [True, True, False],
        [True, False, False],
        [True, True, False],
    ]


def test_takes_and_joins_in_step() -> None:
    examples = synthetic.examples(2)
    mask = (examples.rows["emotion"] == "anger").to_numpy()
    joined = Examples.concat([examples.take(mask), examples.take([5])])

    assert joined.rows["utterance_id"].tolist() == ["s0-anger-0", "s1-anger-0", "s1-sadness-0"]
    assert torch.equal(joined.statistics, examples.statistics[[0, 3, 5]])


def test_views_go_where_their_examples_go() -> None:
    plain = synthetic.examples(2)
    examples = replace(plain, views=torch.stack([plain.statistics + 1, plain.statistics + 2], 1))
    joined = Examples.concat([examples.take([4]), examples.take([0])])

    assert torch.equal(joined.views, examples.views[[4, 0]])
    assert Examples.concat([examples, plain]).views is None
    fewer = replace(plain, views=examples.views[:, :1])
    assert torch.equal(
        Examples.concat([examples, fewer]).views, torch.cat([fewer.views, fewer.views])
    )
    examples.rows.loc[:3, "path"] = None
    fifth, sixth = plain.statistics[4:]
    expected = torch.stack([fifth, sixth, fifth + 1, fifth + 2, sixth + 1, sixth + 2])
    assert torch.equal(examples.heard(), expected)


def test_labels_stand_in_the_same_order_whatever_the_rows() -> None:
    frame = synthetic.rows(2)

    assert labels_of(frame) == labels_of(frame.iloc[::-1]) == synthetic.LABELS


def test_an_unknown_emotion_is_named() -> None:
    with pytest.raises(CorpusError, match="sadness"):
        synthetic.examples(1).targets(("anger", "neutral"))


def test_reads_one_split_with_whole_paths(tmp_path: Path) -> None:
    frame = synthetic.rows(2)
    frame.loc[3:, "split"] = "test"
    corpus, heard = synthetic.write_folders(tmp_path, frame)
    test = load_examples(corpus, heard, "test")

    assert test.rows["speaker_id"].unique().tolist() == ["s1"]
    assert torch.equal(test.statistics, synthetic.statistics(frame)[3:])
    assert all(path is not None and path.is_file() for path in test.paths("path"))


def test_reads_views_by_utterance(tmp_path: Path) -> None:
    frame = synthetic.rows(2)
    corpus, heard = synthetic.write_folders(tmp_path, frame)
    plain = synthetic.statistics(frame)
    views = torch.stack([plain + view for view in (1, 2, 3)])
    save_file({"statistics": plain, "views": views}, heard / "acoustic.safetensors")

    assert torch.equal(load_examples(corpus, heard).take([4]).views[0], views[:, 4])


def test_an_empty_split_is_refused(tmp_path: Path) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, synthetic.rows(1))

    with pytest.raises(CorpusError, match="split 'test'"):
        load_examples(corpus, heard, "test")


def test_statistics_of_another_manifest_are_refused(tmp_path: Path) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, synthetic.rows(1))
    _, other = synthetic.write_folders(tmp_path / "other", synthetic.rows(2))
    (other / "manifest.parquet").replace(heard / "manifest.parquet")

    with pytest.raises(CorpusError, match="statistics of 3"):
        load_examples(corpus, heard)


def test_a_folder_that_was_not_heard_is_refused(tmp_path: Path) -> None:
    corpus, heard = synthetic.write_folders(tmp_path, synthetic.rows(1))
    (heard / "acoustic.safetensors").unlink()

    with pytest.raises(CorpusError, match="hear the corpus first"):
        load_examples(corpus, heard)


def test_a_stretch_stays_where_it_is() -> None:
    examples = synthetic.examples(4)
    stretch, picked = examples.take(range(3, 7)), examples.take([3, 5])
    assert stretch.statistics.data_ptr() == examples.statistics[3].data_ptr()
    assert stretch.rows["utterance_id"].tolist() == examples.rows["utterance_id"][3:7].tolist()
    assert picked.statistics.data_ptr() != examples.statistics[3].data_ptr()
    assert len(examples.take(examples.rows["emotion"] == "joy")) == 0


def test_some_are_evenly_spread_or_the_first_of_what_lies_in_shards() -> None:
    examples = synthetic.examples(4)
    names = examples.rows["utterance_id"]
    assert examples.some(len(names)) is examples
    assert examples.some(4).rows["utterance_id"].tolist() == [names[n] for n in (0, 3, 7, 11)]
    examples.rows["path"] = [f"c/shards/a.tar/512+9/{name}.flac" for name in names]
    assert examples.some(4).rows["utterance_id"].tolist() == names[:4].tolist()


def test_times_of_words_are_left_where_they_are_not_wanted(tmp_path: Path) -> None:
    frame = synthetic.rows_in_splits(["train", "test"], each=1)
    frame.at[0, "words"] = [{"word": "stop", "start": 0.0, "end": 0.4}]
    folders = synthetic.write_folders(tmp_path, frame)
    told, spared = (load_examples(*folders, "train", words=words).rows for words in (True, False))
    assert told["words"][0][0]["word"] == "stop"
    assert spared["words"].isna().all()
    assert told.drop(columns="words").equals(spared.drop(columns="words"))
