"""A course as a picture: a row for each case, a bar for each state, a mark for each deadline."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from wirflow.clock import civil_date, start_of_day
from wirflow.definition.values import show_date
from wirflow.simulation.svg import GRID, INK, SOFT, WIDTH_OF_SIGN, Picture, fitting
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from wirflow.simulation.course import Course
    from wirflow.simulation.happening import Happening

WIDTH: Final = 1400
LEFT: Final = 190
RIGHT: Final = 24
TOP: Final = 84
ROW: Final = 30
BAR: Final = 18
FOOT: Final = 46

COLOURS: Final = {"neutral": "#b8c2cc", "waiting": "#f5cd6c", "good": "#7fc8a0", "bad": "#e58a84"}
BAD: Final = "#b42318"
DID: Final = "#1d4ed8"
REFUSED: Final = "#c2410c"

_MONTHS_WITH_TICKS: Final = 800
"""Days up to which each month has its line."""


_YEAR: Final = 44
"""How wide a year must be for its number."""
_MARK: Final = 12
"""How much room a mark takes from a label."""


class _Span(NamedTuple):
    state: str
    begin: datetime
    end: datetime


def timeline(courses: Sequence[tuple[str, Course]], lang: Lang) -> str:
    """Courses as one SVG, the second under the first.

    Args:
        courses: what happens, each with the title that stands above it; at least one.
        lang: the language of what is written in it.
    """
    first, *others = (_Timeline(course, lang).drawn(title) for title, course in courses)
    for picture in others:
        first.below(picture)
    return first.written()


class _Timeline:
    def __init__(self, course: Course, lang: Lang) -> None:
        self._course = course
        self._lang: Lang = lang
        self._zone = course.world.profile.zone
        self._begin = course.world.now
        self._length = max((course.until - self._begin).total_seconds(), 1)
        # What ends with a day ends at the midnight after it.
        self._last = civil_date(course.until - timedelta(microseconds=1), self._zone)
        by_workflow = sorted(course.cases, key=lambda key: (self._heading(key), key))
        self._groups = [(name, list(keys)) for name, keys in groupby(by_workflow, self._heading)]
        rows = len(course.cases) + len(self._groups)
        self._bottom = TOP + rows * ROW

    def _heading(self, key: str) -> str:
        return self._course.definitions[key].title.pick(self._lang)

    def drawn(self, title: str) -> Picture:
        picture = Picture(WIDTH, self._bottom + FOOT, title)
        picture.text(20, 32, title, size=18, bold=True)
        begin, end = civil_date(self._begin, self._zone), self._last
        picture.text(
            20, 52, f"{show_date(begin, self._lang)} – {show_date(end, self._lang)}", size=12, ink=SOFT
        )
        self._axis(picture, begin, end)
        y = float(TOP)
        for name, keys in self._groups:
            picture.text(20, y + 20, name, size=12, bold=True, ink=SOFT)
            y += ROW
            for key in keys:
                self._row(picture, key, y)
                y += ROW
        self._legend(picture)
        return picture

    def _x(self, moment: datetime) -> float:
        part = (moment - self._begin).total_seconds() / self._length
        return LEFT + min(max(part, 0.0), 1.0) * (WIDTH - LEFT - RIGHT)

    def _axis(self, picture: Picture, begin: date, end: date) -> None:
        monthly = (end - begin).days <= _MONTHS_WITH_TICKS
        for year in range(begin.year, end.year + 1):
            for month in range(1, 13) if monthly else (1, 4, 7, 10):
                day = date(year, month, 1)
                if not begin <= day <= end:
                    continue
                x = self._x(start_of_day(day, self._zone))
                first = month == 1
                picture.line(x, TOP - (14 if first else 6), x, self._bottom, "#9aa5b1" if first else GRID)
                if monthly and not first:
                    picture.text(x + 3, TOP - 6, str(month), size=9, ink=SOFT)
            first_day = max(date(year, 1, 1), begin)
            x = self._x(start_of_day(first_day, self._zone))
            last = min(date(year, 12, 31), end)
            if (last - first_day).days * (WIDTH - LEFT) / max((end - begin).days, 1) > _YEAR:
                picture.text(x + 3, TOP - 20, str(year), size=12, bold=True)

    def _row(self, picture: Picture, key: str, y: float) -> None:
        definition = self._course.definitions[key]
        picture.text(LEFT - 10, y + 19, fitting(key, LEFT - 40, 12), size=12, anchor="end")
        picture.line(LEFT, y + ROW, WIDTH - RIGHT, y + ROW, GRID)
        top = y + (ROW - BAR) / 2
        for span in self._spans(key):
            places = [definition.state_by_name[name] for name in span.state.split(" + ")]
            tone = next(
                (tone for tone in ("bad", "waiting", "neutral") if tone in {p.tone for p in places}), "good"
            )
            words = " + ".join(place.title.pick(self._lang) for place in places)
            x, width = self._x(span.begin), self._x(span.end) - self._x(span.begin)
            faint = all(place.final for place in places)
            picture.box(x, top, width, BAR, COLOURS[tone], round_=3, faint=faint, tip=f"{key}: {words}")
            left = self._beside_marks(key, x + 5, len(words) * 10.5 * WIDTH_OF_SIGN)
            picture.text(left, top + 13, fitting(words, x + width - left - 5, 10.5), size=10.5, ink=INK)
        for item in self._course.happenings:
            if item.case == key:
                self._mark(picture, item, top)

    def _beside_marks(self, key: str, left: float, width: float) -> float:
        """Where a label begins so that no mark stands on it."""
        marks = sorted(
            self._x(item.at)
            for item in self._course.happenings
            if item.case == key and item.kind != "reminder"
        )
        for mark in marks:
            if left - _MARK < mark < left + width + _MARK / 2:
                left = mark + _MARK
        return left

    def _spans(self, key: str) -> Iterator[_Span]:
        """The states of a case, each from when it begins to when it ends; none before the case is there."""
        before = self._course.world.cases.get(key)
        state, begin = (before.state, self._begin) if before else (None, self._begin)
        for item in self._course.happenings:
            if item.case == key and item.moved:
                if state is not None:
                    yield _Span(state, begin, item.at)
                state, begin = item.after, item.at
        if state is not None:
            yield _Span(state, begin, self._course.until)

    def _mark(self, picture: Picture, item: Happening, top: float) -> None:
        x, middle = self._x(item.at), top + BAR / 2
        day = show_date(civil_date(item.at, self._zone), self._lang)
        tip = f"{day} · {item.title.pick(self._lang)}" + (f" · {item.law}" if item.law else "")
        if item.refused or item.error:
            d = f"M{x - 5:.1f},{middle - 5:.1f} l10,10 m0,-10 l-10,10"
            picture.path(d, ink=REFUSED, width=2.5, tip=tip)
        elif item.kind == "reminder":
            picture.path(f"M{x:.1f},{top + BAR:.1f} v5", ink=SOFT, width=1.2, tip=tip)
        elif item.kind == "deadline":
            ink = BAD if item.lapse else INK
            size = 7 if item.lapse else 5
            d = f"M{x:.1f},{middle - size:.1f} l{size},{size} l{-size},{size} l{-size},{-size} z"
            picture.path(d, fill=ink if item.lapse else "#ffffff", ink=ink, tip=tip)
        elif item.kind == "action":
            picture.path(
                f"M{x - 4.5:.1f},{middle:.1f} a4.5,4.5 0 1,0 9,0 a4.5,4.5 0 1,0 -9,0 z",
                fill=DID, ink="#ffffff", width=1, tip=tip,
            )  # fmt: skip

    def _legend(self, picture: Picture) -> None:
        y, x = self._bottom + 26, float(LEFT)
        tones = {
            "waiting": Text("wartet", "waiting"),
            "good": Text("läuft, gelungen", "running, achieved"),
            "bad": Text("verloren, überfällig", "lost, overdue"),
            "neutral": Text("sonst", "other"),
        }
        for tone, words in tones.items():
            picture.box(x, y - 10, 16, 12, COLOURS[tone], round_=2)
            picture.text(x + 22, y, words.pick(self._lang), size=11, ink=SOFT)
            x += 40 + 6.4 * len(words.pick(self._lang))
        marks = (
            (f"M{{x}},{y - 10} l6,6 l-6,6 l-6,-6 z", BAD, BAD, Text("verfallen", "lapsed")),
            (f"M{{x}},{y - 9} l5,5 l-5,5 l-5,-5 z", "#ffffff", INK, Text("Frist", "deadline")),
            (f"M{{x}},{y - 7} v6", "none", SOFT, Text("Erinnerung", "reminder")),
            (f"M{{x}},{y - 8} a4.5,4.5 0 1,0 0.1,0 z", DID, DID, Text("jemand handelt", "somebody acts")),
            (f"M{{x}},{y - 4} m-5,-5 l10,10 m0,-10 l-10,10", "none", REFUSED, Text("abgelehnt", "refused")),
        )
        for d, fill, ink, words in marks:
            picture.path(d.format(x=f"{x + 8:.1f}"), fill=fill, ink=ink)
            picture.text(x + 22, y, words.pick(self._lang), size=11, ink=SOFT)
            x += 40 + 6.4 * len(words.pick(self._lang))
