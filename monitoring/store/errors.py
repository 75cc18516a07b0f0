"""What the store refuses, in kinds that a caller may want to tell apart."""

from undertone.errors import StoreError


class NotFoundError(StoreError):
    """No record with this id."""


class ConflictError(StoreError):
    """The record exists with other contents, or someone else moved first."""


class LabelError(StoreError):
    """The emotion is not one of `undertone.labels.EMOTIONS`."""


class KeyRefusedError(StoreError):
    """An API key does not let its bearer in.

    Args:
        reason: `unknown`, `revoked`, `expired`, `rate` or `quota`.
        retry_after_s: after how many seconds it will, of the last two.
    """

    def __init__(self, reason: str, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
