"""What settings may be, and what follows from them."""

import pytest
from pydantic import ValidationError

from auth.invitations import MAX_HOURS
from server.settings import Settings


@pytest.mark.parametrize(
    ("host", "url"),
    [("::1", "http://[::1]:8000"), ("127.0.0.1", "http://127.0.0.1:8000"), ("adref.test", "http://adref.test:8000")],
)
def test_links_to_a_host(host: str, url: str) -> None:
    assert Settings(host=host).url == url


def test_an_invitation_lasts_no_longer_than_one_may() -> None:
    assert Settings(invitation_hours=MAX_HOURS).invitation_hours == MAX_HOURS
    for hours in (MAX_HOURS + 1, float("inf"), float("nan")):
        with pytest.raises(ValidationError, match="invitation_hours"):
            Settings(invitation_hours=hours)
