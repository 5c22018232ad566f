"""Makes the demo checkpoint: synthesises speech, trains, evaluates, exports.

    cd demo && python -m training [--out checkpoint] [--work ../build/demo-model] [--smoke]

A stopped run goes on where it was. Needs libespeak-ng 1.51, libflite 2.2 and requirements/demo-model.txt.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import sys
from pathlib import Path

from transformers.utils import logging as transformers_logging

from training.evaluation.evaluation import table
from training.run.plan import FULL, SMOKE
from training.run.run import Machine, PlanMismatch, Run
from training.voices.synthesis import SynthesiserMissing

DEMO = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run all stages and print the results; returns the exit status."""
    options = _options()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    plan = SMOKE if options.smoke else FULL
    given = {
        name: getattr(options, name) for name in ("seed", "minutes") if getattr(options, name) is not None
    }
    run = Run(dataclasses.replace(plan, **given), options.work, Machine.here(options.threads))
    try:
        rows = run.all_stages(options.out)
    except (PlanMismatch, SynthesiserMissing) as error:
        print(error, file=sys.stderr)
        return 1
    print(table(rows))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=DEMO / "checkpoint", help="where the checkpoint goes")
    parser.add_argument("--work", type=Path, default=DEMO.parent / "build" / "demo-model")
    parser.add_argument("--threads", type=int, default=0, help="cores to use; 0 for all")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--minutes", type=float, help="of training, at most")
    parser.add_argument("--smoke", action="store_true", help="a tiny run that proves the path, not the model")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
