#!/usr/bin/env python3
"""sbom.py PROGRAM CRATES: adds the libraries of Debian that PROGRAM loads to CRATES, a CycloneDX list that cargo-cyclonedx wrote.

The result goes to standard output. It names no time and no random number, so that the same build has the same list.
"""

import json
import os
import platform
import re
import subprocess
import sys
from datetime import datetime, timezone
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

FIELDS = "${binary:Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}\n"


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def packages(program):
    """The Debian packages that own the files which the loader maps for a program."""
    files = re.findall(r"(/\S+) \(0x", output("ldd", program))
    # Packages may own a file by the path from before /lib and /usr/lib were one.
    paths = {os.path.realpath(file) for file in files}
    found = set()
    for path in sorted(paths):
        owners = [path, path.removeprefix("/usr")]
        found.add(next(owner for owner in map(owner_of, owners) if owner))
    return sorted(found)


def owner_of(path):
    asked = subprocess.run(["dpkg-query", "--search", path], check=False, capture_output=True, text=True)
    return asked.stdout.rsplit(": ", 1)[0].strip() if asked.returncode == 0 else None


def component(package, release):
    fields = output("dpkg-query", "--show", f"--showformat={FIELDS}", package).strip("\n").split("\t")
    name, version, architecture, source, source_version, homepage = fields
    name = name.split(":")[0]
    purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?arch={architecture}&distro=debian-{release}"
    described = {
        "type": "library",
        "bom-ref": purl,
        "supplier": {"name": "Debian"},
        "name": name,
        "version": version,
        "purl": purl,
        "properties": [{"name": "debian:source", "value": f"{source} {source_version}"}],
    }
    if homepage:
        described["externalReferences"] = [{"type": "website", "url": homepage}]
    return described


def main():
    program, crates = sys.argv[1:]
    with open(crates, encoding="utf-8") as file:
        bom = json.load(file)
    release = platform.freedesktop_os_release()["VERSION_ID"]
    libraries = [component(package, release) for package in packages(program)]
    root = bom["metadata"]["component"]["bom-ref"]
    of_root = next(entry for entry in bom["dependencies"] if entry["ref"] == root)
    of_root.setdefault("dependsOn", []).extend(library["bom-ref"] for library in libraries)
    bom["components"] += libraries
    bom["dependencies"] += [{"ref": library["bom-ref"]} for library in libraries]
    built = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), timezone.utc)
    bom["metadata"]["timestamp"] = built.strftime("%Y-%m-%dT%H:%M:%SZ")
    # The place of the build says nothing.
    text = json.dumps(bom, indent=1).replace("path+file:///source", "telecine")
    bom = json.loads(text)
    bom["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(bom['components']))}"
    json.dump(bom, sys.stdout, indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
