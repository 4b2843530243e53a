"""Notices say what the facts say, in the reader's language, and a template can do nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.support import replace
from wirflow.definition.field import Choice, Field, Link, LinkedField
from wirflow.definition.model import DeadlineSpec, State, Transition, Workflow
from wirflow.errors import UnknownNameError
from wirflow.render import TemplateError, Templates, notice_context
from wirflow.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WORKFLOW = Workflow(
    name="grant",
    title=Text("Förderantrag", "Grant"),
    subject=Text.same("{purpose} · {key}"),
    roles=(),
    fields=(
        Field(name="purpose", type="text", title=Text("Zweck", "Purpose")),
        Field(name="amount", type="money", title=Text("Betrag", "Amount")),
        Field(name="cost", type="money", title=Text("Kosten", "Cost"), expected=True),
        Field(name="award_ends", type="date", title=Text("Ende", "End")),
        Field(name="items", type="integer", title=Text("Zahl", "Number")),
        Field(
            name="tick",
            type="choice",
            title=Text("Haken", "Tick"),
            choices=(Choice(name="yes", title=Text("ja, belegt", "yes, proven")),),
        ),
    ),
    links=(
        Link(
            name="partner",
            workflow="grant",
            title=Text("Partner", "Partner"),
            fields=(LinkedField(name="unit", type="text"),),
        ),
    ),
    states=(State(name="approved", title=Text("Bewilligt", "Approved"), initial=True),),
    transitions=(
        Transition(
            event="extend", title=Text("Verlängern", "Extend"), sources=("approved",), target="approved"
        ),
    ),
    deadlines=(
        DeadlineSpec(
            name="award_end",
            title=Text("Ende der Bewilligung", "End of the award"),
            states=("approved",),
            on="award_ends",
            rule="no-roll",
        ),
    ),
)


@dataclass(frozen=True)
class Case:
    """A case as the context takes it."""

    key: str = "G-1"
    state: str = "approved"
    since: datetime = datetime(2021, 6, 30, 22, 30, tzinfo=UTC)
    data: Mapping[str, Any] = field(
        default_factory=lambda: {
            "purpose": "Koordination",
            "amount": Decimal("50000.00"),
            "award_ends": date(2021, 12, 31),
            "items": 3,
            "tick": "yes",
        }
    )


@dataclass(frozen=True)
class Event:
    """What happened to it."""

    name: str = "extend"
    occurred_at: datetime = datetime(2021, 11, 30, 23, 0, tzinfo=UTC)
    reason: str | None = None


@dataclass(frozen=True)
class Deadline:
    """A legal deadline with its derivation."""

    due: date = date(2021, 12, 31)
    rule: str = "no-roll"
    law: str = "§ 31 VwVfG"
    verified: bool = True

    def explain(self) -> Text:
        """The derivation."""
        return Text("Frist endet am Freitag.", "The term ends on Friday.")


@dataclass(frozen=True)
class Timer:
    """A reminder of it."""

    name: str = "award_end"
    kind: str = "reminder"
    deadline: Deadline | None = field(default_factory=Deadline)


def context(lang: str = "en", **more: Any) -> dict[str, object]:
    """The context of a notice, with what a test changes."""
    given_ = {
        "workflow": WORKFLOW,
        "case": Case(),
        "linked": {},
        "event": Event(),
        "actor": None,
        "recipient": "R. Leser",
        "role": "Sachbearbeitung",
        "office": "Amt",
        "zone": "Europe/Berlin",
        "lang": lang,
    }
    return notice_context(**(given_ | more))


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Templates]:
    """Writes a template in both languages and gives the templates of the folder."""

    def written(en: str, de: str | None = None, name: str = "note") -> Templates:
        for lang, text in (("en", en), ("de", de or en)):
            (tmp_path / f"{name}.{lang}.j2").write_text(text, encoding="utf-8")
        return Templates([tmp_path])

    return written


def test_facts_in_the_readers_language(write):
    """Money, dates and choices read as the reader's language writes them."""
    text = (
        "Subject: {{ case.title }}\n\n"
        "{{ data.amount|money }} {{ data.award_ends|date }} {{ data.tick|show('tick') }} "
        "{{ case.state_title }} {{ event.title }} {{ data.items }}\n"
    )
    templates = write(text, text.replace("Subject", "Betreff"))
    english = templates.render("note", "en", context())
    german = templates.render("note", "de", context("de"))
    assert english.subject == german.subject == "Koordination · G-1"
    assert english.body == "€50,000.00 2021-12-31 yes, proven Approved Extend 3\n"
    assert german.body == "50.000,00 € 31.12.2021 ja, belegt Bewilligt Verlängern 3\n"


