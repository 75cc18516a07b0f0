import pytest

from monitoring.store import ConflictError, LabelError, NotFoundError
from serving.refusal import CODES, RefusedError, as_refusal, envelope
from undertone.errors import AudioError, ModelError, StoreError, UndertoneError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RefusedError(415), 415),
        (AudioError("silent"), 422),
        (UndertoneError("nothing that the model can use"), 422),
        (LabelError("unknown"), 422),
        (ConflictError("said otherwise"), 409),
        (NotFoundError("in sqlite:////var/lib/secret"), 404),
        (StoreError("sqlite:////var/lib/secret does not answer"), 503),
        (ModelError("empty distribution"), 500),
        (RuntimeError("bug"), 500),
    ],
)
def test_errors_become_refusals_that_name_no_place(error, status):
    with pytest.raises(type(error)) as raised:
        raise error
    refusal = as_refusal(raised.value)
    assert refusal.status == status
    assert "/var/lib" not in str(refusal)


@pytest.mark.parametrize("status", CODES)
def test_every_status_has_words(status):
    response = envelope(status)
    assert response.status_code == status
    assert ("retry-after" in response.headers) == (status in (429, 503))
