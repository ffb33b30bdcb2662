"""What Schemathesis does before and after each request: shows who sends it, puts things that are there in place of those
made up, counts. Loaded by Schemathesis, which run.py starts; FUZZ names a file that says for whom."""

import atexit
import json
import os
import zlib
from collections import Counter
from pathlib import Path

import schemathesis
from schemathesis.core.parameters import ParameterLocation

from known import Known
from person import PASSWORD, Person

given = json.loads(Path(os.environ["FUZZ"]).read_text())
sender = Person(given["address"], given["name"], given["key"])
keeper = Person(given["address"], "keeper")
known = Known(json.loads(Path(given["document"]).read_text()))
# Status by code of problem, as /api/docs lists them.
codes = given["codes"]
# Nobody but the keeper and the sender themselves may change what these two may.
spared = set(given["spared"])

LOOK_EVERY = 200
sent = 0
answers = Counter()
succeeded = set()
secrets = []
cursors = {}


@atexit.register
def report():
    counted = {"sent": sent, "answers": answers, "succeeded": sorted(succeeded)}
    Path(given["report"]).write_text(json.dumps(counted))


def chance(*of):
    """A number that is the same for the same case: what fails is to fail again when it is repeated."""
    return zlib.crc32(repr(of).encode())


def look():
    """Looks at what is there, and makes more where cases have taken too much away."""

    def read(path):
        return (sender if "/account/" in path else keeper).ask("GET", path)

    known.look(read, spared)
    if len(known.values("slug")) < 4 or len(known.values("run")) < 4:
        keeper.make_card(f"fuzz-{sent}")
        known.look(read, spared)


@schemathesis.hook
def before_call(context, case, kwargs):
    global sent
    if sent % LOOK_EVERY == 0:
        look()
    sent += 1
    path = case.operation.path
    intended = case.meta is None or is_positive(case, ParameterLocation.PATH)
    if intended and case.path_parameters:
        number = chance(path, case.path_parameters)
        if number % 8:
            case.path_parameters.update(known.place(path, number // 8))
        others = [user for user in known.values("user") if user not in spared]
        if case.method != "GET" and str(case.path_parameters.get("user")) in spared:
            case.path_parameters["user"] = others[0]
    place_in_query(case, path)
    place_in_headers(case)
    if isinstance(case.body, (dict, list)) and is_positive(case, ParameterLocation.BODY):
        case.body = placed(case.body)
    case.headers.update(sender.headers())
    if is_stream(case.operation):
        kwargs["timeout"] = 2


def place_in_query(case, path):
    if "wait" in case.query and is_positive(case, ParameterLocation.QUERY):
        case.query["wait"] = 1
    if "cursor" in case.query and cursors.get(path) and chance(case.query) % 2:
        case.query["cursor"] = cursors[path]
    if "after" in case.query and is_stream(case.operation) and is_positive(case, ParameterLocation.QUERY):
        case.query["after"] = 0


def place_in_headers(case):
    if "If-Match" in case.headers and chance(case.headers["If-Match"]) % 8:
        path = case.formatted_path
        for address in (path, path.rsplit("/", 1)[0], path.rsplit("/", 1)[0] + "/draft"):
            etag = sender.ask("GET", address).headers.get("ETag")
            if etag is not None:
                case.headers["If-Match"] = etag
                break
    if "Idempotency-Key" in case.headers and chance(case.headers["Idempotency-Key"]) % 2:
        case.headers["Idempotency-Key"] = f"key-{chance(case.headers['Idempotency-Key']) % 5}"


def placed(value, key=None):
    """A body with things that are there in place of some of those made up."""
    if isinstance(value, dict):
        return {name: placed(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner, key) for inner in value]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return value
    number = chance(key, value)
    choices = choices_of(key) if number % 4 else []
    return choices[number // 4 % len(choices)] if choices else value


def choices_of(key):
    match key:
        case "slug":
            return [*known.values("slug"), f"card-{sent}"]
        case "title" | "name" | "reason":
            return [f"{key}-{sent}", given["name"] or "someone"]
        case "provider":
            return ["simulated"]
        case "model" | "label":
            return known.values(key)
        case "suite_id":
            return known.values("suite")
        case "case_ids":
            return known.values("case")
        case "workspace":
            return known.values("ws")
        case "version":
            return [1, 2]
        case "repeats":
            return [1, 2, 3]
        case "password":
            return [PASSWORD]
        case "secret":
            return secrets[-3:]
        case "base_url" | "url":
            # Nothing listens there, and nothing outside this machine is to be called.
            return ["http://127.0.0.1:9"]
    return []


def is_positive(case, location):
    part = case.meta and case.meta.components.get(location)
    return part is None or part.mode.is_positive


def is_stream(operation):
    success = operation.definition.raw["responses"].get("200", {})
    return "text/event-stream" in success.get("content", {})


@schemathesis.hook
def after_call(context, case, response):
    answers[str(response.status_code)] += 1
    if response.status_code == 401:
        sender.forget()
    if not 200 <= response.status_code < 300:
        return
    if case.method == case.operation.method.upper():
        succeeded.add(case.operation.definition.raw["operationId"])
    if not response.headers.get("content-type", [""])[0].startswith("application/json"):
        return
    body = json.loads(response.content)
    if isinstance(body, dict):
        if body.get("next_cursor"):
            cursors[case.operation.path] = body["next_cursor"]
        if "#" in str(body.get("link")):
            secrets.append(body["link"].rsplit("#", 1)[1])


@schemathesis.check
def documented_answer(ctx, response, case):
    """Every success is in the document by its status, and every error is a problem of the list, with the status that
    the list gives it. The document's `default` would let any status through."""
    status = response.status_code
    if status < 400:
        assert str(status) in case.operation.responses.status_codes, f"{status} is not in the document"
        return
    if case.method == "HEAD":
        return
    problem = json.loads(response.content)
    assert problem["status"] == status, f"a problem of {problem['status']} came with {status}"
    assert codes.get(problem["code"]) == status, f"{problem['code']} with {status} is not in the list of codes"
