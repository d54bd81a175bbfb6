"""Honest people are never closed for writing where it is locked; robots are, within seconds."""

from collections.abc import Callable

import pytest

from server.patience import KNOCK, LONGEST, RETURN, Patience, Verdict
from server.settings import Settings
from server.undone import PAUSE


class Time:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def patience(time: Time) -> Patience:
    """As a server has it by default."""
    settings = Settings()
    return Patience(
        rate=settings.locked_edits_per_second,
        burst=settings.locked_edits_burst,
        seconds=settings.locked_edits_seconds,
        clock=time,
    )


def write(patience: Patience, time: Time, edits: float, pause: Callable[[Verdict], float], seconds: float) -> float:
    """Go on for so long or until the end, with so much undone in each step; how long it went on."""
    start = time.now
    while time.now - start < seconds:
        verdict = patience.charge(edits)
        if verdict is Verdict.END:
            break
        time.now += pause(verdict)
    return time.now - start


def every(interval: float) -> Callable[[Verdict], float]:
    """Steps this far apart, and further when they are slowed."""
    return lambda verdict: interval + (PAUSE if verdict is Verdict.SLOW else 0)


@pytest.mark.parametrize("a_second", [5, 12, 30])
def test_who_types_on_for_ten_seconds_is_not_even_slowed(patience: Patience, time: Time, a_second: int) -> None:
    for _ in range(10 * a_second):
        assert patience.charge(1.6) is Verdict.BEAR
        time.now += 1 / a_second


def test_nor_when_all_of_it_arrives_at_once_on_a_slow_line(patience: Patience) -> None:
    for _ in range(10):
        assert patience.charge(30 * 1.6) is Verdict.BEAR


def test_hours_of_work_in_one_edit_slow_nobody(patience: Patience, time: Time) -> None:
    assert patience.charge(100_000) is Verdict.BEAR
    time.now += 30
    for _ in range(100):
        assert patience.charge(1) is Verdict.BEAR


def test_a_slow_typist_may_go_on_for_ever(patience: Patience, time: Time) -> None:
    assert write(patience, time, 1, every(0.25), 3600) >= 3600


@pytest.mark.parametrize(
    ("edits", "interval"),
    [(1, 0.01), (50, 0.0), (25, 0.05), (1_000, 0.5), (1, 0.001)],
)
def test_a_robot_is_closed_within_seconds(patience: Patience, time: Time, edits: float, interval: float) -> None:
    assert write(patience, time, edits, every(interval), 60) < 12


def test_who_waits_for_each_answer_is_closed_too(patience: Patience, time: Time) -> None:
    """When it is slowed it makes no more edits than are forgiven."""
    write(patience, time, 1, every(0.005), 2.6)
    assert write(patience, time, 1, every(0.005), 60) < 12


def test_a_new_connection_brings_no_new_patience(patience: Patience, time: Time) -> None:
    assert write(patience, time, 10, every(0.01), 60) < 12
    time.now += 20
    assert patience.charge(1) is Verdict.END


def test_after_a_while_all_is_forgiven(patience: Patience, time: Time) -> None:
    write(patience, time, 100, every(0.01), 60)
    time.now += 200
    assert patience.charge(1) is Verdict.BEAR
    assert write(patience, time, 1, every(0.1), 10) >= 10


def test_who_stopped_in_time_is_slowed_anew_before_the_end(time: Time) -> None:
    patience = Patience(rate=1, burst=10, seconds=5, clock=time)
    assert [patience.charge(5), patience.charge(5), patience.charge(1)] == [Verdict.BEAR, Verdict.BEAR, Verdict.SLOW]
    time.now += 6
    assert patience.charge(5) is Verdict.BEAR
    assert patience.charge(1) is Verdict.SLOW
    time.now += 4.9
    assert patience.charge(5) is Verdict.SLOW
    time.now += 0.2
    assert patience.charge(1) is Verdict.END


def test_who_is_refused_again_and_again_waits_longer_and_longer() -> None:
    now = [0.0]
    patience = Patience(rate=5, burst=500, seconds=5, refusals_rate=2, refusals_burst=20, clock=lambda: now[0])
    for _ in range(20):
        patience.refused()
    assert patience.wait == 0
    patience.refused()
    assert patience.wait == 0.5
    for _ in range(1_000):
        patience.refused()
    assert patience.wait == LONGEST
    now[0] += 2_000
    assert patience.wait == 0


def test_who_was_closed_is_not_told_so_again_at_once(patience: Patience, time: Time) -> None:
    assert patience.wait == 0
    write(patience, time, 10, every(0.01), 60)
    assert patience.is_out()
    assert patience.wait == KNOCK
    time.now += RETURN
    assert patience.wait == 0
