#!/usr/bin/env python3
"""Runs `compose` on every case of this folder and compares what it prints, byte for byte.

  run.py --bin PATH [--only REGEX] [--update]

A case is a folder:
  compose.yaml ...  the files of the project, whose directory has the name of the case
  args              arguments, one line of shell words; default "config"
  env               NAME=VALUE lines, the only environment besides PATH and HOME
  stdin             standard input
  expect.yaml       what standard output must be (expect.json, expect.out: the same)
  expect.err        what standard error must be; without expect.yaml the command must fail
Placeholders in expected text: @P@ the project directory, @U@ its parent, @H@ the home directory.
"""
import argparse, concurrent.futures, os, re, shlex, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = ('expect.yaml', 'expect.json', 'expect.out')
OURS = ('args', 'env', 'stdin', 'expect.err') + OUT


def read(path):
    try:
        with open(path, newline='') as f:
            return f.read()
    except FileNotFoundError:
        return None


def run(binary, case, root):
    src, top = os.path.join(HERE, case), tempfile.mkdtemp(dir=root)
    home, p = os.path.join(top, 'home'), os.path.join(top, case)
    os.mkdir(home)
    shutil.copytree(src, p, symlinks=True, ignore=shutil.ignore_patterns(*OURS))
    sub = lambda s: s.replace('@P@', p).replace('@U@', top).replace('@H@', home)
    env = {'PATH': os.environ.get('PATH', '/usr/bin:/bin'), 'HOME': home}
    for k in ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LLVM_PROFILE_FILE'):
        if k in os.environ:
            env[k] = os.environ[k]
    for line in (read(src + '/env') or '').splitlines():
        k, _, v = line.partition('=')
        env[k] = sub(v)
    stdin = open(src + '/stdin', 'rb') if os.path.exists(src + '/stdin') else subprocess.DEVNULL
    args = [sub(a) for a in shlex.split(read(src + '/args') or 'config')]
    r = subprocess.run([binary] + args, cwd=p, env=env, stdin=stdin, capture_output=True, timeout=60)
    back = lambda s: s.decode('utf-8', 'replace').replace(p, '/@P@').replace(home, '/@H@').replace(top, '/@U@')
    err = re.sub(r'(?m)^time="[^"]*" ', '', back(r.stderr))
    return r.returncode, back(r.stdout), err


def compare(case, got):
    """What differs, as text; None when nothing does."""
    rc, out, err = got
    names = [n for n in OUT if os.path.exists(os.path.join(HERE, case, n))]
    want_out = read(os.path.join(HERE, case, names[0])) if names else ''
    want_err = read(os.path.join(HERE, case, 'expect.err')) or ''
    fails = not names
    if (rc != 0) != fails:
        return 'exit status %d\n%s' % (rc, err)
    if out != want_out:
        return '--- want\n%s--- got\n%s' % (want_out, out)
    if err != want_err:
        return '--- want on stderr\n%s--- got\n%s' % (want_err, err)
    return None


def update(case, got):
    rc, out, err = got
    d = os.path.join(HERE, case)
    name = next((n for n in OUT if os.path.exists(os.path.join(d, n))), 'expect.yaml')
    for n in OUT + ('expect.err',):
        if os.path.exists(os.path.join(d, n)):
            os.remove(os.path.join(d, n))
    if rc == 0:
        open(os.path.join(d, name), 'w', newline='').write(out)
    if rc != 0 or err:
        open(os.path.join(d, 'expect.err'), 'w', newline='').write(err)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--bin', required=True)
    ap.add_argument('--only', default='')
    ap.add_argument('--update', action='store_true')
    a = ap.parse_args()
    binary = os.path.abspath(a.bin)
    cases = sorted(n for n in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, n)) and n[0] != '_' and re.search(a.only, n))
    root = os.path.realpath(tempfile.mkdtemp(prefix='golden.'))
    bad = 0
    try:
        with concurrent.futures.ThreadPoolExecutor(2) as ex:
            for case, got in zip(cases, ex.map(lambda c: run(binary, c, root), cases)):
                if a.update:
                    update(case, got)
                    continue
                text = compare(case, got)
                if text is not None:
                    bad += 1
                    print('not ok %s\n%s' % (case, re.sub('(?m)^', '  ', text.rstrip())))
    finally:
        shutil.rmtree(root)
    print('%d cases, %d wrong' % (len(cases), bad))
    return 1 if bad or not cases else 0


if __name__ == '__main__':
    sys.exit(main())
