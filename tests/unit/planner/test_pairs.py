"""What a device and a package make together, by all that is known: refused, told or silent.

Each row was judged by public documentation, which knowledge/ cites, before it was planned.
"""

from dataclasses import replace

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.config.request import choose_targets
from scaffold.model.options import Options, Request
from scaffold.model.target import Target
from scaffold.planner.accelerators import (
    choose_indexes,
    list_refusals,
    list_unknown,
    list_unused,
)
from scaffold.planner.candidates import wanted_of
from scaffold.planner.companions import find_companions
from scaffold.planner.hardware import find_access, list_misfits, list_notes
from tests.support.dockerfiles import PROJECT
from tests.support.worlds import ask

FACTS = load_facts(knowledge())

# Device, accelerator, what is asked for, how it ends, what the answer has to name.
PAIRS = """
raspberry-pi-5       auto  torch                         fits     https://download.pytorch.org/whl/cpu
khadas-vim3          auto  torchvision                   fits     https://download.pytorch.org/whl/cpu
jetson-orin-nano     auto  torch                         told     stays unused
jetson-orin-nano     cuda  torch                         refused  sm_87
jetson-agx-thor      cuda  torch                         fits
raspberry-pi-4       auto  tensorflow                    fits
n100-mini-pc         auto  tensorflow                    fits
up-squared           auto  tensorflow                    refused  AVX
lattepanda-3-delta   auto  jax,jaxlib                    refused  AVX
lattepanda-3-delta   auto  paddlepaddle                  refused  AVX
jetson-orin-nano     cuda  tensorflow                    refused  x86_64
raspberry-pi-zero-2-w auto ai-edge-litert                fits
coral-dev-board      auto  tflite-runtime                fits
raspberry-pi-5       auto  onnxruntime                   fits
jetson-nano          auto  onnxruntime                   told     stays unused
raspberry-pi-5       auto  onnxruntime-gpu               refused  =onnxruntime
jetson-orin-nano     auto  onnxruntime-gpu               refused  jp6
intel-nuc            cuda  onnxruntime-gpu               told     onnxruntime-gpu[cuda,cudnn]
n100-mini-pc         auto  onnxruntime-openvino          told     intel-opencl-icd
n100-mini-pc         auto  openvino                      told     /dev/dri
raspberry-pi-5       auto  openvino                      fits
raspberry-pi-5       auto  tensorrt                      refused  =onnxruntime
jetson-orin-nano     cuda  tensorrt                      refused  JetPack
raspberry-pi-4       auto  cupy                          refused  =numpy
jetson-orin-nano     auto  jax-cuda12-plugin,jaxlib      refused  sbsa
raspberry-pi-5       auto  jax                           refused  jaxlib
raspberry-pi-5       auto  jax,jaxlib                    fits
n100-mini-pc         auto  llama-cpp-python              fits     llama-cpp-python/whl/cpu
jetson-orin-nano     cuda  llama-cpp-python              refused  GGML_CUDA
raspberry-pi-5       auto  vllm                          refused  Failed to infer device type
jetson-orin-nano     cuda  vllm                          refused  NVML
n100-mini-pc         auto  bitsandbytes                  fits
jetson-orin-nano     cuda  bitsandbytes                  refused  sbsa
raspberry-pi-5       auto  flash-attn                    refused  GPU only
n100-mini-pc         auto  xformers                      told     not looked into
raspberry-pi-5       auto  faster-whisper,ctranslate2    fits
jetson-orin-nano     auto  faster-whisper,ctranslate2    told     ctranslate2
jetson-orin-nano     cuda  faster-whisper,ctranslate2    refused  not compiled with CUDA
raspberry-pi-5       auto  hailort                       refused  --accelerator hailo
raspberry-pi-5       hailo hailort                       refused  Developer Zone
rock-5b              auto  hailort                       refused  cannot be used
coral-dev-board      auto  pycoral                       refused  ai-edge-litert
orange-pi-5          auto  rknn-toolkit-lite2            told     /usr/lib/librknnrt.so
radxa-zero-3w        auto  rknn-toolkit-lite2            told     /dev/dri
odroid-m1s           auto  rknn-toolkit-lite2            told     /dev/dri
nanopi-r5s           auto  rknn-toolkit-lite2            told     /dev/dri
n100-mini-pc         auto  rknn-toolkit-lite2            refused  =onnxruntime
raspberry-pi-5       auto  ncnn                          fits
raspberry-pi-5       auto  mediapipe                     fits
raspberry-pi-5       auto  degirum                       fits
raspberry-pi-5       auto  sherpa-onnx                   fits
raspberry-pi-4       auto  piper-tts                     told     voice
raspberry-pi-5       auto  pyaudio                       fits     /dev/snd
raspberry-pi-5       auto  sounddevice                   fits     /dev/snd
intel-nuc            auto  depthai                       fits     /dev/bus/usb
jetson-orin-nano     auto  pyrealsense2                  fits     /dev/bus/usb
raspberry-pi-5       auto  nvidia-ml-py                  told     nvmlInit
jetson-orin-nano     auto  nvidia-ml-py                  told     NOT_SUPPORTED
jetson-nano          cuda  pynvml                        refused  libnvidia-ml.so.1
jetson-orin-nano     auto  pyds                          told     DeepStream
orange-pi-5          auto  rknn-toolkit2                 told     stays unused
raspberry-pi-5       auto  rembg                         refused  rembg[cpu]
raspberry-pi-5       auto  paddlepaddle                  fits
raspberry-pi-5       auto  rembg,onnxruntime             fits
intel-nuc            auto  insightface                   refused  onnxruntime
raspberry-pi-5       auto  Adafruit-DHT                  refused  adafruit-circuitpython-dht
intel-nuc            cuda  tensorrt                      refused  pypi.nvidia.com
jetson-xavier-nx     auto  smbus2                        fits     /dev/i2c-8
siemens-iot2050      auto  smbus2                        fits     /dev/i2c-4
n100-mini-pc         auto  xgboost                       fits
lattepanda-3-delta   auto  llama-cpp-python              refused  AVX2
raspberry-pi-4       auto  sense-hat                     refused  RTIMU
raspberry-pi-4       auto  sense-hat,rtimulib            fits     /dev/i2c-1
raspberry-pi-4       auto  rpi-ws281x                    told     /dev/mem
raspberry-pi-4       auto  bluepy                        told     NET_ADMIN
raspberry-pi-4       auto  bleak,dbus-fast               told     system_bus_socket
raspberry-pi-5       auto  RPi.GPIO                      refused  rpi-lgpio
jetson-orin-nano     auto  jetson-stats                  fits     /run/jtop.sock
raspberry-pi-5       auto  jetson-stats                  refused  psutil
n100-mini-pc         auto  exllamav2                     refused  =llama-cpp-python
raspberry-pi-5       auto  auto-gptq                     refused  GGUF
intel-nuc            cuda  exllamav2                     fits
intel-nuc            cuda  cupy                          refused  =cupy-cuda13x
jetson-agx-orin      cuda  cupy                          refused  CUDA's headers
jetson-orin-nano     cuda  faiss-gpu                     refused  =faiss-cpu
intel-nuc            cuda  faiss-gpu                     fits
raspberry-pi-5       auto  keras                         refused  add jax
raspberry-pi-5       auto  keras,jax,jaxlib              fits
raspberry-pi-5       auto  keras,torch                   fits
""".strip().splitlines()
ROWS = [line.split(None, 4) for line in PAIRS]


