"""The HTTP API: one FastAPI application, one file for each kind of thing it tells of."""

from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute

from documents.redline.base import Bases
from documents.redline.rebuilt import Rebuilt
from server.http import (
    authorship,
    chapters,
    comments,
    export,
    groups,
    health,
    history,
    invitations,
    papers,
    paragraphs,
    participants,
    redline,
    restoring,
    returned,
    rulings,
    runs,
    search,
    session,
    set_aside,
    versions,
)
from server.http.description import describe
from server.http.guard import not_kept
from server.http.limits import Attempts, BodyLimit
from server.http.problems import add_handlers
from server.http.texts import Texts
from server.papers import Papers
from server.services import Services

PARTS = (
    session,
    chapters,
    returned,
    paragraphs,
    rulings,
    set_aside,
    comments,
    runs,
    authorship,
    redline,
    versions,
    restoring,
    history,
    export,
    search,
    participants,
    invitations,
    groups,
    papers,
    health,
)


def api(services: Services) -> FastAPI:
    """The application with all routes of the API, each under its full path. It answers what it does not know too."""
    app = FastAPI(
        title="Adref",
        summary="One live text for a negotiation.",
        version="1",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(not_kept)],
        generate_unique_id_function=_operation_id,
    )
    app.state.services = services
    app.state.texts = Texts(services.rooms)
    app.state.bases = Bases(services.storage)
    app.state.rebuilt = Rebuilt(services.storage)
    app.state.papers = Papers(services.rooms)
    app.state.attempts = Attempts(services.settings.sign_ins_per_minute)
    app.add_middleware(BodyLimit, most=services.settings.request_bytes)
    add_handlers(app)
    for part in PARTS:
        app.include_router(part.router)
    describe(app)
    return app


def _operation_id(route: APIRoute) -> str:
    """The function's name: all of them differ."""
    return route.name
