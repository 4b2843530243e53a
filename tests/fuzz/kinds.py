"""The kinds of files that people write, their sound seeds, and what has to hold for every mutant of them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.fuzz.mutate import mutated
from tests.fuzz.tree import Tree, grown
from tests.laws.definitions import definition
from tests.laws.walk import BEGIN, Walk
from wirflow.core.profile import Profile
from wirflow.definition.check import check
from wirflow.definition.diagram import dot, draft, mermaid
from wirflow.definition.person import Person
from wirflow.definition.portfolio import read_portfolio, read_portfolio_text
from wirflow.definition.reader import Reading, read_workflow_text, read_workflows
from wirflow.definition.version_map import read_version_map, read_version_map_text
from wirflow.errors import EndlessError, InputError, WirflowError
from wirflow.office.place import FILE
from wirflow.office.settings import read as read_settings
from wirflow.proof import Effort, prove
from wirflow.proof.stands import stands_of
from wirflow.render import Templates
from wirflow.scenario import Setting, read_scenario, read_scenario_text
from wirflow.simulation import World, read_plan
from wirflow.simulation.plan import read_plan_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wirflow.definition.finding import Finding
    from wirflow.definition.model import Workflow

ROOT: Final = Path(__file__).parents[2]
WORKFLOWS: Final = ROOT / "workflows"
SMALL: Final = Effort(definition=60, invariant=60, cases=2)
GENERATED: Final = 12
"""Seeds that are made up: rich in what no shipped workflow uses."""
PROVED: Final = 12
"""One sound mutant in so many is tried in all its runs."""
AGAIN: Final = 8
"""One mutant in so many is read twice."""

MUTANT: Final = "mutant.yaml"
DEFINITION: Final = "definition"
PORTFOLIO: Final = "portfolio"
SCENARIO: Final = "scenario"
PLAN: Final = "plan"
MAP: Final = "map"
SETTINGS: Final = "settings"
SHARES: Final = (*[DEFINITION] * 12, *[PORTFOLIO] * 2, *[SCENARIO] * 2, PLAN, MAP, SETTINGS)

PLANS: Final = (
    """\
plan: good
title: {de: Gut, en: Good}
steps:
  - {at: 2021-01-04, do: G-1 submit, as: ada, set: {amount: 60000}}
  - at: 2021-02-03 14:30
    do: G-1 approve
    as: leo
    on: 2021-02-02
    set: {decided_on: 2021-02-01}
    reason: So be it
""",
)
MAPS: Final = (
    """\
wirflow: 1
workflow: sound
states: {approved: granted}
fields: {unit: name, holder: null, amount: amount}
links: {partner: null}
events: {submit: null, approve: approve}
deadlines: {proof: award_end}
set:
  amount: "old.amount + 10"
  name: 'has(old.name) ? old.name : "x"'
""",
)
TOMLS: Final = (
    """\
[office]
name = "Amt für Zuwanderung"
lang = "de"
zone = "Europe/Berlin"
land = "HE"
database = "sqlite:///wirflow.db"
person = "ada"
today = 2020-12-10

[people.ada]
name = "Ada"
email = "ada@office.example"
roles = ["clerk", "lead"]
lang = "en"

[notices]
channels = ["file", "smtp"]
from = "amt@office.example"

[smtp]
host = "mail.office.example"
port = 587
user = "amt"
password_env = "MAIL_PASSWORD"
tls = "starttls"

[rules.own]
law = "Satzung § 3"
period = "P2W"

[[holidays]]
name = "Stadtfest"
month = 6
day = 1
""",
)


class LawError(AssertionError):
    """What has to hold for every file does not."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound file."""

    text: str
    tree: Tree


