"""Records the sketches beside this file in Chromium, as tapes in target/bench/canvases.

A tape is made once; it is made again when its sketch, the recorder or the libraries change. Chance and time are the
recorder's, so that a machine makes the same pictures every time; fonts and the software renderer may differ elsewhere.
"""

import hashlib
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue

from servers import install

HERE = Path(__file__).resolve().parent
TAPES = install.TARGET / "bench" / "canvases"
PACKAGES = install.TARGET / "bench" / "packages"
NODE = "0.5"

# Nothing here has a display or a GPU.
FLAGS = ["--headless", "--no-sandbox", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
         "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
TYPES = {".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript"}
# One sketch, on a machine that does other things too.
PATIENCE = 180


def sketches():
    """The names of all sketches."""
    return sorted(file.stem for file in (HERE / "sketches").glob("*.js"))


def version(name):
    """What a tape of this sketch depends on, as a hash."""
    files = [HERE / file for file in ("recorder.js", "random.js", "package-lock.json")]
    # Sketches import each other; all of them are small.
    files += sorted((HERE / "sketches").glob("*.js")) if "-" in name else [HERE / "sketches" / f"{name}.js"]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def tapes(names):
    """The paths of these sketches' tapes, recorded now if need be."""
    TAPES.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not is_recorded(name)]
    if missing:
        record(missing)
    return [TAPES / f"{name}.zip" for name in names]


def is_recorded(name):
    stamp = TAPES / f"{name}.version"
    return (TAPES / f"{name}.zip").exists() and stamp.exists() and stamp.read_text() == version(name)


def record(names):
    """Has Chromium draw these sketches and keeps what it posts."""
    install.install_packages(HERE, PACKAGES, NODE)
    posted = Queue()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.split("?")[0]
            path = "/recorder.html" if path == "/" else path
            root = PACKAGES if path.startswith("/node_modules/") else HERE
            file = (root / path.lstrip("/")).resolve()
            if not file.is_file() or root.resolve() not in file.parents:
                self.send_error(404)
                return
            self.answer(file.read_bytes(), TYPES.get(file.suffix, "application/octet-stream"))

        def do_POST(self):
            posted.put((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.answer(b"", "text/plain")

        def answer(self, body, kind):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    site = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{site.server_port}/?sketches={','.join(names)}"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = subprocess.Popen(["chromium", *FLAGS, f"--user-data-dir={profile}", address],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for name in names:
                path, body = posted.get(timeout=PATIENCE)
                if path != f"/tapes/{name}":
                    raise install.Trouble(f"recording failed: {body.decode(errors='replace')}")
                part = TAPES / f"{name}.part"
                part.write_bytes(body)
                part.rename(TAPES / f"{name}.zip")
                (TAPES / f"{name}.version").write_text(version(name))
        except Empty:
            raise install.Trouble(f"Chromium recorded nothing for {PATIENCE} s") from None
        finally:
            browser.terminate()
            browser.wait()
            site.shutdown()
