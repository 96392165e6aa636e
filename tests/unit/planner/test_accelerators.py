"""What each package is worth on each device, by the shipped table: the right answer and why."""

from dataclasses import replace
from datetime import date

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.config.request import choose_targets
from scaffold.model.options import ACCELERATORS, Request
from scaffold.model.project import (
    Found,
    IndexOptions,
    Lock,
    LockedPackage,
    Origin,
    Project,
    Use,
    When,
)
from scaffold.model.target import Arch, Budget, Target
from scaffold.planner.accelerators import (
    bind_configured,
    choose_indexes,
    find_advice,
    find_used,
    list_asked,
    list_refusals,
    list_unknown,
    list_unused,
    unusable_parts,
)
from tests.support.worlds import ask

FACTS = load_facts(knowledge())
TABLE = FACTS.accelerators
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
JP6 = "https://pypi.jetson-ai-lab.io/jp6/cu126"

# Device, --accelerator, package, verdict, what the answer has to name.
JETSONS = ("jetson-orin-nano", "jetson-nano", "jetson-agx-thor")
PROCESSOR = ("tensorflow", "onnxruntime", "llama-cpp-python", "jaxlib")
PAIRS = [
    # No GPU: PyTorch's packages from the index without CUDA, on 64-bit only.
    ("raspberry-pi-5", "auto", "torch", "index", CPU_INDEX),
    ("raspberry-pi-5", "auto", "torchvision", "index", CPU_INDEX),
    ("raspberry-pi-5", "auto", "torchaudio", "index", CPU_INDEX),
    ("raspberry-pi-4", "auto", "torch", "index", CPU_INDEX),
    ("raspberry-pi-3", "auto", "torch", "index", CPU_INDEX),
    ("intel-nuc", "auto", "torch", "index", CPU_INDEX),
    ("lattepanda-3-delta", "auto", "torchvision", "index", CPU_INDEX),
    ("orange-pi-5", "auto", "torch", "index", CPU_INDEX),  # an NPU is no GPU
    ("coral-dev-board", "auto", "torch", "index", CPU_INDEX),
    ("gateway-arm64", "auto", "torch", "index", CPU_INDEX),
    ("raspberry-pi-5", "hailo", "torch", "index", CPU_INDEX),
    ("raspberry-pi-4-32bit", "auto", "torch", "", ""),  # it has no wheel there at all
    ("intel-nuc", "auto", "llama-cpp-python", "index", "llama-cpp-python/whl/cpu"),
    ("raspberry-pi-5", "auto", "llama-cpp-python", "", ""),  # its own index is for amd64
    # No GPU: made for one, and refused with what does the same.
    ("raspberry-pi-5", "auto", "onnxruntime-gpu", "useless", "onnxruntime"),
    ("intel-nuc", "auto", "onnxruntime-gpu", "useless", "onnxruntime"),
    ("orange-pi-5", "auto", "onnxruntime-gpu", "useless", "onnxruntime"),
    ("raspberry-pi-5", "auto", "tensorrt", "useless", "onnxruntime"),
    ("raspberry-pi-5", "auto", "tensorrt-cu12", "useless", "onnxruntime"),
    ("intel-nuc", "auto", "tensorrt", "useless", "onnxruntime"),
    ("raspberry-pi-5", "auto", "torch-tensorrt", "useless", "onnxruntime"),
    ("raspberry-pi-4", "auto", "cupy-cuda12x", "useless", "numpy"),
    ("raspberry-pi-4", "auto", "tensorflow-gpu", "useless", "tensorflow-cpu"),
    ("raspberry-pi-5", "auto", "paddlepaddle-gpu", "useless", "paddlepaddle"),
    ("raspberry-pi-5", "auto", "jax-cuda13-plugin", "useless", "jaxlib"),
    ("raspberry-pi-4", "auto", "numba-cuda", "useless", "GPU only"),
    ("jetson-orin-nano", "auto", "pycuda", "unusable", "l4t-jetpack"),
    ("jetson-orin-nano", "cuda", "pycuda", "unusable", "l4t-jetpack"),
    ("intel-nuc", "cuda", "pycuda", "unusable", "CUDA's headers"),
    ("jetson-orin-nano", "cuda", "cudf-cu12", "unusable", "servers"),
    # What has no GPU code, or does without: nothing is said.
    ("raspberry-pi-5", "auto", "onnxruntime", "", ""),
    ("raspberry-pi-5", "auto", "tensorflow", "works", ""),
    ("raspberry-pi-5", "auto", "jax", "", ""),
    ("raspberry-pi-5", "auto", "ai-edge-litert", "", ""),
    ("raspberry-pi-5", "auto", "nvidia-ml-py", "unknown", "nvmlInit"),  # Python alone
    ("raspberry-pi-5", "auto", "pycuda", "useless", "GPU only"),
    ("n100-mini-pc", "auto", "faiss-gpu-cu12", "useless", "faiss-cpu"),
    # NPUs: only beside the one that they are for.
    ("raspberry-pi-5", "auto", "hailort", "useless", "--accelerator hailo if it is present"),
    ("rock-5b", "auto", "hailort", "useless", "cannot be used"),
    ("raspberry-pi-5", "hailo", "hailort", "unusable", "Developer Zone"),
    ("raspberry-pi-5", "auto", "pycoral", "useless", "ai-edge-litert"),
    ("coral-dev-board", "auto", "pycoral", "unusable", "=ai-edge-litert"),
    ("coral-dev-board", "edgetpu", "pycoral", "unusable", "Python 3.9"),
    ("coral-dev-board", "auto", "ai-edge-litert", "works", "libedgetpu.so.1"),
    ("raspberry-pi-4", "edgetpu", "tflite-runtime", "works", "libedgetpu.so.1"),
    ("orange-pi-5", "auto", "rknn-toolkit-lite2", "works", "librknnrt.so"),
    ("rock-5b", "auto", "rknn-toolkit-lite2", "works", "librknnrt.so"),
    ("raspberry-pi-5", "auto", "rknn-toolkit-lite2", "useless", "onnxruntime"),
    ("jetson-orin-nano", "auto", "rknn-toolkit-lite2", "useless", "onnxruntime"),
    # A Jetson: what the default index has is for servers. Unasked it computes on the processor.
    ("jetson-orin-nano", "auto", "torch", "index", CPU_INDEX),
    ("jetson-orin-nano", "none", "torch", "index", CPU_INDEX),
    ("jetson-orin-nano", "cuda", "torch", "unusable", "sm_87"),
    ("jetson-agx-orin", "cuda", "torchvision", "unusable", "sm_87"),
    ("jetson-orin-nano", "cuda", "onnxruntime-gpu", "unusable", JP6),
    ("jetson-orin-nano", "auto", "onnxruntime-gpu", "unusable", "-gpu=onnxruntime"),
    # What also computes on the processor does so unasked, and is refused where a GPU is asked for.
    *((where, "auto", name, "", "") for where in JETSONS for name in PROCESSOR[1:]),
    *((where, "auto", "tensorflow", "works", "") for where in JETSONS),
    *((where, "cuda", name, "unusable", "") for where in JETSONS for name in PROCESSOR),
    ("jetson-agx-thor", "auto", "torch", "works", "sm_110"),
    ("jetson-agx-thor", "auto", "tensorrt", "unusable", "JetPack"),
    ("jetson-orin-nano", "cuda", "tensorrt", "unusable", "JetPack"),
    ("jetson-orin-nano", "cuda", "bitsandbytes", "unusable", "sbsa"),
    ("jetson-xavier-nx", "cuda", "torch", "unusable", "Python 3.8"),
    ("jetson-nano", "cuda", "torch", "unusable", "Python 3.6"),
    ("jetson-nano", "auto", "torch", "index", CPU_INDEX),
    # A GPU in a computer: the default index is right.
    ("intel-nuc", "cuda", "torch", "works", "driver"),
    ("intel-nuc", "cuda", "onnxruntime-gpu", "works", "driver"),
    ("intel-nuc", "cuda", "tensorrt", "unusable", "pypi.nvidia.com"),
]


