"""`python -m wirflow`: the command line, where its script is not on the path."""

from wirflow.cli import main

main()
