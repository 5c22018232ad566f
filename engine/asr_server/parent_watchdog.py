"""Parent watchdog: `python parent_watchdog.py PARENT_PID COMMAND…` runs a command that dies with its parent.

The kernel kills the command as soon as the thread that started it ends, even by SIGKILL. This is a program of
its own because the alternative, a preexec_fn, may deadlock in a process with threads. It imports nothing of
this project.
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
