"""From a recorded case to somebody who knows of it: routing, notifications, the worker."""
