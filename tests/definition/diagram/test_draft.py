"""What a picture shows of a workflow and of a case, before it looks like anything."""

from __future__ import annotations

from datetime import date

import pytest

from tests.definition.diagram.sample import WORKFLOW, state, text, way
from tests.support import replace
from wirflow.definition.diagram import Course, Step, draft
from wirflow.definition.diagram.words import Words
from wirflow.definition.field import Field
from wirflow.definition.model import SEPARATOR, DeadlineSpec, Signal, Start
from wirflow.errors import UnknownNameError
from wirflow.text import Text


def words_of(way_):
    """What stands on a plate, as (mark, words)."""
    return [(line.mark, line.words) for line in way_.lines]


def found(picture, title, kind=None):
    """The ways with a title."""
    return [
        item
        for item in picture.ways
        if any(line.mark == "title" and line.words == title for line in item.lines)
        and kind in {None, item.kind}
    ]


PICTURE = draft(WORKFLOW, "en")


@pytest.mark.parametrize("lang", ["de", "en"])
def test_all_words_are_of_one_language(lang):
    """A picture speaks the language that was asked for, and no other."""
    told = repr(draft(WORKFLOW, lang))
    assert ("in English" in told) is (lang == "en")
    assert ("auf Deutsch" in told) is (lang == "de")
    assert ("Zustände" in told) is (lang == "de")


def test_plates_say_who_and_what_moves_a_case():
    """People, deadlines, other cases and nobody are told apart, each with what belongs to it."""
    (submit,) = found(PICTURE, "submit in English")
    assert submit.kind == "hand"
    assert ("role", "clerk in English") in words_of(submit)
    assert ("reason", "with a reason") in words_of(submit)
    (hear,) = found(PICTURE, "hear in English")
    assert ("eyes", "not whoever last did “submit in English”") in words_of(hear)
    (heard,) = found(PICTURE, "heard in English")
    assert heard.kind == "auto"
    assert ("auto", "by itself, when all inside has ended") in words_of(heard)
    (pull,) = found(PICTURE, "pull in English")
    assert pull.kind == "signal"
    assert words_of(pull)[2:] == [
        ("child", "report in English (one a year)"),
        ("tell", "other in English: expire"),
        ("tell", "report in English: expire [amount in English is known]"),
    ]
    by_deadline = found(PICTURE, "expire in English", "deadline")
    assert [item.sources for item in by_deadline] == [("approved",)]
    assert words_of(by_deadline[0])[1:] == [
        ("clock", "term in English"),
        ("law", "ending in English · § 1 Muster"),
        ("bell", "6 months, 2 weeks before"),
        ("mail", "lead in English"),
    ]
    # Where the deadline does not run, the same event is another case's.
    assert [item.sources for item in found(PICTURE, "expire in English", "signal")] == [("end",)]


def test_signals_have_the_titles_of_the_other_workflow():
    """What is told to another case is called as that case's workflow calls it, if that is known."""
    (pull,) = found(draft(WORKFLOW, "en", others={"grant": WORKFLOW}), "pull in English")
    assert ("tell", "other in English: expire in English") in words_of(pull)


def test_all_states_inside_one_are_that_one():
    """Sources that are all there is in a box leave the box, and not each of its states."""
    assert [item.sources for item in found(PICTURE, "approve in English")] == [("work",)]
    # Two of three are no box.
    (budget,) = found(PICTURE, "budget in English")
    assert budget.sources == ("hearing.budget.open", "hearing.budget.asked")


def test_what_is_possible_everywhere_is_said_once():
    """From every open state: a way is said in words, a change of facts stands in the panel."""
    (withdraw,) = found(PICTURE, "withdraw in English")
    assert withdraw.sources == ()
    assert withdraw.origin == "from every open state"
    assert [line.words for line in PICTURE.panel] == [
        "In every open state",
        "correct in English (lead in English)",
    ]
    few = replace(
        WORKFLOW, transitions=(way("withdraw", "draft end hearing", "expired", by=("clerk",)),), deadlines=()
    )
    assert [item.sources for item in draft(few, "en").ways] == [("draft", "end", "hearing")]


