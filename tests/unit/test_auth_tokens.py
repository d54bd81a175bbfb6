"""Access tokens and their key: only what was signed here, in time, and whole, is taken."""

import base64
import json
import threading
from pathlib import Path
from typing import Any

import jwt
import pytest

from auth.errors import KeyUnsafe, TokenExpired, TokenInvalid
from auth.tokens import KEY_LENGTH, Claims, Signer, load_or_create_key

KEY = bytes(range(32))
CLAIMS = Claims("egypt", "5e55", issued_at=1_000, expires_at=1_900)
PAYLOAD: dict[str, Any] = {
    "iss": "adref", "type": "access", "sub": "egypt", "sid": "5e55", "iat": 1_000, "exp": 1_900
}  # fmt: skip


@pytest.fixture
def signer() -> Signer:
    return Signer(KEY)


def signed(payload: dict[str, Any], key: bytes = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(payload, key, algorithm=algorithm)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_what_is_signed_is_read_back(signer: Signer) -> None:
    assert signer.verify(signer.sign(CLAIMS), now=1_000) == CLAIMS
    assert signer.verify(signer.sign(CLAIMS), now=1_899.9) == CLAIMS
    assert signer.verify(signed(PAYLOAD), now=1_000) == CLAIMS


def test_expired(signer: Signer) -> None:
    with pytest.raises(TokenExpired) as caught:
        signer.verify(signer.sign(CLAIMS), now=1_900)
    assert caught.value.expired_at == 1_900


def test_every_changed_character_is_noticed(signer: Signer) -> None:
    token = signer.sign(CLAIMS)
    # The last character of the signature carries bits that mean nothing.
    for index in range(len(token) - 1):
        changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        with pytest.raises(TokenInvalid):
            signer.verify(changed, now=1_000)


@pytest.mark.parametrize(
    "payload",
    [
        *({name: value for name, value in PAYLOAD.items() if name != left_out} for left_out in PAYLOAD),
        PAYLOAD | {"type": "refresh"},
        PAYLOAD | {"iss": "another"},
        PAYLOAD | {"exp": "1900"},
        PAYLOAD | {"exp": True},
        PAYLOAD | {"exp": 1e400},
        PAYLOAD | {"iat": None},
        PAYLOAD | {"sid": 7},
        PAYLOAD | {"sid": ["5e55"]},
        PAYLOAD | {"aud": "somebody"},
    ],
    ids=str,
)
def test_well_signed_and_still_not_ours(signer: Signer, payload: dict[str, Any]) -> None:
    with pytest.raises(TokenInvalid):
        signer.verify(signed(payload), now=1_000)


def test_another_key_or_algorithm(signer: Signer) -> None:
    none = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(PAYLOAD)}."
    for token in (
        none,
        none + signer.sign(CLAIMS).rpartition(".")[2],
        signed(PAYLOAD, key=bytes(32)),
        signed(PAYLOAD, key=KEY * 2, algorithm="HS512"),
        f"{encoded({'alg': 'HS512'})}.{encoded(PAYLOAD)}.{signer.sign(CLAIMS).rpartition('.')[2]}",
    ):
        with pytest.raises(TokenInvalid):
            signer.verify(token, now=1_000)


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "\ud800", "é.é.é", "x" * 2_000_000, "[" * 1_000, "\x00"])
def test_rubbish(signer: Signer, token: str) -> None:
    with pytest.raises(TokenInvalid):
        signer.verify(token, now=1_000)


def test_a_token_has_a_greatest_length(signer: Signer) -> None:
    with pytest.raises(TokenInvalid, match="longer than 1024"):
        signer.verify(signed(PAYLOAD | {"sid": "5" * 1_000}), now=1_000)


def test_a_header_nested_too_deeply(signer: Signer) -> None:
    nested = base64.urlsafe_b64encode(b"[" * 700).rstrip(b"=").decode()

    def verify_below(frames: int) -> Claims:
        return verify_below(frames - 1) if frames else signer.verify(f"{nested}.e30.AAAA", now=1_000)

    with pytest.raises(TokenInvalid):
        verify_below(400)


def test_the_next_refresh_secret_is_one_and_the_same_and_needs_the_key(signer: Signer) -> None:
    first = signer.successor("family.one")
    assert first == signer.successor("family.one")
    assert first.startswith("family.")
    others = {signer.successor("family.two"), signer.successor(first), Signer(bytes(32)).successor("family.one")}
    assert len({first, *others}) == 4


def test_a_key_has_its_length() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Signer(b"short")


def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    key = load_or_create_key(path)
    assert len(key) == KEY_LENGTH
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path) == key
    assert [file.name for file in tmp_path.iterdir()] == ["signing.key"]
    assert load_or_create_key(tmp_path / "other.key") != key


def test_all_who_start_at_once_get_the_same_key(tmp_path: Path) -> None:
    barrier = threading.Barrier(8)
    keys: list[bytes] = []

    def start() -> None:
        barrier.wait()
        keys.append(load_or_create_key(tmp_path / "signing.key"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["signing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_key_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "signing.key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyUnsafe, match="chmod 600") as caught:
        load_or_create_key(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    path = tmp_path / "signing.key"
    path.touch(0o600)
    path.write_bytes(bytes(length))
    with pytest.raises(KeyUnsafe, match="32 bytes"):
        load_or_create_key(path)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_or_create_key(tmp_path / "nowhere" / "signing.key")
