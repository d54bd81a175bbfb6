"""The colours of delegations, as eyes of every kind see them; and what presence says of a participant."""

import itertools
import math

import pytest

from auth.people import Delegation, Participant, Role, StakeholderGroup
from server.stamp import COLORS, NO_COLOR, color_of, stamp_of

Color = tuple[float, float, float]
# How the colours of light (linear red, green, blue) reach each kind of eye: Machado, Oliveira and Fernandes 2009, for
# whoever lacks one kind of cone entirely.
EYES: dict[str, tuple[Color, Color, Color]] = {
    "common": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
NEIGHBOURS = 25.0
"""Units of CIELAB (1976) between neighbours in number: some ten times what can just be told apart side by side."""
ANY = 12.0


def light(color: str) -> Color:
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _linear(red), _linear(green), _linear(blue)


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _times(matrix: tuple[Color, Color, Color], color: Color) -> Color:
    first, second, third = (sum(a * b for a, b in zip(row, color, strict=True)) for row in matrix)
    return first, second, third


def lab(color: Color) -> Color:
    x, y, z = (_root(value / white) for value, white in zip(_times(XYZ, color), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(value: float) -> float:
    return value ** (1 / 3) if value > 216 / 24389 else (24389 / 27 * value + 16) / 116


def seen(color: str, eye: str) -> Color:
    red, green, blue = (min(1.0, max(0.0, value)) for value in _times(EYES[eye], light(color)))
    return lab((red, green, blue))


def difference(one: str, other: str, eye: str) -> float:
    return math.dist(seen(one, eye), seen(other, eye))


def test_the_measure_knows_what_is_confused() -> None:
    assert difference("#ffffff", "#000000", "common") == pytest.approx(100, abs=0.1)
    red, green = "#c04040", "#6f7a40"
    assert difference(red, green, "common") > 50
    assert difference(red, green, "deuteranopia") < NEIGHBOURS


@pytest.mark.parametrize("eye", EYES)
def test_neighbours_in_number_are_never_confused(eye: str) -> None:
    for number in range(1, 2 * len(COLORS) + 1):
        one, other = color_of(number), color_of(number + 1)
        assert difference(one, other, eye) > NEIGHBOURS, (one, other)


@pytest.mark.parametrize("eye", EYES)
def test_any_two_colours_differ(eye: str) -> None:
    for one, other in itertools.combinations(COLORS, 2):
        assert difference(one, other, eye) > ANY, (one, other)


@pytest.mark.parametrize("color", [*COLORS, NO_COLOR])
def test_white_letters_stand_out(color: str) -> None:
    red, green, blue = light(color)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_a_number_s_colour_is_steady() -> None:
    assert color_of(0) == NO_COLOR
    assert [color_of(number) for number in range(1, 13)] == list(COLORS)
    assert color_of(13) == color_of(1)


def test_a_participant_s_stamp() -> None:
    delegation = Delegation("egypt", "Egypt", StakeholderGroup.GOVERNMENT)
    assert stamp_of(Participant("amina", "Amina", delegation, Role.CHAIR), 2) == {
        "id": "amina",
        "name": "Amina",
        "delegation": "egypt",
        "delegation_name": "Egypt",
        "group": "government",
        "role": "chair",
        "number": 2,
        "color": COLORS[1],
    }
