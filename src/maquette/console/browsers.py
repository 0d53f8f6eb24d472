"""What is the browser called that sends this `User-Agent`? A short name such as `Firefox on Linux`, for people."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
"""The first mark that occurs counts: browsers name each other, and Android is Linux too."""

MAX_NAME = 40


def browser_name(agent: str) -> str:
    """Browser and system as far as they are known; else how the text begins."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser is None:
        name = agent.strip().partition(" ")[0][:MAX_NAME]
        return name or "unknown"
    return f"{browser} on {system}" if system else browser


def _first(marks: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for mark, name in marks if mark in agent), None)
