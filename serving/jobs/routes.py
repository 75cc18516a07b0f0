"""The routes of `/jobs/…`, and the part of `/jobs` in the description."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from serving.jobs.queue import Jobs
from serving.jobs.schemas import Job, JudgedPassage
from serving.refusal import refusing

JOB, UTTERANCES = "/jobs/{job_id}", "/jobs/{job_id}/utterances"
LINES_TYPE = "application/x-ndjson"


def job_routes(jobs: Callable[[], Jobs]) -> list[Route]:
    """The routes.

    Args:
        jobs: gives the jobs when a request is answered.
    """

    @refusing
    async def job(request: Request) -> Response:
        job_id = request.path_params["job_id"]
        stops = request.method == "DELETE"
        return told(await (jobs().stop(job_id) if stops else jobs().get(job_id)))

    @refusing
    async def utterances(request: Request) -> Response:
        path = await jobs().answers(request.path_params["job_id"])
        return FileResponse(path, media_type=LINES_TYPE)

    return [Route(JOB, job, methods=["GET", "DELETE"]), Route(UTTERANCES, utterances)]


def told(job: Job, status: int = 200) -> Response:
    """A job as the body of an answer."""
    headers = {"Location": f"/jobs/{job.job_id}"} if status == 202 else None
    return JSONResponse(job.model_dump(mode="json"), status, headers)


def job_paths(schemas: dict[str, Any], refused: dict[str, Any]) -> dict[str, Any]:
    """OpenAPI's `paths` of the routes.

    Args:
        schemas: takes the schemas that the paths refer to.
        refused: how a refusal is described.
    """
    for model in (Job, JudgedPassage):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[model.__name__] = schema
    lines = {LINES_TYPE: {"schema": _named(JudgedPassage)}}
    about = {"name": "job_id", "in": "path", "required": True, "schema": {"type": "string"}}

    def described(name: str, text: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {
            "operationId": name,
            "description": text,
            "parameters": [about],
            "responses": {"200": {"description": "Told", "content": answer}, "default": refused},
        }

    job = {"application/json": {"schema": _named(Job)}}
    stopping = "Stop a job, whose answers so far stay; or forget one that is finished."
    return {
        JOB: {
            "get": described("job", "How far a long recording is, and what it amounts to.", job),
            "delete": described("stop_job", stopping, job),
        },
        UTTERANCES: {
            "get": described("utterances", "The answers so far, one JSON object a line.", lines)
        },
    }


def _named(model: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