def target(device: str, accelerator: str = "auto") -> Target:
    request = Request(device=device, accelerator=accelerator)
    return choose_targets(request, FACTS.devices, "x86_64")[0][0]


def project(*texts: str, **index: object) -> Project:
    where = Origin(file="requirements.txt")
    options = replace(IndexOptions(), **index)  # type: ignore[arg-type]
    return Project(name=Found(value="app", origin=where), asked=ask(*texts), index=options)


@pytest.mark.parametrize(
    ("device", "accelerator", "package", "verdict", "named"),
    PAIRS,
    ids=[" ".join(pair[:3]) for pair in PAIRS],
)
def test_what_a_package_is_worth_on_a_device(
    device: str, accelerator: str, package: str, verdict: str, named: str
) -> None:
    where = target(device, accelerator)
    advice = find_advice(TABLE, where, package)
    assert (advice.rule.verdict if advice else "") == verdict
    refusals = list(list_refusals(TABLE, where, [package]))
    assert bool(refusals) is (verdict in {"useless", "unusable"})
    said = " ".join([*(one.text for one in refusals), advice.rule.index_url if advice else ""])
    assert named in f"{said} {advice.rule.why if advice else ''}"


def test_there_are_enough_pairs() -> None:
    assert len({pair[:3] for pair in PAIRS}) == len(PAIRS) >= 50


