"""Where each key of a TOML file stands: what the standard library's reader forgets.

The text has been read by `tomllib` before, so it is valid: strings and brackets have only
to be recognised, not judged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]

_blank = re.compile(r"(?:[\s,]|#[^\n]*)*").match
_key = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*""").match
_string = re.compile(
    r'"{3}(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL
).match
_bare: Final = re.compile(r"[^,\]}\n#]*").match


def places(text: str) -> dict[str, tuple[int, int]]:
    """Path, such as `people.anna.roles[1]` → line and column, both counted from 1.

    A section stands where its head does, a key where its name does, an item of a list where
    it begins; the whole file at its beginning.
    """
    # As tomllib does it, so that columns fit on every system.
    scan = _Scan(text.replace("\r\n", "\n"))
    scan.document()
    starts = [0, *(match.end() for match in re.finditer("\n", scan.text))]
    found: dict[str, tuple[int, int]] = {"": (1, 1)}
    line = 0
    for path, offset in sorted(scan.found.items(), key=lambda item: item[1]):
        while line + 1 < len(starts) and starts[line + 1] <= offset:
            line += 1
        found[shown(path)] = (line + 1, offset - starts[line] + 1)
    return found


def shown(path: Path) -> str:
    """A path in one word."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return words.removeprefix(".")


def nearest_place(known: dict[str, tuple[int, int]], path: str) -> tuple[int, int]:
    """Where a path stands; if it is not there, what is around it."""
    while path not in known:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return known[path]


class _Scan:
    """One way through a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self._last: dict[Path, int] = {}
        """Array of tables → number of the one that is being filled."""

    def document(self) -> None:
        base: Path = ()
        while self._skip():
            start = self.at
            if self.text.startswith("[", self.at):
                many = self.text.startswith("[[", self.at)
                self.at += 2 if many else 1
                keys = tuple(self._keys())
                end = "]]" if many else "]"
                if not self.text.startswith(end, self.at):
                    return  # it is no TOML
                self.at += len(end)
                base = self._opened(keys, many=many)
                self.found.setdefault(base, start)
            elif not self._pair(base):
                return

    def _opened(self, keys: tuple[str, ...], *, many: bool) -> Path:
        """The path of a section; a key that names an array of tables means its last one."""
        path: Path = ()
        for number, key in enumerate(keys, 1):
            path = (*path, key)
            if many and number == len(keys):
                self._last[path] = self._last.get(path, -1) + 1
                self.found.setdefault(path, self.at)
            if path in self._last:
                path = (*path, self._last[path])
        return path

    def _pair(self, base: Path) -> bool:
        """A key and its value; whether there was one."""
        start = self.at
        keys = tuple(self._keys())
        if not keys or not self.text.startswith("=", self.at):
            return False
        self.at += 1
        path = (*base, *keys)
        self.found.setdefault(path, start)
        self._value(path)
        return True

    def _keys(self) -> Iterator[str]:
        """The parts of a dotted key."""
        while match := _key(self.text, self.at):
            self.at = match.end()
            yield next(part for part in match.groups() if part is not None)
            if not self.text.startswith(".", self.at):
                return
            self.at += 1

    def _value(self, path: Path) -> None:
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        sign = self.text[self.at : self.at + 1]
        if sign == "[":
            self._inside("]", path)
        elif sign == "{":
            self._inside("}", path)
        else:
            match = _string(self.text, self.at) or _bare(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def _inside(self, end: str, path: Path) -> None:
        """The items of a list, or the pairs of a table in one line."""
        self.at += 1
        number = 0
        while self._skip():
            if self.text.startswith(end, self.at):
                self.at += 1
                return
            if end == "]":
                start = self.at
                self.found[*path, number] = start
                self._value((*path, number))
                if self.at == start:
                    return  # neither a value nor an end: it is no TOML
            elif not self._pair(path):
                return
            number += 1

    def _skip(self) -> bool:
        """Past blanks, commas and comments; whether anything is left."""
        match = _blank(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)
