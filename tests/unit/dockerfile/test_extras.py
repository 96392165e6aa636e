"""What goes around the Dockerfile, by cases."""

import re
from dataclasses import replace

import pytest
import yaml

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.dockerfile.extras import FILES, make_workshop
from scaffold.dockerfile.render import render
from scaffold.model.knowledge import Accelerator
from scaffold.model.options import AROUND, FetchedModel, Options
from scaffold.model.plan import Plan
from scaffold.model.project import Origin, Use
from scaffold.model.target import Arch, Budget, Target
from scaffold.planner.hardware import find_access
from tests.support.builders import CHECKED, make_device
from tests.support.dockerfiles import PROJECT, WHEEL, plan_of, simple_plan
from tests.support.worlds import World, ask

FACTS = load_facts(knowledge())


def with_all(plan: Plan) -> dict[str, str]:
    return render(replace(plan, options=replace(plan.options, also=AROUND)))


def service_of(plan: Plan) -> dict[str, object]:
    (service,) = yaml.safe_load(with_all(plan)["compose.yaml"])["services"].values()
    assert isinstance(service, dict)
    return service


def on_device(plan: Plan, memory: int | None) -> Plan:
    device = replace(make_device(), cores=1)
    (only,) = plan.targets
    target = Target(arch=only.target.arch, budget=Budget(memory=memory), device=device)
    return replace(plan, targets=(replace(only, target=target),))


def on_accelerator(plan: Plan, accelerator: Accelerator) -> Plan:
    (only,) = plan.targets
    candidate = replace(only.chosen.candidate, accelerator=accelerator)
    return replace(plan, targets=(replace(only, chosen=replace(only.chosen, candidate=candidate)),))


def with_access(
    plan: Plan, *texts: str, opens: tuple[str, ...] = (), calls: tuple[str, ...] = ()
) -> Plan:
    where = Origin(file="main.py", line=3)
    uses = [Use(code="opens-device", value=path, origin=where) for path in opens]
    uses += [Use(code="calls", value=one, origin=where) for one in calls]
    (only,) = plan.targets
    asking = replace(PROJECT, asked=ask(*texts), uses=tuple(uses))
    access = find_access(FACTS, asking, only.target, dict.fromkeys(texts, "1"))
    candidate = replace(only.chosen.candidate, access=access)
    return replace(plan, targets=(replace(only, chosen=replace(only.chosen, candidate=candidate)),))


def test_every_word_of_the_option_has_a_file_and_nothing_is_written_unasked() -> None:
    assert set(FILES) == set(AROUND)
    plain = set(render(simple_plan()))
    files = {file.format(name="app", suffix="") for _, file in FILES.values()}
    assert set(with_all(simple_plan())) - plain == files


def test_limits_leave_an_eighth_of_the_device_to_its_system() -> None:
    service = service_of(on_device(simple_plan(), 512 << 20))
    assert service["mem_limit"] == "${MEMORY:-448m}"
    assert service["cpus"] == "${CPUS:-0.875}"
    assert service["tmpfs"] == ["/tmp:size=56m,mode=1777"]  # noqa: S108 - in the container


def test_without_a_device_there_are_no_limits() -> None:
    service = service_of(simple_plan())
    assert not {"mem_limit", "cpus", "devices", "group_add"} & set(service)


def test_what_nobody_can_ask_is_not_started_again_once_it_ended_well() -> None:
    asked = replace(simple_plan(), health=None, port=None)
    assert service_of(asked)["restart"] == "on-failure"
    assert "ports" not in service_of(asked)
    assert "Restart=on-failure" in with_all(asked)["app.service"]
    assert service_of(simple_plan())["restart"] == "unless-stopped"


def test_what_an_accelerator_asks_of_the_engine_is_asked_for() -> None:
    gpu = Accelerator(
        id="gpu",
        name="GPU",
        host="the driver",
        runtime="vendor",
        variables={"VENDOR_DEVICES": "all"},
        source="none",
        checked=CHECKED,
    )
    service = service_of(on_accelerator(simple_plan(), gpu))
    assert service["runtime"] == "vendor"
    assert service["environment"] == {"VENDOR_DEVICES": "${VENDOR_DEVICES:-all}"}
    unit = with_all(on_accelerator(simple_plan(), gpu))["app.service"]
    assert "    --runtime vendor \\\n    --env VENDOR_DEVICES=all \\\n" in unit
    for plan in (simple_plan(), on_accelerator(simple_plan(), replace(gpu, runtime=""))):
        assert not {"runtime", "environment"} & set(service_of(plan))


