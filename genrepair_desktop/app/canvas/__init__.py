"""The photo on the screen: viewport, display levels, overlays, tools and the widget that joins them."""
