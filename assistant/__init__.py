"""The bone metastases assistant: red flags, retrieval, dialogue, escalation and channels."""
