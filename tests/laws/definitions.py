"""Random definitions, rich in everything that the language has; most of them pass `wirflow check`.

    text = definition(rng)                                  # with any random.Random
    @given(st.randoms(use_true_random=False).map(definition))   # or drawn, and so made smaller, by Hypothesis
    texts = family(rng)                                     # a parent, and its children

They are JSON, which is YAML; each links to its own kind and needs nothing but the template `letter`.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

NAME: Final = "small"
KIDS: Final = ("paper", "visit")
"""The workflows of children."""
ROLES: Final = ("clerk", "lead")
FIELDS: Final[dict[str, dict[str, Any]]] = {
    "kind": {"type": "choice", "choices": ["x", "y", "z"], "default": "x"},
    "flag": {"type": "boolean", "default": False},
    "amount": {"type": "money", "min": 0},
    "count": {"type": "integer", "default": 0},
    "day": {"type": "date"},
    "other": {"type": "date"},
    "span": {"type": "period", "default": "P1M"},
    "name": {"type": "text", "personal": True, "max_length": 40},
    "tags": {"type": "list", "of": "choice", "choices": ["x", "y", "z"], "max_items": 4},
    "rates": {"type": "list", "of": "money", "default": []},
    "gaps": {"type": "list", "of": "span", "default": []},
    "rest": {"type": "span"},
    "file": {"type": "document"},
}
RULES: Final = (
    'kind == "x"', 'kind != "x"', 'kind in ["y", "z"]', "flag", "!flag", "amount > 100", "amount <= 100",
    "amount == 50.00", "has(day)", "!has(day)", "day <= today", "day > other",
    "!has(other) || other <= day", 'kind == "x" && flag', 'flag || kind == "z"', "has(amount)", "count < 3",
    "count >= 1", "has(mate)", "!has(mate) || mate.state == state", "!has(mate) || mate.final_day != day",
    "mate.amount >= amount", 'date("2021-06-01") <= today', 'today < date("2022-01-01")',
    'plus(day, "P1M") > today', "has(name)", "name.size() > 2", "days(day, today) < 100",
    "old.kind == kind", "!has(old.amount) || amount >= old.amount",
    "day.getFullYear() == today.getFullYear()", '"end" in active', "flag ? count > 0 : count == 0",
    '"x" in tags', "size(tags) > 1", "rates == []", "euros(50) in rates", "has(tags)", "!has(rest)",
    "rest.days > 10", "rest.end < today", "rest.begin <= day", "gaps == [rest]", "size(gaps) < 2",
    'file.media_type == "application/pdf"', "has(file)", "!has(mate) || mate.tags == tags",
    "!has(old.rest) || rest.begin > old.rest.end",
)  # fmt: skip
SETS: Final[tuple[dict[str, str], ...]] = (
    {"flag": "true"}, {"flag": "!flag"}, {"kind": '"x"'}, {"kind": 'flag ? "y" : "z"'}, {"amount": "50"},
    {"amount": "amount + 10"}, {"count": "count + 1"}, {"count": "count - 1"}, {"day": "today"},
    {"other": 'plus(day, "P1M")'}, {"day": 'plus(today, "P14D")', "flag": "true"}, {"name": "name + key"},
    {"gaps": "gaps + [rest]"}, {"rates": "rates + [amount]"}, {"tags": '["x"]'}, {"rates": "[]"},
    {"rest": "span(today, today)"}, {"count": "size(rates)", "flag": "size(gaps) > 0"},
    {"tags": "tags + [kind]"}, {"rest": "span(day, other)"},
)  # fmt: skip
INPUTS: Final = (
    ("day",),
    ("other",),
    ("amount",),
    ("kind",),
    ("flag", "day"),
    ("name",),
    ("span",),
    ("count", "kind"),
    ("day", "other"),
    ("tags",),
    ("rates", "gaps"),
    ("rest",),
    ("file", "name"),
)
CLEARED: Final = ("day", "other", "amount", "name", "tags", "rest", "file", "count", "rates")  # fmt: skip
CONSTRAINTS: Final = (
    "amount <= 9000", "day <= other", "count < 5", '!flag || kind != "z" || has(day)', "size(rates) < 6",
    "rest.days < 100",
)  # fmt: skip
OF_CHILDREN: Final = (
    "{0}.all(c, c.final)", "{0}.exists(c, c.final)", "size({0}) > 0", "size({0}) < 4",
    "{0}.count(c, c.final) >= 2", "size({0}) > 0 && {0}.all(c, c.final)", '{0}.exists(c, c.state == "s0")',
    "{0}.all(c, c.amount > 50)", "!{0}.exists(c, c.flag)", "{0}.all(c, c.amount <= amount)",
    '{0}.count(c, c.kind == "x") == size({0})', '{0}.exists(c, "x" in c.tags)', "{0}.all(c, c.rest.days > 1)",
    "{0}.all(c, has(c.day) && c.day <= today)", "size({0}) == count", "{0}.count(c, c.final) == size({0})",
)  # fmt: skip
OF_PARENT: Final = (
    "has(parent)", "!has(parent)", 'parent.state == "s0"', "parent.amount >= amount", "parent.flag",
    '!has(parent) || "x" in parent.tags', "parent.day <= today",
)  # fmt: skip
PERIODS: Final = ("P1D", "P2W", "P1M", "P6M", "P1Y")
TEMPLATE: Final = "letter"
FINAL: Final = "end"


def definition(rng: Random, name: str = NAME) -> str:
    """A random definition."""
    return _Author(rng, name).written()


def family(rng: Random) -> list[str]:
    """Random definitions of a parent and its children; now and then one that is a child of its own kind."""
    if rng.random() < 0.15:
        return [_Author(rng, NAME, parent=NAME, children={"inner": NAME}).written()]
    kids = KIDS[: rng.randrange(1, 3)]
    kinds = {f"{kid}s": kid for kid in kids}
    if rng.random() < 0.2:
        kinds["others"] = kids[0]  # one workflow, in two parts
    younger = {kid: _Author(rng, kid, parent=NAME) for kid in kids}
    texts = {kid: author.written() for kid, author in younger.items()}
    events = [event for kid in kids for event in younger[kid].told()]
    return [_Author(rng, NAME, children=kinds, events=events).written(), *texts.values()]


class _Author:
    def __init__(
        self,
        rng: Random,
        name: str,
        *,
        parent: str | None = None,
        children: Mapping[str, str] | None = None,
        events: Sequence[tuple[str, list[str]]] = (),
    ) -> None:
        self._rng = rng
        self._name = name
        self._parent = parent
        self._children = children or {}
        self._events = events
        """What children may be told, with what has to be told with it."""
        groups = (*self._children, *(["children"] if self._children else []))
        self._rules = [
            *RULES,
            # Half of what is asked is about the family.
            *[rule.format(group) for group in groups for rule in OF_CHILDREN],
            *(OF_PARENT * 3 if parent else ()),
        ]
        self._states: dict[str, Any] = {}
        self._tops: list[str] = []
        self._inner: dict[str, list[list[str]]] = {}
        """State → its regions, each with the full names of what is inside; without regions a single one."""
        self._transitions: dict[str, Any] = {}
        self._count = 0

    def _rule(self) -> str:
        return self._rng.choice(self._rules)

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def written(self) -> str:
        """It as a text."""
        return json.dumps(self.document(), indent=1)

    def told(self) -> list[tuple[str, list[str]]]:
        """Its events that a signal can bring about, with what they need."""
        found = []
        for event, steps in self._transitions.items():
            step = steps[0] if isinstance(steps, list) else steps
            if "automatic" not in step:
                rows = step.get("input", {})
                found.append((event, [name for name, how in rows.items() if how == "required"]))
        return found

    def document(self) -> dict[str, Any]:
        """All of it."""
        self._tops = [f"s{number}" for number in range(self._rng.randrange(1, 3 if self._parent else 5))]
        for number, name in enumerate(self._tops):
            self._states[name] = self._state(name)
            if number == 0:
                self._states[name]["initial"] = True
        self._states[FINAL] = {"final": True}
        if self._chance(0.3):
            self._states["void"] = {"final": True, "tone": "bad"}
        self._chain()
        for _ in range(self._rng.randrange(4)):
            self._anything()
        deadlines = {f"d{number}": self._deadline(number) for number in range(self._rng.randrange(3))}
        if "void" in self._states:
            self._add("abandon", {"from": "*", "to": "void", "by": ["lead"]})
        found: dict[str, Any] = {
            "wirflow": 1,
            "workflow": self._name,
            "roles": {role: {} for role in ROLES},
            "fields": {
                **{name: dict(row) for name, row in FIELDS.items()},
                "final_day": {"type": "date"},
            },
            "links": {"mate": {"workflow": self._name}},
            **({"parent": self._parent} if self._parent else {}),
            **({"children": dict(self._children)} if self._children else {}),
            "states": self._states,
            "transitions": self._transitions,
        }
        if deadlines:
            found["deadlines"] = deadlines
        return {**found, **self._more()}

    def _more(self) -> dict[str, Any]:
        """What no definition needs."""
        found: dict[str, Any] = {}
        if self._chance(0.3):
            rules = self._rng.sample(CONSTRAINTS, self._rng.randrange(1, 3))
            found["constraints"] = [{"when": rule, "else": _no(rule)} for rule in rules]
        if self._chance(0.2):
            found["corrections"] = {"by": ["lead"]}
        if self._chance(0.2):
            found["warnings"] = {"w": {"while": "*", "when": self._rule(), "text": "Acht geben."}}
        if self._chance(0.2):
            found["money"] = {"m": {"counts": "cost", "while": self._tops[0], "amount": "amount"}}
        return found

    def _state(self, name: str) -> dict[str, Any]:
        kind = self._rng.random()
        if kind < 0.65:
            return {}
        if kind < 0.82:
            self._inner[name] = [[f"{name}.{inner}" for inner in ("a", "b", "c")]]
            found: dict[str, Any] = {"states": {"a": {"initial": True}, "b": {}, "c": {"final": True}}}
            if self._chance(0.5):
                found["history"] = True
            return found
        regions = ["left", "right", "mid"][: self._rng.randrange(2, 4)]
        self._inner[name] = [[f"{name}.{one}.a", f"{name}.{one}.c"] for one in regions]
        return {
            "parallel": True,
            "states": {one: {"states": {"a": {"initial": True}, "c": {"final": True}}} for one in regions},
            **({"history": True} if self._chance(0.2) else {}),
        }

    def _chain(self) -> None:
        """A way through all states to the end, so that most definitions are sound."""
        for name, after in zip(self._tops, [*self._tops[1:], FINAL], strict=True):
            regions = self._inner.get(name, [])
            for region in regions:
                for one, other in pairwise(region):
                    self._add(f"e{self._number()}", self._step(one, other, by=True))
            if self._children and self._chance(0.5):
                # It waits for its children, and goes on without them if somebody says so.
                rule = self._rng.choice(OF_CHILDREN).format(self._rng.choice(["children", *self._children]))
                self._add(f"w{self._number()}", {"from": name, "to": after, "automatic": True, "when": rule})
            if len(regions) > 1 or (regions and self._chance(0.5)):
                self._add(f"j{self._number()}", {"from": name, "to": after, "automatic": True})
            else:
                self._add(f"e{self._number()}", self._step(name, after, by=True))

    def _anything(self) -> None:
        """Any step from anywhere to anywhere."""
        places = [*self._tops, *(name for rows in self._inner.values() for row in rows for name in row)]
        source = self._rng.choice(places)
        target = self._rng.choice([None, None, *places, FINAL])
        event = f"e{self._number()}"
        shape = self._rng.random()
        if shape < 0.15:
            step = self._step(source, target, by=True)
            self._add(event, [{**step, "when": self._rule()}, self._step(source, FINAL, by=True)])
        elif shape < 0.3 and target:
            rule = self._rule()
            self._add(event, {"from": source, "to": target, "automatic": True, "when": rule})
        elif shape < 0.4:
            step = self._step(FINAL, self._rng.choice(self._tops), by=True)
            self._add(event, {**step, "reopens": True})
        else:
            step = self._step(source, target, by=True)
            if self._chance(0.4):
                rules = self._rng.sample(self._rules, self._rng.randrange(1, 3))
                step["requires"] = [{"when": rule, "else": _no(rule)} for rule in rules]
            if self._chance(0.3) and len(self._transitions) > 1:
                step["not_by"] = self._rng.choice([*self._transitions, "start"])
            self._add(event, step)

    def _step(self, source: str, target: str | None, *, by: bool) -> dict[str, Any]:
        step: dict[str, Any] = {"from": source}
        if target:
            step["to"] = target
        if by:
            step["by"] = self._rng.sample(ROLES, self._rng.randrange(1, 3))
        taken: tuple[str, ...] = ()
        if self._chance(0.5):
            taken = self._rng.choice(INPUTS)
            step["input"] = {name: self._rng.choice(("required", "optional")) for name in taken}
        if self._chance(0.3):
            computed = self._rng.choice(SETS)
            if set(computed).isdisjoint(taken):
                step["set"] = dict(computed)
        if self._chance(0.1):
            step["reason"] = True
        if self._chance(0.2):
            step["notices"] = [{"template": TEMPLATE, "to": ["clerk"]}]
        if self._chance(0.15) and self._transitions:
            step["tell"] = [self._signal()]
        self._family(step, taken)
        return step

    def _signal(self) -> dict[str, Any]:
        """What it tells another case."""
        signal: dict[str, Any] = {"to": "mate", "event": self._rng.choice(list(self._transitions))}
        if self._events and self._chance(0.7):
            event, needed = self._rng.choice(self._events)
            signal = {"to": self._rng.choice(["children", *self._children]), "event": event}
            if needed:
                signal["with"] = {name: name for name in needed}
        elif self._parent and self._chance(0.4):
            signal = {"to": "parent", "event": self._rng.choice(("e1", "e2", "abandon"))}
        signal["when"] = self._rule()
        if self._chance(0.2):
            del signal["when"]
        return signal

    def _family(self, step: dict[str, Any], taken: tuple[str, ...]) -> None:
        """Facts that go, and children that come with it."""
        if self._chance(0.15):
            unset = [name for name in CLEARED if name not in taken and name not in step.get("set", ())]
            step["clear"] = self._rng.sample(unset, self._rng.randrange(1, 3))
        if self._children and self._chance(0.6):
            step["start"] = [self._start() for _ in range(self._rng.randrange(1, 3))]

    def _start(self) -> dict[str, Any]:
        """Children: one, or one for each item or year."""
        found: dict[str, Any] = {"child": self._rng.choice(list(self._children))}
        values = {"amount": "amount", "kind": "kind", "tags": "tags", "rest": "rest", "day": "today"}
        shape = self._rng.random()
        if shape < 0.2:
            found["each_year"] = {"from": "day", "until": self._rng.choice(("other", 'plus(day, "P1Y")'))}
            values |= {"count": "each.number", "other": "each.last"}
        elif shape < 0.5:
            found["each"] = each = self._rng.choice(("tags", "rates", "gaps"))
            values[{"tags": "kind", "rates": "amount", "gaps": "rest"}[each]] = "each.item"
            if self._chance(0.4):
                found["key"] = "{key}/{item}"
        own_kind = self._name in self._children.values()
        if own_kind or self._chance(0.5):
            found["when"] = self._rule()
        if own_kind and self._chance(0.3):
            found["links"] = {"mate": "mate"}
        told = self._rng.sample(list(values), self._rng.randrange(4))
        if told:
            found["with"] = {name: values[name] for name in told}
        return found

    def _deadline(self, number: int) -> dict[str, Any]:
        """A deadline, and the event that it fires."""
        states = self._rng.sample(self._tops, self._rng.randrange(1, len(self._tops) + 1))
        found: dict[str, Any] = {"while": states}
        found |= self._day()
        if self._chance(0.3):
            found["when"] = self._rule()
        if self._chance(0.8):
            event = f"lapse{number}"
            target = self._rng.choice([FINAL, *self._tops, None])
            step: dict[str, Any] = {"from": states, **({"to": target} if target else {})}
            if self._chance(0.3):
                computed = self._rng.choice(SETS)
                step["set"] = dict(computed)
            self._add(event, step)
            found["fire"] = event
        if self._chance(0.4) or "fire" not in found:
            found["remind"] = self._rng.sample(PERIODS, self._rng.randrange(1, 3))
            found["notice"] = {"template": TEMPLATE, "to": ["clerk", "lead"]}
            if self._chance(0.5):
                found["escalate"] = {"after": self._rng.choice(("P1D", "P5D")), "to": ["lead"]}
                if self._chance(0.5):
                    found["escalate"]["unless"] = self._rng.choice(list(self._transitions))
        if self._chance(0.3):
            found["every"] = self._rng.choice(("P1M", "P1Y"))
        if self._chance(0.2):
            found["fires"] = "start_of_day"
        return found

    def _day(self) -> dict[str, Any]:
        """When a deadline falls due."""
        day = self._rng.choice(("day", "other"))
        if self._chance(0.5):
            return {"on": day}
        if self._chance(0.2):
            given = {"suspended": self._rng.choice(("gaps", "rest"))}
            return {"from": day, "rule": "bgb-191", "period": "P6M", "given": given}
        rule = self._rng.choice(("no-roll", "vwvfg-31"))
        return {"from": day, "rule": rule, "period": self._rng.choice((*PERIODS, "span"))}

    def _number(self) -> int:
        self._count += 1
        return self._count

    def _add(self, event: str, step: Any) -> None:
        self._transitions[event] = step


def _no(rule: str) -> dict[str, str]:
    return {"de": f"Nein: {rule}", "en": f"No: {rule}"}
