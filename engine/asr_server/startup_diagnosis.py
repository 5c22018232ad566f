"""Start-up diagnosis: why Triton did not start, in one sentence from its log."""

from __future__ import annotations

import re

# Ordered: the first pattern that matches any line is the cause, lines of later patterns are its consequences.
_CAUSES = (
    # The model's exception without traceback, and without the class name when it is our own refusal.
    re.compile(
        r"failed to load '[^']*' version \d+: (?:Internal: )?(?:TritonModelException: )?"
        r"(.+?)(?:\\n\\nAt:|\"?$)"
    ),
    re.compile(r"Error parsing text-format inference\.ModelConfig: (?P<config>.+)$"),
    re.compile(r"Poll failed for model directory '[^']*': (.+?)\"?$"),
    re.compile(r"(failed to start \w+ service: .+?)\s*\"?$"),
    re.compile(r"^error: (.+)$"),
)


def diagnose_startup(log_text: str) -> str:
    """The cause as one sentence, or a sentence that says the log names none."""
    lines = log_text.splitlines()
    for cause in _CAUSES:
        for line in lines:
            found = cause.search(line)
            if found:
                sentence = next(group for group in found.groups() if group)
                where = "config.pbtxt:" if "config" in found.groupdict() else ""
                return where + sentence.replace('\\"', '"').replace("\\'", "'").strip()
    return "it ended without saying why"
