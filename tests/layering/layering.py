#!/usr/bin/python3
"""Checks the arrows between rooms, the door of each library, and the opening comment of each header.

  layering.py ROOT      prints one line per fault; exit status 1 if there is any

ARCHITECTURE.md, "Rooms", is what is checked here.
"""
import fnmatch
import os
import re
import sys

MIDDLE = {"runtime", "net", "volumes", "image"}
ROOMS = MIDDLE | {"base", "compose"}

# Sub-rooms of compose/ that stay free of the rest of it, and what they may use.
PURE = {
    "compose/load": {"base", "compose/load"},
    "compose/plan": {"base", "compose/plan"},
}

# header pattern -> files that may include it
DOORS = [
    (r"yaml\.h$", ["compose/load/yaml.c"]),
    (r"(cjson/)?cJSON\.h$", ["base/json.c", "base/json_read.c", "base/json_image.c"]),
    (r"netlink/", ["net/nl*.c", "net/nl_internal.h"]),
    (r"nftables/", ["net/nft*.c"]),
    (r"archive(_entry)?\.h$", ["image/unpack*.c", "image/pack*.c"]),
    (r"seccomp\.h$", ["runtime/seccomp.c", "runtime/seccomp_compact_test.c"]),
    (r"openssl/", ["image/digest.c"]),
    (r"curl/", ["image/http.c"]),
    (r"uv\.h$", ["compose/*"]),
    (r"cmocka\.h$", ["base/test.h"]),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')
OPENING = ("Owns", "Units", "Errors", "Thread", "Source")


def room_of(path):
    """The room a file belongs to: "net", or "compose/load" where sub-rooms have rules of their own."""
    parts = path.split("/")
    if parts[0] == "compose" and "/".join(parts[:2]) in PURE:
        return "/".join(parts[:2])
    return parts[0]


def may_use(room, target):
    if room in PURE:
        return target in PURE[room]
    if room == "base":
        return target == "base"
    if room in MIDDLE:
        return target in (room, "base")
    return True  # compose/, and the tests in tests/


def door_fault(path, header):
    for pattern, doors in DOORS:
        if re.match(pattern, header) and not any(fnmatch.fnmatch(path, d) for d in doors):
            return f"<{header}> belongs to {' '.join(doors)} alone"
    return None


def faults_of(root, path):
    text = open(os.path.join(root, path), encoding="utf-8").read()
    room = room_of(path)
    for number, line in enumerate(text.split("\n"), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        quote, header = found.groups()
        if quote == "<":
            fault = door_fault(path, header)
        elif header.split("/")[0] not in ROOMS | {"tests"}:
            fault = f'"{header}" is not written from the root'
        elif not may_use(room, room_of(header)):
            fault = f'{room}/ may not use {room_of(header)}/ ("{header}")'
        else:
            fault = None
        if fault:
            yield f"{path}:{number}: {fault}"
    if path.endswith(".h"):
        head = text[:2500]
        missing = [w for w in OPENING if w not in head]
        if missing:
            yield f"{path}:1: the opening comment lacks {' '.join(missing)}"


def sources(root):
    for room in sorted(ROOMS):
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def main():
    root = sys.argv[1]
    count, faults = 0, []
    for path in sources(root):
        count += 1
        faults.extend(faults_of(root, path))
    print("\n".join(faults + [f"{count} files, {len(faults)} faults"]))
    return 1 if faults or not count else 0


sys.exit(main())
