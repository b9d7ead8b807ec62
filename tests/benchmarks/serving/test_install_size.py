from importlib.metadata import PackageNotFoundError, distribution

from assistant.benchmarks.serving.install_size import megabytes, needed, ours, served


class Package:
    def __init__(self, requires):
        self.requires = requires


PACKAGES = {
    "rasa": Package(["sanic<22", "Torch>=2", 'colorama; sys_platform == "win32"']),
    "sanic": Package(['ujson; extra == "fast"', "aio_files"]),
    "torch": Package(["nvidia-cublas==13.0", "triton"]),
    "aio-files": Package(None),
    "ujson": Package([]),
}


def find(name):
    if name not in PACKAGES:
        raise PackageNotFoundError(name)
    return PACKAGES[name]


def test_all_that_is_needed_in_turn_is_found_once_and_nothing_for_gpus():
    assert needed(["rasa==3.6.21", "sanic"], find).keys() == {"rasa", "sanic", "torch", "aio-files"}


def test_an_extra_brings_its_own_packages():
    assert needed(["sanic[fast]"], find).keys() == {"sanic", "ujson", "aio-files"}


def test_a_package_has_the_size_of_its_files():
    assert 0.1 < megabytes([distribution("pytest")]) < 50


def test_what_the_serving_image_installs_is_read_from_its_list():
    listed = "absl-py==1.4.0 ; os_name == 'posix' \\\n    --hash=sha256:00\nrasa==3.6.21\n# one\n"
    assert served(listed) == {"absl-py", "rasa"}


def test_the_image_serves_with_rasa_and_without_torch():
    names = ours().keys()
    assert {"rasa", "onnxruntime", "spacy"} <= names
    assert not {"torch", "tensorflow", "sentence-transformers", "pytest"} & names
