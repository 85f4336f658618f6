"""Running a program to its end and saying what it took."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
WORK = TARGET / "bench"

_program = TARGET / "release" / "telecine"


def telecine():
    """The program that is measured and that measures."""
    return _program


def use(program):
    """Takes this program for `telecine`."""
    global _program
    _program = Path(program).absolute()


@dataclass
class Cost:
    """What a run took: seconds on the clock, seconds of CPU, bytes of memory at most."""

    wall: float
    cpu: float
    memory: int


def run(command, **options):
    """Runs a command to its end, with everything it started."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, **options)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"bench: failed: {' '.join(map(str, command))}")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def ffmpeg(*arguments):
    """Runs ffmpeg, which says nothing unless it fails."""
    return run(["ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error", "-y", *arguments])


def convert(tape, video, preset):
    """Converts a tape with a preset of ours."""
    return run([telecine(), "convert", tape, "-o", video, "--preset", preset, "--no-thumbnail", "--force"],
               stderr=subprocess.DEVNULL)
