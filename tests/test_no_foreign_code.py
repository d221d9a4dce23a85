"""Nothing in the package can run what a file says: no pickles, and torch reads weights only."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "genrepair_desktop"
FORBIDDEN = {"pickle", "cPickle", "_pickle", "joblib", "shelve", "dill", "cloudpickle", "marshal", "jsonpickle"}
# lists a pickle's instructions and never follows them: that is how added models are looked at
READS_PICKLES_WITHOUT_RUNNING_THEM = {("registry/foreign.py", "pickletools")}
# spandrel's loader unpickles into tensors only; it runs in a process of its own, behind the check above
USES_SPANDRELS_RESTRICTED_LOADER = {"registry/added_convert.py"}
# an added fill may be a TorchScript program: its instructions were looked at when it was added
RUNS_TORCHSCRIPT = {"registry/added_load.py"}
_RUNS_CODE = ("eval", "exec", "__import__", "torch.hub.load", "os.system")


def problems_of(source: str, name: str) -> list[str]:
    """What a module does that could run code from a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if _is_forbidden(alias.name, name)]
        elif isinstance(node, ast.ImportFrom) and _is_forbidden(node.module or "", name):
            found.append(node.module)
        elif isinstance(node, ast.Call) and _may_run_code(node, name):
            found.append(ast.unparse(node.func))
    return found


def _is_forbidden(module: str, name: str) -> bool:
    is_known = (name, module) in READS_PICKLES_WITHOUT_RUNNING_THEM
    return not is_known and module.partition(".")[0] in FORBIDDEN | {"pickletools"}


def _may_run_code(call: ast.Call, name: str) -> bool:
    called = ast.unparse(call.func)
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if called == "torch.load":
        return given.get("weights_only") != "True"
    if called in ("np.load", "numpy.load"):
        return given.get("allow_pickle", "False") != "False"
    if called.endswith((".load_state_dict_from_file", ".load_from_file")):
        return name not in USES_SPANDRELS_RESTRICTED_LOADER
    if called == "torch.jit.load":
        return name not in RUNS_TORCHSCRIPT
    return called in _RUNS_CODE or called.endswith(".read_pickle")


def test_no_module_of_the_package_can_run_a_files_code() -> None:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        problems = problems_of(path.read_text(encoding="utf-8"), name)
        if problems:
            found[name] = problems
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pickle", "from joblib import load", "import shelve as s", "def f():\n    from pickle import loads",
        "torch.load(p)", "torch.load(p, weights_only=False)", "torch.load(p, weights_only=flag)",
        "np.load(p, allow_pickle=True)", "eval(text)", "exec(text)", "__import__(n)", "pandas.read_pickle(p)",
        "import pickletools", "spandrel.ModelLoader().load_from_file(p)", "torch.jit.load(p)",
    ],
)  # fmt: skip
def test_each_way_of_running_it_is_noticed(source: str) -> None:
    assert problems_of(source, "any.py")


@pytest.mark.parametrize(
    "source", ["torch.load(p, weights_only=True)", "np.load(p)", "import json", "np.load(p, allow_pickle=False)"]
)
def test_reading_of_plain_values_is_allowed(source: str) -> None:
    assert problems_of(source, "any.py") == []
