"""Writes the reference pages that the code itself can tell: docs/settings.md, docs/api.md and docs/commands.md.

`make docs` runs it; a test fails when a page is not what it would write.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer
from typer.main import get_command

from server.app import build, open_services
from server.cli import app as cli
from server.settings import Settings

DOCS = Path(__file__).parent.parent / "docs"


def settings_page() -> str:
    """Every setting, its default and what it is for."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "next to the server's code" if name == "page" else f"`{json.dumps(field.default, default=str)}`"
        rows.append(f"| `ADREF_{name.upper()}` | {default} | {field.description} |")
    return "\n".join(
        [
            "# Settings",
            "",
            "Read from the environment, in `server/settings.py` alone; options of the command line come before",
            "them. Times are in seconds and sizes in bytes where the name does not say otherwise.",
            "",
            *rows,
            "",
        ]
    )


def api_page(openapi: dict[str, Any]) -> str:
    """Every route of the HTTP API."""
    return "\n".join(
        [
            "# HTTP API",
            "",
            "`/api/openapi.json` describes requests and answers in full; this is the list. Sign in with",
            "`Authorization: Bearer TOKEN` (`adref token` prints one), or with the page's cookies and the header",
            "`X-Adref: 1` for everything but GET. Errors are problem details (`application/problem+json`) with a",
            "stable `code`.",
            "",
            *_api_rows(openapi),
            "| `GET /metrics` | Counters for Prometheus | 200 |",
            "| `GET /ws/{chapter}` | The websocket ([protocol.md](protocol.md)) | 101 |",
            "",
        ]
    )


def _api_rows(openapi: dict[str, Any]) -> Iterator[str]:
    yield "| route | what it does | answers |"
    yield "|---|---|---|"
    for path, methods in openapi["paths"].items():
        for method, route in methods.items():
            yield f"| `{method.upper()} {path}` | {route['summary']} | {', '.join(sorted(route['responses']))} |"


def commands_page() -> str:
    """Every command, as its `--help` tells it."""
    command = get_command(cli)
    context = typer.Context(command, info_name="adref")
    lines = ["# Commands", ""]
    for name, one in _commands(command, context, "adref"):
        lines += [f"## `{name}`", "", "```", one, "```", ""]
    return "\n".join(lines)


def _commands(command: Any, context: Any, name: str) -> Iterator[tuple[str, str]]:
    for sub_name in getattr(command, "commands", {}):
        sub = command.commands[sub_name]
        full = f"{name} {sub_name}"
        sub_context = type(context)(sub, info_name=full)
        if hasattr(sub, "commands"):
            yield from _commands(sub, sub_context, full)
        else:
            yield full, _help(sub, sub_context)


def _help(command: Any, context: Any) -> str:
    """The command's help in plain words: what it does, its arguments and options."""
    parts = [command.get_usage(context), "", _plain(command.help or "")]
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if record:
            parts.append(f"  {record[0]}\n      {_plain(record[1])}")
        elif getattr(parameter, "help", None):
            parts.append(f"  {parameter.make_metavar(context)}\n      {_plain(parameter.help)}")
    return "\n".join(parts).rstrip()


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\b\n", "").splitlines())


async def _openapi() -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        async with open_services(Settings(data=Path(folder))) as services:
            application: Any = build(services).router.default
            return json.loads(json.dumps(application.openapi()))  # type: ignore[no-any-return]


def pages() -> dict[str, str]:
    """The pages by name."""
    return {
        "settings.md": settings_page(),
        "api.md": api_page(asyncio.run(_openapi())),
        "commands.md": commands_page(),
    }


if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text)
        print(f"docs/{name}")
