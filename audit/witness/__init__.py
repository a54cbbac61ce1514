"""A witness cosigns only checkpoints of logs that grew from what it saw (C2SP tlog-witness), on its own key and file."""
