"""Imports a program's modules, and forks the program for each start that start-forked.py asks for.

    preloaded.py PROGRAM LISTENER LOCK    the last two are numbers of open files
"""

import gc
import os
import runpy
import selectors
import signal
import socket
import sys


def main():
    program, listener, lock = sys.argv[1], socket.socket(fileno=int(sys.argv[2])), int(sys.argv[3])
    listener.set_inheritable(False)
    os.set_inheritable(lock, False)
    # As Python sets both for the program itself.
    sys.path[0] = os.path.dirname(os.path.realpath(program))
    sys.argv = [program]
    try:
        # This imports the modules and does not start the server: pip's scripts do that as `__main__` only.
        runpy.run_path(program, run_name="preloaded")
        # A fork that ends does not look for garbage among the modules: 0.1 s instead of 0.7 s (postgres-mcp).
        gc.freeze()
        # A fork has no threads but the one that forks.
        can_fork = len(os.listdir("/proc/self/task")) == 1
    except BaseException:
        can_fork = False
    if not can_fork:
        os.write(lock, b"the imports failed, or started threads\n")
        os._exit(1)
    Forks(program, listener).serve()


class Forks:
    """The servers that run, each with the connection of the start that asked for it."""

    def __init__(self, program, listener):
        self.program = program
        self.listener = listener
        self.connections = {}
        self.selector = selectors.DefaultSelector()
        self.child_ended, self.wakeup = socket.socketpair()

    def serve(self):
        self.wakeup.setblocking(False)
        signal.set_wakeup_fd(self.wakeup.fileno())
        signal.signal(signal.SIGCHLD, lambda received, frame: None)
        self.selector.register(self.child_ended, selectors.EVENT_READ, self.report_ended)
        self.selector.register(self.listener, selectors.EVENT_READ, self.accept)
        while True:
            for key, _ in self.selector.select():
                key.data()

    def accept(self):
        connection, _ = self.listener.accept()
        try:
            directory, arguments, streams = read_request(connection)
        except (OSError, ValueError):
            connection.close()
            return
        pid = os.fork()
        if pid == 0:
            self.become_server(connection, directory, arguments, streams)
        for stream in streams:
            os.close(stream)
        self.connections[pid] = connection
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.forward_signal(pid))
        send(connection, b"!")

    def forward_signal(self, pid):
        """The start received a signal, or was killed."""
        connection = self.connections.get(pid)
        if connection is None:
            return
        try:
            received = connection.recv(1)
        except OSError:
            received = b""
        if received == b"":
            self.selector.unregister(connection)
        os.kill(pid, received[0] if received else signal.SIGKILL)

    def report_ended(self):
        self.child_ended.recv(4096)
        while self.connections:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self.connections.pop(pid)
            if connection in self.selector.get_map():
                self.selector.unregister(connection)
            send(connection, os.waitstatus_to_exitcode(status).to_bytes(4, "big", signed=True))
            connection.close()

    def become_server(self, connection, directory, arguments, streams):
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.selector.close()
        for one in (self.listener, self.child_ended, self.wakeup, connection, *self.connections.values()):
            one.close()
        os.chdir(directory)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        # Python asks what a stream can do when it opens it: these were other files then.
        sys.stdin = sys.__stdin__ = open(0, "r", errors=sys.stdin.errors, closefd=False)
        sys.stdout = sys.__stdout__ = open(1, "w", errors=sys.stdout.errors, closefd=False)
        sys.stderr = sys.__stderr__ = open(2, "w", errors=sys.stderr.errors, buffering=1, closefd=False)
        sys.argv = [self.program, *arguments]
        runpy.run_path(self.program, run_name="__main__")
        sys.exit()


def send(connection, data):
    """Sends what a start waits for; it may have been killed meanwhile."""
    try:
        connection.send(data)
    except OSError:
        pass


def read_request(connection):
    """The directory, the arguments and the three standard streams of a start."""
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    length, data = int.from_bytes(head, "big"), b""
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if piece == b"":
            raise ValueError("the request ends early")
        data += piece
    directory, *arguments = os.fsdecode(data).split("\0")
    return directory, arguments, streams


main()
