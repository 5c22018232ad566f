"""Parent watchdog: runs a command that dies with its parent: `python parent_watchdog.py PARENT_PID COMMAND…`.

The kernel kills the command as soon as the thread that started it ends, even by SIGKILL. A separate small
program rather than a preexec_fn, which may deadlock in a process with threads. Imports nothing of ours.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, command = int(sys.argv[1]), sys.argv[2:]
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        sys.exit("prctl refused PR_SET_PDEATHSIG")
    if os.getppid() != parent:
        sys.exit("the parent is gone already")
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
