"""The figures of a run as JSON, and as the table of docs/performance.md."""

import statistics
from dataclasses import dataclass, field

from measure import Measured, median_of, median_ratio


@dataclass
class Row:
    name: str
    what: str
    ours: tuple[str, ...] = ()  # what it is to be compared with
    runs: list[Measured] = field(default_factory=list)  # one a round
    wrong: str | None = None  # why its book is none


@dataclass
class Report:
    machine: dict
    versions: dict
    rounds: int
    rows: list[Row]  # of the peers and of ours

    def sound(self):
        return not any(row.wrong for row in self.rows)

    def row(self, name):
        return next(row for row in self.rows if row.name == name)

    def others_cores(self):
        """The median and the most that other processes used in any run."""
        seen = [run.others_cores for row in self.rows for run in row.runs]
        return statistics.median(seen), max(seen)

    def ratios(self, row):
        """Ours over the peer's, by the name of our row; none of a wrong book."""
        compared = [self.row(name) for name in row.ours]
        return {ours.name: median_ratio(ours.runs, row.runs)
                for ours in compared if not ours.wrong and not row.wrong}


def as_json(report):
    rows = []
    for row in report.rows:
        shown = {"name": row.name, "what": row.what, "checked": row.wrong is None}
        if row.wrong:
            shown["wrong"] = row.wrong
        else:
            shown |= vars(median_of(row.runs)) | {"ours_over_this": report.ratios(row)}
        rows.append(shown)
    return {"machine": report.machine, "versions": report.versions, "rounds": report.rounds,
            "rows": rows}


def _rate(per_second):
    for limit, unit in ((1e6, " M"), (1e3, " k")):
        if per_second >= limit:
            return f"{per_second / limit:.3g}{unit}"
    return f"{per_second:.3g}"


def _time(us):
    if us is None:
        return ""
    for limit, unit in ((1e6, "s"), (1e3, "ms")):
        if us >= limit:
            return f"{us / limit:.3g} {unit}"
    return f"{us:.3g} µs"


def _figures(row):
    if row.wrong:
        return ["WRONG", "", ""]
    median = median_of(row.runs)
    return [_rate(median.rate_per_s), _time(median.p50_us), _time(median.p99_us)]


def as_markdown(report):
    machine, (median_others, most_others) = report.machine, report.others_cores()
    lines = [
        f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_mib']} MiB,"
        f" {machine['kernel']}, {machine['file_system']}; synced commits of 4 KiB"
        f" {machine['sync_4k_us']:.0f} µs, of 256 KiB {machine['sync_256k_us']:.0f} µs. "
        + ", ".join(f"{name} {version}" for name, version in report.versions.items())
        + f". Medians of {report.rounds} rounds; others kept {median_others:.2f} cores busy in the"
        f" median run, {most_others:.2f} in the worst.",
        "",
        "| row | work | entries a second | p50 | p99 | ours | ours ÷ this |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: |",
    ]
    for row in report.rows:
        ratios = report.ratios(row)
        names = ", ".join(f"`{name}`" for name in row.ours)
        times = ", ".join(f"{ratios[name]:.3g}" if name in ratios else "WRONG" for name in row.ours)
        lines.append("| " + " | ".join([f"`{row.name}`", row.what, *_figures(row), names, times])
                     + " |")
    return "\n".join(lines)
