#!/opt/runtime/bin/python3 -IS
"""Starts a stdio server as a fork of a process that has already imported its modules.

LiteLLM starts a stdio server anew for each MCP request (1.77.1), and imports take most of a start: 1.7 of 2 CPU seconds of
postgres-mcp (measured). The first start of a server in a container also makes that process (preloaded.py), and every start is a
fork of it. The fork runs the program that pip installed, with the arguments, the environment, the directory and the
standard streams of the start. Signals go to the fork, and its exit code comes back.

Where a fork is not possible (the socket cannot be made, the imports fail or start threads), the program starts as usual.

This file stands at the server's place on the PATH, under the server's name.
"""

# Python's own modules of C instead of those around them: each import costs this process milliseconds.
import _signal
import _socket
import fcntl
import os
import sys
import zlib

FORWARDED_SIGNALS = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM)


def main():
    name = os.path.basename(sys.argv[0])
    folder = f"/opt/upstreams/{name}"
    program, arguments = f"{folder}/bin/{name}", sys.argv[1:]
    try:
        status = start_fork(program, arguments, f"{folder}/preloaded.py")
    except OSError:
        status = None
    if status is None:
        os.execv(program, [program, *arguments])
    if status < 0:
        _signal.signal(-status, _signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def start_fork(program, arguments, preloaded):
    """The server's exit code, or minus the signal that ended it; None where it was not started."""
    connection = connect(program, preloaded)
    if connection is None:
        return None
    request = b"\0".join(os.fsencode(text) for text in (os.getcwd(), *arguments))
    streams = b"".join(stream.to_bytes(4, sys.byteorder) for stream in (0, 1, 2))
    # A signal that comes before the request is sent follows it.
    _signal.pthread_sigmask(_signal.SIG_BLOCK, FORWARDED_SIGNALS)
    for number in FORWARDED_SIGNALS:
        _signal.signal(number, lambda received, frame: connection.send(bytes([received])))
    connection.sendmsg(
        [len(request).to_bytes(4, "big"), request], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)]
    )
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, FORWARDED_SIGNALS)
    if connection.recv(1) != b"!":
        return None
    # The fork has them now: its client must see their end when the fork closes them.
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    try:
        status = connection.recv(4)
    except OSError:
        status = b""
    # Without an exit code the preloaded process was killed.
    return int.from_bytes(status, "big", signed=True) if len(status) == 4 else 1


def connect(program, preloaded):
    """A connection to the process that has imported the program's modules; it is made where there is none."""
    # A module may read the environment when it is imported, so each environment has a process of its own. The folder is
    # in memory and writable for every user; where containers share it, their mounts still differ.
    environment = sorted(b"%b=%b" % pair for pair in os.environb.items())
    identity = b"\0".join([os.fsencode(program), os.fsencode(os.readlink("/proc/self/ns/mnt")), *environment])
    path = f"/dev/shm/preloaded-{os.getuid()}-{zlib.crc32(identity):08x}"
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        connection.connect(path)
        return connection
    except OSError:
        pass
    # The process holds the lock for as long as it lives, and writes into the file why it does not serve.
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    if os.fstat(lock).st_size > 0:
        return None
    if os.path.exists(path):
        os.unlink(path)
    listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(128)
    start_preloaded(preloaded, program, listener.fileno(), lock)
    # It answers when it has imported the modules.
    connection.connect(path)
    listener.close()
    os.close(lock)
    return connection


def start_preloaded(preloaded, program, listener, lock):
    """Starts the process that outlives this one, without this one's streams."""
    child = os.fork()
    if child > 0:
        os.waitpid(child, 0)
        return
    # What fails here leaves no second server: the start itself then finds no preloaded process.
    try:
        os.setsid()
        if os.fork() > 0:
            os._exit(0)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        for number in (listener, lock):
            os.set_inheritable(number, True)
        # The interpreter of the program itself, with the program's packages.
        with open(program, "rb") as script:
            interpreter = os.fsdecode(script.readline()[2:].strip())
        os.execv(interpreter, [interpreter, preloaded, program, str(listener), str(lock)])
    finally:
        os._exit(1)


main()
