"""``leanscaffold lint``: what is wrong with a Dockerfile, and what it costs this project."""

from dataclasses import replace

from scaffold.cli.request import RequestCall, with_request
from scaffold.operations.lint import choose_rules, lint_file
from scaffold.report.lint import print_findings
from scaffold.report.progress import talking

_FOUND = 1


@with_request
def lint(
    call: RequestCall,
    *,
    fix: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    alone: bool,
    online: bool,
    form: str,
    as_json: bool,
    quiet: bool,
) -> int:
    """Find what makes the image of a Dockerfile large, slow, unsafe or broken."""
    outside, request, remarks, path = call
    rules = choose_rules(select, ignore)
    request = replace(request, options=replace(request.options, offline=not online))
    with talking(quiet=quiet) as tell:
        found = lint_file(
            outside, path, request, rules, tell=tell, remarks=remarks, fix=fix, alone=alone
        )
    print_findings(
        found.linted,
        before=found.before if fix else found.linted.text,
        file=found.file.as_posix(),
        form="json" if as_json else form,
        notes=found.notes,
        case=found.case,
    )
    return _FOUND if found.linted.findings else 0
