"""A small workflow with everything that a picture may show, and random ones."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from wirflow.definition.field import Children, Field, Link
from wirflow.definition.model import (
    DeadlineSpec,
    Escalation,
    Notice,
    Requirement,
    Role,
    Signal,
    Start,
    State,
    Transition,
    Workflow,
    Years,
)
from wirflow.text import Text

HOSTILE = (
    "]]></svg><script>alert(1)</script>",
    "end",
    "note right of x",
    "direction TB",
    'a"b\\n\\l',
    "a : b ; c # d -- e --> f { g }",
    "%%{init: {}}%%",
    "classDef x:#a;",
    "style: #fff;",
    "1. Lesung",
    "- Liste",
    "$$x^2$$ **fett** _kursiv_ `code`",
    "&amp; &#x27; <br/>",
    "[*] --> s_a",
    "<<fork>>",
    "Rechtsbehelfsbelehrungsnachholungsverfahrensvorschriftenänderungsgesetz",
    "漢字かな 😀 \u202ertl",
    "\x00\x08\u2028\ufffe",
    "",
)


def text(name: str) -> Text:
    """A title that differs in the two languages."""
    return Text(f"{name} auf Deutsch", f"{name} in English")


def state(name: str, **more) -> State:
    """A state whose title is its last name."""
    parent, _, own = name.rpartition(".")
    return State(name=name, title=text(own), parent=parent or None, **more)


def way(event: str, sources, target, **more) -> Transition:
    """A transition whose title is its event."""
    return Transition(
        event=event,
        title=text(event),
        sources=tuple(sources.split()) if isinstance(sources, str) else tuple(sources),
        target=target,
        **more,
    )


WORKFLOW = Workflow(
    name="grant",
    title=text("grant"),
    subject=Text.same("{key}"),
    roles=(Role(name="clerk", title=text("clerk")), Role(name="lead", title=text("lead"))),
    fields=(
        Field(name="amount", type="money", title=text("amount")),
        Field(name="ends", type="date", title=text("ending")),
    ),
    links=(Link(name="other", workflow="grant", title=text("other")),),
    children=(Children(name="report", workflow="grant", title=text("report")),),
    states=(
        state("draft", initial=True),
        state("end", tone="waiting"),
        state("hearing", parallel=True),
        state("hearing.legal"),
        state("hearing.legal.open", initial=True, tone="waiting"),
        state("hearing.legal.done", final=True, tone="good"),
        state("hearing.budget"),
        state("hearing.budget.open", initial=True),
        state("hearing.budget.asked"),
        state("hearing.budget.done", final=True),
        state("work", history=True, tone="good"),
        state("work.first", initial=True),
        state("work.second"),
        state("approved", tone="good"),
        state("expired", tone="bad", final=True),
    ),
    transitions=(
        way("submit", "draft", "end", by=("clerk",), reason=True),
        way("hear", "end", "hearing", by=("lead",), not_by=("submit",)),
        way("legal", "hearing.legal.open", "hearing.legal.done", by=("clerk",)),
        way("ask", "hearing.budget.open", "hearing.budget.asked", by=("clerk",)),
        way("budget", "hearing.budget.open hearing.budget.asked", "hearing.budget.done", by=("clerk",)),
        way("heard", "hearing", "work", automatic=True),
        way("stop", "hearing.legal.open", "end", by=("lead",)),
        way("next", "work.first", "work.second", by=("clerk",), when="amount > 100"),
        way("again", "work.second", "work.second", by=("clerk",)),
        way("anew", "work.second", "work", by=("clerk",)),
        way("skip", "work", "work.second", by=("lead",)),
        way("approve", "work.first work.second", "approved", by=("lead", "clerk")),
        # An alternative of the same event says what is different.
        way("approve", "work.first work.second", "approved", by=("lead",)),
        way("expire", "approved end", "expired", notices=(Notice(template="x", to=("lead",)),)),
        way(
            "pull",
            "draft",
            "expired",
            tell=(
                Signal(to="other", event="expire"),
                Signal(to="report", event="expire", when="has(amount)"),
            ),
            start=(Start(children="report", years=Years(first="ends", last="ends")),),
        ),
        way("withdraw", "draft end hearing work approved", "expired", by=("clerk",)),
        way(
            "note",
            "approved",
            None,
            by=("lead",),
            requires=(Requirement(when="has(amount)", otherwise=text("nothing")),),
        ),
        way("correct", "draft end hearing work approved expired", None, by=("lead",)),
    ),
    deadlines=(
        DeadlineSpec(
            name="term",
            title=text("term"),
            states=("approved",),
            on="ends",
            rule="no-roll",
            law="§ 1 Muster",
            fire="expire",
            remind=("P6M", "P2W"),
        ),
        DeadlineSpec(
            name="proof",
            title=text("proof"),
            states=("expired",),
            start="ends",
            period="P3M",
            rule="vwvfg-31",
            every="P1Y",
            when="has(amount)",
            escalate=Escalation(after="P1W", notice=Notice(template="x", to=("lead",))),
        ),
    ),
)


def evil(words: str) -> Workflow:
    """The same workflow, with every text of a person replaced."""
    same = Text.same(words)
    return replace(
        WORKFLOW,
        title=same,
        roles=tuple(replace(item, title=same) for item in WORKFLOW.roles),
        fields=tuple(replace(item, title=same) for item in WORKFLOW.fields),
        links=tuple(replace(item, title=same) for item in WORKFLOW.links),
        states=tuple(replace(item, title=same) for item in WORKFLOW.states),
        transitions=tuple(
            replace(
                item,
                title=same,
                requires=tuple(replace(rule, otherwise=same) for rule in item.requires),
            )
            for item in WORKFLOW.transitions
        ),
        deadlines=tuple(replace(item, title=same, law=words or None) for item in WORKFLOW.deadlines),
    )


@st.composite
def workflows(draw) -> Workflow:
    """Any nesting of states, and ways from anywhere to anywhere."""
    states: list[State] = []

    def fill(parent: str | None, depth: int, *, regions: bool) -> None:
        number = draw(st.integers(2 if regions or parent is None else 1, 3))
        for index in range(number):
            name = f"{parent}.{'abc'[index]}" if parent else "abc"[index]
            inside = depth < 3 and draw(st.integers(0, 2)) == 0
            parallel = inside and draw(st.booleans())
            states.append(
                state(
                    name,
                    initial=index == 0 and not regions,
                    final=not inside and index > 0 and draw(st.booleans()),
                    parallel=parallel,
                    history=inside and not parallel and draw(st.booleans()),
                    tone=draw(st.sampled_from(("neutral", "waiting", "good", "bad"))),
                )
            )
            if inside:
                fill(name, depth + 1, regions=parallel)

    fill(None, 0, regions=False)
    names = [item.name for item in states]
    ways = [
        way(
            f"e{draw(st.integers(0, index))}",
            draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True)),
            draw(st.sampled_from([None, *names])),
            by=("clerk",) if draw(st.booleans()) else (),
            automatic=draw(st.integers(0, 4)) == 0,
            when=draw(
                st.sampled_from((None, "amount > 1", 'state == "a" && !has(other) || other.amount < 2'))
            ),
        )
        for index in range(draw(st.integers(0, 8)))
    ]
    deadlines = tuple(
        replace(
            WORKFLOW.deadlines[0],
            name=f"d{index}",
            states=tuple(draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))),
            fire=draw(st.sampled_from([None, *(item.event for item in ways)])),
        )
        for index in range(draw(st.integers(0, 2)))
    )
    return replace(WORKFLOW, states=tuple(states), transitions=tuple(ways), deadlines=deadlines)
