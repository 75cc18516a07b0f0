"""Typed clients of the service: one that waits, one for asyncio, and live speech."""

from serving.client.asynchronous import AsyncClient
from serving.client.errors import ServiceError
from serving.client.stream import Stream
from serving.client.sync import Client

__all__ = ["AsyncClient", "Client", "ServiceError", "Stream"]
