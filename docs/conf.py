"""How Sphinx builds the book: `scons docs`. Everything it needs is on this machine."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "_ext"))

project = "Resea"
author = "The Resea contributors"
copyright = "the Resea contributors; CC0 or MIT, as you like"  # noqa: A001 (Sphinx' name)

extensions = ["myst_parser", "interfaces", "figures", "servers"]
source_suffix = {".md": "markdown"}
exclude_patterns = []

# Links like [text](page.md#a-heading) are checked against the headings.
myst_heading_anchors = 3
myst_enable_extensions = ["deflist"]

html_theme = "furo"
html_title = "Resea"
html_static_path = ["_static"]
html_css_files = ["book.css"]
html_show_sphinx = False
html_copy_source = False
# Code is shown as it stands; a language is only given where there is a lexer for it.
highlight_language = "none"
pygments_style = "tango"
pygments_dark_style = "native"
html_theme_options = {
    "light_css_variables": {
        "font-stack": "system-ui, sans-serif",
        "font-stack--monospace": "ui-monospace, 'DejaVu Sans Mono', monospace",
    },
}