def test_a_group_without_a_number_of_its_own_says_how_to_get_it() -> None:
    plan = with_access(simple_plan(), opens=("/dev/gpiochip0", "/dev/video0", "/dev/video1"))
    groups = service_of(plan)["group_add"]
    assert isinstance(groups, list)
    assert groups[1:] == ["${VIDEO_GID:-44}"]
    assert groups[0].startswith("${GPIO_GID:?write into .env what `stat -c GPIO_GID=%g ")
    unit = with_all(plan)["app.service"]
    assert "--device /dev/video1" in unit
    assert unit.count("--group-add") == 2


@pytest.mark.parametrize(
    ("texts", "calls", "given", "options"),
    [
        (
            (),
            ("socket.SOCK_RAW",),
            {"user": "0", "cap_add": ["NET_RAW", "DAC_OVERRIDE"]},
            ["--user 0", "--cap-add NET_RAW", "--cap-add DAC_OVERRIDE"],
        ),
        ((), ("zeroconf.Zeroconf",), {"network_mode": "host"}, ["--network host"]),
        (
            ("bluepy",),
            (),
            {
                "user": "0",
                "network_mode": "host",
                "cap_add": ["NET_ADMIN", "NET_RAW", "DAC_OVERRIDE"],
            },
            ["--user 0", "--network host", "--cap-add NET_ADMIN"],
        ),
        ((), ("torch.utils.data.DataLoader",), {"shm_size": "256m"}, ["--shm-size 256m"]),
        (("playwright",), (), {"shm_size": "256m"}, ["--shm-size 256m"]),
        # What only some need is told, and not given.
        ((), ("icmplib.ping",), {}, []),
        ((), ("os.geteuid",), {}, []),
    ],
)
def test_rights_are_the_same_in_all_that_runs_the_image(
    texts: tuple[str, ...], calls: tuple[str, ...], given: dict[str, object], options: list[str]
) -> None:
    plan = on_device(with_access(simple_plan(), *texts, calls=calls), 512 << 20)
    files = with_all(plan)
    (balena,) = yaml.safe_load(files["balena/docker-compose.yml"])["services"].values()
    names = ("user", "network_mode", "cap_add", "shm_size")
    for service in (service_of(plan), balena):
        assert {name: service[name] for name in names if name in service} == given
        assert ("ports" in service) is ("network_mode" not in given)
    assert [one for one in options if f"    {one} \\\n" not in files["app.service"]] == []
    capabilities = re.findall(r"    --cap-add (\S+)", files["app.service"])
    assert capabilities == given.get("cap_add", [])


def test_several_targets_get_an_image_each_and_a_list_of_them() -> None:
    world = World().add(WHEEL).add("a-1-cp313-cp313-manylinux_2_17_x86_64.whl")
    plan = plan_of(world, "a", arches=(Arch.ARM64, Arch.AMD64))
    bake = with_all(plan)["docker-bake.hcl"]
    assert 'targets = ["arm64", "amd64"]' in bake
    assert 'tags      = ["${TAG}:amd64"]' in bake
    assert 'platforms = ["linux/arm64", "linux/amd64"]' in bake
    assert "platform" not in service_of(plan)
    assert service_of(simple_plan())["platform"] == "linux/arm64"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (("pyproject.toml", "uv.lock"), "pip install uv && uv sync"),
        (("pyproject.toml",), "pip install -e ."),
        (("requirements.txt",), "pip install -r requirements.txt && "),
        (("my list.txt",), "pip install -r 'my list.txt' && "),
    ],
)
def test_a_developer_installs_from_the_lock(files: tuple[str, ...], line: str) -> None:
    plan = replace(simple_plan(), project=replace(PROJECT, files=files))
    assert make_workshop(plan).install.startswith(line)


