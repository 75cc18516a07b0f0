"""The Whisper that belongs to a bundle."""

from undertone.bundle import Bundle
from undertone.config import ListeningParams
from undertone.errors import ModelError
from undertone.hub import find, resolve
from undertone.speech.listener import Listener


def listener_for(bundle: Bundle, params: ListeningParams) -> Listener:
    """The Whisper of a bundle's training, or where its folder is not here the one of the settings.

    Raises:
        ModelError: neither is to be found.
    """
    trained_on = bundle.info.get("listening", {}).get("whisper", params.whisper)
    folder = find(trained_on) or resolve(params.whisper)
    return Listener(folder, params)


def require_same_whisper(bundle: Bundle, listener: Listener, name: str) -> None:
    """Statistics mean something only to a model that was trained on the same encoder's.

    Raises:
        ModelError: the bundle was trained on what another Whisper hears.
    """
    if bundle.model.acoustic.encoder is not None or not bundle.hears:
        return
    same_shape = tuple(bundle.model.config.statistics_shape) == listener.encoder.statistics_shape
    trained_on = bundle.info.get("listening", {})
    here = listener.encoder.fingerprint()
    if not same_shape or trained_on.get("encoder", here) != here:
        raise ModelError(
            f"The bundle was trained on what {trained_on.get('whisper', 'another Whisper')} heard, "
            f"not on what '{name}' hears. Set listening.whisper to the Whisper of its training."
        )
