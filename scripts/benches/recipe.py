"""The recipe of the site's converter: `unzip`, then `ffmpeg` with ×3 nearest and libx264 as it comes.

Its quality by CRF is a curve that our presets are held against: what would the recipe need for the same PSNR?
"""

import dataclasses
import hashlib
import json
import subprocess
import tempfile
import zipfile
from pathlib import Path

from . import quality
from .costs import WORK, Cost, ffmpeg, run
from .quality import Quality

# Of libx264; what the site leaves unsaid.
DEFAULT = 23
SWEEP = [17, 20, DEFAULT, 26, 29, 32, 36, 40]
FILTER = "scale=iw*3:ih*3:flags=neighbor,scale=trunc(iw/2)*2:trunc(ih/2)*2:flags=neighbor"


def rate(tape):
    """Frames a second: one whole number for the tape."""
    with zipfile.ZipFile(tape) as archive:
        timing = json.loads(archive.read("timing.json"))
    span = timing[-1]["timestamp"] - timing[0]["timestamp"] + timing[-1]["duration"]
    return max(1, round(1000 * len(timing) / span))


def encode(folder, rate, video, crf=None, sound=None):
    """Makes a video of the frames in a folder."""
    audio_in, audio_out = (["-i", sound], ["-c:a", "aac", "-b:a", "128k"]) if sound else ([], [])
    quantiser = ["-crf", crf] if crf else []
    return ffmpeg("-r", rate, "-i", Path(folder, "frame-%05d.png"), *audio_in, "-vf", FILTER, "-c:v", "libx264",
                  *quantiser, "-pix_fmt", "yuv420p", *audio_out, "-movflags", "+faststart", video)


def convert(tape, video, rate):
    """What the site's converter does, apart from fetching and uploading."""
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        unzip = run(["unzip", "-q", tape, "-d", folder])
        track = Path(folder, "soundtrack.wav")
        made = encode(folder, rate, video, sound=track if track.exists() else None)
    return Cost(unzip.wall + made.wall, unzip.cpu + made.cpu, max(unzip.memory, made.memory))


def curve(tape, rate):
    """The recipe's quality at each CRF of the sweep, which is measured once for each tape and ffmpeg."""
    version = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout
    # In blocks: what this process has held once counts as held by all that it starts.
    with open(tape, "rb") as file:
        key = hashlib.file_digest(file, "sha256")
    key.update(f"{version} {FILTER} {SWEEP} {rate} {quality.JUDGE}".encode())
    kept = WORK / "curves" / f"{key.hexdigest()}.json"
    if kept.exists():
        return {int(crf): Quality(**point) for crf, point in json.loads(kept.read_text()).items()}
    points = {}
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        run(["unzip", "-q", tape, "-d", folder])
        video = Path(folder, "swept.mp4")
        for crf in SWEEP:
            encode(folder, rate, video, crf)
            points[crf] = quality.judge(tape, video)
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({crf: dataclasses.asdict(point) for crf, point in points.items()}))
    return points


def excess(points, ours):
    """Our size over what the recipe needs for the same PSNR, minus 1: below 0 is better. Where the recipe does not get
    there at any CRF of the sweep, at least as much better; the second answer is whether that is so."""
    curve = [(point.size, point.psnr) for point in points.values()]
    return ours.size / quality.size_at(curve, ours.psnr) - 1, ours.psnr > max(psnr for _, psnr in curve)
