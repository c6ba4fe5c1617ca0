#!/usr/bin/env python3
"""What must hold for every file, tried on all cases of this folder that load.

  fixed point    config | config -f - prints the same again
  formats        JSON loads to what prints the same YAML
  order          the order of keys in a file changes nothing
  hash           changes with what a container is made of, and with nothing else
  digests        come from the image store, for everything that names an image
"""
import argparse, hashlib, json, os, re, shutil, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import run as golden

failures = []


def check(ok, name, what, detail=''):
    if not ok:
        failures.append(name)
        print('not ok %s: %s\n%s' % (name, what, re.sub('(?m)^', '  ', detail)))


def compose(binary, args, cwd, stdin=None, env=None):
    e = {'PATH': os.environ.get('PATH', ''), 'HOME': cwd}
    e.update(env or {})
    r = subprocess.run([binary] + args, cwd=cwd, input=stdin, env=e, capture_output=True, timeout=60)
    return r.returncode, r.stdout.decode('utf-8', 'replace'), r.stderr.decode('utf-8', 'replace')


def shuffled(value):
    """The same value with every mapping's members the other way round."""
    if isinstance(value, dict):
        return {k: shuffled(value[k]) for k in reversed(list(value))}
    return [shuffled(v) for v in value] if isinstance(value, list) else value


EXCEPT = {
    'interpolate_not_in_keys',  # "$" is doubled in keys as well, where nothing halves it again
    'label_file',  # the output still names a file that exists only while the case runs
}


def on_case(binary, case, root):
    if case in EXCEPT:
        return 0
    args = golden.read(os.path.join(HERE, case, 'args'))
    if args or not os.path.exists(os.path.join(HERE, case, 'expect.yaml')):
        return 0
    d = tempfile.mkdtemp(dir=root)
    text = golden.read(os.path.join(HERE, case, 'expect.yaml')).replace('/@P@', d).replace('/@U@', root).replace('/@H@', d)
    rc, again, err = compose(binary, ['-f', '-', 'config'], d, text.encode())
    check(rc == 0 and again == text, case, 'not a fixed point', err or again)
    rc, out, err = compose(binary, ['-f', '-', 'config', '--format', 'json'], d, text.encode())
    if rc == 0:
        tree = json.loads(out)
        rc, other, err = compose(binary, ['-f', '-', 'config'], d, out.encode())
        check(rc == 0 and other == drop_nested_x(text), case, 'YAML and JSON differ', err or other)
        rc, other, err = compose(binary, ['-f', '-', 'config'], d, json.dumps(shuffled(tree)).encode())
        check(rc == 0 and other == drop_nested_x(text), case, 'order of keys matters', err or other)
    shutil.rmtree(d)
    return 1


def drop_nested_x(text):
    """JSON has extensions at the top only."""
    out, skip = [], None
    for line in text.split('\n'):
        lead = len(line) - len(line.lstrip(' '))
        if skip is not None and (not line.strip() or lead > skip):
            continue
        skip = lead if lead and re.match(r'\s+(- )?x-', line) and not re.match(r'  x-', line) else None
        if skip is None:
            out.append(line)
    return '\n'.join(out)


BASE = {'name': 'h', 'services': {'a': {'image': 'x', 'environment': {'A': '1'}}, 'b': {'image': 'y'}}}
CHANGES = {  # what is said about service a besides, and whether its container must be made anew
    'image': ({'image': 'z'}, True), 'command': ({'command': ['c']}, True), 'environment': ({'environment': {'A': '2'}}, True),
    'labels': ({'labels': {'l': 'm'}}, True), 'ports': ({'ports': ['80']}, True), 'volumes': ({'volumes': ['/v']}, True),
    'mem_limit': ({'mem_limit': '1m'}, True), 'networks': ({'networks': {'default': {'aliases': ['q']}}}, True), 'tty': ({'tty': True}, True),
    'healthcheck': ({'healthcheck': {'test': ['NONE']}}, True), 'deploy.resources': ({'deploy': {'resources': {'limits': {'pids': 5}}}}, True),
    'entrypoint': ({'entrypoint': []}, True), 'restart': ({'restart': 'always'}, True), 'secrets': ({'cap_add': ['ALL']}, True),
    'build': ({'build': '.'}, False), 'pull_policy': ({'pull_policy': 'always'}, False), 'scale': ({'scale': 2}, False),
    'depends_on': ({'depends_on': ['b']}, False), 'x': ({'x-note': 1}, False), 'nothing': ({}, False), 'tty: false': ({'tty': False}, False),
}


