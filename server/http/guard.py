"""Who calls, and may they: by a bearer token, or by the page's cookie together with signs that it is our page."""

from typing import Annotated, Final

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer

from auth.errors import NotSignedIn
from auth.rules import Action, require
from auth.sessions import Authenticated
from server.http.problems import Refusal
from server.origins import allowed_origin
from server.services import Services

SESSION_COOKIE: Final = "adref_session"
REFRESH_COOKIE: Final = "adref_refresh"
PAGE_HEADER: Final = "X-Adref"
"""No other site can make a browser send it, so whoever changes something by cookie must."""
_SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="An access token, as `adref token` prints.")
_cookie = APIKeyCookie(
    name=SESSION_COOKIE,
    auto_error=False,
    scheme_name="cookie",
    description=f"Set at sign-in. All but GET then need the header `{PAGE_HEADER}: 1`, and an `Origin` of ours.",
)


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


ServicesOf = Annotated[Services, Depends(_services)]


def check_origin(request: Request, services: ServicesOf) -> None:
    """Refuse what a page of another site sends. Raises `Refusal`."""
    if request.method in _SAFE_METHODS:
        return
    if not allowed_origin(request.headers, services.settings):
        raise Refusal(403, "origin-forbidden", "this may be asked from a page of this server alone")


def check_page(request: Request, services: ServicesOf) -> None:
    """Refuse a change by cookie that may not come from our page. Raises `Refusal`."""
    check_origin(request, services)
    if request.method not in _SAFE_METHODS and request.headers.get(PAGE_HEADER) != "1":
        raise Refusal(403, "header-missing", f"a change by cookie needs the header {PAGE_HEADER}: 1")


Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
Cookie = Annotated[str | None, Security(_cookie)]


def _presented(request: Request, services: ServicesOf, bearer: Bearer, cookie: Cookie) -> str:
    """The token that was presented, if any; a header goes before a cookie. Raises `Refusal`."""
    if bearer is not None:
        return bearer.credentials
    check_page(request, services)
    return cookie or ""


def _token(request: Request, services: ServicesOf, bearer: Bearer, cookie: Cookie) -> str:
    """The token that was presented. Raises `NotSignedIn`, `Refusal`."""
    if bearer is None and not cookie:
        raise NotSignedIn
    return _presented(request, services, bearer, cookie)


PresentedToken = Annotated[str, Depends(_presented)]
TokenOf = Annotated[str, Depends(_token)]


async def _caller(token: TokenOf, services: ServicesOf) -> Authenticated:
    return await services.meeting.recognise(token)


Caller = Annotated[Authenticated, Depends(_caller)]
"""Whoever is signed in."""


def allowed(action: Action) -> object:
    """A dependency: who is signed in and may do this, whatever the chapter."""

    async def check(caller: Caller) -> Authenticated:
        require(caller.participant, action)
        return caller

    return Depends(check)


Reader = Annotated[Authenticated, allowed(Action.READ)]
Drafter = Annotated[Authenticated, allowed(Action.CREATE_CHAPTER)]
Importer = Annotated[Authenticated, allowed(Action.IMPORT_CHAPTER)]
Historian = Annotated[Authenticated, allowed(Action.SEE_HISTORY)]
Neighbour = Annotated[Authenticated, allowed(Action.SEE_PEOPLE)]
Registrar = Annotated[Authenticated, allowed(Action.NAME_VERSION)]
Publisher = Annotated[Authenticated, allowed(Action.PUBLISH_VERSION)]
Restorer = Annotated[Authenticated, allowed(Action.RESTORE_VERSION)]
Manager = Annotated[Authenticated, allowed(Action.MANAGE_PEOPLE)]


NOT_KEPT: Final = {"Cache-Control": "no-store"}
"""For an answer that a route makes itself, headers and all."""


def not_kept(response: Response) -> None:
    """Answers are of this moment and this person: nobody keeps them."""
    response.headers.update(NOT_KEPT)
