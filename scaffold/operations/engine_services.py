"""What builds, runs and looks at images, and at the machine for them."""

import os
from datetime import UTC, datetime
from pathlib import Path

from scaffold.docker.build import build_images, real_edges
from scaffold.docker.buildx import find_buildx
from scaffold.docker.doctor import Finding, check_up, real_doctor_services
from scaffold.engineless.images import write_images
from scaffold.operations.knowledge_services import KNOWLEDGE
from scaffold.operations.services import Engine
from scaffold.verify.compare import compare_images
from scaffold.verify.session import verify_images, working_copy
from scaffold.verify.trace import trace_project


def _check_up(path: Path) -> tuple[Finding, ...]:
    today = datetime.now(UTC).date()
    date = KNOWLEDGE.snapshot_date
    return tuple(check_up(real_doctor_services(os.environ, path, today=today, snapshot=date)))


ENGINE = Engine(
    find_buildx=find_buildx,
    build=lambda job, watch: build_images(job, watch, real_edges()),
    write_images=write_images,
    copy_project=lambda path: working_copy(path, history=True),
    prove=lambda asked, watch, tell: verify_images(asked, watch, tell, real_edges()),
    compare=lambda asked, watch, tell: compare_images(asked, watch, tell, real_edges),
    trace=lambda asked, watch, tell: trace_project(asked, watch, tell, real_edges()),
    check_up=_check_up,
)
