"""Who is on duty, and how long each may take: the settings of `escalation.yml` and its rota."""
