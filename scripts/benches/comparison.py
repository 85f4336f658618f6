"""Our presets against the site's recipe on one tape after the other, and what is asked of them."""

import statistics
from dataclasses import dataclass

from . import costs, quality, recipe
from .costs import WORK, Cost
from .quality import Quality

# From here on more decibels are not asked for: nobody sees them.
ENOUGH = 42.0
# Decibels that may be missing: what measuring leaves open.
TOLERANCE = 0.1


@dataclass
class Row:
    """A preset on a tape, and the recipe on it."""

    tape: str
    preset: str
    ours: Quality
    theirs: Quality
    # All files with their sound, in bytes.
    bytes: tuple[int, int]
    # A pair for each round: ours, theirs.
    costs: list[tuple[Cost, Cost]]
    # Our size over the recipe's at the same PSNR, minus 1; or at its best, if that is worse than ours.
    excess: float
    is_beyond: bool

    @property
    def size(self):
        """Our size over the recipe's, without sound."""
        return self.ours.size / self.theirs.size

    def ratio(self, of):
        """Ours over theirs, the median over the rounds."""
        return statistics.median(of(ours) / of(theirs) for ours, theirs in self.costs)

    @property
    def at_equal_psnr(self):
        """The excess as it is printed."""
        return ("≤ " if self.is_beyond else "") + percent(self.excess)

    @property
    def cpu(self):
        return self.ratio(lambda cost: cost.cpu)

    @property
    def wall(self):
        return self.ratio(lambda cost: cost.wall)

    def seconds(self, side):
        """CPU of ours (0) or theirs (1), the median over the rounds."""
        return statistics.median(pair[side].cpu for pair in self.costs)


def compare(name, tape, presets, rounds):
    """One row for each preset. In every round the recipe and then each preset has its turn, so that whatever else the
    machine does hits all alike."""
    rate = recipe.rate(tape)
    curve = recipe.curve(tape, rate)
    theirs = WORK / f"{name}-recipe.mp4"
    ours = {preset: WORK / f"{name}-{preset}.mp4" for preset in presets}
    taken = {preset: [] for preset in presets}
    for _ in range(rounds):
        cost = recipe.convert(tape, theirs, rate)
        for preset, video in ours.items():
            taken[preset].append((costs.convert(tape, video, preset), cost))
    for preset, video in ours.items():
        judged = quality.judge(tape, video)
        files = (video.stat().st_size, theirs.stat().st_size)
        yield Row(name, preset, judged, curve[recipe.DEFAULT], files, taken[preset], *recipe.excess(curve, judged))


@dataclass
class Wish:
    """What must hold of every row, or of all of them together."""

    text: str
    # For each row: whether it holds, and the figure.
    of: callable
    # Over all rows, in place of each.
    mean: bool = False


def geometric(values):
    return statistics.geometric_mean(values)


def mean_excess(rows):
    """The mean of what rows need at equal PSNR: of ratios, so geometric."""
    return geometric(1 + row.excess for row in rows) - 1


def short_of(rows, wishes):
    """Says of each wish whether it holds; the answer is how many do not."""
    failed = 0
    for wish in wishes:
        if wish.mean:
            holds, figure = wish.of(rows)
            bad = [] if holds else [figure]
        else:
            found = [(row.tape, *wish.of(row)) for row in rows]
            bad = [f"{tape} {figure}" for tape, holds, figure in found if not holds]
            figure = f"{len(found) - len(bad)} of {len(found)} tapes"
        failed += bool(bad)
        print(f"{'FAIL' if bad else 'pass'}  {wish.text}: {figure if wish.mean else '; '.join(bad) or figure}")
    return failed


def percent(value):
    return f"{100 * value:+.1f} %"


def at_most(text, value, limit, show="{:.3f}".format):
    return Wish(text, lambda row: (value(row) <= limit, show(value(row))))


def no_worse(text, value):
    """As many decibels as the recipe, or enough of them."""
    def of(row):
        ours, theirs = value(row.ours), value(row.theirs)
        return ours >= min(theirs, ENOUGH) - TOLERANCE, f"{ours:.1f} of {theirs:.1f} dB"
    return Wish(text, of)


def mean_at_most(text, value, limit, show="{:.3f}".format):
    return Wish(text, lambda rows: (value(rows) <= limit, show(value(rows))), mean=True)


def print_table(header, rows, markdown):
    """Names to the left, figures to the right."""
    table = [header, *rows]
    widths = [max(map(len, column)) for column in zip(*table)]
    if markdown:
        rule = ["---" if index < 2 else "--:" for index in range(len(widths))]
        for line in [table[0], rule, *table[1:]]:
            print(f"| {' | '.join(line)} |")
        return
    for line in table:
        left, right = line[:2], line[2:]
        words = [word.ljust(width) for word, width in zip(left, widths)]
        words += [word.rjust(width) for word, width in zip(right, widths[2:])]
        print("  ".join(words))