class Stage:
    """Everything that mutants are read with; made once for each process."""

    def __init__(self, folder: Path, *, quick: bool = False) -> None:
        """Prepare.

        Args:
            folder: where mutants are written, one at a time.
            quick: without the largest seeds, of which each mutant takes ten times as long.
        """
        self._folder = folder
        self._quick = quick

    @cached_property
    def seeds(self) -> Mapping[str, Sequence[Seed]]:
        """The sound files by their kinds."""
        tests = ROOT / "tests"
        made = [definition(Random(number)) for number in range(GENERATED)]
        rows = {
            DEFINITION: [
                *made,
                *_texts(tests / "patterns", "[0-9]*.yaml"),
                *_texts(tests / "definition", "*.yaml"),
                *_texts(tests / "proof", "*.yaml"),
                *_texts(tests / "proof" / "broken", "[!p]*.yaml"),
                *([] if self._quick else _texts(tests / "patterns" / "real", "*.yaml")),
                *([] if self._quick else _texts(WORKFLOWS, "*.yaml")),
            ],
            PORTFOLIO: [
                *_texts(tests / "proof" / "broken", "portfolio*.yaml"),
                *([] if self._quick else _texts(WORKFLOWS / "portfolios", "*.yaml")),
            ],
            SCENARIO: _texts(tests / "patterns" / "scenarios", "*.yaml")
            + ([] if self._quick else _texts(tests / "scenarios", "[c-i]*.yaml")),
            PLAN: PLANS,
            MAP: MAPS,
        }
        found = {kind: [Seed(text, grown(text)) for text in texts] for kind, texts in rows.items()}
        # The settings are TOML; only their bytes are mutated.
        return found | {SETTINGS: [Seed(text, found[PLAN][0].tree) for text in TOMLS]}

    @cached_property
    def workflows(self) -> Mapping[str, Workflow]:
        """Sound workflows that portfolios, scenarios, plans and maps may name."""
        tests = ROOT / "tests"
        paths = [
            *sorted(WORKFLOWS.glob("*.yaml")),
            *sorted((tests / "patterns").glob("[0-9]*.yaml")),
            *sorted((tests / "proof").glob("*.yaml")),
            tests / "definition" / "sound.yaml",
            tests / "definition" / "companion.yaml",
        ]
        return read_workflows(paths).workflows

    @cached_property
    def setting(self) -> Setting:
        """An office for scenarios."""
        return Setting(
            workflows=self.workflows,
            templates=self.templates,
            profile=self.profile,
            portfolios={path.stem: path for path in (WORKFLOWS / "portfolios").glob("*.yaml")},
        )

    @cached_property
    def templates(self) -> Templates:
        """The shipped ones."""
        return Templates([ROOT / "templates"])

    @cached_property
    def profile(self) -> Profile:
        """Three people."""
        roles = {"ada": {"clerk"}, "leo": {"lead"}, "duo": {"clerk", "lead"}}
        people = {name: Person(id=name, name=name, roles=frozenset(row)) for name, row in roles.items()}
        return Profile(name="Amt", people=people)

    @cached_property
    def world(self) -> World:
        """An office with one case, for plans."""
        sound = self.workflows["sound"]
        walk = Walk(sound, Random(1))
        walk.run(1)
        while walk.case is None:
            walk.run(1)
        return World(
            now=BEGIN,
            cases={"G-1": walk.case},
            definitions={"G-1": sound},
            timers=(),
            profile=self.profile,
            templates=self.templates,
            newest=self.workflows,
        )

    # -- one mutant --------------------------------------------------------------------

    def mutant(self, seed: int, number: int) -> tuple[str, bytes]:
        """The mutant of a number: its kind and its bytes."""
        rng = Random(f"{seed}/{number}")
        kind = rng.choice(SHARES)
        rows = self.seeds[kind]
        chosen = rng.choice(rows)
        if kind == SETTINGS:
            return kind, _bent_settings(rng, chosen.text)
        others = [rng.choice(rows).tree, rng.choice(self.seeds[DEFINITION]).tree, chosen.tree]
        return kind, mutated(rng, chosen.text, chosen.tree, others)

    def judge(self, kind: str, raw: bytes, number: int = 0) -> bool:
        """Whether a file is sound.

        Raises:
            Exception: it is not read as every file has to be: with findings, or with an error of wirflow's.
        """
        if kind == SETTINGS:
            (self._folder / FILE).write_bytes(raw)
            try:
                read_settings(self._folder)
            except InputError as error:
                _speaks(error)
                return False
            return True
        source = self._source(raw)
        if kind == DEFINITION:
            return self._definition(source, raw, number)
        findings = self._read(kind, source)
        if number % AGAIN == 0 and _told(self._read(kind, source)) != _told(findings):
            raise LawError("the findings differ the second time")
        _placed(findings, raw, MUTANT)
        return not any(item.severity == "error" for item in findings)

    def _source(self, raw: bytes) -> str | Path:
        """The text of a file; the file itself if it holds no text: reading bytes has laws of its own."""
        with suppress(UnicodeDecodeError):
            text = raw.decode("utf-8")
            if "\0" not in text:
                return text
        path = self._folder / MUTANT
        path.write_bytes(raw)
        return path

    def _read(self, kind: str, source: str | Path) -> Sequence[Finding]:
        sound = self.workflows["sound"]
        older = {"sound": [sound, replace(sound, fields=sound.fields[1:])]}
        if isinstance(source, Path):
            readings: dict[str, Callable[[], Any]] = {
                PORTFOLIO: lambda: read_portfolio(source, self.workflows),
                SCENARIO: lambda: read_scenario(source, self.setting),
                PLAN: lambda: read_plan(source, self.world),
                MAP: lambda: read_version_map(source, self.workflows, older),
            }
        else:
            readings = {
                PORTFOLIO: lambda: read_portfolio_text(source, self.workflows, MUTANT),
                SCENARIO: lambda: read_scenario_text(source, self.setting, MUTANT),
                PLAN: lambda: read_plan_text(source, self.world, MUTANT),
                MAP: lambda: read_version_map_text(source, self.workflows, older, MUTANT),
            }
        return readings[kind]().findings  # type: ignore[no-any-return] # each reading has findings

    def _reading(self, source: str | Path) -> Reading:
        if isinstance(source, Path):
            return read_workflows([source], known=self.workflows)
        return read_workflow_text(source, MUTANT, known=self.workflows)

    def _definition(self, source: str | Path, raw: bytes, number: int) -> bool:
        reading = self._reading(source)
        findings = [*reading.findings, *self._checked(reading)]
        if number % AGAIN == 0:
            again = self._reading(source)
            if _told([*again.findings, *self._checked(again)]) != _told(findings):
                raise LawError("the findings differ the second time")
        _placed(findings, raw, MUTANT)
        if any(item.severity == "error" for item in findings):
            return False
        for workflow in reading.workflows.values():
            mermaid(draft(workflow, "de"))
            dot(draft(workflow, "en"))
        return self._run(reading, raw, number)

    def _run(self, reading: Reading, raw: bytes, number: int) -> bool:
        """Let cases of what passed the checks run; whether its runs are sound, too."""
        circles = any(stands_of(workflow).circle for workflow in reading.workflows.values())
        if number % PROVED == 0 or circles:
            report = prove(reading, effort=SMALL, known=self.workflows)
            _placed(report.findings, raw, MUTANT)
            if any(item.severity == "error" for item in report.findings):
                return False
        for workflow in reading.workflows.values():
            if workflow.children or workflow.parent:
                continue  # a case alone cannot tell what its parent or its children do
            try:
                Walk(workflow, Random(number)).run(12)
            except EndlessError:
                if not circles:
                    raise  # else it was looked for, but not for long
        return True

    def _checked(self, reading: Reading) -> Sequence[Finding]:
        return check(
            reading,
            known=self.workflows,
            template_problems=lambda name, workflow, deadline: (
                self.templates.problems(name, workflow, with_deadline=deadline)
                if name in {"reminder", "award_received"}
                else ()
            ),
        )


