"""Tables in Markdown, with the figures as one reads them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A value of each row."""

    name: str
    heading: str
    form: str = ""
    """A format; empty for two significant digits; `yes` for yes or no."""

    def show(self, values: Mapping[str, float]) -> str:
        """As it stands in the table; a dash for what was not measured, or was not reached (negative)."""
        value = values.get(self.name)
        if value is None or value < 0:
            return "–"
        if self.form == "yes":
            return "yes" if value else "**no**"
        return self.form.format(value) if self.form else two_digits(value)


def two_digits(value: float) -> str:
    """With two significant digits, and the thousands told apart."""
    if value >= 100:
        return f"{float(f'{value:.2g}'):,.0f}"
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def table(first: str, rows: Iterable[tuple[str, Mapping[str, float]]], columns: Sequence[Column]) -> list[str]:
    """The lines of a table, without the columns that no row has a value for."""
    rows = list(rows)
    used = [column for column in columns if any(column.name in values for _, values in rows)]
    lines = [f"| {first} | {' | '.join(column.heading for column in used)} |", f"|---|{'---:|' * len(used)}"]
    return lines + [f"| {title} | {' | '.join(column.show(values) for column in used)} |" for title, values in rows]
