"""Pages of which the tree itself says a part: what takes the place of their placeholders."""

import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "site_scons"))


def fill(app, page, placeholder, sources, markdown):
    """Lets Sphinx put markdown() in place of the placeholder, anew when one of the files
    that sources() names has changed."""
    def replace(app, name, source):
        if name == page:
            for path in sources():
                app.env.note_dependency(str(path))
            source[0] = source[0].replace(placeholder, markdown())

    app.connect("source-read", replace)
    return {"parallel_read_safe": True}
