"""A connection to the API of Kubeflow Pipelines: who asks, how often, and what an error means."""

import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import kfp
from kfp.client import (
    KF_PIPELINES_SA_TOKEN_ENV,
    KF_PIPELINES_SA_TOKEN_PATH,
    ServiceAccountTokenVolumeCredentials,
)
from kfp_server_api import ApiException
from tenacity import AttemptManager, Retrying, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_exponential
from urllib3.exceptions import HTTPError, ReadTimeoutError

from undertone.addresses import is_private
from undertone.errors import UndertoneError

TOKEN = "UNDERTONE_CLUSTER_TOKEN"  # noqa: S105  (the variable's name)
TIMEOUT = (10, 60)  # seconds to connect, and to answer
TRIES = 5
BUSY = (409, 429, 500, 502, 503, 504)
GATEWAY = (502, 504)
LOG = "/apis/v1alpha1/runs/{run}/nodes/{pod}/log"
LONGEST = 400  # characters of an answer that are passed on
INSIDE = (".svc", ".svc.cluster.local")
MEANING = {
    301: "asks to log in elsewhere. Give the address of its API, and a token.",
    302: "asks to log in elsewhere. Give the address of its API, and a token.",
    401: f"does not know who asks. Give a valid token by --token-file or {TOKEN}.",
    403: "does not allow this. Check --namespace, and what the token's owner may do in it.",
    404: "does not know what was asked for.",
    409: "says that it is there already, yet does not show it.",
}

Answer = TypeVar("Answer")


class ClusterError(UndertoneError):
    """The cluster cannot be reached, or refuses what is asked."""


@dataclass(frozen=True)
class Address:
    """Where a cluster is, and who asks.

    Attributes:
        host: the address of the API or of the user interface, with http:// or https://.
        namespace: of the profile, where Kubeflow has several users.
        token_file: read again for every request, so that it may be renewed. Without it the
            variable `UNDERTONE_CLUSTER_TOKEN` counts, then the token that a pod is given.
        ca_file: certificates to trust in place of the public ones.
    """

    host: str
    namespace: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None


class Cluster:
    """Kubeflow Pipelines at an address.

    Every request has a time limit. It is repeated, with growing pauses, while the cluster is busy
    or away, but no more than five times.

    Args:
        address: where it is.
        pause: seconds before the second try; each next pause is twice as long, up to 30.
        timeout: seconds to connect, and to answer.

    Raises:
        ClusterError: the address or a file is not usable, or nobody answers there.
    """

    def __init__(
        self, address: Address, pause: float = 1.0, timeout: tuple[float, float] = TIMEOUT
    ) -> None:
        self.host = _checked_host(address.host)
        self._pause, self._timeout = pause, timeout
        if address.ca_file and not address.ca_file.is_file():
            raise ClusterError(f"{address.ca_file}: there is no such file of certificates.")
        settings = {
            "host": self.host,
            "namespace": address.namespace or "kubeflow",  # with kfp's default it finds out itself
            "ssl_ca_cert": str(address.ca_file) if address.ca_file else None,
            **_credentials(address, self.host),
        }
        for attempt in self._tries():
            with attempt, warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                self.kfp = _Client(**settings)
        self.namespace = address.namespace or self.kfp.get_user_namespace() or None

    def ask(self, call: Callable[..., Answer], *arguments: object, **named: object) -> Answer:
        """The answer to a request that may be repeated.

        Args:
            call: a method of kfp's generated API.
            arguments: its own.
            named: its own, by name.

        Raises:
            ClusterError: there is none; the message says why and what to do.
        """
        for attempt in self._tries():
            with attempt:
                answer = call(*arguments, _request_timeout=self._timeout, **named)
        return answer

    def remove(self, call: Callable[..., object], key: str) -> None:
        """Remove something by its identifier; that it is gone already is as good.

        Args:
            call: a method of kfp's generated API.
            key: its argument.

        Raises:
            ClusterError: it is still there.
        """
        try:
            self.ask(call, key)
        except ClusterError as error:
            if getattr(error.__cause__, "status", None) != 404:
                raise

    def make_once(
        self, find: Callable[..., list[Answer]], make: Callable[..., Answer], body: Any
    ) -> tuple[Answer, bool]:
        """Make what is not there yet; a lost answer makes nothing twice.

        Kubeflow makes a second run of the same name without a word. So it is looked for before each
        try. After a silence nothing is made again, as the first request may still be at work.

        Args:
            find: what there is of it; the first counts.
            make: a method of kfp's generated API.
            body: its argument, which has a `display_name`.

        Returns:
            It, and whether this call made it.

        Raises:
            ClusterError: it is neither there nor can be made, or nobody knows.
        """
        tried, silence = False, None
        try:
            for attempt in self._tries():
                with attempt:
                    for found in find(_request_timeout=self._timeout):
                        return found, tried
                    if silence:
                        raise silence
                    tried = True
                    try:
                        return make(body, _request_timeout=self._timeout), True
                    except (ApiException, ReadTimeoutError) as error:
                        silence = error if _may_be_at_work(error) else None
                        raise
        except ClusterError as error:
            if silence is None:
                raise
            raise ClusterError(
                f"{error} '{body.display_name}' may yet be made: ask for it again by that name, "
                "and it is found, or made if it is not there."
            ) from error
        raise AssertionError("a last try returns or raises")

    def _tries(self) -> Iterator[AttemptManager]:
        try:
            yield from Retrying(
                stop=stop_after_attempt(TRIES),
                wait=wait_exponential(self._pause, max=30),
                retry=retry_if_exception(_is_passing),
                reraise=True,
            )
        except (ApiException, HTTPError) as error:
            raise ClusterError(f"{self.host} {_meaning(error)}") from error
        except AttributeError as error:  # the generated client stumbles over one without a body
            if not isinstance(error.__context__, ApiException):
                raise
            raise ClusterError(f"{self.host} {_meaning(error.__context__)}") from error


