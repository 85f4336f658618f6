"""Tapes made by ffmpeg's sources: patterns that move, a zoom, game of life, hard edges."""

import json
import tempfile
import zipfile
from pathlib import Path

from .costs import WORK, ffmpeg

RATE = 60
# Name, ffmpeg source, frames, and whether there is sound.
PATTERNS = {
    "testsrc2": ("testsrc2=s=320x240:r=60", 600, False),
    "mandelbrot": ("mandelbrot=s=320x240:r=60", 600, False),
    "life": ("life=s=160x120:r=60:seed=7:mold=10:mold_color=blue,scale=320:240:flags=neighbor", 600, False),
    "testsrc": ("testsrc=s=320x240:r=60", 600, False),
    "sound": ("testsrc2=s=240x240:r=60", 1800, True),
}


def tape(name):
    """A tape as the site posts it: stored PNGs, `timing.json`, maybe `soundtrack.wav`."""
    path = WORK / f"{name}.zip"
    if path.exists():
        return path
    source, frames, sound = PATTERNS[name]
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        folder = Path(folder)
        ffmpeg("-f", "lavfi", "-i", source, "-frames:v", frames, "-pix_fmt", "rgb24", "-start_number", 0,
               folder / "frame-%05d.png")
        names = sorted(picture.name for picture in folder.glob("frame-*.png"))
        timing = [{"frame": i, "filename": name, "duration": 16.67, "timestamp": round(i * 1000 / RATE, 3)}
                  for i, name in enumerate(names)]
        (folder / "timing.json").write_text(json.dumps(timing, indent=2))
        if sound:
            ffmpeg("-f", "lavfi", "-i", "sine=440:r=48000", "-t", frames / RATE, "-ac", 2, folder / "soundtrack.wav")
        part = path.with_suffix(".part")
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)
    part.rename(path)
    return path
