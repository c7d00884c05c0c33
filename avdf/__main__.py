"""`python -m avdf`: the same as the installed command `avdf`."""

from avdf.commands.dispatch import main

if __name__ == "__main__":
    main()
