"""What answers where the server should be is told in one sentence, whatever it is."""

import socket
from threading import Thread

import pytest

from server.remote import ServerFault, ask


def answered(answer: bytes) -> str:
    """What is said of a server that answers so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        thread = Thread(target=serve)
        thread.start()
        with pytest.raises(ServerFault) as caught:
            ask(f"http://127.0.0.1:{listening.getsockname()[1]}", "token", "GET", "/")
        thread.join()
    return str(caught.value)


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
def test_what_is_no_answer_by_http(answer: bytes) -> None:
    assert answered(answer).endswith("(no answer by HTTP): say where")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 522 \r\n\r\n", "the server answered 522"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "the server answered 502 Bad Gateway"),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9\r\n\r\n{", "the server answered 502 Bad Gateway"),
        (b'HTTP/1.1 404 Not Found\r\n\r\n{"detail": "no such chapter"}', "no such chapter"),
    ],
)
def test_an_answer_that_is_a_fault(answer: bytes, told: str) -> None:
    assert answered(answer) == told