def test_what_a_driver_serves_is_refused_on_musl_whatever_is_asked() -> None:
    for where in (Target(arch=Arch.AMD64, budget=Budget()), target("intel-nuc", "cuda")):
        (told,) = list_refusals(TABLE, where, ["tensorrt", "torch", "numpy"], musl=True)
        assert (told.package, "built for glibc" in told.text) == ("tensorrt", True)


@pytest.mark.parametrize(
    ("device", "accelerator", "packages", "used"),
    [
        ("jetson-agx-thor", "auto", ("flask", "nvidia-cudnn-cu13"), "cuda"),
        ("jetson-agx-thor", "auto", ("flask",), None),
        ("jetson-agx-thor", "cuda", ("flask",), "cuda"),
        ("intel-nuc", "cuda", ("numba",), "cuda"),
        ("jetson-agx-thor", "none", ("nvidia-cudnn-cu13",), None),
        ("rock-5b", "auto", ("rknn-toolkit-lite2",), "rknn"),
        ("raspberry-pi-5", "auto", ("onnxruntime-gpu",), None),
    ],
)
def test_an_accelerator_is_used_where_it_is_asked_for_or_a_package_is_made_for_it(
    device: str, accelerator: str, packages: tuple[str, ...], used: str | None
) -> None:
    found = find_used(TABLE, target(device, accelerator), packages)
    assert (found and found.id) == used


@pytest.mark.parametrize(
    ("device", "packages", "named"),
    [
        ("raspberry-pi-5", ("flask", "xformers"), ["xformers"]),
        ("raspberry-pi-5", ("nvidia-ml-py", "xformers"), ["nvidia-ml-py", "xformers"]),
        ("intel-nuc", ("gpustat",), ["gpustat"]),
        ("rock-5b", ("xformers",), ["xformers"]),
        ("jetson-agx-thor", ("nvidia-ml-py",), ["nvidia-ml-py"]),
        ("raspberry-pi-5", ("flask", "torch"), []),
    ],
)
def test_what_nobody_looked_into_is_told(
    device: str, packages: tuple[str, ...], named: list[str]
) -> None:
    found = list(list_unknown(TABLE, target(device), packages))
    assert [one.package for one in found] == named


@pytest.mark.parametrize(
    ("device", "accelerator", "asked", "told"),
    [
        (
            "raspberry-pi-5",
            "auto",
            "cuda",
            'asks for "cuda" alone, and there is no NVIDIA GPU (CUDA) on Raspberry Pi 5',
        ),
        ("raspberry-pi-5", "auto", "cuda:0", 'asks for "cuda:0" alone'),
        ("raspberry-pi-5", "auto", "ultralytics:0", "asks for device 0 alone"),
        ("rock-5b", "auto", "CUDAExecutionProvider", "ONNX Runtime computes on the processor"),
        ("jetson-orin-nano", "auto", "cuda", "the NVIDIA GPU (CUDA) stays unused: that call fails"),
        ("jetson-agx-thor", "auto", "cuda", ""),
        ("intel-nuc", "cuda", "cuda", ""),
        ("raspberry-pi-5", "auto", "cpu", ""),
        ("raspberry-pi-5", "auto", "sounddevice:0", ""),
    ],
)
def test_an_accelerator_that_the_sources_insist_on_is_told_where_there_is_none(
    device: str, accelerator: str, asked: str, told: str
) -> None:
    uses = [Use(code="asks-device", value=asked, origin=Origin(file="main.py", line=3))]
    packages = ["torch", "ultralytics"]
    found = list(list_asked(TABLE, target(device, accelerator), uses, packages))
    assert [told in one.text for one in found] == ([True] if told else [])
    maybe = [replace(uses[0], when=When.MAYBE)]
    assert not list(list_asked(TABLE, target(device, accelerator), maybe, packages))


def test_without_a_device_what_the_sources_insist_on_is_told_as_a_condition() -> None:
    uses = [Use(code="asks-device", value="cuda", origin=Origin(file="main.py", line=3))]
    plain = Target(arch=Arch.AMD64, budget=Budget())
    (note,) = list_asked(TABLE, plain, uses, ["torch"])
    assert note.text == (
        'main.py:3 asks for "cuda" alone, and without an NVIDIA GPU (CUDA) that call fails'
    )


def test_without_a_device_nothing_is_assumed() -> None:
    plain = Target(arch=Arch.ARM64, budget=Budget())
    assert find_advice(TABLE, plain, "torch") is None
    assert not list(list_refusals(TABLE, plain, ["onnxruntime-gpu", "hailort"]))


def test_a_gpu_that_stays_unused_is_named_with_what_would_use_it() -> None:
    (note,) = list_unused(TABLE, target("jetson-orin-nano"), ["numpy", "torch", "torchvision"])
    assert JP6 in note.text
    assert "Python 3.10" in note.text
    assert "not tried on a device" in note.text
    assert not list(list_unused(TABLE, target("jetson-orin-nano", "none"), ["torch"]))
    assert not list(list_unused(TABLE, target("raspberry-pi-5"), ["torch"]))


