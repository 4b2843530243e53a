"""State semantics, by `transitions`: one compiled machine per definition, one reused model per thread."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wirflow.definition.model import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wirflow.definition.model import State, Workflow

MAX_MACHINES = 256


class _Place:
    """The one model of a machine; its state is set before each event."""

    state: Any


class Machine:
    """Where each transition of a workflow leads.

    Adding and removing a model for each event costs four times as much as
    setting the state of one that stays, so one stays.  Callbacks have no place
    here: guards are decided before, effects happen after.  So where a transition
    leads depends on nothing but the state, and each pair is asked only once.
    """

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._order = {state.name: number for number, state in enumerate(workflow.states)}
        self._place = _Place()
        self._known: dict[tuple[str, int], str] = {}
        self._machine: Any = _hierarchical()(
            model=self._place,
            states=[self._declared(state) for state in workflow.inside[None]],
            initial=workflow.inside[None][0].name,
            auto_transitions=False,
            send_event=False,
        )
        for number, transition in enumerate(workflow.transitions):
            # A transition without target is internal: dest None keeps the state.
            self._machine.add_transition(_trigger(number), list(transition.sources), transition.target)

    def after(self, place: str, number: int) -> str:
        """Where the transition of this number leads from a place, if nothing is remembered."""
        found = self._known.get((place, number))
        if found is None:
            leaves = place.split(SEPARATOR)
            self._machine.set_state(leaves if len(leaves) > 1 else place, self._place)
            getattr(self._place, _trigger(number))()
            # `transitions` enters only the region that a target names; the others run, too.
            found = self._known[place, number] = self._workflow.whole(_flat(self._place.state))
        return found

    def back_in(self, place: str, name: str, remembered: str) -> str:
        """A place in which a state that has a history is as it was left."""
        inside = f"{name}."
        others = [leaf for leaf in place.split(SEPARATOR) if not leaf.startswith(inside)]
        return self._joined([*others, *remembered.split(SEPARATOR)])

    def _joined(self, leaves: list[str]) -> str:
        return SEPARATOR.join(sorted(leaves, key=self._order.__getitem__))

    def _declared(self, state: State) -> Any:
        """A state as `transitions` wants it told."""
        short = state.name.rpartition(".")[2]
        children = self._workflow.inside.get(state.name)
        if not children:
            return short
        declared = [self._declared(child) for child in children]
        if state.parallel:
            return {"name": short, "parallel": declared}
        first = next(child for child in children if child.initial)
        return {"name": short, "children": declared, "initial": first.name.rpartition(".")[2]}


def _trigger(number: int) -> str:
    return f"transition_{number}"


def _flat(state: Any) -> list[str]:
    return [leaf for item in state for leaf in _flat(item)] if isinstance(state, list) else [state]


def _hierarchical() -> Any:
    """The machine of `transitions` whose nested states are written with a dot."""
    from transitions.extensions import HierarchicalMachine  # noqa: PLC0415 - only who decides pays for it
    from transitions.extensions.nesting import NestedState  # noqa: PLC0415 - likewise

    class Dotted(NestedState):  # type: ignore[misc,unused-ignore]  # transitions' types are partial
        separator = "."

    class Hierarchical(HierarchicalMachine):  # type: ignore[misc,unused-ignore]  # likewise
        state_cls = Dotted

    return Hierarchical


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


def moved(workflow: Workflow, machine: Machine, place: str, number: int, history: Mapping[str, str]) -> str:
    """Where a transition leads, with what its target remembers of the last time.

    Args:
        workflow: the definition.
        machine: its machine.
        place: where the case stands.
        number: the transition.
        history: state → the innermost states in which it was left.
    """
    after = machine.after(place, number)
    if history and after != place:
        before = set(workflow.active(place))
        target = str(workflow.transitions[number].target)
        # Outer states first, so that what an inner one remembers is not overwritten.
        for name in reversed(workflow.active(after)):
            # Who names a state inside wants that one, whatever the one around it remembers.
            if name in history and name not in before and not target.startswith(f"{name}."):
                after = machine.back_in(after, name, history[name])
    return after


def remembered(workflow: Workflow, before: str, after: str) -> Iterator[tuple[str, str]]:
    """Each state with a history that was left, and the innermost states that were active in it."""
    still = set(workflow.active(after))
    for name in workflow.active(before):
        if workflow.state_by_name[name].history and name not in still:
            inside = [leaf for leaf in before.split(SEPARATOR) if leaf.startswith(f"{name}.")]
            yield name, SEPARATOR.join(inside)
