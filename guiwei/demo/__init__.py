"""The demonstration: the stories played and judged, or one lively company to look at."""
