#!/usr/bin/python3
"""Measures compose against another compose program and its engine, both in one run, alternating.

  sudo tests/bench/bench.py [--ours DIR] [--rounds N] [--only WORDS] [--json FILE] [--no-rival]

One line per figure: median of ours, median of the rival, and how many times faster (or smaller) ours is.
Everything happens in namespaces of its own; the rival's engine runs with a private socket, data directory and
network, and is stopped at the end.

  BENCH_COMPOSE   the rival's command, "docker-compose" unless given ("docker compose" works as well)
  BENCH_DOCKERD, BENCH_CONTAINERD, BENCH_DOCKER   programs of the rival's engine, found in PATH unless given
  BENCH_TMP       directory for both sides' data; unless given, a file system as Debian's installer makes it (ext4), in
                  a file below /var/tmp
"""
import argparse
import json
import os
import re
import shlex
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = "COMPOSE_BENCH_INSIDE"
RUN = "/run"  # a tmpfs of this run's own: where both sides keep what lasts until the next boot, as installed


def arguments():
    ap = argparse.ArgumentParser(description="compose against another compose, in one run")
    ap.add_argument("--ours", default=os.path.join(HERE, "../../build/release/bin"), help="directory of our programs")
    ap.add_argument("--rounds", type=int, default=9, help="times that each figure is taken")
    ap.add_argument("--only", default="", help="regular expression on the names of figures")
    ap.add_argument("--json", help="write all samples to this file")
    ap.add_argument("--no-rival", action="store_true", help="measure ours alone")
    ap.add_argument("--many", type=int, default=50, help="containers of the memory figure")
    return ap.parse_args()


def enter_namespaces():
    if os.environ.get(INSIDE):
        return
    os.environ[INSIDE] = "1"
    flags = "--net --mount --pid --fork --kill-child --mount-proc --propagation private".split()
    os.execvp("unshare", ["unshare", *flags, sys.executable, os.path.abspath(__file__), *sys.argv[1:]])


def settle():
    """Returns when the machine has been at rest for a while: of a `down`, the kernel's part (network namespaces above
    all) goes on after the command has ended, and what comes next would pay for it."""
    def busy():
        with open("/proc/stat") as f:
            user, nice, system, idle, iowait, irq, softirq, *_ = map(int, f.readline().split()[1:])
        return user + nice + system + irq + softirq

    end, quiet, last = time.monotonic() + 10, 0, busy()
    while quiet < 4 and time.monotonic() < end:
        time.sleep(0.1)
        now = busy()
        quiet = quiet + 1 if now - last <= 2 else 0  # of 10 ticks and more
        last = now


def spawn(argv, env, cwd, expected=0, stderr="/dev/null"):
    """Runs a command with its streams on /dev/null; returns seconds. One vfork, so that the cost is not ours."""
    actions = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1)]
    actions += [(os.POSIX_SPAWN_OPEN, 2, stderr, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)]
    os.chdir(cwd)
    began = time.perf_counter()
    pid = os.posix_spawnp(argv[0], argv, env, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    took = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) != expected:
        raise SystemExit(f"bench: {shlex.join(argv)} in {cwd} ended with status {os.waitstatus_to_exitcode(status)}")
    return took


def peak_memory(argv, env, cwd):
    """Runs a command; returns the peak of resident memory of its largest process, in kB. A small shell becomes the
    command, and is left to us, who are the init of this process namespace: were it made by us, the kernel would count
    our own memory as its first."""
    shell = subprocess.run(["setsid", "--fork", "sh", "-c", 'echo $$; exec "$@" >/dev/null 2>&1', "sh", *argv], env=env, cwd=cwd,
                           check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return os.wait4(int(shell.stdout), 0)[2].ru_maxrss


class Side:
    """One of the two programs: how to call it, and which processes are its own."""

    def __init__(self, label, command, env, work):
        self.label, self.command, self.env, self.work = label, command, env, work

    def do(self, project, *args):
        return spawn([*self.command, *args], self.env, os.path.join(self.work, project))

    def say(self, project, *args):
        return subprocess.run([*self.command, *args], env=self.env, cwd=os.path.join(self.work, project),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True).stdout


def make_disk():
    """A file system of this run's own, mounted in its namespace only; it ends with the namespace."""
    with tempfile.NamedTemporaryFile(prefix="compose-bench-", dir="/var/tmp") as image:
        image.truncate(16 << 30)
        subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image.name], check=True)
        subprocess.run(["mount", "-o", "loop", image.name, "/mnt"], check=True)
    return "/mnt"


