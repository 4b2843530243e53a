"""A worker's figures as Prometheus reads them.

What a worker has done, it counts itself.  What stands in the database is the
same for all workers of an office: it is read when somebody asks, by index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wirflow.watch.pulse import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wirflow.watch.pulse import Pulse

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_STATES: Final = ("pending", "sending", "unknown", "dead")


def exposition(pulse: Pulse, standing: Callable[[], Mapping[str, Any] | None], *, worker: str) -> str:
    """All figures as Prometheus' text.

    Args:
        pulse: what this worker has counted.
        standing: what stands in the database, as `Scheduler.standing` says it; None: it is away.
        worker: whose figures they are.
    """
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - 70 ms that few pay

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(pulse, standing(), worker))
    return generate_latest(registry).decode()


class _Collector:
    """The figures of one moment."""

    def __init__(self, pulse: Pulse, standing: Mapping[str, Any] | None, worker: str) -> None:
        self._pulse = pulse
        self._standing = standing
        self._worker = worker

    def collect(self) -> Iterator[Any]:
        """Each figure with what it means."""
        yield from self._own()
        yield from self._shared()

    def _own(self) -> Iterator[Any]:
        from importlib.metadata import version  # noqa: PLC0415 - likewise

        from prometheus_client import core  # noqa: PLC0415 - likewise

        pulse = self._pulse
        timers = core.CounterMetricFamily(
            "wirflow_timers", "Deadlines, reminders and signals by how they ended.", labels=["ending"]
        )
        for ending, count in pulse.timers.items():
            timers.add_metric([ending], count)
        yield timers
        notices = core.CounterMetricFamily(
            "wirflow_deliveries", "Attempts at notices by how they ended.", labels=["ending"]
        )
        for ending, count in pulse.notices.items():
            notices.add_metric([ending], count)
        yield notices
        beats = core.CounterMetricFamily("wirflow_beats", "Beats by how they ended.", labels=["ending"])
        beats.add_metric(["good"], pulse.beats)
        beats.add_metric(["broken"], pulse.broken_beats)
        yield beats
        if pulse.last_beat:
            yield core.GaugeMetricFamily(
                "wirflow_last_beat_timestamp_seconds",
                "When the last beat was through.",
                value=pulse.last_beat.timestamp(),
            )
        yield core.GaugeMetricFamily(
            "wirflow_silent_seconds",
            "How long ago this worker gave its last sign of life.",
            value=pulse.silent_seconds,
        )
        durations, many, buckets = pulse.durations, 0, []
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), durations.counts, strict=True):
            many += count
            buckets.append((bound, many))
        yield core.HistogramMetricFamily(
            "wirflow_batch_seconds",
            "How long a batch of timers took.",
            buckets=buckets,
            sum_value=durations.total,
        )
        yield core.InfoMetricFamily(
            "wirflow_build",
            "Which wirflow this is.",
            value={"version": version("wirflow"), "worker": self._worker},
        )

    def _shared(self) -> Iterator[Any]:
        from prometheus_client import core  # noqa: PLC0415 - likewise

        standing = self._standing
        yield core.GaugeMetricFamily(
            "wirflow_database_up", "Whether the database answers.", value=float(standing is not None)
        )
        if standing is None:
            return
        yield core.GaugeMetricFamily(
            "wirflow_timers_due", "Timers whose moment has come.", value=standing["due"]
        )
        yield core.GaugeMetricFamily(
            "wirflow_lag_seconds",
            "How long the oldest due timer has been waiting.",
            value=standing["lag_seconds"],
        )
        yield core.GaugeMetricFamily(
            "wirflow_timers_failed", "Timers set aside with an error.", value=standing["failed_timers"]
        )
        outbox = core.GaugeMetricFamily(
            "wirflow_outbox", "Notices that are not delivered, by their state.", labels=["state"]
        )
        for state in _STATES:
            outbox.add_metric([state], standing[f"{state}_notices"])
        yield outbox
