"""The web channel: the page and the widget, their sessions, Socket.IO and plain HTTP."""

from assistant.channels.web.channel import WebInput

__all__ = ["WebInput"]
