"""Cells as values: forgiving in how a thing is written, strict in what it is."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache

from app.core import countries, languages
from app.core.tables import Cell
from app.core.text import search_form
from app.taxonomy import queries as taxonomy

Reader = Callable[[Cell], object]
"""From a cell that is not empty to the value of a field; raises ValueError with a sentence."""

_PARTS = re.compile(r"[;,/\n،؛]")
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[./-](\d{1,2})[./-](\d{1,2})(?!\d)")
_WORDS = re.compile(r"(\d{1,2}) (\w+) (\d{4})")
_MONTHS = (
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
    ("janv", "fevr", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec"),
)
_YES = frozenset({"yes", "y", "true", "1", "x", "oui", "si", "sim", "نعم", "да", "是"})
_NO = frozenset({"no", "n", "false", "0", "non", "nao", "لا", "нет", "否"})
_MOST_NAMED = 3
_LEADING = re.compile(r"([0-9])(?![.,]?\d)\b")
_WHOLE = re.compile(r"\d{1,9}|\d{1,3}(?:[\s,'’٬]\d{3}){1,2}")  # "6,5" is no 65


def text(cell: Cell) -> str:
    """The cell as a person reads it."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="minutes")
    return "" if cell is None else str(cell)


def whole_number(cell: Cell) -> int:
    """A whole number, also with spaces or commas between thousands and in other digits."""
    if isinstance(cell, float) and not cell.is_integer():
        raise ValueError("Please enter a whole number.")
    written = text(cell).strip()
    if isinstance(cell, bool) or not _WHOLE.fullmatch(written):
        raise ValueError("Please enter a whole number.")
    return int(re.sub(r"\D", "", written))


def day(cell: Cell) -> date:
    """A date: a date cell, year-month-day, day/month/year, or the month in words."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    found = _written_day(search_form(text(cell)))
    if found is None:
        raise ValueError("Please enter a date as year-month-day, for example 2027-06-30.")
    return found


def _written_day(written: str) -> date | None:
    if found := _YEAR_FIRST.match(written):
        year, month, number = (int(each) for each in found.groups())
    elif found := _DAY_FIRST.fullmatch(written):
        number, month, year = (int(each) for each in found.groups())
    elif found := _WORDS.fullmatch(written):
        number, month, year = int(found[1]), _month(found[2]), int(found[3])
    else:
        return None
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _month(word: str) -> int:
    for names in _MONTHS:
        for number, name in enumerate(names, start=1):
            if word.startswith(name):
                return number
    return 0


def yes_or_no(cell: Cell) -> bool:
    """Yes or no, in several languages."""
    word = search_form(text(cell))
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValueError("Please enter yes or no.")


def degree(vocabulary: str) -> Callable[[Cell], int]:
    """A reader of a number of a vocabulary: as number, as label, or as both."""
    labelled = one_of(vocabulary)

    def read(cell: Cell) -> int:
        leading = _LEADING.match(text(cell))
        return int(leading[1]) if leading else int(str(labelled(cell)))

    return read


def level_now(cell: Cell) -> int:
    """A level of skill, or 0 for nothing yet."""
    return 0 if search_form(text(cell)) in ("nothing", "none") else _level(cell)


def one_of(vocabulary: str, more: Mapping[str, str] | None = None) -> Reader:
    """A reader of one term of a vocabulary, by id or label."""

    def read(cell: Cell) -> str:
        known = _terms(vocabulary) | {folded(key): value for key, value in (more or {}).items()}
        found = known.get(folded(text(cell)))
        if found is None:
            some = ", ".join(dict.fromkeys(known.values()))
            raise ValueError(f"“{_short(cell)}” is not known. Known are: {some}.")
        return found

    return read


def many_of(reader: Reader) -> Reader:
    """A reader of several values in one cell, parted by ; or ,."""

    def read(cell: Cell) -> list[object]:
        parts = (part.strip() for part in _PARTS.split(text(cell)))
        return [reader(part) for part in parts if part]

    return read


def skill(cell: Cell) -> str:
    """A skill by id, label or synonym."""
    found = _skills().get(folded(text(cell)), ())
    if len(found) == 1:
        return found[0]
    near = [each.label for each in taxonomy.find_skills(text(cell))[:_MOST_NAMED]]
    hint = f" Did you mean: {'; '.join(near)}?" if near else " Please use a name from the list."
    raise ValueError(f"“{_short(cell)}” is no skill known here.{hint}")


def country(cell: Cell) -> str:
    """A country by its alpha-2 code, or its name in one of the languages of the product."""
    return _from(_countries(), cell, "country")


def language(cell: Cell) -> str:
    """A language by its code, its English name, or its own."""
    return _from(_languages(), cell, "language")


def _from(known: Mapping[str, str], cell: Cell, noun: str) -> str:
    found = known.get(folded(text(cell)))
    if found is None:
        raise ValueError(f"“{_short(cell)}” is no {noun} known here.")
    return found


def _short(cell: Cell) -> str:
    return text(cell)[:60]


def folded(value: str) -> str:
    """A name without case, accents and punctuation, for comparing."""
    return re.sub(r"[\W_]+", " ", search_form(value)).strip()


@cache
def _terms(vocabulary: str) -> dict[str, str]:
    terms = taxonomy.vocabulary(vocabulary, general=True)
    by_label = {folded(term.label): term.id for term in terms}
    return by_label | {folded(term.id): term.id for term in terms}


@cache
def _skills() -> dict[str, tuple[str, ...]]:
    """Ids by folded name; a synonym of several skills names none of them."""
    names: dict[str, dict[str, None]] = {}
    for each in taxonomy.skills():
        for name in (each.label, *each.synonyms):
            names.setdefault(folded(name), {})[each.id] = None
    found = {name: tuple(ids) for name, ids in names.items()}
    for each in taxonomy.skills():
        found |= {folded(each.label): (each.id,), folded(each.id): (each.id,)}
    return found


@cache
def _countries() -> dict[str, str]:
    def named() -> Iterable[tuple[str, str]]:
        for each in countries.countries():
            yield each.name_common, each.alpha2
            for name in countries.names(each.alpha2).values():
                yield name, each.alpha2
            yield each.alpha2, each.alpha2

    return {folded(name): code for name, code in named()}


@cache
def _languages() -> dict[str, str]:
    found = {}
    for each in languages.languages():
        for name in (each.own_name, each.name, each.code):
            found[folded(name)] = each.code
    return found


_level = degree("proficiency")
