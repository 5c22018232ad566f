"""Report of a run: its record, tables, plots and promises."""
