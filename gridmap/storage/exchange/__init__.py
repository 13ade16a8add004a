"""Plans as files: handed out, edited elsewhere, and taken back as moves; QGIS projects."""
