"""What sources use and nothing brings: modules, companions, folders that are written to."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from scaffold.catalog.load import load_facts
from scaffold.catalog.resources import knowledge
from scaffold.model.codes import Code
from scaffold.model.index import WheelFacts
from scaffold.model.knowledge import Companion, Facts, ModuleFact, PackageFact, ReleaseBounds
from scaffold.model.project import Asked, Found, Origin, Project, Use, When
from scaffold.model.resolution import Weighed
from scaffold.planner.companions import (
    find_companions,
    list_started,
    list_written_folders,
    note_writes,
)
from scaffold.planner.missing_modules import (
    find_dropped,
    find_incompatible,
    find_missing,
    find_refused,
)
from tests.support.builders import make_pinned

ORIGIN = Origin(file="main.py", line=2)
PROVENANCE = {"source": "docs", "checked": date(2026, 1, 1)}


def module(*packages: str, **more: str) -> ModuleFact:
    return ModuleFact(
        packages=packages,
        until=more.get("until", ""),
        elsewhere=more.get("elsewhere", ""),
        source="docs",
        checked=date(2026, 1, 1),
    )


MODULES = {
    "PIL": module("pillow"),
    "pkg_resources": module("setuptools<82"),
    "cgi": module("legacy-cgi", until="3.12"),
    "distutils": module("setuptools", until="3.11"),
    "libcamera": module(elsewhere="only the device has it"),
}


def project(code: str, value: str, when: When = When.START) -> Project:
    use = Use(code=code, value=value, origin=ORIGIN, when=when)
    return Project(name=Found(value="app", origin=ORIGIN), uses=(use,))


def missing(
    name: str,
    installed: Mapping[str, str] | None = None,
    *,
    when: When = When.START,
    python: str = "3.13",
    provided: frozenset[str] = frozenset(),
    modules: Mapping[str, tuple[str, ...] | None] | None = None,
) -> list[tuple[str, bool]]:
    wirebuf = PackageFact(
        name="wirebuf", provides_import=("space.wire",), source="docs", checked=date(2026, 1, 1)
    )
    packages = {"wirebuf": wirebuf}
    facts = Facts(bases=(), packages=packages, libraries={}, devices={}, modules=MODULES)
    found = find_missing(
        project("imports", name, when),
        facts,
        installed=installed or {},
        modules=modules or {},
        python=python,
        provided=provided,
    )
    return [(reason.text, certain) for reason, certain in found]


@pytest.mark.parametrize(
    ("name", "installed", "told"),
    [
        ("PIL", {}, "nothing that is installed brings it; add pillow"),
        ("pkg_resources", {"setuptools": "82.0"}, "setuptools 82.0 does not have; ask for"),
        ("cgi", {}, "which Python 3.13 dropped (the last with it is 3.12)"),
        ("libcamera", {}, "which no index has: only the device has it"),
    ],
)
def test_a_module_of_known_owners_that_none_brings_is_certain(
    name: str, installed: dict[str, str], told: str
) -> None:
    ((text, certain),) = missing(name, installed)
    assert told in text
    assert text.startswith("main.py:2 imports")
    assert certain
    assert [sure for _, sure in missing(name, installed, when=When.CALL)] == [False]
    assert missing(name, installed, when=When.MAYBE) == []
    assert missing(name, installed, provided=frozenset({name})) == []


def test_of_a_shared_top_level_name_no_package_is_advised() -> None:
    ((text, _),) = missing("space")
    assert "no installed package is known to bring it" in text
    assert missing("space", {"wirebuf": "1.0"}) == []


@pytest.mark.parametrize(("name", "package"), [("PIL", "pillow"), ("corplib", "corplib")])
def test_an_extra_of_the_project_that_has_the_package_is_a_way_out(name: str, package: str) -> None:
    found = replace(
        project("imports", name), offered=(("--extra ui", frozenset({package, "other"})),)
    )
    facts = Facts(bases=(), packages={}, libraries={}, devices={}, modules=MODULES)
    ((reason, _),) = find_missing(
        found, facts, installed={}, modules={}, python="3.13", provided=frozenset()
    )
    assert "use --extra ui, or add " in reason.text


@pytest.mark.parametrize(
    ("name", "listed", "told"),
    [
        ("gunicorn", "gunicorn", [True]),
        ("flask_login", "flask-login", [True]),
        ("prometheus_client", "prometheus-client", [True]),
        ("corplib", "corplib", [True]),
        ("corplib", "other", []),
    ],
)
def test_what_an_extra_lists_under_its_name_no_unknown_package_is_thought_to_bring(
    name: str, listed: str, told: list[bool]
) -> None:
    facts = Facts(bases=(), packages={}, libraries={}, devices={}, modules=MODULES)
    asked = Asked(name="acme", specifier="", marker="", text="acme", origin=ORIGIN)
    found = find_missing(
        replace(
            project("imports", name), asked=(asked,), offered=(("serve", frozenset({listed})),)
        ),
        facts,
        installed={"acme": "1.0"},
        modules={},
        python="3.13",
        provided=frozenset(),
    )
    assert [certain for _, certain in found] == told


def test_a_module_that_is_brought_lacks_nothing() -> None:
    assert missing("PIL", {"pillow": "12.0"}) == []
    assert missing("pkg_resources", {"setuptools": "80.9"}) == []
    assert missing("cgi", python="3.12") == []
    assert missing("cgi", {"legacy-cgi": "2.6"}) == []


def test_a_module_of_unknown_owner_is_only_a_note_and_none_where_a_name_is_alike() -> None:
    ((text, certain),) = missing("corplib", {"six": "1.0"})
    assert "no installed package is known to bring it" in text
    assert not certain
    assert missing("corplib", {"python-corplib": "1.0"}) == []


def test_the_modules_of_wheels_that_were_read_decide() -> None:
    installed = {"six": "1.0", "setuptools": "80.9"}
    read = {"six": ("six",), "setuptools": ("setuptools",)}
    ((text, certain),) = missing("corplib", installed, modules=read)
    assert "no installed package is known to bring it" in text
    assert certain
    assert [sure for _, sure in missing("pkg_resources", installed, modules=read)] == [True]
    assert missing("corplib", installed, modules={**read, "six": ("corplib",)}) == []


def test_a_package_stands_in_for_a_dropped_module_under_other_names() -> None:
    read = {"setuptools": ("_distutils_hack", "pkg_resources", "setuptools")}
    assert missing("distutils", {"setuptools": "82.0.1"}, modules=read) == []
    ((text, certain),) = missing("distutils", {"six": "1.0"}, modules={"six": ("six",)})
    assert certain
    assert text.endswith("use --python 3.11, or add setuptools")


@pytest.mark.parametrize("bound", ["~=3.13", ">=3.12,<4", "==3.14.*", ">=3.12", "!=3.11.*"])
def test_a_python_that_the_project_rules_out_is_no_way_to_a_dropped_module(bound: str) -> None:
    asking = replace(project("imports", "distutils"), pythons=(Found(value=bound, origin=ORIGIN),))
    facts = Facts(bases=(), packages={}, libraries={}, devices={}, modules=MODULES)
    ((reason, _),) = find_missing(
        asking, facts, installed={}, modules={}, python="3.14", provided=frozenset()
    )
    assert reason.text.endswith("(the last with it is 3.11); add setuptools")


def companions(
    one: Companion,
    found: Project,
    *installed: str,
    provided: frozenset[str] = frozenset(),
    system: tuple[str, ...] = (),
) -> list[str]:
    facts = Facts(bases=(), packages={}, libraries={}, devices={}, companions={"one": one})
    versions = dict.fromkeys(installed, "1")
    told = find_companions(found, facts, versions, provided, system)
    return [reason.text for reason, _ in told]


def companion(**more: object) -> Companion:
    values = {"code": "downloads-data", "text": "{0} is not there", "way": "bring it"}
    return Companion(**{**values, **PROVENANCE, **more})  # type: ignore[arg-type]


def test_a_call_tells_what_it_needs_besides() -> None:
    one = companion(call="lib.*.load", unless=("{0}",))
    found = project("calls", "lib.Model.load big")
    (text,) = companions(one, found)
    assert text.startswith("main.py:2: big is not there; bring it, or have the build fetch it: --f")
    assert companions(one, found, "big") == []
    here = project("calls", "lib.Model.load models/big.pt")
    assert companions(one, here, provided=frozenset({"big.pt"})) == []
    assert companions(one, project("calls", "other.load big")) == []


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("yolo11n.pt", "downloads-data"),
        ("weights/yolov8s-seg.pt", "downloads-data"),
        ("sam2.1_b.pt", "downloads-data"),
        ("yolov8n", "downloads-data"),
        ("", "downloads-data"),
        ("yolo11n_ncnn_model", "model-missing"),
        ("models/yolov8n_openvino_model/", "model-missing"),
        ("yolo11n.engine", "model-missing"),
        ("yolov8n.onnx", "model-missing"),
        ("runs/detect/train/weights/best.pt", "model-missing"),
        ("yolov8n.yaml", ""),
    ],
)
def test_of_models_only_those_that_are_published_are_downloaded(model: str, told: str) -> None:
    facts = load_facts(knowledge())
    found = project("calls", f"ultralytics.YOLO {model}".strip())
    reasons = find_companions(found, facts, {"ultralytics": "1"}, frozenset())
    assert [one.code for one, _ in reasons] == ([told] if told else [])


@pytest.mark.parametrize(
    ("calls", "options"),
    [
        (["socket.SOCK_RAW"], ["--user 0 --cap-add NET_RAW"]),
        (["socket.AF_PACKET", "socket.SOCK_RAW"], ["--user 0 --cap-add NET_RAW --network host"]),
        (["socket.AF_BLUETOOTH"], ["--network host"]),
        (["socket.PF_CAN"], ["--network host"]),
        (["can.interface.Bus socketcan"], ["--network host"]),
        (["socket.SO_BROADCAST"], ["--network host"]),
        (["socket.IP_ADD_MEMBERSHIP"], ["--network host"]),
        (["zeroconf.asyncio.AsyncZeroconf"], ["--network host"]),
        (["soco.discovery.any_soco"], ["--network host"]),
        (["tinytuya.deviceScan"], ["--network host"]),
        (["icmplib.async_ping 192.0.2.1"], ["--user 0 --cap-add NET_RAW"]),
        (["os.geteuid"], ["--user 0"]),
        (["soco.SoCo 192.0.2.1", "tinytuya.OutletDevice"], []),
    ],
)
def test_what_takes_more_rights_than_a_container_has_is_told_with_the_options(
    calls: list[str], options: list[str]
) -> None:
    uses = tuple(Use(code="calls", value=value, origin=ORIGIN) for value in calls)
    found = replace(project("calls", calls[0]), uses=uses)
    reasons = [one for one, _ in find_companions(found, load_facts(knowledge()), {}, frozenset())]
    assert {reason.code for reason in reasons} <= {Code.NEEDS_RIGHTS}
    assert [
        f"`{option}`" in reason.text for option, reason in zip(options, reasons, strict=True)
    ] == [True for _ in options]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (None, "main.py:2 names models/a.onnx, which the project lacks: put it there, or mount it"),
        (("writes-file", "out/a.onnx"), ""),
        (("names-model", "b.onnx"), "models/a.onnx (and 1 more), which the project lacks"),
    ],
)
def test_one_note_tells_the_models_that_nothing_brings(
    more: tuple[str, str] | None, told: str
) -> None:
    lacking = project("names-model", "models/a.onnx")
    if more is not None:
        lacking = replace(lacking, uses=(*lacking.uses, *project(*more).uses))
    texts = companions(companion(call="other"), lacking)
    assert [told in text for text in texts] == [True] * bool(told)


@pytest.mark.parametrize(
    ("model", "installed", "when", "certain"),
    [
        ("en_core_web_sm", "spacy", When.START, [True]),
        ("xx_ent_wiki_sm", "spacy", When.CALL, [False]),
        ("de_core_news_md", "de-core-news-md", When.START, []),
        ("models/ner", "spacy", When.START, []),
        ("", "spacy", When.START, []),
    ],
)
def test_a_model_that_is_a_package_has_to_be_installed(
    model: str, installed: str, when: When, certain: list[bool]
) -> None:
    found = project("calls", f"spacy.load {model}".strip(), when)
    facts = load_facts(knowledge())
    told = find_companions(found, facts, {installed: "1"}, frozenset())
    assert [refused for _, refused in told] == certain


def test_asyncio_of_sqlalchemy_needs_greenlet() -> None:
    found = project("calls", "sqlalchemy.ext.asyncio.create_async_engine sqlite+aiosqlite:///a.db")
    facts = load_facts(knowledge())
    (told,) = find_companions(found, facts, {"sqlalchemy": "2.1"}, frozenset())
    assert told[1]
    assert "sqlalchemy[asyncio]" in told[0].text
    assert not list(find_companions(found, facts, {"greenlet": "3.2"}, frozenset()))


@pytest.mark.parametrize(
    ("imported", "inner", "told"),
    [
        ("bus.payload", ("bus.client",), 1),
        ("bus.payload", ("bus.client", "bus.payload"), 0),
        ("bus.moves", (), 0),  # a single file may make its modules
        ("bus.payload", None, 0),
        ("car.payload", ("bus.client",), 0),
    ],
)
def test_a_module_that_the_chosen_release_dropped_is_told(
    imported: str, inner: tuple[str, ...] | None, told: int
) -> None:
    facts = WheelFacts(installed=1, files=1, modules=("bus",), inner=inner)
    package = Weighed(pinned=make_pinned("bus", "4.1"), facts=facts)
    found = list(find_dropped(project("imports-inner", imported), [package], ()))
    assert [("bus 4.1" in reason.text, certain) for reason, certain in found] == [
        (True, True)
    ] * told
    later = project("imports-inner", imported, When.CALL)
    assert [certain for _, certain in find_dropped(later, [package], ())] == [False] * told
    assert not list(find_dropped(later, [package], (imported,)))


@pytest.mark.parametrize(
    ("taken", "told"),
    [
        ("bus.server.fast", ["bus.server.fast"]),
        ("bus.server.fast.Server", ["bus.server.fast"]),
        ("bus.server.fast.tools.Tool", ["bus.server.fast"]),
        ("bus.server.Server", []),
        ("bus.server.faster.Server", []),
    ],
)
def test_a_module_that_only_raises_an_error_is_told(taken: str, told: list[str]) -> None:
    facts = WheelFacts(installed=1, files=1, modules=("bus",), refused=("bus.server.fast",))
    package = Weighed(pinned=make_pinned("bus", "4.1"), facts=facts)
    found = list(find_refused(project("takes", taken), [package], ()))
    assert [reason.fact for reason, _ in found] == told
    assert all(certain and "bus 4.1" in reason.text for reason, certain in found)
    later = find_refused(project("takes", taken, When.CALL), [package], ())
    assert [certain for _, certain in later] == [False] * len(told)
    assert not list(find_refused(project("takes", taken), [package], ("bus.server.fast",)))


@pytest.mark.parametrize(
    ("version", "other", "imported", "told"),
    [
        ("1.9", "3.0", "page", [True]),
        ("1.9", "3.0", "site", [True]),  # which requires it
        ("1.9", "3.0", "json", [False]),
        ("1.9", "2.4", "page", []),
        ("2.0", "3.0", "page", []),
    ],
)
def test_a_release_that_does_not_load_beside_a_pinned_one_is_told(
    version: str, other: str, imported: str, told: list[bool]
) -> None:
    row = ("<2", "tool<3", "ImportError: cannot import name 'x' from 'tool'")
    known = ReleaseBounds(rows=(row,), source="tried", checked=date(2026, 1, 1))
    facts = Facts(bases=(), packages={}, libraries={}, devices={}, bounds={"page": known})
    pins = (
        replace(make_pinned("site", "1"), requires=("page",)),
        replace(make_pinned("page", version), requires=("tool",)),
        make_pinned("tool", other),
    )
    inside = WheelFacts(installed=1, files=1)
    packages = [Weighed(pinned=one, facts=inside) for one in pins]
    found = list(find_incompatible(project("imports", imported), facts, packages, ()))
    assert [certain for _, certain in found] == told
    assert all("ask for tool<3, or for a newer page" in reason.text for reason, _ in found)
    assert not list(find_incompatible(project("imports", "page"), facts, packages, ("page",)))


def test_a_companion_of_a_device_is_told_where_a_call_insists_on_it() -> None:
    one = companion(package="lib", device="GPU*", text="a driver is needed")
    found = project("asks-device", "GPU.0")
    assert companions(one, found, "lib") == ["main.py:2: a driver is needed; bring it"]
    assert companions(one, found) == []
    assert companions(one, project("asks-device", "GPU", When.MAYBE), "lib") == []
    assert companions(one, project("asks-device", "CPU"), "lib") == []


def test_a_package_tells_what_it_needs_besides_where_it_is_installed() -> None:
    one = companion(
        package="pins", module="pins", unless=("driver", "pins.Remote()"), text="a driver is needed"
    )
    found = project("imports", "pins")
    assert companions(one, found, "pins") == ["main.py:2: a driver is needed; bring it"]
    assert companions(one, project("imports", "else"), "pins") == ["a driver is needed; bring it"]
    assert companions(one, found, "pins", "driver") == []
    assert companions(one, found, "pins", provided=frozenset({"driver"})) == []
    assert companions(one, found, "pins", system=("driver",)) == []
    assert companions(one, project("calls", "pins.Remote x"), "pins") == []
    assert companions(one, found) == []


def test_a_call_that_downloads_by_its_name_is_told_without_a_fact() -> None:
    other = companion(call="other.load")
    (text,) = companions(other, project("calls", "hub.snapshot_download a/b"))
    assert text.startswith("main.py:2: hub.snapshot_download downloads a/b when it is called")
    assert companions(other, project("calls", "hub.upload a/b")) == []
    assert companions(other, project("calls", "hub.download x", When.MAYBE)) == []
    for name in ("static.serve_download", "ytdl.download_range_func", "api.is_download_done"):
        assert companions(other, project("calls", name)) == []


def test_a_function_that_starts_its_argument_is_as_a_program_that_is_started() -> None:
    facts = Facts(
        bases=(),
        packages={},
        libraries={},
        devices={},
        companions={"one": companion(code="runs-program", call="expect.spawn")},
    )
    (use,) = list_started(project("calls", "expect.spawn /usr/bin/tool -v"), facts)
    assert (use.code, use.value) == ("runs-program", "tool")


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("data/app.db", ("/app/data",)),
        ("/data/app.db", ("/data",)),
        ("/config/logs/x.log", ("/config/logs",)),
        ("app.db", ()),
        ("mydb", ()),  # may be a file or a folder
        ("/var/log/app.log", ()),
        ("/home/app/x/app.db", ()),
    ],
)
def test_folders_of_written_files_are_in_the_image(path: str, folders: tuple[str, ...]) -> None:
    found = project("writes-file", path, When.CALL)
    assert list_written_folders(found, workdir="/app", home="/home/app") == folders


def test_a_folder_that_is_written_to_is_told_with_the_volume_to_mount() -> None:
    def told(path: str) -> list[str]:
        found = project("writes-file", path, When.CALL)
        return [one.text for one in note_writes(found, workdir="/app", home="/home/app")]

    (beside,) = told("app.db")
    assert "main.py:2 writes /app/app.db, next to the sources" in beside
    (volume,) = told("data/app.db")
    assert "mount a volume at /app/data" in volume
    assert told("/home/app/app.db") == []
