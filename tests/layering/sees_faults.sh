#!/bin/sh
# The layering check itself: it must report the sideways arrow and the wrong door, and nothing else.
here=$(dirname "$0")
out=$(python3 "$here/layering.py" "$here/bad") && { echo "the faults were not seen"; exit 1; }
echo "$out"
[ "$out" = 'net/sideways.c:2: net/ may not use runtime/ ("runtime/spec.h")
runtime/door.c:1: <yaml.h> belongs to compose/load/yaml.c alone
2 files, 2 faults' ]
