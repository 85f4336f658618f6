"""A set of servers that holds what fixtures/documents says, for as long as a block runs."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import servers
from install import Trouble

STACK = Path(__file__).resolve().parent.parent / "stack"


@contextlib.contextmanager
def started(command, **options):
    """A program that ends with this block. Ctrl-C reaches it only through us, so that the order of ends is ours."""
    process = subprocess.Popen(command, start_new_session=True, preexec_fn=servers.die_with_parent, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def stack():
    """Servers of our own, filled; gives the environment variables with their addresses."""
    command = [STACK, "serve", "--only", "mongod,pds,s3"]
    with started(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        if not line:
            raise Trouble("the servers did not start")
        addresses = json.loads(line)["environment"]
        command = [servers.S3.program(), "seed"]
        subprocess.run(command, env=os.environ | addresses, stdout=subprocess.DEVNULL, check=True)
        yield addresses
