"""``python -m declnet`` is the command line."""

from declnet.cli import main

main()
