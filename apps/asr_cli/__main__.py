"""`python -m asr_cli` is `asr`."""

import sys

from asr_cli.main import main

sys.exit(main())
