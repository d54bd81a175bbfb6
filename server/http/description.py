"""The OpenAPI document: as FastAPI makes it, but for our errors, and summaries in the words of the code."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from server.http.problems import MEDIA_TYPE, Problem


def describe(app: FastAPI) -> None:
    """Describe every error as the problem that it is, and that any route may fail."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = made()
            for path in document["paths"].values():
                for operation in path.values():
                    operation["summary"] = operation["description"].partition(".")[0]
                    _describe_errors(operation)
            for unused in ("HTTPValidationError", "ValidationError"):
                document["components"]["schemas"].pop(unused, None)
        return made()

    app.openapi = openapi  # type: ignore[method-assign]


def _describe_errors(operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    problem = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    anywhere = (500,) if "requestBody" not in operation else (400, 413, 500)
    for fault in anywhere:
        responses.setdefault(str(fault), {"description": HTTPStatus(fault).phrase})
    for status, response in responses.items():
        if status >= "400":
            response["content"] = problem