def write_projects(work, many):
    def project(name, text):
        os.makedirs(os.path.join(work, name), exist_ok=True)
        with open(os.path.join(work, name, "compose.yaml"), "w") as f:
            f.write(text)

    def services(n):
        lines = ["services:"]
        lines += [f"  s{i}: {{image: 'busybox:latest', command: sleep 100000, stop_grace_period: 0s}}" for i in range(n)]
        return "\n".join(lines) + "\n"

    for n in {1, 2, 10, many}:
        project(f"b{n}", services(n))
    for n in (200, 2000):
        big = ["services:"]
        for i in range(n):
            big += [f"  s{i}:", "    image: busybox:latest", f"    command: [\"sleep\", \"{i}\"]", "    environment:"]
            big += [f"      KEY_{k}: value-{k}-${{HOME}}" for k in range(10)]
            big += ["    volumes: [\"data:/data\"]", f"    ports: [\"{20000 + i}:80\"]"]
            if i:
                big += [f"    depends_on: [s{i - 1}]"]
        project(f"b{n}", "\n".join(big) + "\nvolumes:\n  data:\n")


def hostile_files():
    rungs = ["x-0: &a0 [" + ", ".join(["lol"] * 9) + "]"]
    rungs += [f"x-{i}: &a{i} [" + ", ".join([f"*a{i - 1}"] * 9) + "]" for i in range(1, 10)]
    rest = "services:\n  web:\n    image: busybox\n"
    yield "an alias bomb", "\n".join(rungs) + "\n" + rest
    yield "1000 levels", rest + "x-deep: " + "[" * 1000 + "]" * 1000 + "\n"
    yield "a scalar of 16 MiB", rest + "    command: \"" + "a" * (16 << 20) + "\"\n"


