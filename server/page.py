"""The page: the built browser client, with headers that let it do nothing but its work."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from server.settings import Settings

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
PATHS: Final = ("/", "/join", "/chapters/{chapter}")
"""Addresses that the page itself makes sense of."""
_NOT_BUILT: Final = "The page has not been built: run `make setup`.\n"


def page_routes(settings: Settings) -> list[BaseRoute]:
    """The routes of the page and its assets."""
    folder = settings.page

    async def page(_: Request) -> Response:
        index = folder / "index.html"
        if not index.is_file():
            return PlainTextResponse(_NOT_BUILT, status_code=503)
        return FileResponse(index, headers=SECURITY_HEADERS | {"Cache-Control": "no-cache"})

    async def icon(_: Request) -> Response:
        file = folder / "icon.svg"
        if not file.is_file():
            raise HTTPException(404)
        return FileResponse(file, headers=SECURITY_HEADERS)

    routes: list[BaseRoute] = [Route(path, page, name=f"page {path}") for path in PATHS]
    routes.append(Route("/icon.svg", icon))
    routes.append(Mount("/assets", _Assets(directory=folder / "assets", check_dir=False), name="assets"))
    return routes


class _Assets(StaticFiles):
    """Files with a hash in their name: they never change."""

    async def check_config(self) -> None:
        """Without its folder, while the page has not been built, there is no such file: 404."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(SECURITY_HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"})
        return response
