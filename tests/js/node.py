"""The Node that Playwright's wheel carries: nobody has to install one."""

from pathlib import Path

import playwright

NODE = Path(playwright.__file__).parent / "driver" / "node"
QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"
