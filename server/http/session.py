"""Signing in by invitation, staying signed in, signing out."""

import time
from contextlib import suppress
from typing import Annotated

import jwt
from fastapi import APIRouter, Cookie, Depends, Request, Response
from pydantic import BaseModel, Field

from auth.errors import NotSignedIn, SignInRequired
from auth.meeting import Meeting
from auth.people import Participant
from auth.rules import Action, decide
from auth.sessions import SignedIn
from server.http.guard import (
    REFRESH_COOKIE,
    SESSION_COOKIE,
    Caller,
    PresentedToken,
    ServicesOf,
    TokenOf,
    check_origin,
    check_page,
)
from server.http.limits import Attempts
from server.http.people import Person, fields_of
from server.http.problems import problems
from server.services import Services

router = APIRouter(prefix="/api/session", tags=["session"])

_PATH = "/api/session"
RefreshCookie = Annotated[str | None, Cookie(alias=REFRESH_COOKIE)]


class InvitationSecret(BaseModel):
    """What stands behind `#` in an invitation's link."""

    invitation: str = Field(max_length=1_000)


class SessionBody(BaseModel):
    """Who is signed in."""

    participant: Person
    expires_at: int = Field(description="When the access token expires, in whole seconds since 1970 (UTC).")
    may: list[str] = Field(description="What this person may do whatever the chapter, such as `create-chapter`.")


def _body(participant: Participant, expires_at: int) -> SessionBody:
    may = [action.value for action in Action if decide(participant, action).allowed]
    return SessionBody(participant=Person(**fields_of(participant)), expires_at=expires_at, may=may)


@router.post("", responses=problems(403, 404, 409, 410, 422, 429, 503), dependencies=[Depends(check_origin)])
async def sign_in(
    invitation: InvitationSecret, request: Request, response: Response, services: ServicesOf
) -> SessionBody:
    """Sign in with an invitation. The answer sets the cookies with which the page goes on."""
    attempts: Attempts = request.app.state.attempts
    attempts.take(request.client.host if request.client else "")
    signed_in = await services.meeting.sign_in(invitation.invitation)
    return _with_cookies(response, services, signed_in)


@router.get("", responses=problems(401, 503))
async def get_session(token: TokenOf, caller: Caller) -> SessionBody:
    """Who is signed in."""
    claims = jwt.decode(token, options={"verify_signature": False})  # the meeting has verified it just now
    return _body(caller.participant, claims["exp"])


@router.post("/refresh", responses=problems(401, 403, 503), dependencies=[Depends(check_page)])
async def refresh_session(response: Response, services: ServicesOf, refresh: RefreshCookie = None) -> SessionBody:
    """Get a new access token by the refresh cookie, and a new refresh cookie: the old one is used up."""
    if not refresh:
        raise NotSignedIn
    return _with_cookies(response, services, await services.meeting.refresh(refresh))


@router.delete("", status_code=204, responses=problems(403, 422, 503))
async def sign_out(
    token: PresentedToken, response: Response, services: ServicesOf, refresh: RefreshCookie = None
) -> None:
    """End the session: that of the token or, when it has expired, of the refresh cookie. The cookies go in any case."""
    session = await _session_of(services.meeting, token, refresh)
    if session:
        await services.meeting.sign_out(session)
    response.delete_cookie(SESSION_COOKIE, "/", httponly=True, samesite="strict")
    response.delete_cookie(REFRESH_COOKIE, _PATH, httponly=True, samesite="strict")


async def _session_of(meeting: Meeting, token: str, refresh: str | None) -> str:
    """The id of the session that is open; empty when there is none."""
    with suppress(SignInRequired):
        return (await meeting.recognise(token)).session_id
    with suppress(SignInRequired):
        return (await meeting.refresh(refresh or "")).session.id
    return ""


def _with_cookies(response: Response, services: Services, signed_in: SignedIn) -> SessionBody:
    session_ends, access_ends = signed_in.session.expires_at, signed_in.access_expires_at
    for name, secret, path, ends in (
        (SESSION_COOKIE, signed_in.access_token, "/", access_ends),
        (REFRESH_COOKIE, signed_in.refresh_secret, _PATH, session_ends),
    ):
        response.set_cookie(
            name,
            secret,
            max_age=max(0, int(ends - time.time())),
            path=path,
            secure=services.settings.cookies_are_secure,
            httponly=True,
            samesite="strict",
        )
    return _body(signed_in.participant, access_ends)
