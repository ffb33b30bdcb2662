"""Sends cases made from the OpenAPI document to the real server, as everybody who may come: run.py BINARY REPORT OPTION…

Each role has a server of its own, on a copy of one prepared folder, so that none can spoil what another needs. Two run at
once. The options are those of Schemathesis.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from person import PASSWORD, Person

HERE = Path(__file__).parent
# Each with the account that it has, what that is in the workspace `default`, and with how many operations it must have
# had success: fewer mean that its cases reached nothing.
ROLES = {
    "anonymous": (None, None, 8),
    "guest": ("guest", None, 10),
    "viewer": ("user", "viewer", 20),
    "editor": ("user", "editor", 30),
    "owner": ("user", "owner", 30),
    "admin": ("admin", None, 40),
    "key": (None, None, 10),
}
# All that Schemathesis knows, but two: what its generator calls valid may still be refused (a name that is taken), and
# the hooks sign each request in, that of `ignored_auth` too.
CHECKS = ["--checks", "all", "--exclude-checks", "positive_data_acceptance,ignored_auth"]
# Every limit is counted, and none is reached.
LIMITS = "general general_anonymous ai ai_anonymous auth auth_address refresh refresh_address export reports event_streams"
SETTINGS = """
[auth]
registration = "open"
max_sessions = 1000
[[providers]]
name = "simulated"
kind = "simulated"
latency = { min_ms = 0, max_ms = 0 }
"""


class Server:
    """The real binary on a free port."""

    def __init__(self, binary, folder):
        self.folder = folder
        self.log = folder / "log"
        command = [binary, "serve", "--listen", "127.0.0.1:0", "--data-dir", folder, "--config", folder / "settings"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environment(folder), stdout=subprocess.PIPE, stderr=log, text=True)
        first = self.process.stdout.readline().strip()
        if "http://" not in first:
            raise RuntimeError(f"the server did not start: {self.log.read_text()}")
        self.address = "http://" + first.rsplit("http://", 1)[1]

    def stop(self):
        """Ends it as a signal would. What is wrong with its end or its log comes back."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        wrong = [line for line in self.log.read_text().splitlines() if " ERROR " in line or "panicked" in line]
        return wrong + ([f"the server ended with {code}"] if code else [])


def environment(folder):
    limits = {f"PROMPTCARDS_LIMITS__{name.upper()}": "1000000000" for name in LIMITS.split()}
    own = {
        "PROMPTCARDS_SECRETS__MASTER_KEY_FILE": str(folder / "master.key"),
        "PROMPTCARDS_SERVER__CONNECTIONS_PER_ADDRESS": "0",
        "PROMPTCARDS_LOG__LEVEL": "warn",
    }
    return {**os.environ, **limits, **own}


def prepare(binary, folder):
    """Fills a folder with accounts, members, cards and runs. What the hooks need to know of it comes back."""
    folder.mkdir()
    (folder / "settings").write_text(SETTINGS)
    accounts = {"keeper": "admin", "someone": "user"}
    accounts |= {name: account for name, (account, _, _) in ROLES.items() if account}
    for name, account in accounts.items():
        line = ["user", "create", "--name", name, "--role", account, "--password-file", "-"]
        command(binary, folder, line, PASSWORD)
    server = Server(binary, folder)
    keeper = Person(server.address, "keeper")
    ids = {item["name"]: item["id"] for item in keeper.done("GET", "/api/v1/users").json()["items"]}
    for name, (_, member, _) in ROLES.items():
        if member:
            keeper.done("PUT", f"/api/v1/workspaces/default/members/{ids[name]}", {"role": member})
    keeper.done("POST", "/api/v1/workspaces/default/samples")
    keeper.make_card("first")
    keeper.make_card("second")
    document = folder / "openapi.json"
    document.write_bytes(keeper.done("GET", "/api/v1/openapi.json").content)
    page = keeper.done("GET", "/api/docs").text
    codes = {name: int(status) for name, status in re.findall(r'<tr id="(\w+)"><td>\w+</td><td>(\d+)</td>', page)}
    wrong = server.stop()
    if wrong:
        raise RuntimeError("\n".join(wrong))
    scopes = ["--scope", "cards:read,runs:read,runs:write"]
    key = command(binary, folder, ["api-key", "create", "--user", "owner", "--name", "narrow", *scopes])
    return {"document": str(document), "codes": codes, "ids": ids, "key": key.strip()}


def command(binary, folder, line, said=""):
    line = [binary, *line, "--data-dir", folder, "--config", folder / "settings"]
    return subprocess.run(line, env=environment(folder), input=said, capture_output=True, text=True, check=True).stdout


def fuzz(binary, prepared, folder, facts, role, options):
    """Sends the cases of one role. What was counted, and what is wrong, come back."""
    began = time.monotonic()
    own = folder / role
    shutil.copytree(prepared, own)
    server = Server(binary, own)
    name = role if ROLES[role][0] else None
    report = own / "report.json"
    given = {
        "address": server.address,
        "name": name,
        "key": facts["key"] if role == "key" else None,
        "document": facts["document"],
        "codes": facts["codes"],
        "spared": [facts["ids"][name] for name in ("keeper", name) if name],
        "report": str(report),
    }
    (own / "given.json").write_text(json.dumps(given))
    line = [Path(sys.executable).parent / "st", "--config-file", HERE / "schemathesis.toml", "--no-color"]
    line += ["run", facts["document"], "--url", server.address, *CHECKS, *options]
    added = {"FUZZ": str(own / "given.json"), "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "PYTHONPATH": str(HERE)}
    run = subprocess.run(line, env={**os.environ, **added}, cwd=own, capture_output=True, text=True)
    said = run.stdout + run.stderr
    wrong = [said] if run.returncode else []
    wrong += server.stop()
    counted = json.loads(report.read_text()) if report.exists() else {"sent": 0, "answers": {}, "succeeded": []}
    reached, least = len(counted["succeeded"]), ROLES[role][2]
    if reached < least:
        wrong.append(f"success with {reached} operations only, where {least} are to be had: the cases reach nothing")
    return {"role": role, **counted, "wrong": wrong, "seconds": time.monotonic() - began}


def main(binary, report, *options):
    with tempfile.TemporaryDirectory(prefix="promptcards-fuzz-") as folder:
        folder = Path(folder)
        prepared = folder / "prepared"
        facts = prepare(binary, prepared)
        with ThreadPoolExecutor(2) as pool:
            roles = os.environ.get("ROLES", " ".join(ROLES)).split()
            results = list(pool.map(lambda role: fuzz(binary, prepared, folder, facts, role, options), roles))
    for result in results:
        answers = ", ".join(f"{count} × {status}" for status, count in sorted(result["answers"].items()))
        print(f"{result['role']:10} {result['sent']:6} cases {result['seconds']:4.0f} s, success with"
              f" {len(result['succeeded'])} operations: {answers}")
        for text in result["wrong"]:
            print(text)
    Path(report).write_text(junit(results))
    print(f"{sum(result['sent'] for result in results)} cases")
    return 1 if any(result["wrong"] for result in results) else 0


def junit(results):
    cases = []
    for result in results:
        name = quoteattr(f"{result['role']}: {result['sent']} cases")
        failure = f"<failure>{escape(''.join(result['wrong']))}</failure>" if result["wrong"] else ""
        cases.append(f"<testcase name={name} time=\"{result['seconds']:.1f}\">{failure}</testcase>")
    return f"<testsuites><testsuite name=\"fuzz\">{''.join(cases)}</testsuite></testsuites>\n"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