def _texts(folder: Path, pattern: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted(folder.glob(pattern))]


def _bent_settings(rng: Random, text: str) -> bytes:
    from tests.fuzz.mutate import HOSTILE, _bytes  # noqa: PLC0415 - bytes of another kind of file

    lines = text.split("\n")
    at = rng.randrange(len(lines))
    match rng.randrange(5):
        case 0 if "=" in lines[at]:
            value = rng.choice(HOSTILE)
            quoted = rng.choice(
                (value, f'"{value}"', f"['{value}']", "{}", "[]", "1", "true", "2020-12-10T09:00:00")
            )
            lines[at] = f"{lines[at].partition('=')[0]}= {quoted}"
        case 1 if "=" in lines[at]:
            name = rng.choice(("nmae", "zone", "from", "tls", "name", "x.y"))
            lines[at] = f"{name} = {lines[at].partition('=')[2]}"
        case 2:
            lines[at] = f"[{rng.choice(HOSTILE)}]"
        case 3:
            other = rng.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            return _bytes(rng, text.encode())
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _told(findings: Sequence[Finding]) -> list[str]:
    return [item.line("de") + item.line("en") for item in findings]


def _speaks(error: WirflowError) -> None:
    for lang in ("de", "en"):
        if not error.explain(lang):
            raise LawError("an error says nothing")


def _placed(findings: Sequence[Finding], raw: bytes, file: str) -> None:
    """Each finding stands inside the file and says something."""
    lines: list[str] | None = None
    for item in findings:
        if not (item.message.de and item.message.en and item.code):
            raise LawError(f"a finding says nothing: {item}")
        if not item.place.file.endswith(file):
            continue
        if lines is None:
            lines = raw.decode("utf-8", "replace").split("\n")
        line, column = item.place.line, item.place.column
        if not 1 <= line <= len(lines) or not 1 <= column <= len(lines[line - 1]) + 1:
            raise LawError(f"[{item.code}] stands outside the file")
