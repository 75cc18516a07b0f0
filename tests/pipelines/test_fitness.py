import pytest

from pipelines.cluster.fitness import check_for_cluster
from undertone.config import Params, load_params
from undertone.errors import ConfigError

FIT = [
    "cluster.image=registry.example/undertone-python:1-pipeline-cpu",
    "cluster.secrets={store: {url: UNDERTONE_STORE}}",
    "cluster.volumes={/models: models, /var/lib/undertone: state, /data: corpora}",
]


def _params(*changes: str) -> Params:
    return load_params(overrides=[*FIT, *changes])


@pytest.mark.parametrize(
    "change",
    [
        "corpus.path=/data/emodb",
        "corpus.path=s3://bucket/emodb",
        "training.init=/data/bundle",
        "listening.whisper=/models/whisper-base",
        "model.text_encoder=sentence-transformers/all-MiniLM-L6-v2",
        "cluster.environment={AWS_ENDPOINT_URL: 'https://objects.example', AWS_REGION: eu}",
        "cluster.environment={UNDERTONE_HOME: /data/home}",
        "cluster.environment={UNDERTONE_STORE: 'postgresql://store.example/undertone'}",
    ],
)
def test_settings_that_work_on_a_cluster(change: str) -> None:
    assert check_for_cluster(_params(change)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("corpus.path=emodb", "corpus.path: emodb lies on no volume"),
        ("corpus.path=/home/me/emodb", "corpus.path: /home/me/emodb lies on no volume"),
        ("corpus.path=file:///data/emodb", "corpus.path: file:///data/emodb lies on no volume"),
        ("training.init=outputs/bundle", "training.init: outputs/bundle lies on no volume"),
        ("training.init=s3://bucket/b", "training.init: s3://bucket/b lies on no volume"),
        ("cluster.environment={UNDERTONE_HOME: s3://b/h}", "UNDERTONE_HOME: s3://b/h lies on no"),
        ("listening.whisper=./whisper", r"listening.whisper: \./whisper lies on no volume"),
        ("face.classifier=/opt/face", "face.classifier: /opt/face lies on no volume"),
        ("cluster.environment={UNDERTONE_HOME: /state}", "UNDERTONE_HOME: /state lies on no"),
        ("cluster.environment={UNDERTONE_STORE: 'sqlite:////x.db'}", "is a file of one machine"),
        ("cluster.environment={AWS_SECRET_ACCESS_KEY: abc}", "AWS_SECRET_ACCESS_KEY: everybody"),
        ("cluster.environment={X: 'postgresql://me:word@db/u'}", "X: everybody who sees the run"),
        ("cluster.environment={A: 'http://localhost:9000'}", "in a pod, localhost is that pod"),
    ],
)
def test_settings_that_could_not_work_on_a_cluster(change: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as raised:
        check_for_cluster(_params(change))
    assert "abc" not in str(raised.value)
    assert "word" not in str(raised.value)


def test_every_fault_is_told_at_once() -> None:
    missing = "cluster.optional_secrets={store: {url: UNDERTONE_STORE}}"
    with pytest.raises(ConfigError) as raised:
        check_for_cluster(load_params(overrides=["corpus.path=emodb", missing]))
    assert [line.split(":")[0].strip() for line in str(raised.value).splitlines()[1:]] == [
        "corpus.path",
        "UNDERTONE_HOME",
        "UNDERTONE_STORE",
    ]


def test_an_image_without_a_registry_is_doubted() -> None:
    (doubt,) = check_for_cluster(_params("cluster.image=localhost/undertone-python:1"))
    assert "localhost/undertone-python:1 names no registry" in doubt
