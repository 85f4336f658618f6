"""Canvases as people draw them: what our presets make of them, and what is asked of `standard`."""

import sys
from pathlib import Path

from canvases import record

from .comparison import (at_most, compare, geometric, mean_at_most, mean_excess, no_worse, percent, print_table, short_of)

HEADER = ["tape", "preset", "kB, ours / its", "ratio", "PSNR, ours / its", "worst, ours / its", "flat, ours / its",
          "blocks, ours / its", "CPU s, ours / its", "ratio", "wall", "at equal PSNR"]

# On every tape, and over all of them.
FLOOR = [
    no_worse("PSNR at least the recipe's, or 42 dB", lambda quality: quality.psnr),
    no_worse("worst frame at least the recipe's, or 42 dB", lambda quality: quality.worst),
    at_most("size at most 0.9 of the recipe's", lambda row: row.size, 0.9),
    at_most("CPU at most 0.45 of the recipe's", lambda row: row.cpu, 0.45),
    at_most("at equal PSNR at most +25 %", lambda row: row.excess, 0.25, percent),
    mean_at_most("at equal PSNR at most −20 % in the mean", mean_excess, -0.2, percent),
]
GOAL = [
    at_most("at equal PSNR at most −10 %", lambda row: row.excess, -0.1, percent),
    mean_at_most("at equal PSNR at most −50 % in the mean", mean_excess, -0.5, percent),
    at_most("CPU at most 0.34 of the recipe's", lambda row: row.cpu, 0.34),
]


def cells(row):
    both = lambda value, ours, theirs: f"{value(ours)} / {value(theirs)}"
    levels = lambda value: "–" if value is None else f"{value:.2f}"
    ours, theirs = row.ours, row.theirs
    return [row.tape, row.preset, both(lambda size: f"{size / 1000:.0f}", ours.size, theirs.size), f"{row.size:.2f}",
            both("{:.1f}".format, ours.psnr, theirs.psnr), both("{:.1f}".format, ours.worst, theirs.worst),
            both(levels, ours.flat, theirs.flat), both(levels, ours.blocks, theirs.blocks),
            both("{:.2f}".format, row.seconds(0), row.seconds(1)), f"{row.cpu:.2f}", f"{row.wall:.2f}", row.at_equal_psnr]


def bench(names, folder, presets, rounds, markdown):
    """Compares and prints; whether `standard` is all that is asked of it."""
    if folder:
        tapes = {path.stem: path for path in sorted(Path(folder).glob("*.zip"))}
        tapes = {name: path for name, path in tapes.items() if not names or name in names}
    else:
        names = names or record.sketches()
        tapes = dict(zip(names, record.tapes(names)))
    rows = []
    for number, (name, path) in enumerate(tapes.items(), 1):
        print(f"bench: {name}, {number} of {len(tapes)}", file=sys.stderr, flush=True)
        rows += compare(name, path, presets, rounds)
    print_table(HEADER, map(cells, rows), markdown)
    failed = 0
    for preset in presets:
        of = [row for row in rows if row.preset == preset]
        print(f"\n{preset}, {len(of)} tapes: size {geometric(row.size for row in of):.3f}, CPU "
              f"{geometric(row.cpu for row in of):.3f}, wall {geometric(row.wall for row in of):.3f} of the recipe's; at "
              f"equal PSNR {percent(mean_excess(of))} in the mean, {percent(max(row.excess for row in of))} at worst")
        if preset == "standard":
            failed = short_of(of, FLOOR)
            print("goal:")
            short_of(of, GOAL)
    return failed == 0
