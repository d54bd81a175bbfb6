"""Tokens and secrets, any text at all: refused in the one documented way."""

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.errors import InvitationUnknown, SessionEnded, TokenExpired, TokenInvalid
from auth.invitations import find_invitation, new_invitation
from auth.sessions import find_session, new_session
from auth.tokens import Claims, Signer

KEY = bytes(range(32))
SIGNER = Signer(KEY)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
anything = st.text(st.characters(), max_size=200)


@given(anything | st.tuples(anything, anything, anything).map(".".join))
def test_no_text_is_a_token(text: str) -> None:
    with pytest.raises(TokenInvalid):
        SIGNER.verify(text, now=0)


@given(
    st.fixed_dictionaries(
        {"iss": st.just("adref") | values, "type": st.just("access") | values, "exp": st.integers() | values},
        optional={"sub": st.text() | values, "sid": st.text() | values, "iat": st.integers() | values},
    )
    | st.dictionaries(st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "crit"]), values)
)
def test_whatever_is_well_signed_is_read_or_refused(payload: dict[str, object]) -> None:
    # Signed one level lower, since the library's `encode` would refuse some of it.
    text = jwt.api_jws.encode(jwt.PyJWT()._encode_payload(payload), KEY, algorithm="HS256")
    try:
        claims = SIGNER.verify(text, now=0)
    except (TokenInvalid, TokenExpired):
        return
    assert payload == {
        **payload,
        "iss": "adref",
        "type": "access",
        "sub": claims.participant,
        "sid": claims.session,
        "iat": claims.issued_at,
        "exp": claims.expires_at,
    }


@given(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40),
    st.text("0123456789abcdef", min_size=32, max_size=32),
    st.integers(0, 2**40),
    st.integers(1, 2**30),
)
def test_what_is_signed_is_read_back(participant: str, session: str, issued: int, seconds: int) -> None:
    claims = Claims(participant, session, issued, issued + seconds)
    assert SIGNER.verify(SIGNER.sign(claims), now=issued) == claims


@given(anything)
def test_no_text_is_a_secret(text: str) -> None:
    invitation, _ = new_invitation("amina", now=0, hours=1)
    session, _ = new_session("amina", now=0, seconds=60)
    with pytest.raises(InvitationUnknown):
        find_invitation({invitation.id: invitation}, text, now=0)
    with pytest.raises(SessionEnded):
        find_session({session.id: session}, text, now=0)
