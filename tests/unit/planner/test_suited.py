"""A device without a GPU gets PyTorch without CUDA, from whichever index has it."""

from dataclasses import dataclass, field, replace

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.errors import TransientError
from scaffold.model.index import DistFile, Page, WheelFacts
from scaffold.model.knowledge import Facts
from scaffold.model.options import Options
from scaffold.model.project import Found, Origin, Project
from scaffold.model.target import Arch, Budget, Target
from scaffold.model.verdict import Decision
from scaffold.planner.decide import PlannerServices, decide
from tests.support.worlds import World, ask, versions
from tests.unit.planner.test_decide import TODAY, slim

ARM = "cp313-cp313-manylinux_2_28_aarch64.whl"
AMD = "cp313-cp313-manylinux_2_28_x86_64.whl"
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
MB = 1_000_000
PI = Target(arch=Arch.ARM64, budget=Budget(), accelerator="none")


@dataclass(slots=True)
class Vendors(World):
    """A world with one more index; None where it does not answer."""

    vendor: World | None = None
    asked_there: list[str] = field(default_factory=list)

    def page(self, name: str, *, index: str = "") -> Page | None:
        if not index:
            return World.page(self, name)
        assert index == CPU_INDEX
        self.asked_there.append(name)
        if self.vendor is None:
            raise TransientError(f"the index cannot be reached: {index}")
        files = self.vendor.pages.get(name)
        if files is None:
            return None
        return Page(name=name, files=tuple(files), origin="test", index_url=index)


def installed(megabytes: int) -> WheelFacts:
    return WheelFacts(installed=megabytes * MB, files=10, elf="none")


def make_world(vendor: World | None, ending: str = ARM) -> Vendors:
    world = Vendors(vendor=vendor)
    cuda = ["nvidia-cublas", "triton; platform_system == 'Linux'"]
    world.add("app_vision-1.0-py3-none-any.whl", requires=["torch>=2"], facts=installed(5))
    world.add(f"torch-2.15.0-{ending}", requires=cuda, facts=installed(1000))
    world.add(f"torch-2.14.0-{ending}", requires=cuda, facts=installed(1000))
    older = ["nvidia-cublas; platform_machine == 'x86_64'"]
    world.add(f"torch-2.10.0-{ending}", requires=older, facts=installed(500))
    world.add("nvidia_cublas-13.0-py3-none-any.whl", facts=installed(700))
    world.add("triton-3.9-py3-none-any.whl", facts=installed(900))
    world.add("plain-1.0-py3-none-any.whl", facts=installed(1))
    if vendor is not None:
        world.requires |= vendor.requires
        world.facts |= vendor.facts
    return world


def make_vendor(ending: str = ARM) -> World:
    vendor = World()
    vendor.add(f"torch-2.15.0+cpu-{ending}", facts=installed(520))
    url = f"{CPU_INDEX}/torch-2.15.0%2Bcpu-{ending}"
    vendor.pages["torch"] = [
        DistFile(filename=one.filename, url=url, sha256=one.sha256) for one in vendor.pages["torch"]
    ]
    return vendor


def plan(world: World, *texts: str, target: Target = PI, **options: object) -> Decision:
    facts = Facts(
        bases=(slim(("3.13",)),),
        libraries={},
        packages={},
        devices={},
        accelerators=load_facts(knowledge()).accelerators,
    )
    edges = PlannerServices(index=world, facts=facts, today=TODAY, tell=lambda _: None)
    project = Project(
        name=Found(value="app", origin=Origin(file="requirements.txt")), asked=ask(*texts)
    )
    chosen = decide(
        project,
        [target],
        Options(**options),  # type: ignore[arg-type]
        edges,
    )
    return chosen[0]


def pins(decision: Decision) -> dict[str, str]:
    assert decision.chosen
    return dict(versions(decision.chosen.candidate.resolution.packages))