def busybox_archive(work):
    tree = os.path.join(work, "tree")
    for d in ("bin", "etc", "proc", "sys", "dev", "tmp", "root"):
        os.makedirs(os.path.join(tree, d))
    busybox = shutil.which("busybox")
    if not busybox:
        raise SystemExit("bench: busybox-static is missing")
    shutil.copy(busybox, os.path.join(tree, "bin/busybox"))
    names = subprocess.run([busybox, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    for name in names:
        if name != "busybox":
            os.symlink("busybox", os.path.join(tree, "bin", name))
    with open(os.path.join(tree, "etc/passwd"), "w") as f:
        f.write("root:x:0:0:root:/root:/bin/sh\n")
    archive = os.path.join(work, "busybox.tar")
    subprocess.run(["tar", "-C", tree, "--owner=0", "--group=0", "-cf", archive, "."], check=True)
    return archive


def ours(args, work, archive):
    bin_dir = os.path.realpath(args.ours)
    command = os.path.join(bin_dir, "compose")
    if not os.access(command, os.X_OK):
        raise SystemExit(f"bench: no program at {command}")
    env = dict(os.environ, COMPOSE_ROOT=os.path.join(work, "root"), COMPOSE_RUN=os.path.join(RUN, "compose"))
    subprocess.run([command, "image", "import", archive, "busybox:latest"], env=env, check=True, stdout=subprocess.DEVNULL)
    return Side("ours", [command], env, os.path.join(work, "ours"))


class Engine:
    """The rival's engine on a private socket."""

    def __init__(self, work):
        self.dir = os.path.join(work, "engine")
        self.socket = os.path.join(self.dir, "docker.sock")
        self.processes = []

    def path(self, name):
        return os.path.join(self.dir, name)

    def start(self):
        os.makedirs(self.dir)
        with open(self.path("daemon.json"), "w") as f:
            f.write("{}")
        with open(self.path("containerd.toml"), "w") as f:
            f.write(f'version = 2\nroot = "{self.path("cd")}"\nstate = "{RUN}/containerd-private"\n'
                    'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
                    f'[grpc]\n  address = "{self.path("containerd.sock")}"\n')
        log = open(self.path("log"), "w")

        def run(argv):
            self.processes.append(subprocess.Popen(argv, stdout=log, stderr=log, stdin=subprocess.DEVNULL))

        run([os.environ.get("BENCH_CONTAINERD", "containerd"), "--config", self.path("containerd.toml"), "--log-level", "error"])
        self.wait_for(lambda: os.path.exists(self.path("containerd.sock")))
        run([os.environ.get("BENCH_DOCKERD", "dockerd"), "--config-file", self.path("daemon.json"),
             "--containerd", self.path("containerd.sock"), "--data-root", self.path("data"), "--exec-root", os.path.join(RUN, "docker-private"),
             "-p", self.path("pid"), "-H", "unix://" + self.socket, "--storage-driver", "overlay2", "-l", "error"])
        docker = os.environ.get("BENCH_DOCKER", "docker")
        self.wait_for(lambda: subprocess.run([docker, "-H", "unix://" + self.socket, "info"], stdout=subprocess.DEVNULL,
                                             stderr=subprocess.DEVNULL).returncode == 0)

    def wait_for(self, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or any(p.poll() is not None for p in self.processes):
                sys.stderr.write(open(self.path("log")).read()[-2000:])
                raise SystemExit("bench: the rival's engine does not start")
            time.sleep(0.1)

    def stop(self):
        for p in reversed(self.processes):
            if p.poll() is None:
                p.terminate()
                try:
                    p.wait(30)
                except subprocess.TimeoutExpired:
                    p.kill()


def rival(work, archive, engine):
    engine.start()
    docker = os.environ.get("BENCH_DOCKER", "docker")
    env = dict(os.environ, DOCKER_HOST="unix://" + engine.socket, HOME=work, COMPOSE_HTTP_TIMEOUT="300")
    subprocess.run([docker, "import", archive, "busybox:latest"], env=env, check=True, stdout=subprocess.DEVNULL)
    command = shlex.split(os.environ.get("BENCH_COMPOSE", "docker-compose"))
    return Side(" ".join(command), command, env, os.path.join(work, "rival"))


# --- memory -----------------------------------------------------------------------------------------------------------

RIVAL_NAMES = re.compile(r"dockerd|containerd|docker-proxy")


def processes():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            exe = os.readlink(f"/proc/{pid}/exe")
            argv = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\0")
            rollup = open(f"/proc/{pid}/smaps_rollup").read()
        except OSError:
            continue
        pss = int(re.search(r"^Pss:\s+(\d+)", rollup, re.M).group(1))
        private = sum(map(int, re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", rollup, re.M)))
        yield int(pid), exe, [a.decode(errors="replace") for a in argv], pss, private


def our_memory(bin_dir):
    by_role = {}
    for _, _, argv, pss, private in processes():
        if not argv[0].startswith(bin_dir):
            continue
        name = os.path.basename(argv[0])
        role = {"compose": "supervisor", "compose-shim": "shim" if "run" in argv[1:2] else "guardian"}.get(name, name)
        by_role.setdefault(role, []).append((pss, private))
    return by_role


def rival_memory():
    return sum(pss for _, exe, _, pss, _ in processes() if RIVAL_NAMES.search(os.path.basename(exe)))


def switches(bin_dir):
    """Voluntary context switches of our processes: each one is a wake-up."""
    total = 0
    for pid, _, argv, *_ in processes():
        if argv[0].startswith(bin_dir):
            for task in os.listdir(f"/proc/{pid}/task"):
                total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)",
                                       open(f"/proc/{pid}/task/{task}/status").read(), re.M).group(1))
    return total


# --- figures ----------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, args, sides):
        self.args, self.sides = args, sides
        self.samples = {}
        self.only = re.compile(args.only)

    def wanted(self, name):
        return bool(self.only.search(name))

    def keep(self, name, side, seconds):
        self.samples.setdefault(name, {}).setdefault(side.label, []).append(seconds)

    def line(self, name, unit="s"):
        medians = {label: statistics.median(v) for label, v in self.samples[name].items()}
        self.print_line(name, medians, unit)

    def print_line(self, name, medians, unit):
        show = {"s": lambda v: f"{v * 1000:9.1f} ms", "kB": lambda v: f"{v:9.0f} kB", "": lambda v: f"{v:9.0f}   "}[unit]
        text = f"{name:34}" + "".join(f" {s.label} {show(medians[s.label])}" for s in self.sides if s.label in medians)
        values = [medians.get(s.label) for s in self.sides]
        if len(values) == 2 and all(values):
            text += f"   {values[1] / values[0]:7.1f} x"
        print(text, flush=True)

    def rounds(self, *names):
        """Yields each side in turn, often enough, when one of the names is wanted; the order alternates."""
        if not any(map(self.wanted, names)):
            return
        for r in range(self.args.rounds):
            yield from (self.sides if r % 2 == 0 else reversed(self.sides))

    def up_down(self, n):
        up, again, down = f"up -d, {n} services", f"up -d again, {n} services", f"down, {n} services"
        for side in self.rounds(up, again, down):
            settle()
            self.keep(up, side, side.do(f"b{n}", "up", "-d"))
            self.keep(again, side, side.do(f"b{n}", "up", "-d"))
            self.keep(down, side, side.do(f"b{n}", "down"))
        for name in (up, again, down):
            if name in self.samples:
                self.line(name)

    def while_up(self):
        commands = {
            "run --rm true": ["run", "--rm", "-T", "s0", "true"],
            "exec true": ["exec", "-T", "s0", "true"],
            "ps": ["ps"],
            "logs": ["logs"],
        }
        wanted = {k: v for k, v in commands.items() if self.wanted(k)}
        if not wanted:
            return
        for side in self.sides:
            side.do("b2", "up", "-d")
        for name, argv in wanted.items():
            for side in self.rounds(name):
                settle()
                self.keep(name, side, side.do("b2", *argv))
            self.line(name)
        for side in self.sides:
            side.do("b2", "down")

    def offline(self):
        for name, project, argv in (("version", "b1", ["version"]), ("config, 1 service", "b1", ["config"]),
                                    ("config -q, 200 services", "b200", ["config", "-q"]),
                                    ("config -q, 2000 services", "b2000", ["config", "-q"])):
            for side in self.rounds(name):
                self.keep(name, side, side.do(project, *argv))
            if name in self.samples:
                self.line(name)
                self.print_line("  its peak memory", {s.label: peak_memory([*s.command, *argv], s.env, os.path.join(s.work, project))
                                                      for s in self.sides}, "kB")
        if self.wanted("version"):
            floor = statistics.median(spawn(["/bin/true"], dict(os.environ), "/") for _ in range(20))
            print(f"{'(floor: /bin/true)':34} {floor * 1000:14.1f} ms")

    def hostile(self):
        """Files made to hurt, ours alone: the rival does not end on the first of them. Each must be refused at a
        position in the file."""
        side = self.sides[0]
        for what, text in hostile_files():
            name = f"refuse {what}"
            if not self.wanted(name):
                continue
            path, said = os.path.join(side.work, "hostile.yaml"), os.path.join(side.work, "said")
            with open(path, "w") as f:
                f.write(text)
            argv = [*side.command, "-f", path, "config", "-q"]
            self.samples[name] = {side.label: [spawn(argv, side.env, side.work, 1, said) for _ in range(self.args.rounds)]}
            with open(said) as f:
                answer = f.read()
            if not re.search(r"hostile\.yaml:\d+:\d+: ", answer):
                raise SystemExit(f"bench: {what} is refused without a position: {answer[:300]}")
            self.line(name)
            self.print_line("  its peak memory", {side.label: peak_memory(argv, side.env, side.work)}, "kB")

    def memory(self, n):
        name = f"memory, {n} containers"
        if not self.wanted(name):
            return
        project = f"b{n}"
        totals = {}
        for side in self.sides:
            side.do(project, "up", "-d")
            time.sleep(2)  # until start-up work has settled; what follows is the resting state
            if side.label == "ours":
                bin_dir = os.path.dirname(side.command[0])
                roles = our_memory(bin_dir)
                totals[side.label] = sum(p for v in roles.values() for p, _ in v)
                before = switches(bin_dir)
                time.sleep(5)
                self.idle = switches(bin_dir) - before
            else:
                totals[side.label] = rival_memory()
            side.do(project, "down")
        self.samples[name] = {k: [v] for k, v in totals.items()}
        self.print_line(name, totals, "kB")
        for role, v in sorted(roles.items()):
            pss, private = (statistics.median(x) for x in zip(*v))
            print(f"{'  ' + role + (f' (median of {len(v)})' if len(v) > 1 else ''):34} PSS {pss:7.0f} kB, private {private:7.0f} kB")
            self.samples.setdefault(f"{name}: {role}", {})["ours"] = [p for p, _ in v]
        print(f"{'  wake-ups of ours in 5 s at rest':34} {self.idle:7d}")


def main():
    args = arguments()
    if os.geteuid():
        raise SystemExit("bench: run me as root")
    enter_namespaces()
    os.environ["PATH"] = os.environ["PATH"] + ":/usr/sbin:/sbin"
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", RUN], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    work = tempfile.mkdtemp(prefix="compose-bench-", dir=os.environ.get("BENCH_TMP") or make_disk())
    engine = Engine(work)
    signal.signal(signal.SIGTERM, lambda *a: sys.exit(1))
    try:
        write_projects(os.path.join(work, "ours"), args.many)
        write_projects(os.path.join(work, "rival"), args.many)
        archive = busybox_archive(work)
        sides = [ours(args, work, archive)]
        if not args.no_rival:
            sides.append(rival(work, archive, engine))
            print("rival: " + sides[1].say("b1", "version", "--short").strip() if "compose" in sides[1].label else "", flush=True)
        bench = Bench(args, sides)
        bench.offline()
        bench.hostile()
        for n in (1, 2, 10):
            bench.up_down(n)
        bench.while_up()
        bench.memory(2)
        bench.memory(args.many)
        if args.json:
            with open(args.json, "w") as f:
                json.dump(bench.samples, f, indent=1)
    finally:
        engine.stop()
        subprocess.run(["umount", "-R", "-l", os.path.join(work, "engine")], stderr=subprocess.DEVNULL)
        shutil.rmtree(work, ignore_errors=True)


main()
