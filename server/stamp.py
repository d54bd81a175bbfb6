"""What presence says of a participant, taken from the sign-in."""

from typing import Any, Final
from zlib import crc32

from auth.people import Participant

_COLORS: Final = (
    "#1f5fa8", "#a8431f", "#2c7a3f", "#7a3d9c", "#8a6a00", "#0f7d84", "#b0305f", "#4d5a66",
    "#5b4bc4", "#5f7119", "#a05a2c", "#1d7f5f",
)  # fmt: skip
"""Dark enough for white letters (4.5:1), told apart by the names beside them."""


def stamp_of(participant: Participant) -> dict[str, Any]:
    """A participant as others see it in presence. The colour belongs to the delegation and never changes."""
    delegation = participant.delegation
    return {
        "id": participant.id,
        "name": participant.name,
        "delegation": delegation.id,
        "delegation_name": delegation.name,
        "group": str(delegation.group),
        "role": str(participant.role),
        "color": _COLORS[crc32(delegation.id.encode()) % len(_COLORS)],
    }
