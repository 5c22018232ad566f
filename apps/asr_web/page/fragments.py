"""Markup fragments of the page, made from `asr_web/templates`. All values that are filled in are escaped."""

from __future__ import annotations

from functools import cache

import jinja2

from asr_types.clock_time import clock
from asr_web.page.texts import Texts


def render(template: str, t: Texts, **values: object) -> str:
    """Fill in `templates/<template>.html`; `t` are the texts of the page's language."""
    return _environment().get_template(f"{template}.html").render(t=t, **values)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("asr_web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = clock
    return environment
