"""Drives `prompts.py` of the guide: one command a line in, one line out."""
import json
import sys
import threading

from prompts import Prompt

prompt = Prompt("summary-bullets")


def moved(version):
    print("moved", version["number"], flush=True)


for line in sys.stdin:
    command, _, rest = line.strip().partition(" ")
    try:
        if command == "fetch":
            said = "another" if prompt.fetch(int(rest or 0)) else "the same"
        elif command == "render":
            said = prompt.render(**json.loads(rest))[0]["content"][0]["text"].splitlines()[0]
        elif command == "follow":
            threading.Thread(target=prompt.follow, args=[moved], daemon=True).start()
            said = "following"
    except ValueError as error:
        said = f"refused {error}"
    except OSError:
        said = "away"
    print(said, prompt.version and prompt.version["number"], flush=True)
