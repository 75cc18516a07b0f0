import time
from itertools import pairwise

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serving.observability import traces
from serving.observability.traces import trace_stages, tracing_config
from undertone.errors import ConfigError


@pytest.fixture
def spans():
    """A tracer, and what it exported."""
    exporter, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider.get_tracer("test"), exporter
    provider.shutdown()


def test_stages_lie_end_to_end_in_the_span_of_the_request(spans):
    tracer, exporter = spans
    timings = {"queue": 2.0, "decode": 5.0, "listen": 10.0, "write": 3.0, "fuse": 1.0, "total": 99}
    started = time.perf_counter()
    with tracer.start_as_current_span("POST /predict") as request:
        trace_stages(tracer, timings, started)
    *stages, whole = exporter.get_finished_spans()
    assert [span.name for span in stages] == ["decode", "queue", "listen", "write", "fuse"]
    assert all(span.parent.span_id == request.context.span_id for span in stages)
    assert "undertone.request_id" in whole.attributes
    for earlier, later in pairwise(stages):
        assert earlier.end_time == later.start_time
    lasted = [(span.end_time - span.start_time) / 1e6 for span in stages]
    assert lasted == pytest.approx([5, 2, 10, 3, 1])


def test_without_a_request_there_is_nothing_to_trace(spans):
    tracer, exporter = spans
    trace_stages(tracer, {"decode": 1.0}, time.perf_counter())
    assert exporter.get_finished_spans() == ()


def test_nothing_is_exported_unless_a_collector_is_named(monkeypatch):
    monkeypatch.delenv(traces.ENDPOINT, raising=False)
    assert tracing_config() == {}
    monkeypatch.setenv(traces.ENDPOINT, "http://127.0.0.1:4318")
    assert tracing_config()["exporter_type"] == "otlp"
    monkeypatch.setattr(traces, "EXPORTER", "opentelemetry.exporter.missing")
    with pytest.raises(ConfigError, match=r"undertone\[trace\]"):
        tracing_config()
