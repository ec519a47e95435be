"""The programs that the tests need: what is missing is built or installed, once a version, outside the repository."""

import json
import os
import pathlib
import shutil
from dataclasses import dataclass

from fetch import Impossible, fetch, run

# grafana/compose.yaml runs the same versions; check_files checks that
PROMETHEUS = "v0.316.0"  # the module's number of Prometheus 3.16.0
PROMETHEUS_SUM = "h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM="
JAEGER = "v1.76.0"  # one commit has two numbers, this is the one that modules have
JAEGER_RELEASE = "2.13.0"
JAEGER_SUM = "h1:sWCOOF1dr+NL0PLil7mFo3BqqQL8k4WiM7aguFbc14g="
GRAFANA = "12.4.10"
TYPESCRIPT = "5.9.3"
REACT = "18.3.1"
JSDOM = "26.1.0"
ESBUILD = "0.28.2"

BUILD_SECONDS = 1800


@dataclass(frozen=True)
class Tools:
    """Where the programs are; one that cannot be had is the reason, as an Impossible."""

    prometheus: object
    promtool: object
    jaeger: object
    tsc: object
    types: object
    library: object

    def need(self, name):
        """The path of a program, or raises why there is none."""
        found = getattr(self, name)
        if isinstance(found, Impossible):
            raise found
        return found


def install():
    """All tools. What cannot be had does not keep the others from being had."""
    prometheus = _attempt(_prometheus)
    types = _attempt(_grafana_types)
    return Tools(
        prometheus=_within(prometheus, "prometheus"),
        promtool=_within(prometheus, "promtool"),
        jaeger=_within(_attempt(_jaeger), "jaeger"),
        tsc=_within(types, "node_modules/.bin/tsc"),
        types=_within(types, "node_modules"),
        library=_within(_attempt(_grafana_library), "node_modules"),
    )


def _attempt(install_one):
    try:
        return install_one()
    except Impossible as reason:
        return reason


def _within(folder, name):
    return folder if isinstance(folder, Impossible) else folder / name


def cache():
    """Folder of what was built, kept between runs."""
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "spanload-backends"


def _prometheus():
    # without the service discoveries of clouds, which nobody needs here and which are half of the build
    module = ("github.com/prometheus/prometheus", PROMETHEUS, PROMETHEUS_SUM)
    return _go_programs(module, ["./cmd/prometheus", "./cmd/promtool"], ["-tags", "remove_all_sd"])


def _jaeger():
    return _go_programs(("github.com/jaegertracing/jaeger", JAEGER, JAEGER_SUM), ["./cmd/jaeger"], [])


def _go_programs(module, packages, options):
    """Builds main packages of a Go module in the module's own folder, so that its lock file and its replacements
    hold; `go install module@version` refuses a module with replacements."""
    path, version, checksum = module
    folder = cache() / f"{path.rsplit('/', 1)[1]}-{version}"
    names = [package.rsplit("/", 1)[1] for package in packages]
    if all((folder / name).exists() for name in names):
        return folder
    if not shutil.which("go"):
        raise Impossible(f"{' and '.join(names)}: no go on the PATH; install Go 1.26 or newer")
    print(f"building {' and '.join(names)} {version}; minutes the first time", flush=True)
    source = _download(path, version, checksum)
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    # what the build needs from the network, which may be gone for a moment
    fetch(["go", "list", "-deps", *options, *packages], names, BUILD_SECONDS, cwd=source, env=_go_environment())
    command = ["go", "build", "-trimpath", "-ldflags=-s -w", *options, "-o", f"{partial}/", *packages]
    run(command, names, BUILD_SECONDS, cwd=source, env=_go_environment())
    partial.rename(folder)
    return folder


def _download(path, version, checksum):
    command = ["go", "mod", "download", "-json", f"{path}@{version}"]
    answer = json.loads(fetch(command, [path], env=_go_environment()))
    if answer["Sum"] != checksum:
        raise Impossible(f"{path} {version}: its checksum is {answer['Sum']}, not {checksum}")
    return answer["Dir"]


def _go_environment():
    return {**os.environ, "CGO_ENABLED": "0", "GOWORK": "off"}


def _grafana_types():
    return _node_packages([f"@grafana/schema@{GRAFANA}", f"typescript@{TYPESCRIPT}"])


def _grafana_library():
    # a browser's document and React are what the library expects to find
    return _node_packages([f"@grafana/data@{GRAFANA}", f"react@{REACT}", f"react-dom@{REACT}", f"jsdom@{JSDOM}"])


def drawing():
    """Folder of the packages that draw panels, with what bundles them for a browser; large, for a picture only."""
    packages = [f"@grafana/{name}@{GRAFANA}" for name in ("ui", "data", "i18n")]
    return _node_packages([*packages, f"react@{REACT}", f"react-dom@{REACT}", f"esbuild@{ESBUILD}"]) / "node_modules"


def _node_packages(packages):
    name = packages[0].rsplit("/", 1)[1].replace("@", "-")
    folder = cache() / f"grafana-{name}"
    if folder.exists():
        return folder
    if not shutil.which("npm"):
        raise Impossible(f"{' and '.join(packages)}: no npm on the PATH; install Node.js 20 or newer")
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(partial), *packages]
    fetch(command, packages)
    partial.rename(folder)
    return folder