class _Client(kfp.Client):  # type: ignore[misc]
    """kfp's client, which asks once: what is asked again is decided by `Cluster`."""

    def _load_config(self, *settings: Any) -> Any:
        config = super()._load_config(*settings)
        config.retries = False
        return config

    def get_kfp_healthz(self, sleep_duration: int = 0) -> Any:  # noqa: ARG002
        return self.healthzs.healthz_service_get_healthz(_request_timeout=TIMEOUT)

    def read_log(self, run: str, pod: str) -> str:
        # The generated API lacks it, as it answers with plain text.
        return str(
            self._run_api.api_client.call_api(
                LOG,
                "GET",
                path_params={"run": run, "pod": pod},
                response_type="str",
                auth_settings=["Bearer"],
                _return_http_data_only=True,
                _request_timeout=TIMEOUT,
            )
        )

    def set_user_namespace(self, namespace: str) -> None:
        self._context_setting["namespace"] = namespace  # and not, as kfp does, in a file for later


def _checked_host(host: str) -> str:
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ClusterError(f"'{host}' is no address of a cluster. Write https://HOST[/PATH].")
    if parts.username or parts.password:
        raise ClusterError("The address of a cluster holds no password. Give a --token-file.")
    return host.rstrip("/")


def _credentials(address: Address, host: str) -> dict[str, Any]:
    token = os.environ.get(TOKEN)
    pod = Path(os.environ.get(KF_PIPELINES_SA_TOKEN_ENV, KF_PIPELINES_SA_TOKEN_PATH))
    file = address.token_file or (pod if pod.is_file() and not token else None)
    if file is None and not token:
        return {}
    if not (is_private(host) or str(urlsplit(host).hostname).endswith(INSIDE)):
        raise ClusterError(
            f"{host}: anybody on the way could read the token. Use https://, or within the cluster "
            "the service's name as far as `.svc`."
        )
    if file is None:
        return {"existing_token": token}
    try:
        known = bool(file.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ClusterError(f"The token file {file} cannot be read: {error}") from error
    if not known:
        raise ClusterError(f"The token file {file} is empty.")
    return {"credentials": ServiceAccountTokenVolumeCredentials(str(file))}


def _is_passing(error: BaseException) -> bool:
    if isinstance(error, ApiException):
        return error.status in BUSY
    return isinstance(error, HTTPError)


def _may_be_at_work(error: Exception) -> bool:
    return isinstance(error, ReadTimeoutError) or getattr(error, "status", None) in GATEWAY


def _meaning(error: ApiException | HTTPError) -> str:
    if isinstance(error, ReadTimeoutError):
        return "did not answer in time."
    if isinstance(error, HTTPError):
        return f"cannot be reached: {error}"
    if error.status == 0:
        return f"is not trusted: {_told(error)} Its authority's certificate goes into --ca-file."
    meaning = MEANING.get(error.status, "answers:")
    return f"{meaning} ({error.status}: {_told(error)})"


def _told(error: ApiException) -> str:
    try:
        told = json.loads(error.body)["message"]
    except (KeyError, TypeError, ValueError):
        told = error.body or error.reason or "nothing"
    return " ".join(str(told).split())[:LONGEST]
