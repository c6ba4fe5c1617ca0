#!/usr/bin/python3
"""Runs a command on a pseudo terminal of 100x30 and prints what it wrote there; its exit status is the command's.

TERMINAL_TYPE  text typed once WAIT_FOR has appeared (at once when that is not given); "\\x03" is Ctrl-C
TERMINAL_SIZE  "rows columns" set before the text is typed
"""
import fcntl, os, pty, select, signal, struct, sys, termios, time


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def main():
    typed = os.environ.get("TERMINAL_TYPE", "").encode().decode("unicode_escape").encode()
    awaited = os.environ.get("TERMINAL_WAIT_FOR", "").encode()
    size = os.environ.get("TERMINAL_SIZE")
    pid, master = pty.fork()
    if pid == 0:
        set_size(0, 30, 100)
        os.execvp(sys.argv[1], sys.argv[1:])
    seen, end = b"", time.monotonic() + float(os.environ.get("TERMINAL_DEADLINE", "30"))
    while True:
        if (typed or size) and awaited in seen:
            if size:
                set_size(master, *map(int, size.split()))
            os.write(master, typed)
            typed, size = b"", None
        if time.monotonic() > end:
            os.kill(pid, signal.SIGKILL)
            print("terminal.py: time is over", file=sys.stderr)
        if not select.select([master], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(master, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
        os.write(1, data)
    status = os.waitpid(pid, 0)[1]
    sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)


main()
