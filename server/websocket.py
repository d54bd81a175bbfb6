"""The websocket route: who is it, may they, which room; then the connection lives until the link closes.

A client signs in by, in this order: `?token=`, `Authorization: Bearer`, the subprotocol `adref.bearer.<token>` (offered
together with `adref`, which is what is accepted), or the page's cookie. A connection by cookie must come from a page of
ours: browsers always send an `Origin`, and one that is not ours, or is missing, is refused with HTTP 403 before the
handshake.
"""

import asyncio

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from auth.errors import AuthError, NotSignedIn
from auth.rules import Action, require
from auth.sessions import Authenticated
from documents.errors import DocumentsError
from server.close_codes import CloseCode
from server.connection import Connection
from server.connections import TooManyConnections
from server.errors import close_code_of
from server.origins import allowed_origin
from server.services import Services
from server.transport import clip, link_of
from server.undone import REASON

SUBPROTOCOL = "adref"
_BEARER_SUBPROTOCOL = "adref.bearer."


async def serve_websocket(websocket: WebSocket) -> None:
    """Serve one client of `/ws/{chapter}`."""
    services: Services = websocket.app.state.services
    token, by_cookie = _token(websocket)
    if by_cookie and not ("origin" in websocket.headers and allowed_origin(websocket.headers, services.settings)):
        await websocket.close()
        return
    try:
        signed_in = await _sign_in(services, token)
        patience = services.connections.patience_with(signed_in.participant.id)
        with services.connections.place(signed_in.participant.id):
            await asyncio.sleep(patience.wait)
            if patience.is_out():
                patience.refused()
                await _reject(websocket, CloseCode.LOCKED, REASON)
                return
            await _serve(websocket, services, signed_in)
    except TooManyConnections as error:
        await _reject(websocket, CloseCode.TRY_LATER, str(error))
    except (AuthError, DocumentsError) as error:
        await _reject(websocket, close_code_of(error), str(error))
    except WebSocketDisconnect:
        pass


async def _serve(websocket: WebSocket, services: Services, signed_in: Authenticated) -> None:
    chapter = websocket.path_params["chapter"]
    access = services.meeting.access(chapter, signed_in.participant.id)
    require(signed_in.participant, Action.READ, access)
    await services.rooms.open(chapter)  # what can't be opened is refused before the client is let in
    link = link_of(websocket.scope)
    await websocket.accept(subprotocol=_subprotocol(websocket))
    room = await services.rooms.open(chapter)
    # Nothing is awaited from here on until the seat is taken: the room can't be evicted in between.
    notices = websocket.query_params.get("notices") == "1"
    connection = Connection(link, room, services, signed_in, notices=notices)
    with services.connections.serving(connection):
        connection.recheck()
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass


async def _sign_in(services: Services, token: str) -> Authenticated:
    if not token:
        raise NotSignedIn
    return await services.meeting.recognise(token)


async def _reject(websocket: WebSocket, code: CloseCode, reason: str) -> None:
    """Accept, if that is not done yet, so that a browser sees the code; and close."""
    try:
        if websocket.application_state is WebSocketState.CONNECTING:
            await websocket.accept(subprotocol=_subprotocol(websocket))
        await websocket.close(code, clip(reason))
    except (WebSocketDisconnect, RuntimeError):
        return


def _token(websocket: WebSocket) -> tuple[str, bool]:
    """The token, and whether it came by the page's cookie."""
    token = websocket.query_params.get("token", "")
    scheme, _, credentials = websocket.headers.get("authorization", "").partition(" ")
    if not token and scheme.lower() == "bearer":
        token = credentials.strip()
    for offered in websocket.scope["subprotocols"]:
        if not token and offered.startswith(_BEARER_SUBPROTOCOL):
            token = offered.removeprefix(_BEARER_SUBPROTOCOL)
    if token:
        return token, False
    token = websocket.cookies.get("adref_session", "")
    return token, bool(token)


def _subprotocol(websocket: WebSocket) -> str | None:
    return SUBPROTOCOL if SUBPROTOCOL in websocket.scope["subprotocols"] else None
