"""The promotion gate's decision beside the model that it is about, signed by this installation."""

import hashlib
import hmac
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from undertone.config import home
from undertone.errors import RegistryError
from undertone.files import write_json

FILE = "decision.json"
KEY_FILE = "signing.key"


def keep_decision(model: Path, tag: str, decision: dict[str, Any]) -> None:
    """Write a decision into a registered model's folder, with a signature of it and the tag.

    Args:
        model: the folder.
        tag: the model's, a hash of its files.
        decision: what the gate said.
    """
    signature = _sign(tag, decision)
    write_json(model / FILE, {"tag": tag, "decision": decision, "signature": signature})


def read_decision(model: Path, tag: str) -> dict[str, Any] | None:
    """The decision on a registered model; none where it never went through the gate.

    Raises:
        RegistryError: it is not what this installation signed.
    """
    file = model / FILE
    if not file.is_file():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    signed = isinstance(told, dict) and told.get("tag") == tag
    if not signed or not hmac.compare_digest(
        str(told.get("signature")), _sign(tag, told.get("decision"))
    ):
        raise RegistryError(
            f"{file} was not signed by this installation for {tag}, or was changed since. Judge "
            "the model again."
        )
    decision: dict[str, Any] = told["decision"]
    return decision


def _sign(tag: str, decision: Any) -> str:
    text = json.dumps([tag, decision], sort_keys=True)
    return hmac.new(_key(), text.encode(), hashlib.sha256).hexdigest()


def _key() -> bytes:
    """This installation's secret, made at its first use; readable by its owner alone.

    Machines that share models share it: `UNDERTONE_SIGNING_KEY` is its file.
    """
    path = Path(os.environ.get("UNDERTONE_SIGNING_KEY") or home() / KEY_FILE)
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was faster: its secret counts
            os.link(aside, path)
        Path(aside).unlink()
    return path.read_bytes()
