"""A process that stops at each of its system calls, so that a test can do
something to it, or to its server, just there.

    with Traced(command, text) as traced:
        if traced.run_to(b"COMMIT") and traced.step(12):
            traced.kill()
        status, out, err = traced.finish()

What runs up to a mark stops as it enters the sendto() whose bytes hold it;
nothing of them is on its way then. Children aren't followed.
"""

import ctypes
import os
import signal
import subprocess
import tempfile

TRACEME, CONT, DETACH, SYSCALL = 0, 7, 17, 24
SETOPTIONS, GET_SYSCALL_INFO = 0x4200, 0x420E
OPTION_SYSGOOD, OPTION_EXEC, OPTION_EXITKILL = 1, 0x10, 0x100000
SYSCALL_STOP = signal.SIGTRAP | 0x80
WAIT_ALL = 0x40000000
ENTRY = 1
SENDTO = {0xC000003E: 44, 0xC00000B7: 206}  # x86-64, AArch64
BYTES_MAX = 1 << 20

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]


class SyscallInfo(ctypes.Structure):
    """As the kernel has it; of the union only what an entry says."""
    _fields_ = [("op", ctypes.c_uint8), ("pad", ctypes.c_uint8 * 3),
                ("arch", ctypes.c_uint32), ("ip", ctypes.c_uint64),
                ("sp", ctypes.c_uint64), ("number", ctypes.c_uint64),
                ("arguments", ctypes.c_uint64 * 6),
                ("rest", ctypes.c_uint64 * 2)]


def ptrace(request, pid, address=0, data=0):
    if libc.ptrace(request, pid, address, data) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request}")


class Traced:
    """Must be used by the thread that made it."""

    def __init__(self, command, text="", env=None):
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        with tempfile.TemporaryFile() as document:
            document.write(text.encode())
            document.seek(0)
            self.process = subprocess.Popen(
                command, stdin=document, stdout=self.out, stderr=self.err,
                env=env, preexec_fn=lambda: ptrace(TRACEME, 0))
        self.pid = self.process.pid
        self.status = None  # once it has ended
        self._wait()
        ptrace(SETOPTIONS, self.pid, 0,
               OPTION_SYSGOOD | OPTION_EXEC | OPTION_EXITKILL)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.status is None:
            self.kill()
        self.out.close()
        self.err.close()

    def _wait(self):
        """The signal that it stopped by; None: it has ended."""
        _, status = os.waitpid(self.pid, WAIT_ALL)
        if os.WIFSTOPPED(status):
            return status >> 8
        self.status = os.waitstatus_to_exitcode(status)
        self.process.returncode = self.status
        return None

    def _next(self):
        """Runs to its next system call; what that is, or None at its end."""
        info = SyscallInfo()
        passed_on = 0
        while True:
            ptrace(SYSCALL, self.pid, 0, passed_on)
            stop = self._wait()
            if stop is None:
                return None
            passed_on = 0
            if stop == SYSCALL_STOP:
                ptrace(GET_SYSCALL_INFO, self.pid, ctypes.sizeof(info),
                       ctypes.addressof(info))
                if info.op == ENTRY:
                    return info
            elif stop >> 8 == 0:
                passed_on = stop

    def _sends(self, info, mark):
        size = info.arguments[2]
        if info.number != SENDTO[info.arch] or size > BYTES_MAX:
            return False
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:
            memory.seek(info.arguments[1])
            return mark in memory.read(size)

    def run_to(self, mark):
        """How many system calls that took; 0: it came to its end before."""
        count = 1
        while (info := self._next()) is not None:
            if self._sends(info, mark):
                return count
            count += 1
        return 0

    def step(self, count=1):
        """So many system calls further; false: it came to its end before."""
        return all(self._next() is not None for _ in range(count))

    def rest(self):
        """Runs to its end; returns how many system calls that took."""
        count = 0
        while self._next() is not None:
            count += 1
        return count

    def kill(self):
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
        while self.status is None:
            self._wait()

    def release(self):
        """From here on it runs by itself."""
        if self.status is None:
            ptrace(DETACH, self.pid)

    def finish(self):
        """Exit status, standard output and error, once it has ended."""
        while self.status is None:
            self._wait()
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return (self.status, *texts)
