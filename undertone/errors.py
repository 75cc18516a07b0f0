"""Errors that a user can cause and mend. Anything else that escapes is a bug of ours."""


class UndertoneError(Exception):
    """A mistake in input, configuration or order of commands.

    The message says what was wrong, where, and what to do. The command line prints it
    without a traceback; the service answers it as a client error.
    """


class ConfigError(UndertoneError):
    """`params.yaml`, a profile or an option does not make sense."""


class CorpusError(UndertoneError):
    """A corpus folder, manifest or split cannot be used at all."""


class AudioError(UndertoneError):
    """One recording cannot be used: unreadable, empty, silent, or over the bounds."""


class ModelError(UndertoneError):
    """A model folder or bundle is missing, incomplete or of the wrong kind."""


class TrainingError(UndertoneError):
    """A training run broke off; started again, it goes on from its last checkpoint."""


class RegistryError(UndertoneError):
    """A model tag or pointer does not exist, or cannot be moved as asked."""


class StoreError(UndertoneError):
    """The operational store refuses: unknown id, conflicting record, unreachable database."""


class RemoteError(UndertoneError):
    """What a URI names is not there, is not whole, or cannot be read or written."""
