"""What every command has at hand: the chosen language, the office, and where output goes."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Final

from wirflow.text import LANGS, Lang

if TYPE_CHECKING:
    import typer

    from wirflow.office import Office


LANG_VARIABLE: Final = "WIRFLOW_LANG"


class Desk:
    """One call of the command line."""

    def __init__(self) -> None:
        self.lang_option: str | None = None
        self.office_option: str | None = None

    @property
    def lang(self) -> Lang:
        """The language: as asked for, else `WIRFLOW_LANG`, else the office's, else German."""
        for asked in (self.lang_option, os.environ.get(LANG_VARIABLE)):
            for known in LANGS:
                if asked == known:
                    return known
        return self._office_lang or "de"

    def check_lang(self) -> None:
        """Refuse a language of the environment that there is none of: it would be ignored in silence.

        Raises:
            InputError: `WIRFLOW_LANG` names no language, and no option goes before it.
        """
        typed = os.environ.get(LANG_VARIABLE)
        if not typed or typed in LANGS or self.lang_option is not None:
            return
        from wirflow.errors import InputError  # noqa: PLC0415 - only when something is wrong
        from wirflow.text import Text  # noqa: PLC0415 - likewise

        known = ", ".join(LANGS)
        raise InputError(
            Text(
                f"{LANG_VARIABLE}: Die Sprache '{typed}' gibt es nicht.",
                f"{LANG_VARIABLE}: no language '{typed}'.",
            ),
            hint=Text(f"Möglich: {known}.", f"Possible: {known}."),
        )

    @cached_property
    def office(self) -> Office:
        """The office that is meant.

        Raises:
            InputError: there is none, or its settings are wrong.
        """
        from wirflow.office import Office  # noqa: PLC0415 - not every command needs one

        return Office.find(self.office_option)

    @property
    def writable_office(self) -> Office:
        """The office that is meant, for a command that changes something.

        Raises:
            InputError: there is none, or its settings are wrong.
            DatabaseError: nothing can be written there; said before anything else is done or asked.
        """
        self.office.unchecked_database.file.must_be_writable()
        return self.office

    def warn_of_rules(self) -> None:
        """Say, beside the data, that the office's own rules are wrong and what that means for deadlines."""
        from wirflow.cli.screen import note  # noqa: PLC0415 - see above
        from wirflow.errors import DefinitionError  # noqa: PLC0415 - see above
        from wirflow.text import Text  # noqa: PLC0415 - see above

        try:
            _ = self.office.catalogue
        except DefinitionError as error:
            note(
                Text(
                    f"Achtung: {error.message.de} Die Fristen sind noch so gezeigt, wie sie zuletzt"
                    " berechnet wurden; neue lassen sich nicht berechnen. 'wirflow check' nennt die Stellen.",
                    f"Beware: {error.message.en} Deadlines are still shown as they were computed last;"
                    " new ones cannot be computed. 'wirflow check' names the places.",
                ),
                self.lang,
            )

    @property
    def has_office(self) -> bool:
        """Whether there is an office here at all.

        Raises:
            InputError: one was named and is none.
        """
        from wirflow.office.place import find  # noqa: PLC0415 - see above

        return find(self.office_option) is not None

    @cached_property
    def _office_lang(self) -> Lang | None:
        from wirflow.errors import WirflowError  # noqa: PLC0415 - see above
        from wirflow.office.place import find, peek_lang  # noqa: PLC0415 - see above

        try:
            folder = find(self.office_option)
        except (WirflowError, OSError):
            return None
        return peek_lang(folder) if folder else None

    def close(self) -> None:
        """Give back what was opened."""
        if "office" in self.__dict__:
            self.office.close()


def desk_of(ctx: typer.Context) -> Desk:
    """The desk of a call."""
    desk = ctx.find_root().obj
    assert isinstance(desk, Desk)  # noqa: S101 - `app.run` puts it there
    return desk
