"""For those who watch over the server: is it alive, and is it ready."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from server.http.guard import ServicesOf
from server.http.problems import Refusal, problems

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """All is well."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def get_health() -> Health:
    """The process is alive."""
    return Health()


@router.get("/ready", responses=problems(503))
async def get_ready(services: ServicesOf) -> Health:
    """The server takes requests: its storage can be read, and it is not stopping."""
    if services.stopping:
        raise Refusal(503, "stopping", "the server is stopping", {"Retry-After": "2"})
    await services.storage.chapters()
    await services.meeting.refresh_if_changed()
    return Health()
