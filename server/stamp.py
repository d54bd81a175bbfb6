"""What presence, and the words one writes, say of a participant: from the sign-in. And the colours of delegations."""

from collections.abc import Sequence
from typing import Any, Final

from auth.people import Participant

COLORS: Final[Sequence[str]] = (
    "#2e64ea", "#d42975", "#926830", "#3534a0", "#5e3f30", "#12808a",
    "#8b5dce", "#762154", "#7a7250", "#a047a8", "#7f2407", "#5f2d79",
)  # fmt: skip
"""By a delegation's number, over and over. White letters stand out on each (4.5:1), and each from black; any two differ
for colour-blind eyes too, neighbours (the last and the first as well) the most. Names stand beside them."""
NO_COLOR: Final = "#5a6068"
"""Of whoever is of no delegation that the meeting knows."""


def color_of(number: int) -> str:
    """The colour of the delegation of this number, which is 0 when there is none: always the same."""
    return COLORS[(number - 1) % len(COLORS)] if number > 0 else NO_COLOR


def stamp_of(participant: Participant, number: int) -> dict[str, Any]:
    """A participant as others see it in presence; `number` is the delegation's (`Meeting.delegation_number`)."""
    delegation = participant.delegation
    return {
        "id": participant.id,
        "name": participant.name,
        "delegation": delegation.id,
        "delegation_name": delegation.name,
        "group": str(delegation.group),
        "role": str(participant.role),
        "number": number,
        "color": color_of(number),
    }
