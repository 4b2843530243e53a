"""A small office for scenarios: one workflow with all that can be tried, three people, one portfolio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirflow.definition.person import Person
from wirflow.definition.reader import read_workflow_text
from wirflow.engine import Profile
from wirflow.render import Templates
from wirflow.scenario import Setting, play, read_scenario_text

if TYPE_CHECKING:
    from pathlib import Path

    from wirflow.scenario import Difference, Played

WORKFLOW = """
wirflow: 1
workflow: grant
roles: {clerk: {}, lead: {}}
corrections: {by: lead}
fields:
  amount: {type: money}
  ends: {type: date}
links: {partner: {workflow: grant}}
states:
  draft: {initial: true}
  approved: {}
  over: {final: true}
transitions:
  submit: {from: draft, by: [clerk], input: [amount]}
  approve:
    from: draft
    to: approved
    by: [clerk, lead]
    not_by: submit
    input: {ends: required}
    requires:
      - {when: "amount > 0", else: {de: Der Betrag fehlt., en: The amount is missing.}}
      - {when: "amount < 1000", else: {de: Das ist zu viel., en: That is too much.}}
    notices: [{template: letter, to: [clerk]}]
    tell: [{to: partner, event: close}]
  close: {from: [draft, approved], to: over, notices: [{template: letter, to: [lead]}]}
deadlines:
  end:
    while: approved
    on: ends
    fire: close
    remind: [P1M]
    notice: {template: letter, to: [clerk, lead]}
  answer: {while: approved, on: ends, fires: start_of_day, notice: letter}
warnings:
  no_amount: {while: "*", when: "!has(amount)", text: {de: Ohne Betrag., en: No amount.}}
"""

PORTFOLIO = """
wirflow: 1
portfolio: two
on: 2021-01-04
as: ada
people:
  ada: {name: Ada, email: ada@office.example, roles: [clerk], lang: de}
  leo: {name: Leo, email: leo@office.example, roles: [lead], lang: en}
  duo: {name: Duo, email: duo@office.example, roles: [clerk, lead]}
cases:
  G-1: {workflow: grant, data: {amount: 500}, links: {partner: G-2}}
  G-2: {workflow: grant}
"""

HEAD = "scenario: sample\nportfolio: two\nsteps:\n"

APPROVED = """\
  - {at: 2021-01-05, do: G-1 approve, as: leo, set: {ends: 2021-06-30}}
"""


def setting(folder: Path, workflow: str = WORKFLOW) -> Setting:
    """The office, with its files in a folder."""
    for lang, word in (("de", "Betreff"), ("en", "Subject")):
        (folder / f"letter.{lang}.j2").write_text(
            f"{word}: {{{{ case.key }}}}\n\n{{{{ case.state }}}}\n", encoding="utf-8"
        )
    path = folder / "two.yaml"
    path.write_text(PORTFOLIO, encoding="utf-8")
    return Setting(
        workflows=read_workflow_text(workflow).checked(),
        templates=Templates([folder]),
        profile=Profile(name="Amt", people={"eva": Person(id="eva", name="Eva", roles=frozenset({"clerk"}))}),
        portfolios={"two": path},
    )


def played(folder: Path, steps: str, more: str = "", workflow: str = WORKFLOW) -> Played:
    """A scenario of some steps, played."""
    office = setting(folder, workflow)
    return play(read_scenario_text(HEAD + steps + more, office).checked(), office)


def told(differences: tuple[Difference, ...]) -> list[str]:
    """Differences as `line: what key name: expected | found`."""
    return [
        f"{item.place.line}: {item.what} {item.key} {item.name}: {item.expected.en} | {item.found.en}"
        for item in differences
    ]
