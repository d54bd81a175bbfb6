"""Which pages may use this server with a participant's cookie."""

from starlette.datastructures import Headers

from server.settings import Settings


def allowed_origin(headers: Headers, settings: Settings) -> bool:
    """Whether a request by cookie comes from a page of ours. Programs send no `Origin`; browsers always do."""
    origin = headers.get("origin")
    if origin is None:
        return True
    if origin in settings.origins or origin == settings.url:
        return True
    return origin.partition("://")[2] == headers.get("host")