@pytest.mark.parametrize(
    ("device", "accelerator", "index", "bound"),
    [
        (
            "jetson-orin-nano",
            "cuda",
            f"{JP6}/",
            {"torch", "torchvision", "torchaudio", "onnxruntime-gpu"},
        ),
        (
            "jetson-orin-nano",
            "auto",
            JP6,
            {"torch", "torchvision", "torchaudio", "onnxruntime-gpu"},
        ),
        ("jetson-orin-nano", "none", JP6, set()),
        ("jetson-orin-nano", "cuda", "https://index.example/jp6", set()),
        ("jetson-nano", "cuda", JP6, set()),  # its wheels are for another GPU
        ("raspberry-pi-5", "auto", JP6, set()),
    ],
)
def test_the_vendors_index_that_a_user_configures_brings_what_runs_on_the_accelerator(
    device: str, accelerator: str, index: str, bound: set[str]
) -> None:
    where = target(device, accelerator)
    found = bind_configured(TABLE, where, project("torch", extra_index_urls=(index,)))
    urls = dict(found.index.vendor_urls)
    assert urls == dict.fromkeys(bound, index)
    assert bool(list(list_refusals(TABLE, where, ["torch"], bound=urls))) is (
        accelerator == "cuda" and not bound
    )
    assert not bound or not list(list_unused(TABLE, where, ["torch"], bound=urls))
    assert not bound or not choose_indexes(TABLE, where, found, ["torch"])


@pytest.mark.parametrize(
    "settled",
    [
        project("torch", no_index=True),
        project("torch @ https://example.org/torch-2.9.0-cp313-cp313-linux_aarch64.whl"),
        replace(
            project("torch"),
            lock=Lock(
                file="uv.lock",
                kind="uv",
                packages=(
                    LockedPackage(name="torch", version="2.9", origin=Origin(file="uv.lock")),
                ),
            ),
        ),
    ],
    ids=["no index", "address", "lock"],
)
def test_what_the_user_settled_stays(settled: Project) -> None:
    assert not choose_indexes(TABLE, target("raspberry-pi-5"), settled, ["torch"])
    for urls in ((), ("https://download.pytorch.org/whl/cu130",)):
        asked = project("torch", extra_index_urls=urls)
        assert choose_indexes(TABLE, target("raspberry-pi-5"), asked, ["torch"])


def test_only_where_older_versions_are_without_cuda_they_are_looked_for() -> None:
    patterns = unusable_parts(TABLE, target("raspberry-pi-5"), ["torch"])
    assert "nvidia-cu*" in patterns
    assert not unusable_parts(TABLE, target("intel-nuc"), ["torch"])


def test_parts_are_what_serves_a_gpu_only() -> None:
    cuda = TABLE["cuda"]
    parts = ["nvidia-cublas", "nvidia-cudnn-cu13", "nvidia-nccl-cu13", "triton", "cuda-toolkit"]
    assert all(map(cuda.is_part, parts))
    assert not any(map(cuda.is_part, ["nvidia-ml-py", "torch", "numpy", "cudf-notes"]))


@pytest.mark.parametrize("device", sorted(one for one in FACTS.devices if "jetson" in one))
def test_a_jetson_is_never_sent_to_the_base_of_another_jetpack(device: str) -> None:
    packages = {name for rule in TABLE["cuda"].rules for name in rule.packages if "*" not in name}
    found = [find_advice(TABLE, target(device, "cuda"), name) for name in sorted(packages)]
    bases = {one.rule.base for one in found if one and one.rule.base}
    # The major number of L4T and the JetPack that it is part of (NVIDIA, JetPack archive).
    jetpacks = {"32": "4", "35": "5", "36": "6"}
    for base in bases:
        release = base.partition(":r")[2].partition(".")[0]
        assert jetpacks[release] in FACTS.devices[device].jetpacks, base


def test_the_table_hangs_together() -> None:
    assert set(TABLE) == set(ACCELERATORS) - {"auto", "none"}
    used = {device.accelerator for device in FACTS.devices.values()} - {"none"}
    sockets = {name for device in FACTS.devices.values() for name in device.sockets}
    assert used | sockets <= set(TABLE)
    for accelerator in TABLE.values():
        assert accelerator.host
        for rule in accelerator.rules:
            assert rule.when in {"present", "absent"}
            assert rule.verdict in {"index", "works", "useless", "unusable", "unknown"}
            assert (rule.verdict == "index") <= bool(rule.index_url)
            assert rule.checked <= date(2100, 1, 1)
            assert rule.source
    for device in FACTS.devices.values():
        assert bool(device.capability) is (device.accelerator == "cuda")
