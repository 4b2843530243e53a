"""The forecast of an office's money, as rows for tables and as a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wirflow.definition.values import show_money
from wirflow.simulation.svg import GRID, INK, SOFT, Picture
from wirflow.text import Lang, Text

if TYPE_CHECKING:
    from decimal import Decimal

    from wirflow.definition.model import Counts
    from wirflow.simulation.money import Forecast

Json = dict[str, Any]

TITLES: Final[dict[str, Text]] = {
    "approved": Text("Bewilligt", "Approved"),
    "prospective": Text("In Aussicht", "Prospective"),
    "at_risk": Text("Gefährdet", "At risk"),
    "open": Text("Offen", "Open"),
    "ceiling": Text("Höchstbetrag", "Ceiling"),
    "cost": Text("Kosten darüber", "Costs above"),
}
"""What the columns are called, in their order."""

NOT_OBTAINED: Final = Text("Nicht erlangt", "Not obtained")
"""With a plan, what is open at the end of its year has not been obtained."""

UNKNOWN: Final = Text("unbekannt", "unknown")

_KINDS: Final[tuple[Counts, ...]] = ("approved", "prospective", "at_risk", "ceiling", "cost")
_COLOURS: Final = {"approved": "#4aa776", "prospective": "#f5cd6c", "at_risk": "#e58a84", "open": "#ffffff"}
_WIDTH: Final = 900
_HEIGHT: Final = 460
_LEFT: Final = 96
_BASE: Final = 370
_TOP: Final = 84


def rows(forecast: Forecast) -> list[Json]:
    """A row for each year and one for all of them; amounts as text, the unknown as the cases it hides in."""
    return [_row(forecast, year) for year in (*forecast.years, None)]


def _row(forecast: Forecast, year: int | None) -> Json:
    row: Json = {"year": year}
    row |= {kind: str(forecast.total(kind, year)) for kind in _KINDS}
    row["open"] = str(forecast.open(year))
    row["unknown"] = {kind: list(keys) for kind in _KINDS if (keys := forecast.unknown(kind, year))}
    if "cost" in row["unknown"] and not forecast.total("cost", year):
        # Nothing is known of it, and nothing known is not zero.
        row["cost"] = None
    return row


def to_json(forecast: Forecast, lang: Lang) -> Json:
    """The forecast as data: years, the whole, and every share of every case."""
    every = rows(forecast)
    return {
        "planned": forecast.planned,
        "years": every[:-1],
        "total": every[-1],
        "shares": [
            {
                "year": share.year,
                "case": share.case,
                "line": share.line,
                "title": share.title.pick(lang),
                "counts": share.counts,
                "amount": None if share.amount is None else str(share.amount),
            }
            for share in forecast.shares
        ],
    }


def title_of(column: str, forecast: Forecast) -> Text:
    """What a column is called."""
    return NOT_OBTAINED if column == "open" and forecast.planned else TITLES[column]


def amount(forecast: Forecast, column: str, year: int | None, lang: Lang) -> str:
    """One cell as people read it; what is unknown says so, with the number of cases."""
    if column == "open":
        return show_money(forecast.open(year), lang)
    kind: Counts = next(kind for kind in _KINDS if kind == column)
    known, unknown = forecast.total(kind, year), len(forecast.unknown(kind, year))
    if not unknown:
        return show_money(known, lang) if known else "–"
    words = f"{UNKNOWN.pick(lang)} ({unknown})"
    return f"{show_money(known, lang)} + {words}" if known else words


def chart(forecast: Forecast, lang: Lang, *, title: str) -> str:
    """The forecast as SVG: a column for each year, stacked by certainty, under the line of its ceiling."""
    picture = Picture(_WIDTH, _HEIGHT, title)
    picture.text(24, 34, title, size=18, bold=True)
    totals = [
        [
            forecast.total("approved", year),
            forecast.total("prospective", year),
            forecast.total("at_risk", year),
        ]
        for year in forecast.years
    ]
    highest = max(
        [sum(parts) for parts in totals] + [forecast.total("ceiling", year) for year in forecast.years],
        default=0,
    )
    top = _round(float(highest))
    for step in range(5):
        y = _BASE - (_BASE - _TOP) * step / 4
        picture.line(_LEFT, y, _WIDTH - 24, y, GRID)
        words = _short(top * step / 4, lang)
        picture.text(_LEFT - 8, y + 4, words, size=11, ink=SOFT, anchor="end")
    width = (_WIDTH - 24 - _LEFT) / max(len(forecast.years), 1)
    for number, year in enumerate(forecast.years):
        _column(picture, forecast, year, _LEFT + width * number, width, top, lang)
    _legend(picture, forecast, lang)
    return picture.written()


def _column(  # noqa: PLR0917 - a private part of the drawing
    picture: Picture, forecast: Forecast, year: int, x: float, width: float, top: float, lang: Lang
) -> None:
    inner, y = width * 0.56, float(_BASE)
    left = x + (width - inner) / 2
    for kind in ("approved", "prospective", "at_risk"):
        counts: Counts = next(item for item in _KINDS if item == kind)
        y = _block(picture, forecast.total(counts, year), left, y, inner, top, _COLOURS[kind], lang)
    ceiling = float(forecast.total("ceiling", year))
    if ceiling:
        level = _BASE - (_BASE - _TOP) * ceiling / top
        picture.line(x + width * 0.12, level, x + width * 0.88, level, INK, 2)
        picture.text(x + width * 0.88, level - 5, _short(ceiling, lang), size=10, anchor="end")
    picture.text(x + width / 2, _BASE + 18, str(year), size=12, bold=True, anchor="middle")
    unknown = len(forecast.unknown("cost", year))
    if unknown:
        words = Text(f"+ Kosten unbekannt ({unknown})", f"+ costs unknown ({unknown})").pick(lang)
        picture.text(x + width / 2, _BASE + 35, words, size=10, ink="#b42318", anchor="middle")


def _block(  # noqa: PLR0917 - likewise
    picture: Picture,
    known: Decimal,
    x: float,
    y: float,
    width: float,
    top: float,
    fill: str,
    lang: Lang,
) -> float:
    height = (_BASE - _TOP) * float(known) / top
    if height:
        picture.box(x, y - height, width, height, fill, tip=show_money(known, lang))
    least = 16
    if height >= least:
        picture.text(x + width / 2, y - height / 2 + 4, _short(float(known), lang), size=11, anchor="middle")
    return y - height


def _legend(picture: Picture, forecast: Forecast, lang: Lang) -> None:
    x, y = float(_LEFT), _HEIGHT - 20
    for kind in ("approved", "prospective", "at_risk"):
        words = TITLES[kind].pick(lang)
        picture.box(x, y - 11, 16, 13, _COLOURS[kind], round_=2)
        picture.text(x + 22, y, words, size=11, ink=SOFT)
        x += 44 + 6.6 * len(words)
    words = TITLES["ceiling"].pick(lang)
    picture.line(x, y - 4, x + 18, y - 4, INK, 2)
    picture.text(x + 24, y, f"{words}: {show_money(forecast.total('ceiling'), lang)}", size=11, ink=SOFT)


def _short(value: float, lang: Lang) -> str:
    """An amount in thousands of euros, for a picture."""
    words = f"{value / 1000:,.1f}".removesuffix(".0")
    return f"{words.translate(str.maketrans(',.', '.,'))} T€" if lang == "de" else f"€{words}k"


def _round(value: float) -> float:
    """The next number up that divides well into four."""
    if value <= 0:
        return 4.0
    power = 10.0 ** (len(str(int(value))) - 1)
    return next(step * power for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10, 12) if step * power >= value)