def test_a_processor_that_no_hosted_machine_has_is_emulated() -> None:
    plan = simple_plan()
    (only,) = plan.targets
    target = replace(only.target, arch=Arch.ARM_V7)
    workflow = with_all(replace(plan, targets=(replace(only, target=target),)))
    text = workflow[".github/workflows/image.yml"]
    steps = yaml.safe_load(text)["jobs"]["image"]["steps"]
    used = [step["uses"].partition("@") for step in steps if "uses" in step]
    assert "docker/setup-qemu-action" in [name for name, _, _ in used]
    assert all(re.fullmatch("[0-9a-f]{40}", commit) for _, _, commit in used)
    assert len(text.splitlines()) < 50


def test_a_command_that_says_it_is_well_becomes_the_health_check() -> None:
    options = Options(health_command=("python", "-m", "app", "--check"))
    plan = plan_of(World().add(WHEEL), "a", options=options)
    text = render(plan)["Dockerfile"]
    assert '    CMD ["python", "-m", "app", "--check"]\n' in text
    assert "# From --health-cmd: exit code 0 is well." in text


def test_a_socket_of_the_host_is_mounted_and_no_device() -> None:
    files = with_all(with_access(simple_plan(), "bleak"))
    socket = "/run/dbus/system_bus_socket"
    assert f"- {socket}:{socket}:ro" in files["compose.yaml"]
    assert f"--device {socket}" not in files["app.service"]
    assert f"--volume {socket}:{socket}:ro" in files["app.service"]


def test_what_the_device_has_to_give_stands_in_compose_file_and_unit() -> None:
    plan = with_access(simple_plan(), "rknn-toolkit-lite2", "lgpio", "depthai")
    service, unit = service_of(plan), with_all(plan)["app.service"]
    assert service["environment"] == {"LG_WD": "${LG_WD:-/tmp}"}
    assert service["security_opt"] == ["no-new-privileges:true", "systempaths=unconfined"]
    assert service["device_cgroup_rules"] == ["c 189:* rmw"]
    mounts = [f"{path}:{path}:ro" for path in ("/dev/bus/usb", "/usr/lib/librknnrt.so")]
    groups = service["group_add"]
    assert isinstance(groups, list)
    assert "stat -c RENDER_GID=%g /dev/dri/renderD128" in " ".join(groups)
    volumes = service["volumes"]
    assert isinstance(volumes, list)
    assert volumes[-2:] == mounts
    for words in (
        "--env LG_WD=/tmp",
        "--security-opt systempaths=unconfined",
        "--device-cgroup-rule 'c 189:* rmw'",
        *(f"--volume {mount}" for mount in mounts),
        "--device /dev/dri",
    ):
        assert f"    {words} \\\n" in unit


def test_volumes_of_the_authors_container_are_named_everywhere() -> None:
    plan = simple_plan()
    plan = replace(plan, project=replace(plan.project, volumes=("/var/lib/app", "data")))
    texts = with_all(plan)
    inside = f"{plan.workdir}/data"
    assert f'VOLUME ["/var/lib/app", "{inside}"]' in texts["Dockerfile"]
    for name in ("compose.yaml", "balena/docker-compose.yml"):
        mounts = ["var-lib-app:/var/lib/app", f"app-data:{inside}"]
        (service,) = yaml.safe_load(texts[name])["services"].values()
        assert service["volumes"][1:3] == mounts
        assert {"var-lib-app", "app-data"} <= yaml.safe_load(texts[name])["volumes"].keys()
    unit = next(text for name, text in texts.items() if name.endswith(".service"))
    assert "-var-lib-app:/var/lib/app \\" in unit


def test_a_token_for_models_is_handed_to_bake_where_some_are_fetched() -> None:
    net = FetchedModel(path="net.onnx", url="https://m.example/a", sha256="a" * 64)
    plan = simple_plan()
    fetching = replace(plan, options=replace(plan.options, fetched=(net,)))
    line = 'LEANSCAFFOLD_MODEL_TOKEN == "" ? "" : "id=model_token,env=LEANSCAFFOLD_MODEL_TOKEN",'
    assert line in with_all(fetching)["docker-bake.hcl"]
    assert "MODEL_TOKEN" not in with_all(plan)["docker-bake.hcl"]