def test_nearly_all_states_are_told_with_their_exceptions():
    """Of many open states the one that is left out is named."""
    names = "abcdef"
    flow = replace(
        WORKFLOW,
        states=(*(state(name, initial=name == "a") for name in names), state("z", final=True)),
        transitions=(way("stop", "a b c d e", "z", by=("clerk",)),),
        deadlines=(),
    )
    (stop,) = draft(flow, "en").ways
    assert stop.origin == "from every open state except f in English"


def test_what_leads_nowhere_stands_in_its_state():
    """Changes of facts, ways back to the same state and mere reminders are lines in the state."""
    box = PICTURE.box
    assert [(row.mark, row.words) for row in box["approved"].rows] == [
        ("pen", "note in English (lead in English)")
    ]
    assert [row.mark for row in box["work.second"].rows] == ["again"]
    assert [(row.mark, row.words) for row in box["expired"].rows] == [
        ("clock", "proof in English"),
        ("law", "3 months from ending in English · § 31 Abs. 1, 3 VwVfG, §§ 187, 188 BGB"),
        ("law", "[amount in English is known]"),
        ("again", "recurring: 1 year"),
        ("bell", "1 week after it to lead in English"),
    ]


def test_ways_into_and_out_of_a_state_around():
    """From a box to a state in it one begins wherever one is; to the box itself, where the box begins."""
    (skip,) = found(PICTURE, "skip in English")
    assert (skip.sources, skip.origin, skip.home) == ((), "from every state in here", "work")
    (anew,) = found(PICTURE, "anew in English")
    assert (anew.sources, anew.target, anew.home) == (("work.second",), "work", "work")
    into = replace(
        WORKFLOW, transitions=(way("restart", "hearing.legal.open", "hearing", by=("clerk",)),), deadlines=()
    )
    (restart,) = draft(into, "en").ways
    # All regions begin anew: that is no one point.
    assert (restart.target, restart.goal) == (None, "→ hearing in English")


def test_one_plate_for_the_same_ends_and_the_same_cause():
    """Events of people from one state to another share a plate; what a deadline does has its own."""
    flow = replace(
        WORKFLOW,
        transitions=(
            way("one", "approved", "expired", by=("clerk",)),
            way("two", "approved", "expired", by=("lead",)),
            way("expire", "approved", "expired", by=("lead",)),
        ),
    )
    hand, deadline = draft(flow, "en").ways
    assert [line.words for line in hand.lines if line.mark == "title"] == [
        "one in English",
        "two in English",
        "expire in English",
    ]
    assert (hand.kind, deadline.kind) == ("hand", "deadline")


def test_rules_and_long_guards_are_told_in_notes():
    """What is too long for a plate has a number there and its words under the picture."""
    long = " && ".join(f"amount > {number}" for number in range(20))
    flow = replace(WORKFLOW, transitions=(way("go", "draft", "end", by=("clerk",), when=long),), deadlines=())
    picture = draft(flow, "en")
    (line,) = [line for line in picture.ways[0].lines if line.mark == "guard"]
    (note,) = picture.notes
    assert line.words.endswith("…")
    assert line.note == note.number
    assert note.lines[0].count("amount in English") == 20
    rows = PICTURE.box["approved"].rows
    assert [item.lines for item in PICTURE.notes if item.number == rows[0].note] == [("nothing in English",)]


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("amount > 100 && !has(ends)", "Betrag > 100 und Ende fehlt"),
        ('has(ends) || kind == "big"', "Ende bekannt oder Art = „Groß“"),
        ('"hearing.legal.done" in active', "„legal auf Deutsch: done auf Deutsch“"),
        ("size(report) > 1", "Zahl von report auf Deutsch > 1"),
        ("size(other.state) > 1", "size(other auf Deutsch: Zustand) > 1"),
        ("!urgent && report.all(r, r.final)", "nicht Eilig und (für alle report auf Deutsch gilt: beendet)"),
        ("ends <= today", "Ende ≤ heute"),
        ('other.state == "draft"', "other auf Deutsch: Zustand = „draft auf Deutsch“"),
        ("!urgent", "nicht Eilig"),
        ('days(ends, today) >= 3 && kind != "x"', "days(Ende, heute) ≥ 3 und Art ≠ „x“"),
        ("old.amount < amount", "Betrag (bisher) < Betrag"),
        ("report.all(r, r.final)", "für alle report auf Deutsch gilt: beendet"),
        (
            "report.count(r, r.final && r.amount > 1)",
            "Zahl von report auf Deutsch, für die gilt: beendet und amount auf Deutsch > 1",
        ),
        ("children.exists(c, !c.final)", "mindestens einmal unter Untervorgänge gilt: nicht beendet"),
    ],
)
def test_guards_are_told_in_words(source, told):
    """Fields, states and choices are called by their titles, and signs are those that people write."""
    from wirflow.definition.field import Choice  # noqa: PLC0415 - only here

    flow = replace(
        WORKFLOW,
        fields=(
            Field(name="amount", type="money", title=Text("Betrag", "Amount")),
            Field(name="ends", type="date", title=Text("Ende", "End")),
            Field(name="urgent", type="boolean", title=Text("Eilig", "Urgent")),
            Field(
                name="kind",
                type="choice",
                title=Text("Art", "Kind"),
                choices=(Choice(name="big", title=Text("Groß", "Big")),),
            ),
        ),
    )
    assert Words(flow, "de", {"grant": WORKFLOW}).guard(source) == told


