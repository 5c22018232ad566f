"""Why Triton did not start, in one sentence out of its log."""

from __future__ import annotations

import re

# In the order of their worth: the first that any line matches is the cause, later ones are consequences.
_CAUSES = (
    # What the model raised, without the exception's name when it is our own refusal, without the traceback.
    re.compile(
        r"failed to load '[^']*' version \d+: (?:Internal: )?(?:TritonModelException: )?"
        r"(.+?)(?:\\n\\nAt:|\"?$)"
    ),
    re.compile(r"Error parsing text-format inference\.ModelConfig: (?P<config>.+)$"),
    re.compile(r"Poll failed for model directory '[^']*': (.+?)\"?$"),
    re.compile(r"(failed to start \w+ service: .+?)\s*\"?$"),
    re.compile(r"^error: (.+)$"),
)


def explain(log_text: str) -> str:
    """The one sentence; names the log's silence where there is none."""
    lines = log_text.splitlines()
    for cause in _CAUSES:
        for line in lines:
            found = cause.search(line)
            if found:
                sentence = next(group for group in found.groups() if group)
                where = "config.pbtxt:" if "config" in found.groupdict() else ""
                return where + sentence.replace('\\"', '"').replace("\\'", "'").strip()
    return "it ended without saying why"