def test_dates_are_civil_dates_of_the_office(write):
    """An instant late in the evening UTC is the next day in Berlin."""
    templates = write("Subject: x\n\n{{ case.since|date }} {{ event.occurred_on|date }}\n")
    assert templates.render("note", "en", context()).body == "2021-07-01 2021-12-01\n"


def test_deadline_and_its_derivation(write):
    """A reminder knows its deadline, the days left and the derivation; other notices know none."""
    templates = write(
        "Subject: x\n\n"
        "{% if deadline is defined %}\n"
        "{{ deadline.title }} {{ deadline.days_left }} {{ deadline.law }} {{ deadline.text }}\n"
        "{% else %}\n"
        "none\n"
        "{% endif %}\n"
    )
    with_one = templates.render("note", "en", context(timer=Timer()))
    assert with_one.body == "End of the award 30 § 31 VwVfG The term ends on Friday.\n"
    assert templates.render("note", "en", context()).body == "none\n"


def test_a_deadline_that_is_over_has_no_days_left(write):
    """A term counts on the day after its last, and still has no negative days."""
    templates = write("Subject: x\n\n{{ deadline.days_left }} {{ deadline.kind }}\n")
    late = Event(occurred_at=datetime(2021, 12, 31, 23, 0, tzinfo=UTC))
    body = templates.render("note", "en", context(timer=Timer(kind="due"), event=late)).body
    assert body == "0 due\n"


def test_linked_cases_and_actor(write):
    """A linked case is there with key, state and facts only if it is linked; nobody is wirflow."""
    templates = write(
        "Subject: {{ event.actor }}\n\n"
        "{% if linked.partner is defined %}{{ linked.partner.key }} {{ linked.partner.data.unit }}"
        "{% else %}alone{% endif %}\n"
    )
    assert templates.render("note", "en", context()) == templates.render("note", "en", context(linked={}))
    other = replace(Case(), key="G-2", data={"unit": "Dezernat I"})
    rendered = templates.render("note", "en", context(linked={"partner": other}, actor="B. Muster"))
    assert (rendered.subject, rendered.body) == ("B. Muster", "G-2 Dezernat I\n")
    assert templates.render("note", "en", context()).subject == "wirflow"


def test_an_absent_fact_is_an_error_with_its_line(write):
    """A fact that is absent never becomes an empty place in a letter."""
    templates = write("Subject: x\n\nfirst\n{{ event.reason }}\n")
    with pytest.raises(TemplateError) as caught:
        templates.render("note", "en", context())
    assert (caught.value.template, caught.value.line) == ("note.en.j2", 4)
    assert "reason" in caught.value.message.de
    assert templates.render("note", "en", context(event=Event(reason="why"))).body == "first\nwhy\n"


def test_an_absent_fact_stops_the_filters_too(write):
    """The filters pass no absence on, save for facts that are expected: those are shown as unknown."""
    for name in ("money", "date", "show('purpose')"):
        with pytest.raises(TemplateError):
            write(f"Subject: x\n\n{{{{ event.reason|{name} }}}}\n").render("note", "en", context())
    templates = write("Subject: x\n\n{{ data.cost|show('cost') }}\n")
    assert templates.render("note", "de", context("de")).body == "unbekannt\n"


@given(words=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_value_breaks_the_subject_line(words, tmp_path_factory):
    """Whatever a value holds, the subject is one printable line and the body begins where it begins."""
    folder = tmp_path_factory.getbasetemp() / "subject"
    folder.mkdir(exist_ok=True)
    (folder / "note.en.j2").write_text("Subject: a {{ data.purpose }} z\n\nbody\n", encoding="utf-8")
    case = Case(data={"purpose": words})
    rendered = Templates([folder]).render("note", "en", context(case=case))
    assert rendered.subject.isprintable()
    assert rendered.subject.startswith("a")
    assert rendered.subject.endswith("z")
    assert rendered.body == "body\n"


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ data.__class__ }}",
        "{{ data._facts }}",
        "{{ data.purpose.upper() }}",
        "{{ 'x' * 1000000000 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ range(10) }}",
        "{{ 'x'|attr('upper') }}",
        "{{ 'x'|center(1000000000) }}",
        "{% include '../secret.en.j2' %}",
        "{% include '/etc/passwd' %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% for a in data.purpose %}{% for b in data.purpose %}{{ data.purpose }}{% endfor %}{% endfor %}",
    ],
)
def test_a_template_can_do_nothing_else(write, attack):
    """No way leads from a template to Python, to other files, or to a text without end."""
    case = Case(data={"purpose": "x" * 200})
    with pytest.raises(TemplateError):
        write(f"Subject: x\n\n{attack}\n").render("note", "en", context(case=case))


