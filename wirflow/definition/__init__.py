"""What a workflow says: model, values, reader, guards, checks and pictures."""
