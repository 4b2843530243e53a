"""The checked form: what the store keeps and a trail names by its hash."""

from __future__ import annotations

import json
from hashlib import sha256

import msgspec
import pytest

from tests.scenarios.runner import workflows
from wirflow.definition.model import Workflow
from wirflow.definition.reader import read_workflow_text

SHIPPED = sorted(workflows())

SMALL = """
wirflow: 1
workflow: small
title: {de: Klein, en: Small}
roles: {clerk: {title: {de: Sachbearbeitung, en: Clerk}}}
fields: {ends: {type: date, title: {de: Ende, en: End}, required: true}}
states:
  open: {initial: true, title: {de: Offen, en: Open}}
  done: {final: true, title: {de: Fertig, en: Done}}
transitions:
  close: {from: open, to: done, by: [clerk], title: {de: Schließen, en: Close}}
deadlines:
  end:
    title: {de: Ende, en: End}
    while: open
    on: ends
    notice: {template: award_ending, to: [clerk]}
    escalate: {after: P5D, unless: close, to: [clerk]}
"""


@pytest.mark.parametrize("name", SHIPPED)
def test_a_form_says_all_of_a_definition(name: str) -> None:
    """Reading the form of a workflow gives that workflow, and the form again."""
    workflow = workflows()[name]
    found = Workflow.from_form(workflow.form)
    assert found == workflow
    assert found.form == workflow.form
    assert found.hash == sha256(workflow.form).hexdigest()


@pytest.mark.parametrize("name", SHIPPED)
def test_an_older_form_keeps_its_hash(name: str) -> None:
    """A form that an earlier wirflow wrote with other words means the same and keeps its hash."""
    workflow = workflows()[name]
    older = msgspec.json.encode(workflow)
    found = Workflow.from_form(older.decode())
    assert older != workflow.form
    assert found == workflow
    assert found.hash == sha256(older).hexdigest()


def small() -> Workflow:
    """A definition with an escalation, and little else."""
    reading = read_workflow_text(SMALL)
    assert not reading.findings
    return reading.workflows["small"]


def test_what_a_definition_does_not_say_is_not_in_its_form() -> None:
    """No key stands in a form only because the language knows it: keys to come change no hash."""
    said = {"deadlines", "fields", "name", "roles", "states", "subject", "title", "transitions", "links"}
    assert set(json.loads(small().form)) == said


def test_one_event_that_made_an_escalation_needless_is_read_as_a_list_of_one() -> None:
    """A form of the time when `unless` named one event reads as today's with one."""
    form = json.loads(small().form)
    assert form["deadlines"][0]["escalate"]["unless"] == ["close"]
    form["deadlines"][0]["escalate"]["unless"] = "close"
    assert Workflow.from_form(json.dumps(form)) == small()


def test_what_is_no_form_is_refused() -> None:
    """A form of which a part is missing is the form of no workflow."""
    with pytest.raises(msgspec.ValidationError, match="title"):
        Workflow.from_form(b'{"name": "x"}')
