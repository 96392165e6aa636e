import json

import pytest

from scaffold.model.target import Arch
from scaffold.model.verification import Check, Report, Status
from scaffold.report.terminal import to_json
from scaffold.report.verify import conclude, make_report_document
from scaffold.verify.checks import CHECKS


def make_report(**statuses: Status) -> Report:
    checks = tuple(Check(code=code, status=status, text="") for code, status in statuses.items())
    return Report(arch=Arch.ARM64, image="sha256:0", layers=(), checks=checks)


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        ({"size": Status.PASSED}, "Verified: all 1 checks hold."),
        (
            {"size": Status.FAILED, "start": Status.PASSED, "stop": Status.FAILED},
            "Not verified: failed size, stop.",
        ),
        (
            {"size": Status.PASSED, "rebuild": Status.LEFT_OUT, "writes": Status.LEFT_OUT},
            "Verified: 1 checks hold; left out: rebuild, writes.",
        ),
        (
            {"size": Status.FAILED, "rebuild": Status.LEFT_OUT},
            "Not verified: failed size.",
        ),
        ({"rebuild": Status.LEFT_OUT}, "Not verified: nothing was tried."),
        ({"size": Status.PASSED, "stop": Status.NOT_VERIFIED}, "Not verified: not tried stop."),
        (
            {"size": Status.FAILED, "stop": Status.NOT_VERIFIED},
            "Not verified: failed size; not tried stop.",
        ),
    ],
)
def test_the_result_is_one_sentence(statuses: dict[str, Status], says: str) -> None:
    assert conclude(make_report(**statuses)) == says


def test_the_document_has_the_code_of_each_check() -> None:
    checks = tuple(Check(code=one.code, status=Status.PASSED, text="") for one in CHECKS)
    report = Report(arch=Arch.ARM64, image="sha256:0", layers=(), checks=checks)
    document = json.loads(to_json(make_report_document([report])))
    assert [one["code"] for one in document["reports"][0]["checks"]] == [
        str(c.code) for c in CHECKS
    ]
