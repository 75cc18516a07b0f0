"""What the store refuses, in kinds that a caller may want to tell apart."""

from undertone.errors import StoreError


class NotFoundError(StoreError):
    """No record with this id."""


class ConflictError(StoreError):
    """The record exists with other contents, or someone else moved first."""


class LabelError(StoreError):
    """The emotion is not one of `undertone.labels.EMOTIONS`."""
