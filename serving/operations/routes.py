"""The routes of `/operations/…` and their part of the description, both from one table."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from monitoring.store import Store
from monitoring.store.tables import now
from serving.operations import views
from serving.operations.schemas import (
    Champions,
    Last,
    Review,
    ReviewQuery,
    Traffic,
    TrafficQuery,
    Verdicts,
)
from serving.refusal import invalid, refusing

REPORTS = "/operations/reports/{verdict_id}"
REPORT_HEADERS = {
    # Evidently's page is one file of inline scripts: it runs, but walled off from this origin.
    "Content-Security-Policy": (
        "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; "
        "style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Operation:
    """A view on the store: what it is called, what it takes, what it answers."""

    path: str
    query: type[BaseModel]
    answer: type[BaseModel]
    view: Callable[[Store, Any, datetime], BaseModel]


OPERATIONS = (
    Operation("/operations/traffic", TrafficQuery, Traffic, views.traffic),
    Operation("/operations/verdicts", Last, Verdicts, views.verdicts),
    Operation("/operations/review", ReviewQuery, Review, views.review),
    Operation("/operations/champions", Last, Champions, views.champions),
)


def operation_routes(store: Callable[[], Store]) -> list[Route]:
    """The routes.

    Args:
        store: gives the store when a request is answered.
    """

    @refusing
    async def report(request: Request) -> Response:
        path = await asyncio.to_thread(views.report_of, store(), request.path_params["verdict_id"])
        return FileResponse(path, media_type="text/html", headers=REPORT_HEADERS)

    return [*(_route(operation, store) for operation in OPERATIONS), Route(REPORTS, report)]


def _route(operation: Operation, store: Callable[[], Store]) -> Route:
    @refusing
    async def answer(request: Request) -> Response:
        try:
            query = operation.query.model_validate(dict(request.query_params))
        except ValidationError as error:
            raise invalid(error) from None
        answered = await asyncio.to_thread(operation.view, store(), query, now())
        return JSONResponse(answered.model_dump(mode="json"))

    return Route(operation.path, answer)


def operation_paths(schemas: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's `paths` of the routes.

    Args:
        schemas: takes the schemas that the paths refer to.
        refused: how a refusal is described.
    """
    paths = {operation.path: _described(operation, schemas, refused) for operation in OPERATIONS}
    page = {"description": "The page", "content": {"text/html": {"schema": {"type": "string"}}}}
    name = {"name": "verdict_id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths[REPORTS] = {
        "get": {
            "operationId": "report",
            "description": "The drawn report of a verdict.",
            "parameters": [name],
            "responses": {"200": page, "default": refused},
        }
    }
    return paths


def _described(
    operation: Operation, schemas: dict[str, Any], refused: dict[str, Any]
) -> dict[str, Any]:
    name = operation.answer.__name__
    schema = operation.answer.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {})
    schemas[name] = schema
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    fields = operation.query.model_json_schema()["properties"]
    return {
        "get": {
            "operationId": operation.view.__name__,
            "description": operation.view.__doc__,
            "parameters": [
                {"name": field, "in": "query", "required": False, "schema": schema}
                for field, schema in fields.items()
            ],
            "responses": {
                "200": {"description": name, "content": content},
                "default": refused,
            },
        }
    }