# -- a case ------------------------------------------------------------------------------

BOTH = SEPARATOR.join(("hearing.legal.done", "hearing.budget.asked"))
STEPS = (
    Step(event="start", on=date(2021, 1, 4), source=None, target="draft"),
    Step(event="submit", on=date(2021, 1, 5), source="draft", target="end"),
    Step(event="hear", on=date(2021, 2, 1), source="end", target="hearing.legal.open + hearing.budget.open"),
    Step(
        event="legal",
        on=date(2021, 2, 8),
        source="hearing.legal.open + hearing.budget.open",
        target="hearing.legal.done + hearing.budget.open",
    ),
    Step(event="ask", on=date(2021, 2, 9), source="hearing.legal.done + hearing.budget.open", target=BOTH),
)


def test_a_case_in_parallel_states():
    """All its innermost states are marked, those around them, and what it has left; ways have their days."""
    picture = draft(WORKFLOW, "en", Course(key="K-1", subject="Club", place=BOTH, steps=STEPS))
    visits = {box.name: box.visit for box in picture.boxes if box.visit != "none"}
    assert visits == {
        "draft": "left",
        "end": "left",
        "hearing": "around",
        "hearing.legal": "around",
        "hearing.legal.open": "left",
        "hearing.legal.done": "here",
        "hearing.budget": "around",
        "hearing.budget.open": "left",
        "hearing.budget.asked": "here",
    }
    assert picture.box["hearing.legal.done"].since == date(2021, 2, 8)
    assert picture.box["hearing.budget.asked"].since == date(2021, 2, 9)
    taken = {item.lines[0].words: item.taken for item in picture.ways if item.taken}
    assert taken == {
        "submit in English": (date(2021, 1, 5),),
        "hear in English": (date(2021, 2, 1),),
        "legal in English": (date(2021, 2, 8),),
        "ask in English": (date(2021, 2, 9),),
    }
    assert picture.title == "grant in English: Club"
    assert "K-1" in picture.subtitle


def test_running_deadlines_have_their_due_day():
    """The due day stands where the deadline runs for this case, and nowhere else."""
    course = Course(key="K", subject="S", place="approved", due=(("term", date(2021, 12, 31)),))
    picture = draft(WORKFLOW, "de", course)
    due = [(way_.name, line.words) for way_ in picture.ways for line in way_.lines if line.mark == "due"]
    (running,) = found(picture, "expire auf Deutsch", "deadline")
    assert due == [(running.name, "fällig am 31.12.2021")]
    elsewhere = draft(WORKFLOW, "de", replace(course, place="draft"))
    assert "fällig" not in repr(elsewhere)