def test_torch_comes_from_the_cpu_index_and_it_is_said_what_that_saves() -> None:
    decision = plan(make_world(make_vendor()), "app-vision")
    assert pins(decision) == {"app-vision": "1.0", "torch": "2.15.0+cpu"}
    (note,) = [note for note in decision.notes if note.code == "index-for-device"]
    assert CPU_INDEX in note.text
    assert "2.08 GB less on disk" in note.text


def test_its_address_goes_into_the_lock_as_the_default_index_does_not_have_it() -> None:
    decision = plan(make_world(make_vendor()), "app-vision")
    assert decision.chosen
    direct = {p.name: p.direct for p in decision.chosen.candidate.resolution.packages}
    assert direct == {"app-vision": False, "torch": True}


def test_a_size_that_no_page_tells_is_estimated_from_what_the_wheel_holds() -> None:
    decision = plan(make_world(make_vendor()), "app-vision")
    assert decision.chosen
    weights = {name: download for name, _, download in decision.chosen.size.packages}
    assert 100 * MB < weights["torch"] < 250 * MB


def test_where_the_cpu_index_cannot_be_reached_the_newest_version_without_cuda_is_taken() -> None:
    decision = plan(make_world(None), "app-vision")
    assert pins(decision) == {"app-vision": "1.0", "torch": "2.10.0"}
    (note,) = [note for note in decision.notes if note.code == "index-unreachable"]
    assert "torch 2.10.0 instead of 2.15.0" in note.text
    assert decision.chosen
    assert not decision.chosen.candidate.resolution.notes
    assert "2.10 GB less on disk" in note.text


def test_where_every_version_has_cuda_it_stays_and_that_is_said() -> None:
    amd = replace(PI, arch=Arch.AMD64)
    decision = plan(make_world(None, AMD), "app-vision", target=amd)
    assert pins(decision)["torch"] == "2.15.0"
    (note,) = [note for note in decision.notes if note.code == "index-unreachable"]
    assert "plan again when it can be reached" in note.text


def test_a_version_that_is_pinned_and_needs_cuda_stays() -> None:
    decision = plan(make_world(None), "app-vision", "torch==2.15.0")
    assert pins(decision)["triton"] == "3.9"


def test_a_pinned_version_is_found_on_the_cpu_index_under_its_local_version() -> None:
    decision = plan(make_world(make_vendor()), "app-vision", "torch==2.15.0")
    assert pins(decision)["torch"] == "2.15.0+cpu"


def test_a_version_that_the_cpu_index_lacks_comes_from_the_default_one() -> None:
    decision = plan(make_world(make_vendor()), "torch==2.14.0")
    assert pins(decision)["torch"] == "2.14.0"
    assert any("nothing fits with it" in note.text for note in decision.notes)


def test_what_a_package_does_without_where_there_is_no_gpu_is_left_out() -> None:
    world = make_world(make_vendor())
    world.add(f"xgboost-3.0-{ARM}", requires=["nvidia-nccl-cu13"], facts=installed(90))
    world.add("nvidia_nccl_cu13-2.3-py3-none-any.whl", facts=installed(300))
    left = plan(world, "xgboost", "app-vision")
    assert pins(left) == {"app-vision": "1.0", "torch": "2.15.0+cpu", "xgboost": "3.0"}
    (note,) = [note for note in left.notes if note.code == "index-for-device"]
    assert f"torch from {CPU_INDEX}, without CUDA; xgboost without nvidia-nccl*" in note.text
    assert "2.38 GB less on disk" in note.text
    cuda = replace(PI, accelerator="cuda", accelerator_asked=True)
    for texts, where in ((("xgboost",), cuda), (("xgboost", "nvidia-nccl-cu13"), PI)):
        assert "nvidia-nccl-cu13" in pins(plan(world, *texts, target=where))
    first = plan(world, "xgboost", target=replace(PI, accelerator="")).savings[0]
    assert (first.option, round(first.bytes / MB)) == ("--accelerator none", 300)


