"""Holds what the server answers against its own OpenAPI document.

Stricter than JSON Schema: a field that is not described is a fault, and so is a keyword that is not known here.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import httpx

_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}
_NOTES = {"title", "description", "default"}
_KNOWN = {"type", "properties", "required", "items", "anyOf", "enum", "const", "$ref", "format"}


class Description:
    """An OpenAPI document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.routes: dict[tuple[str, str], Mapping[str, Any]] = {
            (method.upper(), path): operation
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
        }

    def faults(self, response: httpx.Response) -> list[str]:
        """Where an answer is not as described, in sentences."""
        operation = self._operation(response.request.method, response.request.url.path)
        if operation is None:
            return []
        described = operation["responses"].get(str(response.status_code))
        if described is None:
            return [f"status {response.status_code} is not described"]
        content = described.get("content")
        if content is None:
            return ["a body where none is described"] if response.content else []
        media_type = response.headers["content-type"].partition(";")[0]
        if media_type not in content:
            return [f"{media_type} is not described"]
        value = response.json() if media_type.endswith("json") else response.text
        return list(self._wrong(value, content[media_type]["schema"], "body"))

    def _operation(self, method: str, path: str) -> Mapping[str, Any] | None:
        """The operation of a request; a path without braces goes before one with them."""
        for (its_method, template), operation in sorted(self.routes.items(), key=lambda item: "{" in item[0][1]):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if its_method == method and re.fullmatch(pattern, path):
                return operation
        return None

    def _wrong(self, value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
        unknown = schema.keys() - _KNOWN - _NOTES
        if unknown:
            yield f"{at}: the keywords {sorted(unknown)} are not known to the test"
        if "$ref" in schema:
            yield from self._wrong(value, self._named(schema["$ref"]), at)
        if "anyOf" in schema and all(list(self._wrong(value, option, at)) for option in schema["anyOf"]):
            yield f"{at}: {value!r} is none of what is allowed"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{at}: {value!r} is not one of {schema['enum']}"
        if "const" in schema and value != schema["const"]:
            yield f"{at}: {value!r} is not {schema['const']!r}"
        if "type" in schema:
            yield from self._wrong_kind(value, schema, at)

    def _wrong_kind(self, value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
        kind: str = schema["type"]
        fits: bool = isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
        if not fits:
            yield f"{at}: {value!r} is not of the type {kind}"
        elif kind == "array":
            for index, one in enumerate(value):
                yield from self._wrong(one, schema["items"], f"{at}[{index}]")
        elif kind == "object":
            properties = schema["properties"]
            for name in value.keys() - properties.keys():
                yield f"{at}.{name} is not described"
            for name in set(schema.get("required", ())) - value.keys():
                yield f"{at}.{name} is missing"
            for name in value.keys() & properties.keys():
                yield from self._wrong(value[name], properties[name], f"{at}.{name}")
        elif schema.get("format") == "date-time":
            datetime.fromisoformat(value)

    def _named(self, reference: str) -> Mapping[str, Any]:
        found: Any = self.document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        schema: Mapping[str, Any] = found
        return schema
