"""Definition files become workflows, or findings with their places."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from wirflow.definition.check import check
from wirflow.definition.field import LinkedField
from wirflow.definition.finding import Place
from wirflow.definition.log import Source
from wirflow.definition.model import CORRECT, Assignment, Input, Notice, Workflow
from wirflow.definition.reader import Reading, read_workflow_text, read_workflows
from wirflow.errors import DefinitionError
from wirflow.text import Text

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SOUND = (HERE / "sound.yaml").read_text(encoding="utf-8")
TELL = "\ntransitions: {t: {from: draft, tell: {to: a, event: e, with: {x: key}}}}\n"
WARN = "\nwarnings: {w: {while: draft, when: a > 1, text: x}}\n"
DEADLINE = "\ndeadlines: {d: {while: draft, on: %s}}\n"
HEAD = "wirflow: 1\nworkflow: sample\nstates: {draft: {initial: true}, done: {final: true}}\n"


@pytest.fixture(scope="module", name="other")
def companion():
    """The workflow that others link to."""
    return read_workflows([HERE / "companion.yaml"]).checked()


@pytest.fixture(scope="module", name="sound")
def sound_workflow(other):
    """The workflow that uses every key."""
    return read_workflow_text(SOUND, known=other).checked()["sound"]


def codes(reading: Reading) -> list[str]:
    """The findings as `code@line:column`."""
    return [f"{item.code}@{item.place.line}:{item.place.column}" for item in reading.findings]


def test_every_key_of_the_language_is_read(sound: Workflow):
    """What the file says stands in the model, with defaults where it says nothing."""
    assert sound.title == Text("Förderfall", "Grant case")
    assert sound.subject == Text("{name}: {key}", "{name} ({key})")
    assert [role.title for role in sound.roles] == [Text("Sachbearbeitung", "Clerk"), Text.same("Lead")]
    fields = sound.field_by_name
    assert (fields["amount"].min, fields["amount"].max) == (0, Decimal("100000.50"))
    assert fields["amount"].expected
    assert fields["name"].required
    assert fields["name"].personal
    assert fields["name"].max_length == 80
    assert {name: item.default for name, item in fields.items()} == {
        "name": None,
        "amount": "60000.00",
        "posts": 2,
        "ends": None,
        "opens": "2021-01-01",
        "urgent": False,
        "tick": "unconfirmed",
        "size": None,
        "span": "P6M",
    }
    assert [item.name for item in fields["tick"].choices] == ["yes", "no", "unconfirmed"]
    assert fields["tick"].choices[0].title == Text("Ja", "Yes")
    assert [item.title for item in fields["size"].choices] == [Text.same("Small"), Text.same("Large")]
    assert sound.initial.name == "waiting"
    assert [state.tone for state in sound.states] == ["waiting", "neutral", "good", "bad"]
    approve = next(item for item in sound.transitions if item.event == "approve")
    assert approve.title == Text("Bewilligen", "Approve")
    assert approve.input == (
        Input(field="ends", required=True),
        Input(field="span", required=False),
        Input(field="size", required=False),
    )
    assert approve.not_by == ("note", "start")
    assert approve.requires[1].otherwise == Text.same("Zu spät.")
    assert approve.set[0] == Assignment(field="posts", value="posts + 1")
    assert approve.notices == (
        Notice(template="letter", to=("clerk", "lead")),
        Notice(template="letter", to=("clerk",)),
    )
    assert [(item.to, item.event, len(item.values)) for item in approve.tell] == [("other", "receive", 2)]
    note = sound.transitions[1]
    assert (note.sources, note.target, note.reason) == (("waiting", "draft", "approved"), None, True)
    assert all(item.required for item in note.input)
    window, award_end, proof, answer = sound.deadlines
    assert (window.edge, window.rule, window.fire) == ("start_of_day", "no-roll", "open")
    assert (award_end.edge, award_end.law, award_end.when) == ("end_of_day", "ANBest-P", "!urgent")
    assert award_end.remind == ("P6M", "P1M", "P2W")
    assert (proof.start, proof.period, proof.rule, proof.title.de) == ("ends", "span", "vwvfg-31", "Proof")
    assert answer.notice == Notice(template="letter", to=("clerk", "lead"))
    assert [(item.name, item.source) for item in sound.warnings] == [("unknown", "1.5")]


def test_corrections_make_an_event(sound: Workflow):
    """`corrections` gives an event that takes any field in any state, with a reason."""
    correct = sound.transitions[-1]
    assert (correct.event, correct.target, correct.reason, correct.by) == (CORRECT, None, True, ("lead",))
    assert correct.sources == tuple(sound.state_by_name)
    assert [item.field for item in correct.input] == list(sound.field_by_name)
    assert not any(item.required for item in correct.input)


def test_links_carry_the_fields_of_their_workflow(sound: Workflow):
    """A workflow may link to another, read or known, and to itself."""
    assert sound.link_by_name["other"].fields[0] == LinkedField(name="amount", type="money")
    assert [item.name for item in sound.link_by_name["partner"].fields] == list(sound.field_by_name)


def test_the_order_of_the_file_is_kept(sound: Workflow):
    """Events and their alternatives stay in the order in which they are tried."""
    events = [item.event for item in sound.transitions]
    assert events == ["open", "note", "approve", "approve", "expire", "reopen", CORRECT]
    assert [item.when for item in sound.transitions if item.event == "approve"] == ["amount > 10000", None]


def test_reading_twice_gives_the_same_hash(other, sound: Workflow):
    """A definition is its content: the same text, read again or in another company, has the same hash."""
    again = read_workflow_text(SOUND, known=other).workflows["sound"]
    assert again.hash == sound.hash
    assert Workflow.from_form(again.form) == sound
    assert read_workflow_text(SOUND.replace("80", "81"), known=other).workflows["sound"].hash != sound.hash


def test_files_may_link_in_any_order(tmp_path):
    """Two files that link to each other are read together."""
    for one, two in (("a", "b"), ("b", "a")):
        (tmp_path / f"{one}.yaml").write_text(
            HEAD.replace("sample", one)
            + f"fields: {{x_{one}: {{type: date}}}}\nlinks: {{twin: {{workflow: {two}}}}}\n",
            encoding="utf-8",
        )
    reading = read_workflows([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert reading.findings == ()
    assert reading.workflows["a"].links[0].fields == (LinkedField(name="x_b", type="date"),)
    assert reading.workflows["b"].links[0].fields == (LinkedField(name="x_a", type="date"),)


def test_a_name_belongs_to_one_file(tmp_path):
    """The second file with a name is told which the first is, and is looked at all the same."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(HEAD + "roles: {Clerk: {}}\n", encoding="utf-8")
    reading = read_workflows([tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "c.yaml"])
    assert [f"{Path(item.place.file).name} {item.code}" for item in reading.findings] == [
        "a.yaml bad-name",
        "b.yaml duplicate-workflow",
        "b.yaml bad-name",
        "c.yaml no-file",
    ]
    assert list(reading.sources) == ["sample"]


