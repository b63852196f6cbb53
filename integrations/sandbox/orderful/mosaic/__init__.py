"""Mosaic: the JSON in which Orderful's v4 API takes and gives documents."""
