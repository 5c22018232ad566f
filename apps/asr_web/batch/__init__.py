"""Tab of many recordings: their runs, table and downloads."""