def test_all_mistakes_are_told_at_once():
    """One reading finds everything that is wrong with a file, each with its place and what was meant."""
    reading = read_workflow_text(
        "wirflow: 1\n"
        "workflow: Sample Case\n"
        "fields: {amont_per_year: {type: money}, on: {type: dat}}\n"
        "states: {draft: {initial: yes}}\n"
        "transitions:\n"
        "  go:\n"
        "    from: drft\n"
        "    requires:\n"
        "      - {when: 'amount_per_year > 1 && on > today'}\n"
        "      - {when: 'amount_per_year > 1'}\n"
    )
    assert codes(reading) == [
        "bad-name@2:11",
        "wrong-value@3:52",
        "wrong-value@4:27",
        "unknown-state@7:11",
        "missing-key@9:9",
        "missing-key@10:9",
        "unknown-field@10:17",
    ]
    assert reading.findings[3].hint == Text("Meinten Sie 'draft'?", "Did you mean 'draft'?")
    assert reading.findings[0].hint == Text("Möglich wäre 'sample_case'.", "Possible would be 'sample_case'.")
    with pytest.raises(DefinitionError) as caught:
        reading.checked()
    assert caught.value.findings == reading.findings
    assert "<text>:2:11" in caught.value.explain("de")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fields: {Bad: {type: date}}" + DEADLINE % "Bad", ["bad-name@4:10", "bad-name@5:35"]),
        ("fields: {in: {type: date}}" + DEADLINE % "in", ["reserved-name@4:10"]),
        ("links: {in: {workflow: sample}}", ["reserved-name@4:9"]),
        ("fields: [a]" + WARN, ["wrong-shape@4:9"]),
        ("fields: {a: {type: dat}}" + WARN, ["wrong-value@4:20"]),
        ("fields: {a: {type: dat}}" + DEADLINE % "a", ["wrong-value@4:20"]),
        ("links: {a: {workflow: b}}" + WARN.replace("a >", "a.x >"), ["unknown-workflow@4:23"]),
        (
            "links: {a: {workflow: b}}" + TELL,
            ["unknown-workflow@4:23"],
        ),
        (
            "links: {a: {workflow: 1}}\ntransitions: {t: {from: draft, tell: {to: a}}}",
            ["bad-name@4:23", "missing-key@5:38"],
        ),
        (
            "deadlines: {d: {while: draft, on: [x], remind: P1M, notice: [x]}}",
            ["wrong-shape@4:35", "wrong-shape@4:61"],
        ),
        ("deadlines: {d: {while: draft, from: x, rule: [x]}}\n", ["unknown-field@4:37", "wrong-shape@4:46"]),
        ("transitions: {t: {from: draft, notices: {to: [x]}}}\n", ["missing-key@4:41"]),
        ("transitions: {t: {from: draft, notices: a}}\n", ["no-recipient@4:41"]),
        ("transitions: {t: {from: }}\n", ["no-value@4:25"]),
        ("transitions: {t: x, start: {from: draft}}\n", ["wrong-shape@4:18", "reserved-name@4:21"]),
        ("fields: {a: {type: choice, choices: [x, x]}}\n", ["duplicate-item@4:41"]),
        ("fields: {a: {type: choice, choices: x}}\n", ["wrong-shape@4:37"]),
        ("fields: {a: {type: choice, default: x}}\n", ["missing-key@4:13"]),
        ("fields: {a: {type: text, max_length: 0}}\n", ["wrong-value@4:38"]),
        ("subject: {de: '{a}', en: [x]}\n", ["wrong-shape@4:26"]),
        ("subject: {de: '{a}', en: '{}'}\n", ["unknown-field@4:17", "wrong-subject@4:26"]),
        ("title: ' '\n", ["no-value@4:8"]),
        ("roles: {1: {}, ÄÖ: {}, null: {}}\n", ["bad-name@4:9", "bad-name@4:16", "no-value@4:24"]),
        (f"roles: {{{'a' * 61}: {{}}}}\n", ["bad-name@4:9"]),
        (f"{'b' * 61}: 1\n", ["unknown-key@4:1"]),
    ],
)
def test_a_mistake_is_told_once(text, expected):
    """What only follows from another mistake is not told as well."""
    assert codes(read_workflow_text(HEAD + text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", ["wrong-shape@1:1"]),
        ("a", ["wrong-shape@1:1"]),
        ("wirflow: 1\nworkflow: a\nstates: {}\n", ["initial-state@3:1"]),
        ("wirflow: 1\nworkflow: a\nstates: [a]\n", ["wrong-shape@3:9"]),
        ("a: [\n", ["syntax@2:1"]),
    ],
)
def test_what_is_no_definition_is_a_finding(text, expected):
    """A file that says something else ends in findings."""
    assert codes(read_workflow_text(text)) == expected


