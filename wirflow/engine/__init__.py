"""The transaction: everything that changes a case goes through `Engine`."""

from wirflow.engine.engine import Drained, Engine, NewCase, Outcome
from wirflow.engine.profile import Profile

__all__ = ["Drained", "Engine", "NewCase", "Outcome", "Profile"]
