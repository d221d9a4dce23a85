"""The one build step that pyproject.toml cannot say: models and resources travel inside the wheel."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

SHIPPED = ("models", "resources")


class BuildWithShippedFiles(build_py):
    """Copies models/ and resources/ to where ``genrepair_desktop.paths`` looks for them in a wheel."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:  # a checkout: paths.py finds the folders beside the package
            return
        for name in SHIPPED:
            target = Path(self.build_lib, "genrepair_desktop", f"_{name}")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(name, target)


setup(cmdclass={"build_py": BuildWithShippedFiles})