def test_a_deadline_of_one_region_has_no_due_day_in_another():
    """Of the states in which a deadline may run, only those in which the case stands have its day."""
    spec = replace(
        WORKFLOW.deadlines[1], states=("hearing.legal.open", "hearing.budget.asked"), every=None, fire=None
    )
    flow = replace(WORKFLOW, deadlines=(spec,))
    course = Course(key="K", subject="S", place=BOTH, due=(("proof", date(2021, 12, 31)),))
    boxes = draft(flow, "de", course).boxes
    assert [box.name for box in boxes if "fällig" in repr(box)] == ["hearing.budget.asked"]


def test_what_a_deadline_did_is_marked_on_the_deadlines_plate():
    """Of the plates of one event, the one of the cause is bold."""
    flow = replace(
        WORKFLOW,
        transitions=(way("expire", "approved", "expired", by=("lead",)),),
    )
    for by_deadline, kind in ((True, "deadline"), (False, "hand")):
        step = Step(
            event="expire", on=date(2022, 1, 1), source="approved", target="expired", by_deadline=by_deadline
        )
        picture = draft(flow, "en", Course(key="K", subject="S", place="expired", steps=(step,)))
        assert [item.kind for item in picture.ways if item.taken] == [kind]
        assert [item.taken_from for item in picture.ways if item.taken] == [frozenset({"approved"})]


def test_a_way_out_of_a_box_is_taken_from_the_box():
    """Who leaves a box by a way of the box took the line from the box."""
    step = Step(event="approve", on=date(2021, 3, 1), source="work.second", target="approved")
    picture = draft(WORKFLOW, "en", Course(key="K", subject="S", place="approved", steps=(step,)))
    assert [item.taken_from for item in picture.ways if item.taken] == [frozenset({"work"})]


def test_an_old_version_says_so():
    """A case that keeps an older version of its workflow is drawn with it, and the picture says it."""
    course = Course(key="K", subject="S", place="draft", outdated=True)
    assert f"version {WORKFLOW.hash[:8]} (not the newest)" in draft(WORKFLOW, "en", course).subtitle


@pytest.mark.parametrize("place", ["aproved", "work.frist", "hearing.legal.open + hearing.budget.opne"])
def test_an_unknown_state_is_an_error(place):
    """A state that does not exist is named, and not drawn over."""
    with pytest.raises(UnknownNameError):
        draft(WORKFLOW, "en", Course(key="K", subject="S", place=place))


def test_titles_are_one_line():
    """Line ends and signs that cannot be printed are blanks; nothing at all is a dash."""
    flow = replace(WORKFLOW, title=Text("a\nb\x00c", ""))
    assert draft(flow, "de").title == "a b c"
    assert draft(flow, "en").title == "–"
    assert text("x").pick("de") == "x auf Deutsch"


def test_what_only_changes_facts_tells_what_follows_elsewhere():
    """Four eyes, signals and new cases stand in the line of a state as they would stand on a plate."""
    flow = replace(
        WORKFLOW,
        transitions=(
            way("go", "draft", "end", by=("clerk",)),
            way(
                "sign",
                "draft",
                None,
                by=("clerk",),
                not_by=("go",),
                start=(Start(children="report"),),
                tell=(Signal(to="report", event="close"),),
            ),
        ),
        deadlines=(),
    )
    (row,) = draft(flow, "en").box["draft"].rows
    for words in (
        "sign in English (",
        "“go in English”",
        "+ report in English",
        "→ report in English: close",
    ):
        assert words in row.words


def test_a_deadline_of_an_inner_state_says_so_on_the_plate_of_the_outer_one():
    """Else it would look as if it ran wherever the transition is possible."""
    states = (
        state("open", initial=True),
        state("open.fresh", initial=True),
        state("open.old"),
        state("end", final=True),
    )
    runs = DeadlineSpec(
        name="use",
        title=text("use"),
        states=("open.fresh",),
        start="ends",
        period="P1Y",
        rule="no-roll",
        fire="lapse",
    )
    both = replace(runs, name="term", title=text("term"), states=("open",))
    flow = replace(
        WORKFLOW, states=states, transitions=(way("lapse", "open", "end"),), deadlines=(runs, both)
    )
    (plate,) = draft(flow, "en").ways
    assert [line.words for line in plate.lines if line.mark == "clock"] == [
        "use in English (fresh in English)",
        "term in English",
    ]
