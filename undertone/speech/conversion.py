"""A Hugging Face Whisper in the forms that other engines run, converted once and kept."""

import hashlib
import logging
import warnings
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock
from safetensors import SafetensorError, safe_open

from undertone.config import home
from undertone.errors import ModelError
from undertone.files import replacing_folder, sha256_of_file

DECODER_PREFIX = "model.decoder."
COPIED = ("tokenizer.json", "preprocessor_config.json")

logger = logging.getLogger(__name__)


def has_decoder(folder: Path) -> bool:
    """Whether a Whisper folder can write: decoder weights and a tokenizer beside the encoder.

    Raises:
        ModelError: a weights file cannot be read.
    """
    weights = sorted(folder.glob("model*.safetensors"))
    return (folder / "tokenizer.json").is_file() and any(map(_holds_decoder, weights))


def converted(folder: Path, compute_type: str) -> Path:
    """The CTranslate2 folder of a Whisper folder.

    Args:
        folder: a Hugging Face Whisper with its decoder.
        compute_type: the weights' quantization, as CTranslate2 names it.

    Raises:
        ModelError: CTranslate2 cannot convert it.
    """
    return made_once(folder, compute_type, lambda aside: _convert(folder, aside, compute_type))


def made_once(folder: Path, form: str, make: Callable[[Path], None]) -> Path:
    """Another form of a Whisper folder, made now if it has not been.

    It is kept under `home()/cache`, by the content of the model's files. Processes that ask at
    once wait for the one that makes it.

    Args:
        folder: a Hugging Face Whisper.
        form: name of the form.
        make: writes it to a folder.
    """
    target = home() / "cache" / "whisper" / f"{folder.name}-{_content(folder)}-{form}"
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            logger.info("Converting %s to %s", folder, form)
            with replacing_folder(target) as aside:
                make(aside)
    return target


def _holds_decoder(file: Path) -> bool:
    try:
        with safe_open(file, framework="np") as stored:
            return any(key.startswith(DECODER_PREFIX) for key in stored.keys())  # noqa: SIM118
    except SafetensorError as error:
        raise ModelError(f"{file} is not readable as safetensors: {error}") from error


def _content(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted([*folder.glob("*.safetensors"), *folder.glob("*.json")]):
        digest.update(f"{file.name} {sha256_of_file(file)}\n".encode())
    return digest.hexdigest()[:16]


def _convert(folder: Path, to: Path, compute_type: str) -> None:
    from ctranslate2.converters import TransformersConverter

    copied = [name for name in COPIED if (folder / name).is_file()]
    converter = TransformersConverter(str(folder), copy_files=copied)
    try:
        # The converter leaves its own config.json open.
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            converter.convert(str(to), quantization=compute_type, force=True)
    except (ValueError, RuntimeError, OSError) as error:
        raise ModelError(
            f"{folder} cannot be converted for CTranslate2 as {compute_type}: {error}"
        ) from error