def test_the_driver_of_a_gpu_is_not_missed_in_the_image() -> None:
    needs = WheelFacts(installed=MB, files=10, elf="read", needs=("libcuda.so.1",))
    world = World().add(f"gpu_reader-1.0-{ARM}", facts=needs)
    cuda = replace(PI, accelerator="cuda", accelerator_asked=True)
    assert plan(world, "gpu-reader", target=cuda).chosen
    assert not plan(world, "gpu-reader").chosen


def test_where_nothing_can_be_reached_or_left_out_that_is_said() -> None:
    world = make_world(None, AMD)
    world.add("openai_whisper-1-py3-none-any.whl", requires=["torch", "triton"])
    decision = plan(world, "openai-whisper", target=replace(PI, arch=Arch.AMD64))
    assert "triton" in pins(decision)  # torch needs it
    (note,) = [note for note in decision.notes if note.code == "index-unreachable"]
    assert "plan again when it can be reached" in note.text


def test_what_is_without_cuda_anyway_needs_no_other_index() -> None:
    decision = plan(make_world(None), "torch==2.10.0")
    assert pins(decision) == {"torch": "2.10.0"}
    assert not decision.notes


def test_with_a_gpu_the_default_index_is_the_only_one_asked() -> None:
    world = make_world(make_vendor(AMD), AMD)
    target = Target(arch=Arch.AMD64, budget=Budget(), accelerator="cuda", accelerator_asked=True)
    decision = plan(world, "app-vision", target=target)
    assert pins(decision)["torch"] == "2.15.0"
    assert not world.asked_there


def test_without_a_device_the_saving_comes_first_and_is_planned_with_the_index() -> None:
    decision = plan(make_world(make_vendor()), "app-vision", target=replace(PI, accelerator=""))
    assert pins(decision)["torch"] == "2.15.0"
    first = decision.savings[0]
    assert (first.code, first.option) == ("accelerator", "--accelerator none")
    assert abs(first.bytes - 2080 * MB) < MB
    assert CPU_INDEX in first.text


def test_without_a_device_and_without_the_index_the_parts_are_what_is_saved() -> None:
    amd = Target(arch=Arch.AMD64, budget=Budget())
    first = plan(make_world(None, AMD), "app-vision", target=amd).savings[0]
    assert first.bytes == 1600 * MB
    assert "cannot be reached" in first.text


def test_a_refusal_for_size_names_the_saving_without_cuda_too() -> None:
    small = Target(arch=Arch.ARM64, budget=Budget(on_disk=700 * MB))
    decision = plan(make_world(make_vendor()), "app-vision", target=small)
    assert decision.chosen is None
    assert decision.savings[0].option == "--accelerator none"


def test_a_project_without_such_packages_asks_no_other_index() -> None:
    world = make_world(make_vendor())
    decision = plan(world, "plain")
    assert not world.asked_there
    assert not decision.notes
    assert all(saving.code != "accelerator" for saving in decision.savings)


def test_a_useless_package_is_refused_with_the_swap_that_resolves() -> None:
    world = make_world(None)
    world.add(f"onnxruntime-1.30-{ARM}")
    decision = plan(world, "onnxruntime-gpu")
    assert decision.chosen is None
    codes = {reason.code for verdict in decision.verdicts for reason in verdict.reasons}
    assert "useless-on-device" in codes
    assert [one.option for one in decision.savings] == ["--swap onnxruntime-gpu=onnxruntime"]
    assert plan(world, "onnxruntime-gpu", swaps=(("onnxruntime-gpu", "onnxruntime"),)).chosen


def test_a_marker_that_leaves_it_out_here_is_heeded() -> None:
    decision = plan(make_world(None), "onnxruntime-gpu; platform_machine == 'x86_64'", "plain")
    assert pins(decision) == {"plain": "1.0"}
