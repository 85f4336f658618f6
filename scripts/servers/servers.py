"""The servers: how each is started, when it is ready, how it ends."""

import contextlib
import ctypes
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import time
import urllib.request

import install
import mongo
from install import Trouble

# The kernel gives ports above to outgoing connections: a killed server might not get its own back.
PORTS = range(20_000, 32_000)
READY_SECONDS = 120
STOP_SECONDS = 20

PDS_ADMIN_PASSWORD = "stack-admin"
SPACES_KEY, SPACES_SECRET = "STACKKEY", "stack-secret"

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    """Makes the kernel kill this process when the one that started it is gone, even if that was by kill -9."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port(taken):
    """A port nobody listens at and that is not among those."""
    while True:
        port = random.choice(PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in taken:
                return port


class Server:
    """A program that serves. It has a folder for its data and keeps its ports when it is started again."""

    # How many ports it needs.
    ports_needed = 1

    def __init__(self, folder, ports):
        self.folder = folder / self.name
        self.log = folder / f"{self.name}.log"
        self.ports = ports
        self.process = None

    def start(self):
        """Starts it without waiting. Call from the main thread: the kernel takes the thread for the parent."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in self.command()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | self.settings(),
                preexec_fn=die_with_parent,
            )

    def wait(self):
        """Waits until it is ready."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            with contextlib.suppress(OSError):
                if self.is_ready():
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                last = self.log.read_text(errors="replace")[-2000:]
                raise Trouble(f"{self.name} did not start; the end of {self.log}:\n{last}")
            time.sleep(0.02)

    def end(self, number=signal.SIGTERM):
        """Sends it a signal, by default one that lets it close its files, and waits for its end."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def settings(self):
        """What it is told by environment variables."""
        return {}


class Mongod(Server):
    """MongoDB as a replica set of one, with fail points."""

    name = "mongod"

    def command(self):
        port = ["--bind_ip", "127.0.0.1", "--port", self.ports[0], "--nounixsocket"]
        # Without these an empty database takes 300 MB.
        small = ["--wiredTigerEngineConfigString", "log=(file_max=4MB,prealloc=false)", "--oplogSize", 64]
        small += ["--wiredTigerCacheSizeGB", 0.25, "--setParameter", "diagnosticDataCollectionEnabled=false"]
        testing = ["--replSet", "rs0", "--setParameter", "enableTestCommands=1"]
        return [install.mongod(), "--dbpath", self.folder, *port, *small, *testing]

    def is_ready(self):
        mongo.initiate(self.ports[0])
        return mongo.is_primary(self.ports[0])

    def addresses(self):
        return {"mongodb": f"mongodb://127.0.0.1:{self.ports[0]}/?replicaSet=rs0"}


class Pds(Server):
    """The reference PDS with its PLC directory."""

    name = "pds"
    ports_needed = 2
    # Both may be changed before it starts.
    release = "0.5"
    changes: dict[str, str] = {}

    def command(self):
        launcher = install.HERE / "pds.cjs"
        return [install.node(self.release), launcher, install.modules(self.release), self.folder, self.ports[1]]

    def settings(self):
        keys = self.folder / "keys.json"
        if not keys.exists():
            names = ["PDS_JWT_SECRET", "PDS_DPOP_SECRET", "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX"]
            keys.write_text(json.dumps({name: secrets.token_hex(32) for name in names}))
        return {
            # With this name, its address is http://localhost and handles end with .test.
            "PDS_HOSTNAME": "localhost",
            "PDS_PORT": str(self.ports[0]),
            # Without, it demands https.
            "PDS_DEV_MODE": "true",
            # 127.0.0.1 would be refused: it wants a name.
            "PDS_DID_PLC_URL": f"http://localhost:{self.ports[1]}",
            "PDS_SERVICE_HANDLE_DOMAINS": ".test",
            "PDS_INVITE_REQUIRED": "false",
            "PDS_ADMIN_PASSWORD": PDS_ADMIN_PASSWORD,
            "PDS_DATA_DIRECTORY": str(self.folder),
            "PDS_BLOBSTORE_DISK_LOCATION": str(self.folder / "blobs"),
            # What the official installer sets.
            "PDS_BLOB_UPLOAD_LIMIT": "104857600",
            "PDS_RATE_LIMITS_ENABLED": "false",
            "LOG_ENABLED": "false",
            **json.loads(keys.read_text()),
            **self.changes,
        }

    def is_ready(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[0]}/xrpc/_health", timeout=5) as answer:
            return answer.status == 200

    def addresses(self):
        return {"pds": f"http://localhost:{self.ports[0]}", "plc": f"http://localhost:{self.ports[1]}"}


class S3(Server):
    """An S3 server that keeps objects as files: a Rust program of ours, examples/stack.rs."""

    name = "s3"

    def command(self):
        return [self.program(), "s3", "--folder", self.folder, "--port", self.ports[0]]

    def settings(self):
        return {"ART_SPACES_KEY": SPACES_KEY, "ART_SPACES_SECRET": SPACES_SECRET}

    def is_ready(self):
        with socket.create_connection(("127.0.0.1", self.ports[0]), timeout=5):
            return True

    def addresses(self):
        return {"s3": f"http://127.0.0.1:{self.ports[0]}"}

    @staticmethod
    def program():
        """Where the program is, once it is built."""
        return install.TARGET / "debug" / "examples" / "stack"

    @staticmethod
    def build():
        """Builds the program."""
        if not install.cargo("build", "--quiet", "--locked", "--example", "stack"):
            raise Trouble("examples/stack.rs does not build")


class Nats(Server):
    """NATS with JetStream, which has on disk what it has acknowledged."""

    name = "nats"

    def command(self):
        settings = self.folder / "nats.conf"
        settings.write_text(f"""
host: 127.0.0.1
port: {self.ports[0]}
jetstream {{ store_dir: "{self.folder}", sync_interval: always, max_file_store: 8GB }}
""")
        return [install.nats(), "--config", settings]

    def is_ready(self):
        with socket.create_connection(("127.0.0.1", self.ports[0]), timeout=5) as connection:
            return connection.recv(4) == b"INFO"

    def addresses(self):
        return {"nats": f"nats://127.0.0.1:{self.ports[0]}"}


KINDS = {kind.name: kind for kind in (Mongod, Pds, S3, Nats)}


def environment(addresses):
    """The environment variables with the addresses of the servers."""
    variables = {
        "MONGODB_CONNECTION_STRING": addresses.get("mongodb"),
        "MONGODB_NAME": "aesthetic",
        "PDS_URL": addresses.get("pds"),
        "PDS_ADMIN_PASSWORD": PDS_ADMIN_PASSWORD,
        "ART_SPACES_ENDPOINT": addresses.get("s3"),
        "ART_SPACES_KEY": SPACES_KEY,
        "ART_SPACES_SECRET": SPACES_SECRET,
        "ART_SPACES_BUCKET": "art-aesthetic-computer",
        "USER_SPACES_BUCKET": "user-aesthetic-computer",
        "AT_BLOBS_SPACES_BUCKET": "at-blobs-aesthetic-computer",
        # No setting: one machine does without. TELECINE_QUEUE=$NATS_URL uses it.
        "NATS_URL": addresses.get("nats"),
    }
    return {name: value for name, value in variables.items() if value is not None}
