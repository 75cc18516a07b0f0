"""Spans of an answer's stages, exported by OTLP where the environment names a collector."""

import os
import time
from importlib import import_module
from typing import Any

from opentelemetry import trace

from serving.observability.current import current_request
from undertone.errors import ConfigError

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"  # OpenTelemetry's own, as are its other settings
EXPORTER = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
UNTRACED = ["/livez$", "/readyz$", "/healthz$", "/metrics$", "/subjects/"]  # a speaker's name
STAGES = ("decode", "image", "queue", "listen", "write", "fuse", "timeline")


def tracing_config() -> dict[str, Any]:
    """What Bento needs to trace requests and export the spans; nothing without a collector.

    Raises:
        ConfigError: there is a collector, but not what talks to it.
    """
    if not os.environ.get(ENDPOINT):
        return {}
    try:
        import_module(EXPORTER)
    except ModuleNotFoundError as error:
        raise ConfigError(f"{ENDPOINT} is set: pip install 'undertone[trace]'.") from error
    return {
        "exporter_type": "otlp",
        "sample_rate": 1.0,
        "otlp": {"protocol": "http"},
        "excluded_urls": UNTRACED,
    }


def tracer() -> trace.Tracer:
    """The tracer of this process, which Bento's spans of whole requests come from too."""
    from bentoml._internal.configuration.containers import BentoMLContainer

    provider: trace.TracerProvider = BentoMLContainer.tracer_provider.get()
    return provider.get_tracer("undertone")


def trace_stages(tracer: trace.Tracer, timings_ms: dict[str, float], started: float) -> None:
    """Make a span of each stage, in the span of the request.

    Only how long a stage took is known, so the spans are laid end to end.

    Args:
        tracer: makes the spans.
        timings_ms: of the stages.
        started: when the first began, by `time.perf_counter`.
    """
    request = trace.get_current_span()
    if not request.is_recording():
        return
    request.set_attribute("undertone.request_id", current_request().id or "")
    at = time.time_ns() - round((time.perf_counter() - started) * 1e9)
    for stage in STAGES:
        if stage in timings_ms:
            span = tracer.start_span(stage, start_time=at)
            at += round(timings_ms[stage] * 1e6)
            span.end(end_time=at)
