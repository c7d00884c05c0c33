"""The JSON API: `POST /predict`, `GET /health`, and what OpenAPI says of them."""

import asyncio
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf import __version__
from avdf.detection.answers import stamp
from avdf.files import finite_json
from avdf.serving.answer_schema import operation
from avdf.serving.desk import Desk
from avdf.serving.judging import Judge
from avdf.serving.limits import RefusedError
from avdf.serving.receiving import Body, received

if TYPE_CHECKING:
    from fastapi import FastAPI
    from fastapi.responses import JSONResponse


def api_of(judge: Judge, desk: Desk, folder: Path) -> "FastAPI":
    """An application that stores the files of users below `folder` while they are judged.

    The pages of FastAPI that show an API load scripts from another host, so there are none.
    """
    from fastapi import FastAPI, Request
    from fastapi.responses import JSONResponse

    app = FastAPI(
        title="avdf serve",
        description="Calls sound and video files fake or real. A call is one measurement and no proof.",
        version=__version__,
        docs_url=None,
        redoc_url=None,
    )

    async def predict(request: Request) -> Any:
        try:
            with desk.place():
                async with received(Body(request, desk.limits), folder) as file:
                    work = desk.begin(partial(judge.result_of, file.path, file.name))
                    result = await asyncio.wrap_future(work)
        except RefusedError as refusal:
            return refused(refusal)
        return JSONResponse(finite_json({**result, **stamp()}))

    async def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "detector": judge.predictor.facts["detector"],
            "places": desk.limits.places,
            **desk.state(),
        }

    app.post("/predict", summary="Judge one file", openapi_extra=operation())(predict)
    app.get("/health", summary="Whether the server works, and how busy it is")(health)
    return app


def refused(refusal: RefusedError) -> "JSONResponse":
    """A refusal as the answer of a request."""
    from fastapi.responses import JSONResponse

    headers = {"Retry-After": str(refusal.retry_after_s)} if refusal.retry_after_s is not None else None
    return JSONResponse({"detail": str(refusal)}, refusal.status, headers)
