"""Prometheus metrics: the counters that the rooms and the journal keep, read when somebody asks."""

from collections.abc import Iterator
from dataclasses import fields

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from documents.rooms import Rooms
from server.connections import Connections
from server.held import Held


class Metrics(Collector):
    """A collector in a registry of its own."""

    def __init__(self, rooms: Rooms, connections: Connections, held: Held) -> None:
        self._rooms = rooms
        self._connections = connections
        self._held = held
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """See `prometheus_client`."""
        rooms = self._rooms.opened()
        yield GaugeMetricFamily("adref_connections", "Open websocket connections", len(self._connections))
        yield GaugeMetricFamily("adref_rooms", "Open rooms", len(rooms))
        read_only = sum(room.read_only is not None for room in rooms)
        yield GaugeMetricFamily("adref_rooms_read_only", "Open rooms that can't save at the moment", read_only)
        offences = self._connections.offences
        yield CounterMetricFamily("adref_locked_edits", "Edits undone because of a ruling", offences.undone)
        yield CounterMetricFamily("adref_locked_pauses", "Times that a sender was slowed for it", offences.slowed)
        yield CounterMetricFamily("adref_locked_closed", "Connections closed for it", offences.closed)
        yield HistogramMetricFamily(
            "adref_loop_held_seconds", "How late looks at the clock were", self._held.buckets, self._held.total
        )
        yield GaugeMetricFamily(
            "adref_loop_held_longest_seconds", "The longest of these since the start", self._held.longest
        )
        counts = self._rooms.counts
        for field in fields(counts):
            name = f"adref_room_{field.name}"
            yield CounterMetricFamily(
                name, f"See Counts.{field.name} in documents/limits.py", getattr(counts, field.name)
            )
        journal = self._rooms.journal
        yield CounterMetricFamily("adref_journal_commits", "Commits to disk", journal.commits)
        yield CounterMetricFamily("adref_journal_entries", "Updates in those commits", journal.entries)
        yield CounterMetricFamily("adref_journal_failures", "Calls that could not be kept", journal.failures)
        yield CounterMetricFamily("adref_journal_seconds", "Time spent in commits", journal.total_seconds)
