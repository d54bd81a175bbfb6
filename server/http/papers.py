"""Published versions, for everybody: no sign-in, and nothing of any draft."""

import asyncio
from base64 import b64encode
from hashlib import sha256
from typing import Any, Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from documents.incoming.opening import slug
from server.exports import DOCX
from server.frozen_page import STYLE, page, plain
from server.http.problems import problems
from server.http.versions import FrozenBody, PapersOf, frozen_body

router = APIRouter(prefix="/papers", tags=["papers"])

_STYLE_HASH: Final = b64encode(sha256(STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Whoever keeps a paper asks each time whether it still is public. The page may look as it does, and nothing else."""
_FAULTS: Final = problems(404, 410, 422, 503)
_PAGE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/html": {"schema": {"type": "string"}}}}}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {DOCX: {"schema": {"type": "string", "format": "binary"}}}, "description": "The paper, as a file."}
}


class PaperBody(BaseModel):
    """A published version."""

    title: str = Field(description="The chapter's.")
    name: str
    symbol: str
    status: str = Field(description="The status line.")
    exceptions: str = Field(description="Which paragraphs are not agreed, such as `besides Paras 2, 21, 27-30`.")
    at: str = Field(description="When it was frozen, as ISO 8601 in UTC.")
    hash: str = Field(description="SHA-256 of the text with its labels and statuses (docs/versions.md).")
    paragraphs: list[FrozenBody]


@router.get("/{address:path}.json", responses=_FAULTS)
async def get_paper_as_data(address: str, papers: PapersOf, response: Response) -> PaperBody:
    """A published version as data. The address is that of the page, or the document symbol."""
    paper = await papers.find(address)
    version = paper.version
    response.headers.update(_HEADERS)
    return PaperBody(
        title=paper.chapter.title,
        name=version.name,
        symbol=version.symbol,
        status=version.status,
        exceptions=version.exceptions,
        at=version.at,
        hash=version.hash,
        paragraphs=[frozen_body(one) for one in paper.text],
    )


@router.get("/{address:path}.txt", response_class=PlainTextResponse, responses=_FAULTS)
async def get_paper_as_text(address: str, papers: PapersOf) -> Response:
    """A published version as plain text, a line for each paragraph."""
    paper = await papers.find(address)
    return PlainTextResponse(await asyncio.to_thread(plain, paper), headers=_HEADERS)


@router.get("/{address:path}.docx", response_class=Response, responses=_FILE | _FAULTS)
async def get_paper_for_word(address: str, papers: PapersOf) -> Response:
    """A published version for Word: its text, labels and statuses; no authors, no comments."""
    content = await papers.word(address)
    name = f'attachment; filename="{slug(address, "paper")}.docx"'
    return Response(content, headers={**_HEADERS, "Content-Disposition": name}, media_type=DOCX)


@router.get("/{address:path}", response_class=HTMLResponse, responses=_PAGE | _FAULTS)
async def get_paper(address: str, papers: PapersOf) -> Response:
    """A published version as a page. No sign-in is needed, and nothing but this version is told."""
    paper = await papers.find(address)
    return HTMLResponse(await asyncio.to_thread(page, paper), headers=_HEADERS)
