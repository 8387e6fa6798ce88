"""What the end-to-end tests share: a throwaway PostgreSQL, pgmend as a command,
and a registry of tests that prints one TAP line each.

    from harness import Cluster, pgmend, test, main

    @test
    def heals_a_missing_column():
        ...

    main()

The build folder is the program's first argument (build/ by default).
"""

import atexit
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1
                        else os.path.join(ROOT, "build"))
SERVER_FOLDERS = ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql"]
TEST_SECONDS = 60
COMMAND_SECONDS = 60

# Files that others may write to are refused, whatever the caller's umask.
os.umask(0o022)
# What is ignored stays so in children, and the tests' callers may ignore any of
# these (nohup, a shell's background).
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


class Skip(Exception):
    """Raised by a test that can't run here; the text says what is missing."""


# --- PostgreSQL -------------------------------------------------------------

def server_folder():
    """The folder of initdb: on the PATH, or the newest version's."""
    found = shutil.which("initdb")
    if found:
        return os.path.dirname(os.path.realpath(found))
    versions = []
    for folder in SERVER_FOLDERS:
        for version in os.listdir(folder) if os.path.isdir(folder) else []:
            path = os.path.join(folder, version, "bin")
            if os.path.exists(os.path.join(path, "initdb")):
                versions.append((int("0" + version.split(".")[0]), path))
    if not versions:
        raise Skip("PostgreSQL server programs")
    return max(versions)[1]


def as_user(name):
    """The start of a command line that runs the rest as that user."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--clear-groups"]


class Cluster:
    """A PostgreSQL of its own on a socket in a temporary folder, trusting
    everybody who reaches that socket; gone when the program ends."""

    def __init__(self, **settings):
        self.folder = tempfile.mkdtemp(prefix="pgmend-", dir="/tmp")
        self.data = os.path.join(self.folder, "data")
        self.settings = {
            "listen_addresses": "", "unix_socket_directories": self.folder,
            "fsync": "off", "full_page_writes": "off", "shared_buffers": "16MB",
            "max_connections": "60", "log_min_messages": "warning",
            **settings,
        }
        self.owner = []
        self.server = None
        self.bin = server_folder()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            os.chmod(self.folder, 0o755)
            self.owner = as_user("postgres")
        atexit.register(self.remove)
        self._run("initdb", "-D", self.data, "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--no-locale", "--no-sync")
        self.start()

    def _run(self, program, *arguments):
        subprocess.run([*self.owner, os.path.join(self.bin, program),
                        *arguments], check=True, cwd="/", timeout=60,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def start(self):
        options = []
        for name, value in self.settings.items():
            options += ["-c", f"{name}={value}"]
        log = open(os.path.join(self.folder, "log"), "ab")
        self.server = subprocess.Popen(
            [*self.owner, os.path.join(self.bin, "postgres"), "-D", self.data,
             *options], cwd="/", stdin=subprocess.DEVNULL, stdout=log,
            stderr=log)
        log.close()
        self._await_start()

    def _await_start(self):
        deadline = time.monotonic() + 30
        ready = [os.path.join(self.bin, "pg_isready"), "-q", "-h", self.folder]
        while subprocess.run(ready, timeout=10).returncode != 0:
            if self.server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL doesn't start:\n" + self.log())
            time.sleep(0.05)

    def stop(self, how=signal.SIGINT):
        """SIGINT is a fast shutdown, SIGQUIT a crash."""
        if self.server is None:
            return
        self.server.send_signal(how)
        try:
            self.server.wait(30)
        except subprocess.TimeoutExpired:
            self.server.kill()
            self.server.wait(10)
        self.server = None

    def remove(self):
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as file:
            return file.read()

    def conninfo(self, db="postgres", user="postgres"):
        return f"host={self.folder} dbname={db} user={user}"

    def psql(self, text, user="postgres", db="postgres", timeout=30):
        """The finished psql process; the text may hold several statements."""
        return subprocess.run(
            [os.path.join(self.bin, "psql"), "-X", "-qAt", "-v",
             "ON_ERROR_STOP=1", "-h", self.folder, "-U", user, "-d", db],
            input=text, text=True, capture_output=True, timeout=timeout)

    def sql(self, text, user="postgres", db="postgres", timeout=30):
        """What psql prints, without the last newline; raises on an error."""
        done = self.psql(text, user, db, timeout)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def database(self, name):
        """A fresh database of that name."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.sql(f'CREATE DATABASE "{name}"')
        return name


# --- pgmend -----------------------------------------------------------------

class Result:
    """What a command left: exit status, its JSON (the last object line, or
    None), standard output and standard error."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.json = None
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                self.json = json.loads(line)

    def __repr__(self):
        return f"exit {self.status}\n{self.out}{self.err}"


def pgmend(*arguments, env=None, stdin="", user=None, build=None,
           timeout=COMMAND_SECONDS):
    """Runs pgmend; `env` is added to a small environment, `user` is an ordinary
    user to run it as (only root can), `build` another build folder."""
    environment = {name: os.environ[name] for name in
                   ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS")
                   if name in os.environ}
    environment.update(env or {})
    command = [os.path.join(build or BUILD, "pgmend"),
               *map(str, arguments)]
    if user is not None:
        command = as_user(user) + command
        environment["HOME"] = pwd.getpwnam(user).pw_dir
    return Result(subprocess.run(command, input=stdin, text=True,
                                 capture_output=True, env=environment,
                                 timeout=timeout))


def workers_of(parent):
    """The pids of a pgmend's workers, by name."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{pid}/cmdline") as file:
                name = file.read().split("\0")[0]
        except OSError:
            continue
        if int(fields[1]) == parent:
            found[name] = int(pid)
    return found


# --- Tests ------------------------------------------------------------------

_tests = []


def test(function):
    """Registers a test; its name, without underscores, is its sentence."""
    _tests.append((function, TEST_SECONDS))
    return function


def test_within(seconds):
    """The same with a time limit of its own."""
    def register(function):
        _tests.append((function, seconds))
        return function
    return register


def equal(got, expected, what=""):
    """Fails with both values shown."""
    if got != expected:
        raise AssertionError(f"{what}: got {got!r}, expected {expected!r}"
                             if what else f"got {got!r}, expected {expected!r}")


def holds(claim, what):
    """Fails with `what` shown."""
    if not claim:
        raise AssertionError(str(what))


def await_that(claim, what, seconds=20):
    """Until claim() holds; fails with `what` when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not claim():
        holds(time.monotonic() < deadline, what)
        time.sleep(0.02)


def _too_slow(signum, frame):
    raise TimeoutError("the test took too long")


def _run(function, seconds):
    signal.alarm(seconds)
    try:
        function()
        return None
    finally:
        signal.alarm(0)


def main():
    """Runs the registered tests and exits with 1 when one failed."""
    failures = 0
    signal.signal(signal.SIGALRM, _too_slow)
    signal.signal(signal.SIGTERM, lambda signum, frame: sys.exit(1))
    for function, seconds in _tests:
        name = function.__name__.replace("_", " ")
        try:
            _run(function, seconds)
            print(f"ok {name}", flush=True)
        except Skip as missing:
            print(f"ok {name} # SKIP {missing}", flush=True)
        except Exception:
            failures += 1
            print(f"not ok {name}")
            for line in traceback.format_exc().rstrip().splitlines():
                print(f"# {line}", flush=True)
    sys.exit(1 if failures else 0)
