"""``python -m genrepair_desktop.cli``: the same as the command ``genrepair``."""

import sys

from genrepair_desktop.cli.main import main

if __name__ == "__main__":  # worker processes import this file again
    sys.exit(main())
