"""What there is on a server, so that cases are sent to things that are there and not to addresses made up."""

import re

# What stands for a thing in an address, where that is neither `id` nor named as the placeholder is.
NAMED = {"ws": "slug", "label": "name", "model": "name"}
PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Known:
    """Found by walking along the lists of the document, whatever operations it has."""

    def __init__(self, document):
        self.paths = document["paths"]
        ends = {path[: match.end()] for path in self.paths for match in PLACEHOLDER.finditer(path)}
        self.ends = sorted(ends, key=len)
        self.things = {}

    def look(self, read, hidden):
        """Reads the lists with `read`. What is in `hidden` is not found."""
        self.things = {}
        for end in self.ends:
            listed, name = end.rsplit("/", 1)
            name = name[1:-1]
            found = self.things[end] = []
            if "get" not in self.paths.get(listed, {}):
                continue
            for outer in few(self.things[beginning(listed)]) if "{" in listed else [{}]:
                answer = read(listed.format(**outer))
                items = answer.json().get("items", []) if answer.status_code == 200 else []
                values = [value_of(item, name) for item in items]
                found += [{**outer, name: value} for value in few([it for it in values if it not in hidden])]

    def place(self, path, number):
        """Values for placeholders of a path, of things that are there, chosen by a number."""
        things = self.things.get(beginning(path)) if "{" in path else None
        return things[number % len(things)] if things else {}

    def values(self, name):
        """Every value known of a placeholder."""
        return sorted({str(thing[name]) for things in self.things.values() for thing in things if name in thing})


def beginning(path):
    """A path up to its last placeholder."""
    return path[: path.rindex("}") + 1]


def few(things):
    """The first and the last of a list: what the server began with, and what was made since."""
    return things if len(things) <= 6 else things[:3] + things[-3:]


def value_of(item, name):
    return next((item[key] for key in (name, NAMED.get(name), "id") if key in item), None)