def target(device: str, accelerator: str) -> Target:
    request = Request(device=device, accelerator=accelerator)
    return choose_targets(request, FACTS.devices, "x86_64")[0][0]


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row[:3]) for row in ROWS])
def test_a_device_and_a_package_end_as_documented(row: list[str]) -> None:
    device, accelerator, texts, ends, *named = row
    asked = ask(*texts.split(","))
    names = [one.name for one in asked]
    project, where = replace(PROJECT, asked=asked, uses=()), target(device, accelerator)
    misfits = list(list_misfits(FACTS, where, project, dict.fromkeys(names, ())))
    besides = list(find_companions(project, FACTS, dict.fromkeys(names, "1"), frozenset()))
    refused = [
        *list_refusals(FACTS.accelerators, where, names),
        *(reason for reason, fails in (*misfits, *besides) if fails),
    ]
    told = [
        *list_unused(FACTS.accelerators, where, names),
        *list_unknown(FACTS.accelerators, where, names),
        *list_notes(FACTS, project, where),
        *(reason for reason, fails in (*misfits, *besides) if not fails),
    ]
    assert ("refused" if refused else "told" if told else "fits") == ends
    opened = [one.path for one in find_access(FACTS, project, where).hardware]
    urls = [url for _, url in choose_indexes(FACTS.accelerators, where, project, names)]
    said = " ".join([*(one.text for one in refused or told), *opened, *urls])
    assert all(words in said for words in named)


def test_what_metadata_do_not_say_reaches_the_search_for_versions() -> None:
    wanted = wanted_of(PROJECT, Options(), FACTS)
    assert {("paddlepaddle", "setuptools"), ("face-recognition-models", "setuptools<82")} <= {
        *wanted.unsaid
    }
    assert ("numpy", "2", "2024-04-01") in wanted.breaks


def test_no_pair_stands_there_twice() -> None:
    assert len({tuple(row[:3]) for row in ROWS}) == len(ROWS) >= 60
