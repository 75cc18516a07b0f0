"""Settings that work on a laptop and could not on a cluster."""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from components.base import IMAGE
from undertone.addresses import HERE
from undertone.config import ClusterParams, Params
from undertone.errors import ConfigError
from undertone.remote import is_remote

HOME = "/var/lib/undertone"  # of the images
SECRET = re.compile(r"SECRET|PASSWORD|TOKEN|_KEY$")
PATH = re.compile(r"[/.~]")


def check_for_cluster(params: Params) -> list[str]:
    """Refuse what no step of a pipeline could find or reach on a cluster.

    Args:
        params: the run's settings.

    Returns:
        Doubts: what works on some clusters alone.

    Raises:
        ConfigError: something could not work; the message lists all of it.
    """
    cluster = params.cluster
    faults = [
        *_corpus_faults(params),
        *_path_faults(params),
        *_store_faults(cluster),
        *_variable_faults(cluster),
    ]
    if faults:
        raise ConfigError("These settings could not work on a cluster:\n  " + "\n  ".join(faults))
    images = dict.fromkeys(filter(None, (cluster.image or IMAGE, cluster.gpu_image)))
    return [
        f"The image {image} names no registry, so every node must hold it already."
        for image in images
        if image.startswith("localhost/")
    ]


def _corpus_faults(params: Params) -> Iterator[str]:
    path = params.corpus.path
    if not path or (is_remote(path) and not path.startswith("file:")):
        return
    if not _is_mounted(path, params.cluster.volumes):
        yield (
            f"corpus.path: {path} lies on no volume of the cluster. Upload it to an object store "
            "and give its URI, like s3://BUCKET/PREFIX, or mount a volume there by cluster.volumes."
        )


def _path_faults(params: Params) -> Iterator[str]:
    folders = {
        "training.init": params.training.init,
        "UNDERTONE_HOME": params.cluster.environment.get("UNDERTONE_HOME", HOME),
    }
    models = {
        "listening.whisper": params.listening.whisper,
        "model.text_encoder": params.model.text_encoder,
        "model.image_encoder": params.model.image_encoder,
        "face.classifier": params.face.classifier,
    }
    folders.update({name: value for name, value in models.items() if PATH.match(value or "")})
    for name, path in folders.items():
        if path and not _is_mounted(path, params.cluster.volumes):
            yield (
                f"{name}: {path} lies on no volume of the cluster. Mount one there by "
                "cluster.volumes."
            )


def _is_mounted(path: str, volumes: Mapping[str, str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(volume) for volume in volumes)


def _store_faults(cluster: ClusterParams) -> Iterator[str]:
    hidden = {variable for keys in cluster.secrets.values() for variable in keys.values()}
    url = cluster.environment.get("UNDERTONE_STORE")
    if url is None and "UNDERTONE_STORE" not in hidden:
        yield (
            "UNDERTONE_STORE: no secret of cluster.secrets gives it, so that each step would open "
            "a SQLite file of its own."
        )
    elif url and url.startswith("sqlite"):
        yield f"UNDERTONE_STORE: {url} is a file of one machine. Steps on several need a server."


def _variable_faults(cluster: ClusterParams) -> Iterator[str]:
    for name, value in cluster.environment.items():
        parts = urlsplit(value)
        if SECRET.search(name) or parts.password:
            yield f"{name}: everybody who sees the run would see it. Give it by cluster.secrets."
        elif parts.hostname in HERE:
            yield f"{name}: in a pod, {parts.hostname} is that pod itself."
