#!/usr/bin/env python3
"""Reads `cargo metadata` and writes the licences of all crates in the program, with their copyright notices.

Crates that are used only by tests and build scripts are not in it. A text that several crates have is written once.
"""

import json
import sys
from pathlib import Path

NAMES = ("license", "licence", "copying", "copyright", "notice", "unlicense")


def crates(metadata):
    """The packages that are linked into the program, in the order of their names."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    root = metadata["resolve"]["root"]
    pending, found = [root], {root}
    while pending:
        for dependency in nodes[pending.pop()]["deps"]:
            is_linked = any(kind["kind"] is None for kind in dependency["dep_kinds"])
            if is_linked and dependency["pkg"] not in found:
                found.add(dependency["pkg"])
                pending.append(dependency["pkg"])
    linked = [package for package in metadata["packages"] if package["id"] in found - {root}]
    return sorted(linked, key=lambda package: (package["name"], package["version"]))


def texts(package):
    folder = Path(package["manifest_path"]).parent
    files = sorted(file for file in folder.iterdir() if file.is_file() and file.name.lower().startswith(NAMES))
    return [file.read_text(encoding="utf-8", errors="replace").strip() for file in files]


def main():
    owners = {}
    for package in crates(json.load(sys.stdin)):
        name = f"{package['name']} {package['version']} ({package['license']})"
        notices = texts(package) or ["The crate has no file with its licence. Authors: " + ", ".join(package["authors"])]
        for notice in notices:
            owners.setdefault(notice, []).append(name)
    for notice, names in owners.items():
        print("=" * 78, *names, "-" * 78, notice, "", sep="\n")


if __name__ == "__main__":
    main()
