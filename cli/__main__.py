"""`python -m cli` is `undertone`."""

from cli.main import main

main()
