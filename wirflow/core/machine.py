"""State semantics, by `transitions`: one compiled machine per definition, one reused model per thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wirflow.definition.model import Workflow

MAX_MACHINES = 256


class _Place:
    """The one model of a machine; its state is set before each event."""

    state: str


class Machine:
    """Where each transition of a workflow leads.

    Adding and removing a model for each event costs four times as much as
    setting the state of one that stays, so one stays.  Callbacks have no place
    here: guards are decided before, effects happen after.  So where a transition
    leads depends on nothing but the state, and each pair is asked only once.
    """

    def __init__(self, workflow: Workflow) -> None:
        from transitions.extensions import HierarchicalMachine  # noqa: PLC0415 - only who decides pays for it

        self._place = _Place()
        self._known: dict[tuple[str, int], str] = {}
        self._machine: Any = HierarchicalMachine(
            model=self._place,
            states=[state.name for state in workflow.states],
            initial=workflow.initial.name,
            auto_transitions=False,
            send_event=False,
        )
        for number, transition in enumerate(workflow.transitions):
            # A transition without target is internal: dest None keeps the state.
            self._machine.add_transition(_trigger(number), list(transition.sources), transition.target)

    def after(self, state: str, number: int) -> str:
        """The state to which the transition of this number leads from a state."""
        found = self._known.get((state, number))
        if found is None:
            self._machine.set_state(state, self._place)
            getattr(self._place, _trigger(number))()
            found = self._known[state, number] = self._place.state
        return found


def _trigger(number: int) -> str:
    return f"transition_{number}"


class _Machines(threading.local):
    def __init__(self) -> None:
        self.by_hash: dict[str, Machine] = {}


_machines = _Machines()


def machine_for(workflow: Workflow) -> Machine:
    """The machine of a workflow; each thread has its own, since a model holds a state."""
    machine = _machines.by_hash.get(workflow.hash)
    if machine is None:
        if len(_machines.by_hash) >= MAX_MACHINES:
            _machines.by_hash.clear()
        machine = _machines.by_hash[workflow.hash] = Machine(workflow)
    return machine
