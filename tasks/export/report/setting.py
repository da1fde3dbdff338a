"""Templates as they are set: everything that a template is given is escaped, and a name it is not given is an error."""

from __future__ import annotations

from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template

#: Whose templates every page may include: page.css.
SHARED = "tasks.export.report"


@cache
def template(package: str, name: str) -> Template:
    """A template of a package's folder `templates`."""
    loaders = [PackageLoader(one) for one in dict.fromkeys((package, SHARED))]
    environment = Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name)
