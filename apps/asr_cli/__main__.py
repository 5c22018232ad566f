"""Entry point of `python -m asr_cli`, which is the command `asr`."""

import sys

from asr_cli.main import main

sys.exit(main())
