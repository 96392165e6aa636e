"""What goes around the Dockerfile, on request: compose file, bake file, CI, editor, unit, fleet."""

from collections.abc import Callable, Mapping

from scaffold.dockerfile.extras.ci import Workshop, make_workshop
from scaffold.dockerfile.extras.service import Service, make_service
from scaffold.model.plan import Plan

# Word of ``--also``: (template, file). ``{name}`` is the service's, ``{suffix}`` tells what belongs
# to another Dockerfile than the one of that name.
FILES: Mapping[str, tuple[str, str]] = {
    "compose": ("around/compose.yaml.j2", "compose{suffix}.yaml"),
    "bake": ("around/docker-bake.hcl.j2", "docker-bake{suffix}.hcl"),
    "ci": ("around/image.yml.j2", ".github/workflows/image{suffix}.yml"),
    "devcontainer": ("around/devcontainer.json.j2", ".devcontainer/devcontainer.json"),
    "systemd": ("around/unit.service.j2", "{name}.service"),
    "balena": ("around/balena.yml.j2", "balena/docker-compose.yml"),
    "gitattributes": ("around/gitattributes.j2", ".gitattributes"),
}

Fill = Callable[[str, Mapping[str, Service | Workshop]], str]


def render_extras(plan: Plan, fill: Fill) -> dict[str, str]:
    """Return {file name: text} of what ``plan.options.also`` asks for.

    ``fill`` renders the template of a name with the values of its variables.
    """
    if not plan.options.also:
        return {}
    service, workshop = make_service(plan), make_workshop(plan)
    values: dict[str, Service | Workshop] = {"service": service, "workshop": workshop}
    suffixes = {"compose": service.compose_suffix}
    return {
        FILES[word][1].format(name=service.name, suffix=suffixes.get(word, service.suffix)): fill(
            FILES[word][0], values
        )
        for word in plan.options.also
    }
