"""Where a client asks, as whom, and how long it waits."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Connection:
    """What both kinds of client know of the service."""

    url: str
    timeout: float
    key: str | None
    retries: int

    @property
    def headers(self) -> dict[str, str]:
        """Who asks."""
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    @property
    def settings(self) -> dict[str, Any]:
        """For httpx. No proxy is taken from the environment: recordings go where `url` says."""
        return {
            "base_url": self.url,
            "timeout": self.timeout,
            "headers": self.headers,
            "trust_env": False,
        }

    @property
    def stream_url(self) -> str:
        """Of live speech: `ws` for `http`, `wss` for `https`."""
        return "ws" + self.url.rstrip("/").removeprefix("http") + "/stream"
