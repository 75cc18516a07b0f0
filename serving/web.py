"""GET routes: the page for people, the model's status, the description for programs."""

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import bentoml
from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from monitoring.store import Forgotten
from serving.forms import FILES, FORM_TYPE, OF_ONE_UTTERANCE
from serving.jobs.routes import job_paths, job_routes
from serving.operations.routes import operation_paths, operation_routes
from serving.refusal import refusing
from serving.schemas import Answer, Envelope, Feedback, ModelStatus

TOLD = (
    ("/predict", "200", "Answer"),
    ("/feedback", "200", "Feedback"),
    ("/jobs", "202", "Job"),
)
PAGE = Path(__file__).parent / "page"
PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def web_app(service: Any) -> Starlette:
    """The routes that Bento has no decorator for.

    Args:
        service: the Bento service, whose description is served at `/docs.json`.
    """

    async def docs(_request: Request) -> Response:
        return JSONResponse(describe(service))

    return Starlette(
        routes=[
            Route("/", _page),
            Route("/model", _model),
            Route("/metrics", _metrics),
            Route("/docs.json", docs),
            Route("/subjects/{speaker_id:path}", _forget, methods=["DELETE"]),
            WebSocketRoute("/stream", _stream),
            Mount("/page", StaticFiles(directory=PAGE)),
            *job_routes(lambda: bentoml.get_current_service().jobs),
            *operation_routes(lambda: bentoml.get_current_service().store),
        ]
    )


def describe(service: Any) -> dict[str, Any]:
    """OpenAPI of the whole service: Bento's, with `/model` and with the true shape of errors."""
    spec: dict[str, Any] = service.openapi_spec.asdict()
    schemas = spec["components"]["schemas"]
    for kind in (Answer, Feedback, Envelope, ModelStatus):
        schemas[kind.__name__] = kind.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schemas[kind.__name__].pop("$defs", {})
    refused = _answer("Refused", "Envelope")
    for path, status, told in TOLD:
        schemas.pop(f"{told}IODescriptor", None)
        answers = {status: _answer(told, told), "default": refused}
        spec["paths"][path]["post"]["responses"] = answers
    for path in ("/predict", "/jobs"):
        form = spec["paths"][path]["post"]["requestBody"]["content"][FORM_TYPE]
        form.pop("encoding", None)
        for name in FILES:
            form["schema"]["properties"][name] |= {"type": "string", "format": "binary"}
    for name in OF_ONE_UTTERANCE:
        form["schema"]["properties"].pop(name)
    form["schema"]["required"] = ["audio"]
    spec["paths"]["/model"] = {
        "get": {
            "operationId": "model",
            "description": "Which model answers, and where it came from.",
            "responses": {"200": _answer("Status", "ModelStatus"), "default": refused},
        }
    }
    spec["paths"] |= job_paths(schemas, refused)
    spec["paths"] |= operation_paths(schemas, refused)
    schemas["Forgotten"] = TypeAdapter(Forgotten).json_schema()
    spec["paths"]["/subjects/{speaker_id}"] = {"delete": _forgetting(refused)}
    spec["info"] = {
        "title": "Undertone",
        "version": version("undertone"),
        "description": service.inner.__doc__,
    }
    return spec


def _answer(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _forgetting(refused: dict[str, Any]) -> dict[str, Any]:
    speaker = {
        "name": "speaker_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
    }
    return {
        "operationId": "forget",
        "description": "Delete all that is kept of a speaker: predictions, feedback, audio.",
        "parameters": [speaker],
        "responses": {"200": _answer("What was deleted", "Forgotten"), "default": refused},
    }


async def _page(_request: Request) -> Response:
    return FileResponse(PAGE / "index.html", headers=PAGE_HEADERS)


async def _model(_request: Request) -> Response:
    return JSONResponse(bentoml.get_current_service().status().model_dump(mode="json"))


async def _metrics(_request: Request) -> Response:
    """Bento's own would count every address that anybody thinks up, the pseudonyms in it too."""
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


@refusing
async def _forget(request: Request) -> Response:
    service = bentoml.get_current_service()
    return JSONResponse(asdict(await service.forget(request.path_params["speaker_id"])))


async def _stream(socket: WebSocket) -> None:
    await bentoml.get_current_service().streams.serve(socket)
