"""How good a video of a tape is, as `telecine measure` says: at the tape's size, in RGB, planes converted in floats."""

import json
import math
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .costs import ffmpeg, telecine

# Raised when `telecine measure` judges differently, so that curves are measured again.
JUDGE = 1


@dataclass
class Quality:
    """A video in five numbers."""

    # Bytes, without the sound.
    size: int
    # Decibels, of all frames and of the worst one.
    psnr: float
    worst: float
    # Levels that areas are off which are flat in the tape; nothing if there are none.
    flat: float | None
    # Levels by which edges on the coding grid exceed those beside it.
    blocks: float | None


def judge(tape, video):
    """Measures a video, which `telecine` must be able to read."""
    done = subprocess.run([telecine(), "measure", tape, video, "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: cannot measure {video}: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    size = size_without_sound(video) if found["sound"] else found["bytes"]
    return Quality(size, found["psnr"], found["psnr_worst"]["value"], found.get("flat_error"), found.get("blockiness"))


def size_without_sound(video):
    """What the file would take if it had no sound."""
    with tempfile.TemporaryDirectory() as folder:
        silent = Path(folder, "silent.mp4")
        ffmpeg("-i", video, "-an", "-c", "copy", "-movflags", "+faststart", silent)
        return silent.stat().st_size


def size_at(curve, psnr):
    """The size at which a curve of (size, PSNR) reaches a PSNR: log size, linear between points. What is better than the
    best point is held against that one, as nobody can say what more would take; below the worst the curve goes on."""
    points = sorted((decibels, math.log(size)) for size, decibels in curve)
    above = next((i for i, (decibels, _) in enumerate(points) if decibels >= psnr), None)
    if above is None:
        return math.exp(points[-1][1])
    (low, small), (high, large) = points[max(above, 1) - 1], points[max(above, 1)]
    return math.exp(small + (large - small) * (psnr - low) / ((high - low) or 1))
