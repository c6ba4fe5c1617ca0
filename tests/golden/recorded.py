#!/usr/bin/env python3
"""Holds our output against recordings of docker compose that lie outside this repository.

The folder is named by COMPOSE_GOLDEN and brings its own check.py; without it the test is skipped (77).
"""
import argparse, os, subprocess, sys

ap = argparse.ArgumentParser()
ap.add_argument('--bin', required=True)
a = ap.parse_args()
folder = os.environ.get('COMPOSE_GOLDEN')
if not folder:
    print('skipped: COMPOSE_GOLDEN names no folder of recordings')
    sys.exit(77)
sys.exit(subprocess.run([sys.executable, os.path.join(folder, 'check.py'), '--strict', '-v', '--bin', os.path.abspath(a.bin)]).returncode)
