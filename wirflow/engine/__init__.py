"""The transaction: everything that changes a case goes through `Engine`."""

from wirflow.core.opening import NewCase
from wirflow.core.profile import Profile
from wirflow.engine.draining import Drained
from wirflow.engine.engine import Engine
from wirflow.engine.outcome import Outcome

__all__ = ["Drained", "Engine", "NewCase", "Outcome", "Profile"]
