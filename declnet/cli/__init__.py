"""The command line: ``declnet VERB ...``, one module for each thing that verbs are about.

``declnet --help`` must answer at once, so every heavy module is imported inside the verb that needs it.
"""

from declnet.cli import specs  # isort: skip - the order of the imports is the order of the verbs in the help
from declnet.cli import runs  # isort: skip
from declnet.cli import installation  # isort: skip
from declnet.cli.application import app, main

__all__ = ["app", "installation", "main", "runs", "specs"]