def test_numbers_may_be_computed(write):
    """Arithmetic with numbers works."""
    templates = write("Subject: x\n\n{{ (data.amount * 2)|money }} {{ data.items % 2 }}\n")
    assert templates.render("note", "en", context()).body == "€100,000.00 1\n"


def test_the_first_folder_wins(tmp_path):
    """An office's own template stands before the shipped one."""
    for folder, words in (("own", "ours"), ("shipped", "theirs")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "note.en.j2").write_text(f"Subject: {words}\n\nx", encoding="utf-8")
    (tmp_path / "shipped" / "other.de.j2").write_text("Betreff: x\n\nx", encoding="utf-8")
    templates = Templates([tmp_path / "own", tmp_path / "shipped", tmp_path / "absent"])
    assert templates.render("note", "en", context()).subject == "ours"
    assert templates.names() == ("note", "other")
    assert templates.has("other", "de")
    assert not templates.has("other", "en")
    assert not templates.has("../own/note", "en")


def test_a_template_may_include_a_part(write):
    """What several letters share stands in a file of its own, without a header."""
    write("Regards\n", name="close")
    templates = write("Subject: x\n\nHello\n{% include 'close.en.j2' %}\n")
    assert templates.render("note", "en", context()).body == "Hello\nRegards\n"


def test_an_unknown_template_names_the_near_one(write):
    """Whoever misspells a template is told which one was meant."""
    with pytest.raises(UnknownNameError, match="note"):
        write("Subject: x\n\nx\n").render("noet", "en", context())


def test_a_sound_template_has_no_problems(write):
    """Names, filters and both languages are as they should be: nothing is found."""
    templates = write(
        "Subject: {{ case.title }}\n\n{% set sum = data.amount + data.cost %}\n{{ sum|money }}\n"
        "{% if data['tick'] is defined %}{{ data.tick|show('tick') }}{% endif %}\n"
        "{% for name in data %}{{ loop.index }} {{ name }}\n{% endfor %}\n"
        "{{ linked.partner.data.unit|show('unit') }}\n"
        "{% if deadline is defined %}{{ deadline.due|date }}{% endif %}\n"
    )
    assert list(templates.problems("note", WORKFLOW, with_deadline=False)) == []
    assert list(templates.problems("note", WORKFLOW, with_deadline=True)) == []


@pytest.mark.parametrize(
    ("source", "line", "words"),
    [
        ("Subject: x\n\n{{ data.amout|money }}\n", 3, "'data.amount'"),
        ("Subject: {{ cas.title }}\n\nx\n", 1, "'case'"),
        (
            "Subject: x\n\n{% if false %}{{ linked.partner.data.unitt }}{% endif %}\n",
            3,
            "'linked.partner.data.unit'",
        ),
        ("Subject: x\n\n\n{{ deadline.due|date }}\n", 4, "'deadline'"),
        ("Subject: x\n\n{{ data.tick|show('tikc') }}\n", 3, "'tick'"),
        ("Subject: x\n\n{{ data.amount|monney }}\n", 3, "'money'"),
        ("Subject: x\n\n{{ data.amount|date }}\n", 3, "'date'"),
        ("Subject: x\n\n{{ data.tick|money }}\n", 3, "'money'"),
        ("Subject: x\n\n{% if %}\n", 3, "note.en.j2"),
        ("Hello\n\nx\n", None, "Subject:"),
        ("Subject: {# nothing #}\n\nx\n", 1, "subject is empty"),
    ],
)
def test_a_wrong_template_is_found_before_it_is_needed(write, source, line, words):
    """The check finds wrong names, filters and types, with the line and the near name, in both languages."""
    found = write(source).problems("note", WORKFLOW, with_deadline=False)
    english = [text for text in found if "note.en.j2" in text.en]
    assert len(english) == 1
    assert words in english[0].en
    assert line is None or f"line {line}" in english[0].en
    assert any("note.de.j2" in text.de for text in found)


def test_a_missing_language_is_found(write, tmp_path):
    """A letter that exists in one language only is a problem."""
    templates = write("Subject: x\n\nx\n")
    (tmp_path / "note.de.j2").unlink()
    assert [text.en for text in templates.problems("note", WORKFLOW, with_deadline=False)] == [
        "The template note.de.j2 is missing."
    ]
    assert "'note'" in templates.problems("notte", WORKFLOW, with_deadline=False)[0].en


def test_a_file_that_is_too_big_or_no_text_is_refused(write, tmp_path):
    """A template is a page of text in UTF-8, and nothing else."""
    templates = write("Subject: x\n\n" + "x" * 70_000)
    with pytest.raises(TemplateError, match="KiB"):
        templates.render("note", "en", context())
    (tmp_path / "note.en.j2").write_bytes(b"Subject: \xff\n\nx")
    with pytest.raises(TemplateError, match="UTF-8"):
        Templates([tmp_path]).render("note", "en", context())
