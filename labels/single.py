"""One label as a PNG, at the printer's own resolution: for a browser or a driver that takes pictures."""

import io

from labels.model import Label
from labels.render import label_image
from labels.template import Template


def label_png(label: Label, template: Template, dpi: int = 203) -> bytes:
    """Give the label as a 1-bit PNG that carries its resolution, so that it prints in its true size."""
    out = io.BytesIO()
    label_image(label, template, dpi).save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()