def test_a_field_of_unsure_type_is_not_told_again_from_afar(tmp_path):
    """Who links to a workflow with a broken field is not blamed for it."""
    (tmp_path / "a.yaml").write_text(
        HEAD.replace("sample", "a") + "fields: {x: {type: dat}}\n", encoding="utf-8"
    )
    (tmp_path / "b.yaml").write_text(
        HEAD.replace("sample", "b")
        + "links: {a: {workflow: a}}\nwarnings: {w: {while: draft, when: a.x > today, text: x}}\n"
        + "transitions: {t: {from: draft, to: done, tell: {to: a, event: e, with: {x: today}}}}\n",
        encoding="utf-8",
    )
    reading = read_workflows([tmp_path / "a.yaml", tmp_path / "b.yaml"])
    assert codes(reading) == ["wrong-value@4:20"]
    assert list(reading.workflows) == ["b"]


def test_warnings_do_not_forbid_a_workflow():
    """A slip that changes nothing is told, and the workflow is read."""
    reading = read_workflow_text(HEAD + "roles: {a: {}}\ntransitions: {t: {from: draft, by: [a, a]}}\n")
    assert [item.severity for item in reading.findings] == ["warning"]
    assert reading.checked()["sample"].transitions[0].by == ("a",)


def test_a_path_of_keys_has_a_place(other):
    """Later checks ask where something stands, down to what a single item stands for."""
    source = read_workflow_text(SOUND, "sound.yaml", known=other).sources["sound"]
    lines = SOUND.split("\n")

    def at(*path: str | int) -> str:
        place = source.place_of(*path)
        return lines[place.line - 1][place.column - 1 :]

    assert at("states", "draft").startswith("draft:")
    assert at("transitions", "approve", 0, "notices", 1, "template").startswith("letter, to")
    assert at("transitions", "approve", 0, "notices", 0, "template") == "letter"
    assert at("transitions", "approve", 1).startswith("{from: draft, to: approved, by: lead}")
    assert at("transitions", "open", 0, "from", 0).startswith("waiting, to")
    assert at("transitions", "approve", 7).startswith("approve:")
    assert at("deadlines", "window", "rule").startswith("window:")
    assert at("deadlines", "award_end", "remind", 1).startswith("P6M")
    assert Source("empty.yaml").place_of("states") == Place("empty.yaml")


