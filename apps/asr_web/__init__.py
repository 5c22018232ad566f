"""The web desk: record, upload and batch calls, and watch the server, in a browser."""
