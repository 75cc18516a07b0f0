"""Where a model's folder is: bundled, on disk, or (only when the operator says so) on the hub."""

import os
from pathlib import Path

from undertone.errors import ModelError

ASSETS = Path(__file__).parent / "assets"
MODELS_VARIABLE = "UNDERTONE_MODELS"
HUB_VARIABLE = "UNDERTONE_HUB"


def find(name: str) -> Path | None:
    """The folder of a model where it is bundled or on disk, see `resolve`; none elsewhere."""
    return next((folder for folder in _candidates(name) if folder.is_dir()), None)


def resolve(name: str) -> Path:
    """Find the folder of a model by name.

    The first that exists wins: the folder bundled under `undertone/assets`, `name` as a path,
    a folder of `UNDERTONE_MODELS` with the name's last part (or that with `-encoder` behind it),
    and, with `UNDERTONE_HUB=1`, a snapshot of the Hugging Face hub.

    Args:
        name: a hub name (`openai/whisper-tiny.en`), a bundled name or a folder's path.

    Raises:
        ModelError: the model is nowhere to be found.
    """
    if (found := find(name)) is not None:
        return found
    if os.environ.get(HUB_VARIABLE) == "1":
        return _download(name)
    raise ModelError(
        f"The model '{name}' is neither bundled nor a folder here, nor under {MODELS_VARIABLE} "
        f"({os.environ.get(MODELS_VARIABLE) or 'not set'}). Copy its folder into one named by "
        f"{MODELS_VARIABLE}, or set {HUB_VARIABLE}=1 to download it from the Hugging Face hub."
    )


def _candidates(name: str) -> list[Path]:
    basename = Path(name).name
    if not basename:
        return []
    folders = [ASSETS / basename, Path(name)]
    if models := os.environ.get(MODELS_VARIABLE):
        folders += [Path(models) / basename, Path(models) / f"{basename}-encoder"]
    return folders


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, ignore_patterns=["*.bin", "*.h5", "*.msgpack"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ModelError(f"The hub gave no model '{name}': {error}") from error