def test_the_shipped_workflows_are_read():
    """What ships with wirflow has no findings."""
    reading = read_workflows(sorted((ROOT / "workflows").glob("*.yaml")))
    assert [item.line("en") for item in reading.findings] == []
    assert len(reading.checked()) >= 5


LINES = SOUND.split("\n")
WORDS = sorted({word for line in LINES for word in line.replace(",", " ").split()})
SIGNS = [
    "",
    "~",
    "[",
    "]",
    "{",
    "}",
    "*",
    "&a",
    "!!x",
    "\t",
    "'",
    '"',
    ":",
    "- ",
    "#",
    "|",
    ">",
    "\r",
    "\u2028",
]
VALUES = [
    "1",
    "-1",
    "1e9",
    "true",
    "null",
    "on",
    "[[]]",
    "{a: b}",
    "P1M",
    "9" * 400,
    "ä",
    "'x'",
    "{key!r}",
    "a.b",
]
TOKENS = [*WORDS, *SIGNS, *VALUES]


@st.composite
def mutations(draw):
    """A sound definition with a few words or lines changed, lost, doubled or moved."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["token", "token", "token", "drop", "double", "swap", "indent", "cut"])):
            case "token":
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(TOKENS))
                lines[at] = " ".join(words)
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[draw(st.integers(0, len(lines) - 1))])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "indent":
                lines[at] = " " * draw(st.integers(0, 9)) + lines[at].lstrip()
            case _:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "\n".join(lines)


@settings(max_examples=300, deadline=None)
@given(text=mutations())
def test_any_mutation_gives_findings_or_a_workflow(text, other):
    """Whatever a person does to a definition, wirflow answers with a workflow or with places."""
    reading = read_workflow_text(text, known=other)
    found = (*reading.findings, *check(reading, known=other))
    assert bool(reading.workflows) != bool(reading.errors)
    rows = text.split("\n")
    for item in found:
        assert 1 <= item.place.line <= len(rows) + 1
        assert 1 <= item.place.column <= len(rows[min(item.place.line, len(rows)) - 1]) + 2
        assert item.message.de
        assert item.message.en
        assert str(item.place) in item.line("de")


def test_the_order_of_keys_is_no_matter_but_that_of_alternatives_is(other, sound: Workflow):
    """Sections may stand in any order."""
    head, *sections = SOUND.split("\n\n")
    random.Random(7).shuffle(sections)  # noqa: S311 - an example, no secret
    again = read_workflow_text("\n\n".join([head, *sections]), known=other).checked()["sound"]
    assert again.hash == sound.hash
