"""`python -m sigma_core`: the `sigma` command, where the script itself is not on the path."""

from sigma_core.cli import main

if __name__ == "__main__":
    main()
