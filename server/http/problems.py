"""Problem details (RFC 9457): the one form in which every error of the HTTP API is told."""

import json
import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from auth.errors import AuthError, RosterInvalid
from documents.errors import DocumentsError
from server.errors import UNKNOWN, meaning_of

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MAX_FAULTS = 100
"""Faults that one answer names."""


class Fault(BaseModel):
    """One thing wrong in a request that does not have the form described here."""

    where: str = Field(description="The way to the value, such as `body.title`.")
    message: str


class LineProblem(BaseModel):
    """One thing wrong in a list of participants."""

    line: int = Field(description="Counted from 1.")
    column: str = Field(description="Empty when the whole line is meant.")
    message: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(description="`urn:adref:problem:` and the code.")
    title: str = Field(description="One line, the same for all problems of this code.")
    status: int
    code: str = Field(description="A fixed word for programs.")
    detail: str = Field(description="One sentence about this very case.")
    errors: list[Fault] | None = Field(None, description="With the code `invalid`: what is wrong in the request.")
    problems: list[LineProblem] | None = Field(None, description="With the code `roster-invalid`: line by line.")


class Refusal(HTTPException):
    """A problem that only HTTP knows of."""

    def __init__(self, status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers)
        self.code = code


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The error answers of a route, for its description."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses}


def add_handlers(app: FastAPI) -> None:
    """Tell every error as a problem."""
    app.add_exception_handler(AuthError, _ours)
    app.add_exception_handler(DocumentsError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unknown)


def answer(told: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an answer. Halves of surrogate pairs, which may come back in it, are escaped."""
    content = json.dumps(told.model_dump(exclude_none=True))
    return Response(content, told.status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def problem(status: int, code: str, detail: str, title: str = "", **more: Any) -> Problem:
    """A problem; its title is that of the status unless another is given."""
    title = title or HTTPStatus(status).phrase
    return Problem(type=f"urn:adref:problem:{code}", title=title, status=status, code=code, detail=detail, **more)


async def _ours(_: Request, error: Exception) -> Response:
    meaning = meaning_of(error)
    detail = str(error) if meaning.status < 500 else f"{meaning.title}."
    if meaning.status >= 500:
        log.error("%s: %s", type(error).__name__, error)
    lines = None
    if isinstance(error, RosterInvalid):
        lines = [LineProblem(line=at, column=column, message=text) for at, column, text in error.problems[:MAX_FAULTS]]
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}.get(meaning.status)
    return answer(problem(meaning.status, meaning.code, detail, meaning.title, problems=lines), headers)


async def _http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (it is registered for nothing else)
    code = error.code if isinstance(error, Refusal) else _code_of(error.status_code)
    return answer(problem(error.status_code, code, error.detail), error.headers)


async def _invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (it is registered for nothing else)
    faults = [_fault(one["loc"], one["msg"]) for one in error.errors()[:MAX_FAULTS]]
    detail = "; ".join(f"{fault.where}: {fault.message}" for fault in faults[:3])
    return answer(problem(422, "invalid", detail, "The request is not as described", errors=faults))


def _code_of(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-")


def _fault(place: Iterable[object], message: str) -> Fault:
    where = ".".join(str(part)[:100] for part in place)
    return Fault(where=where.encode(errors="replace").decode(), message=message[:500])


async def _unknown(_: Request, __: Exception) -> Response:
    """The exception itself is logged by whoever serves."""
    return answer(problem(UNKNOWN.status, UNKNOWN.code, f"{UNKNOWN.title}.", UNKNOWN.title))
