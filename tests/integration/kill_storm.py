# Rounds of random commands during which supervisor, guardian and command line are killed with SIGKILL at random
# moments. After each round `up` must bring the project to what the file says; no command may hang.
import os, random, signal, subprocess, sys, time

seed, rounds = int(sys.argv[1]), int(sys.argv[2])
chance = random.Random(seed)
run_dir = os.environ["COMPOSE_RUN"] + "/projects/storm"
commands = [
    ["up", "-d"], ["up", "-d", "--force-recreate", "-t", "0"], ["down", "-t", "0"], ["down", "-v", "-t", "0"],
    ["restart", "-t", "0"], ["stop", "-t", "0"], ["start"], ["up", "-d", "--scale", "w=4"], ["up", "-d", "--scale", "w=1"],
]


def supervisor():
    try:
        return int(open(run_dir + "/supervisor.pid").read())
    except (OSError, ValueError):
        return None


def guardian(pid):
    try:
        parent = int(open(f"/proc/{pid}/stat").read().split()[3])
        return parent if "guard" in open(f"/proc/{parent}/cmdline").read() else None
    except (OSError, IndexError, ValueError):
        return None


def kill(pid):
    try:
        if pid:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def compose(*args):
    return subprocess.run(["compose", *args], capture_output=True, text=True, timeout=120)


for n in range(rounds):
    command = chance.choice(commands)
    cli = subprocess.Popen(["compose", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(chance.randint(1, 3)):
        time.sleep(chance.random() * 0.4)
        pid = supervisor()
        kill({"supervisor": pid, "cli": cli.pid, "guardian": pid and guardian(pid)}[
            chance.choice(["supervisor", "supervisor", "cli", "guardian"])])
    try:
        cli.wait(120)
    except subprocess.TimeoutExpired:
        sys.exit(f"round {n}: {command} hangs")
    up = compose("up", "-d", "-t", "0")
    if up.returncode:
        sys.exit(f"round {n}, after {command}: up fails: {up.stderr}")
    seen = sorted(compose("ps", "--format", "{{.Service}} {{.State}}").stdout.split("\n"))
    want = sorted(["", "db running", "w running", "w running", "web running"])
    if seen != want:
        sys.exit(f"round {n}, after {command}: {seen}\n{up.stderr}")
