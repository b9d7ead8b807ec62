"""What must survive the process: escalations, stored replies, their journal and their end."""
