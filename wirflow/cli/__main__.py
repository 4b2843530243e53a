"""`python -m wirflow.cli`."""

from wirflow.cli import main

main()
