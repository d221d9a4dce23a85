"""``python -m genrepair_desktop``: the window."""

import sys

from genrepair_desktop.app.main import main

if __name__ == "__main__":
    sys.exit(main())
