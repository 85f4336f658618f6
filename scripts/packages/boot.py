#!/usr/bin/env python3
"""Boots a system in which a package is installed, and tries its service with real servers: boot.py ROOT PACKAGE.

The system is a container of systemd-nspawn, whose changes are lost at its end; boot-inside runs in it. It shares the
network, so that the servers on loopback can be reached.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "servers"))

import seeded
from install import Trouble

SECONDS = 900


def settings(addresses):
    """A config file. Nothing listens where callbacks go, which is no reason not to bake."""
    known = {name: value for name, value in addresses.items() if name != "NATS_URL"}
    known |= {"CALLBACK_SECRET": "boot", "TELECINE_CALLBACK_URL": "http://127.0.0.1:9/", "TELECINE_ALLOW_LOOPBACK": "yes"}
    return "".join(f"{name} = '{value}'\n" for name, value in known.items())


def boot(root, package):
    """Returns what boot-inside has printed."""
    with tempfile.TemporaryDirectory(prefix="telecine-boot-") as folder, seeded.stack() as addresses:
        parts, result = Path(folder, "parts"), Path(folder, "result")
        parts.mkdir()
        result.mkdir()
        shutil.copy(package, parts / "telecine.deb")
        shutil.copy(HERE / "boot-inside", parts)
        (parts / "settings.toml").write_text(settings(addresses))
        command = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--volatile=overlay"]
        command += ["--directory", root, f"--bind-ro={parts}:/parts", f"--bind={result}:/result"]
        command += [f"--bind-ro={HERE}/boot.service:/etc/systemd/system/boot.service", "--boot", "--", "--unit=boot.service"]
        log, console = result / "log", Path(folder, "console")
        with open(console, "wb") as output, contextlib.suppress(subprocess.TimeoutExpired):
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
            subprocess.run(command, **streams, timeout=SECONDS, check=False)
        if not log.exists():
            raise Trouble(f"systemd does not boot here\n{console.read_text(errors='replace')[-3000:]}")
        return log.read_text()


def main():
    try:
        log = boot(*sys.argv[1:])
    except (OSError, subprocess.CalledProcessError, Trouble) as trouble:
        sys.exit(f"boot: {trouble}")
    print(log, end="")
    if not log.endswith("boot: the service runs\n"):
        sys.exit(1)


if __name__ == "__main__":
    main()
