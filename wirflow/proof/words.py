"""What the checker says, in both languages."""

from __future__ import annotations

from wirflow.text import Text

Said = tuple[Text, Text | None]


def never_reached(state: str, events: tuple[str, ...]) -> Said:
    """A state that no run comes into."""
    named = ", ".join(events)
    return (
        Text(f"In den Zustand '{state}' kommt kein Verlauf.", f"No run comes into the state '{state}'."),
        Text(
            f"Dorthin führt nur: {named}; die Bedingungen dafür treffen nie zusammen.",
            f"Only this leads there: {named}; its conditions never come together.",
        ),
    )


def never_taken(event: str) -> Said:
    """A transition that no run takes."""
    return (
        Text(f"'{event}' kommt hier in keinem Verlauf zustande.", f"No run ever takes this '{event}'."),
        Text(
            "Jede Bedingung kann für sich zutreffen, aber nie alle zugleich.",
            "Each condition can hold by itself, but never all of them at once.",
        ),
    )


def never_true(text: str) -> Said:
    """A condition that never holds."""
    return (
        Text(f"Diese Bedingung trifft nie zu: {_one(text)}", f"This condition never holds: {_one(text)}"),
        Text(
            "Keine Angaben, die der Ablauf zulässt, erfüllen sie.",
            "No facts that the workflow permits satisfy it.",
        ),
    )


def always_true(text: str) -> Said:
    """A condition that never refuses anything."""
    return (
        Text(f"Diese Bedingung trifft immer zu: {_one(text)}", f"This condition always holds: {_one(text)}"),
        Text("Sie kann entfallen, oder sie meint etwas anderes.", "It can go, or it means something else."),
    )


def hidden(event: str, line: int) -> Said:
    """An alternative that an earlier one hides."""
    return (
        Text(
            f"Diese Möglichkeit von '{event}' kommt nie an die Reihe.",
            f"This alternative of '{event}' is never tried.",
        ),
        Text(
            f"Wo ihre Bedingung zutrifft, gilt schon die in Zeile {line}; stellen Sie die engere voran.",
            f"Where its condition holds, the one in line {line} holds already; put the narrower one first.",
        ),
    )


def never_runs(name: str) -> Said:
    """A deadline whose condition never holds."""
    return (
        Text(f"Die Frist '{name}' läuft nie.", f"The deadline '{name}' never runs."),
        Text(
            "In keinem ihrer Zustände trifft ihre Bedingung zu.",
            "Its condition holds in none of its states.",
        ),
    )


def never_due(name: str) -> Said:
    """A deadline that runs and is never due."""
    return (
        Text(
            f"Die Frist '{name}' läuft, wird aber in keinem Verlauf fällig.",
            f"The deadline '{name}' runs, but in no run does it fall due.",
        ),
        Text(
            "Vorher ist der Vorgang immer schon weiter, etwa durch eine frühere Frist.",
            "Before that the case has always moved on, by an earlier deadline for instance.",
        ),
    )


def endless(events: tuple[str, ...]) -> Said:
    """Automatic transitions without end."""
    named = " → ".join((*events, events[0]))
    return (
        Text(
            f"Diese automatischen Übergänge können ohne Ende aufeinander folgen: {named}.",
            f"These automatic transitions can follow one another without end: {named}.",
        ),
        Text(
            "Geben Sie einem von ihnen ein 'when', das einmal nicht mehr gilt.",
            "Give one of them a 'when' that at some point holds no longer.",
        ),
    )


def stuck_unsure(place: str) -> Text:
    """A place of which it is open whether a case can be stuck there."""
    return Text(f"Stillstand in '{place}'", f"a dead end in '{place}'")


def deadline_refused(name: str, event: str) -> Said:
    """A deadline that fires something that is always refused."""
    return (
        Text(
            f"Was die Frist '{name}' auslöst, wird in jedem Verlauf abgelehnt: '{event}'.",
            f"What the deadline '{name}' fires is refused in every run: '{event}'.",
        ),
        Text(
            "Was eine Bedingung ablehnt, geschieht nicht; der Vorgang bleibt liegen.",
            "What a condition refuses does not happen; the case stays where it is.",
        ),
    )


def dead_end(state: str) -> Said:
    """A place from which nothing leads on."""
    return (
        Text(
            f"Im Zustand '{state}' kann ein Vorgang stecken bleiben: Niemand und nichts bringt ihn weiter.",
            f"In the state '{state}' a case can be stuck: nobody and nothing leads on.",
        ),
        Text(
            "Lassen Sie einen Weg ohne diese Bedingungen hinausführen.",
            "Let one way lead on without these conditions.",
        ),
    )


def unset(field: str) -> Said:
    """A fact that is read before any event fills it."""
    return (
        Text(
            f"'{field}' wird hier gebraucht, bevor ein Ereignis es ausfüllt.",
            f"'{field}' is needed here before any event fills it.",
        ),
        Text(
            f"Nehmen Sie '{field}' als Angabe auf, oder fragen Sie mit has({field}).",
            f"Take '{field}' as input, or ask with has({field}).",
        ),
    )


def signal_refused(event: str, workflow: str) -> Said:
    """A signal that is always refused."""
    return (
        Text(
            f"'{workflow}' lehnt '{event}' in jedem Verlauf ab.",
            f"'{workflow}' refuses '{event}' in every run.",
        ),
        Text(
            "Vergleichen Sie die Zustände, in denen es gesagt und in denen es angenommen wird.",
            "Compare the states in which it is told with those in which it is taken.",
        ),
    )


def nobody_hears(template: str, roles: tuple[str, ...]) -> Said:
    """A notice that nobody receives."""
    named = ", ".join(roles)
    return (
        Text(
            f"Das Schreiben '{template}' bekommt niemand: Keine Person hat die Rolle {named}.",
            f"Nobody receives the notice '{template}': no person has the role {named}.",
        ),
        Text(
            "Geben Sie die Rolle einer Person ('people' oder wirflow.toml).",
            "Give the role to a person ('people' or wirflow.toml).",
        ),
    )


def broken(title: Text) -> Said:
    """An invariant that does not hold."""
    return (
        Text(f"Das gilt nicht immer: {title.de}.", f"This does not always hold: {title.en}."),
        Text("Der Verlauf zeigt, wie es dazu kommt.", "The run shows how that comes about."),
    )


def too_late(title: Text, day: str) -> Said:
    """An invariant that does not hold in time."""
    return (
        Text(
            f"Das gilt am {day[8:]}.{day[5:7]}.{day[:4]} nicht: {title.de}.",
            f"This does not hold on {day}: {title.en}.",
        ),
        Text("Der Verlauf zeigt, wie es dazu kommt.", "The run shows how that comes about."),
    )


def undecided(title: Text) -> Said:
    """An invariant that could neither be proved nor refuted."""
    return (
        Text(f"Das ließ sich nicht entscheiden: {title.de}.", f"This could not be decided: {title.en}."),
        Text("Mehr versucht: wirflow check --deep.", "wirflow check --deep tries more."),
    )


def _one(text: str) -> str:
    return " ".join(text.split())
