"""What goes around the Dockerfile of one example: byte for byte, and by the schemas there are."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.golden.test_examples import GOLDEN, ROOT, run
from tools import WRITTEN

FILES = (
    "compose.yaml",
    "docker-bake.hcl",
    ".github/workflows/image.yml",
    ".devcontainer/devcontainer.json",
    "gateway.service",
    "balena/docker-compose.yml",
    ".gitattributes",
)
ALL = ("--also", "compose,bake,ci", "--also", "devcontainer,systemd,balena,gitattributes")
ARGS = ("--device", "raspberry-pi-4", "--target", "arm64", "--target", "amd64", "--offline", *ALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("around") / "gateway"
    shutil.copytree(ROOT / "examples" / "gateway", folder, ignore=WRITTEN)
    code, _, err = run(["generate", str(folder), *ARGS])
    assert code == 0, err
    return folder


@pytest.mark.parametrize("name", FILES)
def test_the_files_around_are_the_golden_ones(
    project: Path, name: str, *, update_golden: bool
) -> None:
    made = (project / name).read_text("utf-8")
    golden = GOLDEN / "around" / name.rpartition("/")[2]
    if update_golden:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(made, "utf-8")
    assert made == golden.read_text("utf-8"), f"{golden} differs: --update-golden, then look"


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("compose.yaml", "vendor.compose-spec"),
        ("balena/docker-compose.yml", "vendor.compose-spec"),
        (".github/workflows/image.yml", "vendor.github-workflows"),
    ],
)
def test_a_file_is_as_its_schema_says(project: Path, name: str, schema: str) -> None:
    words = ("-m", "check_jsonschema", "--builtin-schema", schema, str(project / name))
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_variable_of_the_compose_file_has_a_default_or_says_how_to_get_it(
    project: Path,
) -> None:
    text = (project / "compose.yaml").read_text()
    found = re.findall(r"\$\{([A-Z0-9_]+)(:[-?][^}]+)?\}", text)
    assert {name for name, _ in found} >= {"IMAGE", "MEMORY", "CPUS", "DIALOUT_GID"}
    assert all(rest for _, rest in found)


def test_the_container_has_no_rights_but_those_it_needs(project: Path) -> None:
    (service,) = yaml.safe_load((project / "compose.yaml").read_text())["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["devices"] == ["${TTYUSB0:-/dev/ttyUSB0}:/dev/ttyUSB0"]
    assert service["volumes"] == ["home:/home/app"]


def test_the_editors_container_is_of_the_images_distribution(project: Path) -> None:
    made = json.loads((project / ".devcontainer" / "devcontainer.json").read_text())
    text = (project / "Dockerfile").read_text()
    assert f"FROM --platform=$BUILDPLATFORM {made['image']} " in text


def test_systemd_takes_the_unit(project: Path, tmp_path: Path) -> None:
    if not all(map(shutil.which, ("systemd-analyze", "docker"))):
        pytest.skip("needs systemd-analyze, and the docker that the unit names")
    shutil.copy(project / "gateway.service", tmp_path)
    (tmp_path / "docker.service").write_text("[Service]\nExecStart=true\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "gateway.service")],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/local/bin:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_workflow_has_a_machine_of_its_own_for_each_target(project: Path) -> None:
    jobs = yaml.safe_load((project / ".github/workflows/image.yml").read_text())["jobs"]
    rows = jobs["image"]["strategy"]["matrix"]["include"]
    assert {row["target"]: row["runner"] for row in rows} == {
        "arm64": "ubuntu-24.04-arm",
        "amd64": "ubuntu-24.04",
    }
    assert not any("qemu" in step.get("uses", "") for step in jobs["image"]["steps"])


def test_they_stay_out_of_the_image_and_a_second_run_predicts_the_same(project: Path) -> None:
    before = (project / "Dockerfile").read_text()
    code, _, err = run(["generate", str(project), *ARGS])
    assert code == 0, err
    assert (project / "Dockerfile").read_text() == before


def test_an_edited_file_is_in_the_way_and_one_asked_for_no_longer_is_named(
    project: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "gateway"
    shutil.copytree(project, copy)
    with (copy / "compose.yaml").open("a") as file:
        file.write("# mine\n")
    with_less = ["generate", str(copy), *ARGS[:7], "--also", "compose", "--max-size", "400MB"]
    code, _, err = run(with_less)
    assert code == 9
    assert "compose.yaml: edited since leanscaffold wrote it" in err
    code, out, err = run([*with_less, "--force"])
    assert code == 0, err
    (told,) = (line for line in out.splitlines() if "of an earlier run" in line)
    assert ".github/workflows/image.yml" in told
