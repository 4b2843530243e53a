"""What a run of the chaos did, and what it found, in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Report:
    """What was done, and what was found."""

    seed: int
    database: str
    kills: Counter[str] = field(default_factory=Counter)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What those did that were killed, and how far their transactions were; of commands nobody knows."""
    asked: int = 0
    """How many were asked to end, and did."""
    stopped: int = 0
    crashes: int = 0
    told: Counter[str] = field(default_factory=Counter)
    """What people heard of their events."""
    notices: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    fired: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    wrong: list[str] = field(default_factory=list)
    stop: bool = False
    """Somebody wants no more of it."""

    @property
    def over(self) -> bool:
        """Nobody is to be killed any more."""
        return self.stop or bool(self.wrong)

    @property
    def in_transaction(self) -> int:
        """How many died inside a transaction."""
        return sum(count for (_, inside), count in self.places.items() if inside)

    @property
    def in_delivery(self) -> int:
        """How many died between the claim of a notice and the end of what is done with it."""
        return sum(count for (doing, _), count in self.places.items() if "notice" in doing)

    def words(self) -> str:
        """What was done."""
        ended = f"{self.crashes} crashes of the server, {self.stopped} pauses, {self.asked} ended as asked"
        waiting = self.places["idle", ""]
        died = (
            f"inside a transaction {self.in_transaction}, in a delivery {self.in_delivery}, waiting {waiting}"
        )
        lines = [
            f"seed {self.seed}, {self.database}: killed {_listed(self.kills)}",
            f"  {ended}; {self.seconds:.0f} s, {self.cpu:.0f} s on a processor without the server",
            f"  killed {died}:",
        ]
        lines += [
            f"  {count:6} {doing}{inside and f', {inside}'}"
            for (doing, inside), count in sorted(self.places.items())
        ]
        heard = f"people heard {_listed(self.told)}; notices: {_listed(self.notices)}"
        return "\n".join([*lines, f"  {heard}; {self.entries} entries, {self.fired} timers fired"])


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing"