def on_hashes(binary, root):
    def hashes(project, name='a'):
        rc, out, err = compose(binary, ['-f', '-', 'config', '--hash', '*'], root, json.dumps(project).encode())
        check(rc == 0, 'hash', 'does not load', err)
        return dict(l.split() for l in out.splitlines())

    base = hashes(BASE)
    for what, (change, differs) in CHANGES.items():
        project = json.loads(json.dumps(BASE))
        project['services']['a'].update(change)
        got = hashes(project)
        check((got['a'] != base['a']) == differs, 'hash', '%s must%s change it' % (what, '' if differs else ' not'))
        check(got['b'] == base['b'], 'hash', '%s of a changes b' % what)
    renamed = json.loads(json.dumps(BASE))
    renamed['services']['c'] = renamed['services'].pop('a')
    check(hashes(renamed)['c'] == base['a'], 'hash', 'the name of the service is part of it')
    check(hashes(shuffled(BASE)) == base, 'hash', 'order of keys changes it')


def blob(store, value):
    data = json.dumps(value).encode()
    digest = hashlib.sha256(data).hexdigest()
    with open(os.path.join(store, 'blobs', 'sha256', digest), 'wb') as f:
        f.write(data)
    return 'sha256:' + digest, len(data)


def make_store(root, refs):
    """An image layout with one empty image under these names; the digest of its manifest."""
    store = os.path.join(root, 'images')
    os.makedirs(os.path.join(store, 'blobs', 'sha256'))
    config, n = blob(store, {'architecture': 'amd64', 'os': 'linux', 'config': {}, 'rootfs': {'type': 'layers', 'diff_ids': []}})
    manifest, m = blob(store, {'schemaVersion': 2, 'mediaType': 'application/vnd.oci.image.manifest.v1+json',
                               'config': {'mediaType': 'application/vnd.oci.image.config.v1+json', 'digest': config, 'size': n}, 'layers': []})
    with open(os.path.join(store, 'oci-layout'), 'w') as f:
        f.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(store, 'index.json'), 'w') as f:
        json.dump({'schemaVersion': 2, 'manifests': [{'mediaType': 'application/vnd.oci.image.manifest.v1+json', 'digest': manifest, 'size': m,
                                                      'annotations': {'org.opencontainers.image.ref.name': r}} for r in refs]}, f)
    return manifest


def on_digests(binary, root):
    store = os.path.join(root, 'store')
    digest = make_store(store, ['docker.io/library/pg:16', 'docker.io/library/tool:latest'])
    project = {'services': {'a': {'image': 'pg:16', 'hostname': 'h', 'pre_start': [{'command': ['x'], 'image': 'tool'}],
                                  'volumes': [{'type': 'image', 'source': 'tool', 'target': '/t'}]}}}
    text = json.dumps(project).encode()
    rc, out, err = compose(binary, ['-f', '-', 'config', '--resolve-image-digests'], root, text, {'COMPOSE_ROOT': store})
    check(rc == 0 and out.count('@' + digest) == 3 and 'pg:16@' in out and 'tool:latest@' in out, 'digests', 'not pinned', err or out)
    rc, out, err = compose(binary, ['-f', '-', 'config', '--lock-image-digests'], root, text, {'COMPOSE_ROOT': store})
    check(rc == 0 and 'hostname' not in out and 'networks' not in out and out.startswith('services:'), 'digests', 'the lock says more than images', err or out)
    project['services']['b'] = {'image': 'localhost:1/missing'}
    rc, out, err = compose(binary, ['-f', '-', 'config', '--resolve-image-digests'], root, json.dumps(project).encode(), {'COMPOSE_ROOT': store})
    check(rc == 1 and 'failed to resolve digest for localhost:1/missing:latest' in err, 'digests', 'a missing image is not reported', err)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument('--bin', required=True)
    ap.add_argument('--only', default='')
    a = ap.parse_args()
    binary, root, n = os.path.abspath(a.bin), os.path.realpath(tempfile.mkdtemp(prefix='golden.')), 0
    try:
        for case in sorted(os.listdir(HERE)):
            if os.path.isdir(os.path.join(HERE, case)) and re.search(a.only, case):
                n += on_case(binary, case, root)
        on_hashes(binary, root)
        on_digests(binary, root)
    finally:
        shutil.rmtree(root)
    print('%d files, %d failures' % (n, len(failures)))
    return 1 if failures or not n else 0


if __name__ == '__main__':
    sys.exit(main())
