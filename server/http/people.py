"""How a participant is told of."""

from typing import Any

from pydantic import BaseModel, Field

from auth.people import Participant


class Person(BaseModel):
    """A participant, as everybody in the meeting may know them."""

    id: str
    name: str
    delegation: str = Field(description="The delegation's id.")
    delegation_name: str
    group: str = Field(description="The stakeholder group.")
    role: str


def fields_of(one: Participant) -> dict[str, Any]:
    """What a `Person` says."""
    return {
        "id": one.id,
        "name": one.name,
        "delegation": one.delegation.id,
        "delegation_name": one.delegation.name,
        "group": one.delegation.group.value,
        "role": one.role.value,
    }
