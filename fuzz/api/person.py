"""Somebody who talks to a server over HTTP."""

import json

import requests

PASSWORD = "nine walruses play the cello"


class Person:
    """Signs in by name and password, and again when the token has ended. With a key in place of a name it is sent as it is."""

    def __init__(self, address, name=None, key=None):
        self.address = address
        self.name = name
        self.token = key
        self.session = requests.Session()
        self.session.trust_env = False

    def headers(self):
        if self.token is None and self.name is not None:
            self.sign_in()
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def sign_in(self):
        account = {"name": self.name, "password": PASSWORD, "tokens": True}
        answer = self.session.post(f"{self.address}/api/v1/session", json=account, timeout=30)
        if answer.status_code != 201:
            raise RuntimeError(f"{self.name} cannot sign in: {answer.status_code} {answer.text}")
        self.session.cookies.clear()
        self.token = answer.json()["tokens"]["access_token"]

    def forget(self):
        """Has the next request sign in anew."""
        if self.name is not None:
            self.token = None

    def ask(self, method, path, body=None, headers=None):
        for _ in range(2):
            answer = self.session.request(
                method,
                self.address + path,
                json=body,
                headers={**self.headers(), **(headers or {})},
                timeout=30,
                stream=path.endswith("/events"),
            )
            if answer.status_code != 401 or self.name is None:
                break
            self.forget()
        return answer

    def done(self, method, path, body=None, headers=None):
        """The answer to what must be accepted."""
        answer = self.ask(method, path, body, headers)
        if not answer.ok:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def make_card(self, slug):
        """Makes a card with a version, a label, cases and a run that has ended, all in the workspace `default`."""
        ws = "/api/v1/workspaces/default"
        text = {"type": "text", "text": "Say {{ word }}."}
        content = {"kind": "text", "messages": [{"role": "user", "content": [text]}]}
        card = self.done("POST", f"{ws}/cards", {"slug": slug, "title": slug, "content": content}).json()
        draft = self.done("GET", f"{ws}/cards/{slug}/draft").headers["ETag"]
        self.done("POST", f"{ws}/cards/{slug}/versions", {"message": "Why."}, {"If-Match": draft})
        self.done("PUT", f"{ws}/cards/{slug}/labels/production", {"version": 1})
        cases = [{"description": word, "variables": {"word": word}} for word in ("one", "two", "three")]
        self.done("POST", f"{ws}/suites/{card['suite_id']}/cases/import", {"items": cases})
        model = {"provider": "simulated", "model": "simulated-large"}
        run = self.done("POST", f"{ws}/runs", {"card_versions": [{"slug": slug}], "models": [model]}).json()
        past = {"Last-Event-ID": "0"}
        with self.done("GET", f"{ws}/runs/{run['id']}/events", headers=past) as events:
            for line in events.iter_lines():
                if line == b"event: run_finished":
                    break
