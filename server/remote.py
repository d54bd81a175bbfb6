"""Asks the server that is at work on a meeting's folder, on behalf of a participant."""

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from server.database import DataFolderError

SECONDS: Final = 60
"""How long an answer may take."""


@dataclass(slots=True, eq=False)
class ServerFault(DataFolderError):
    """The server did not do what it was asked, or could not be reached."""

    reason: str

    def __str__(self) -> str:
        return self.reason


def ask(url: str, token: str, method: str, path: str, body: object = None) -> Any:
    """The server's answer, read from JSON. Raises `ServerFault`."""
    content = None if body is None else json.dumps(body).encode()
    return send(url, token, method, path, content, "application/json")


def send(url: str, token: str, method: str, path: str, content: bytes | None, kind: str) -> Any:  # noqa: PLR0913, PLR0917
    """As `ask`, of a body of any media type."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    try:
        request = Request(url + path, content, headers, method=method)  # noqa: S310 (of the settings, or as they say)
        with build_opener(ProxyHandler({})).open(request, timeout=SECONDS) as answer:
            return json.load(answer)
    except HTTPError as error:
        with error:
            raise ServerFault(_detail(error)) from None
    except (URLError, TimeoutError, ValueError, HTTPException) as error:
        reason = "no answer by HTTP" if isinstance(error, HTTPException) else getattr(error, "reason", error)
        raise ServerFault(f"a server is at work on the folder, but not at {url} ({reason}): say where") from None


def _detail(error: HTTPError) -> str:
    try:
        return str(json.load(error)["detail"])
    except (OSError, HTTPException, ValueError, KeyError, TypeError):  # whatever answers may be no server of ours
        return f"the server answered {error.code} {error.reason}".rstrip()
