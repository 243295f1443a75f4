"""Asks a running server what its OpenAPI documents say may be asked, with random values: nothing may be a 5xx that
Kubernetes would not give, too.

    pip install schemathesis
    python3 tests/it/python/openapi.py path/to/kubeconfig [--examples 2] [--seconds 3600] [--operations 40] [--seed 1] \
        [apis/apps/v1 ...]

It deletes what it can: never point it at a server that somebody needs.
"""

import argparse
import base64
import collections
import json
import pathlib
import random
import re
import sys
import tempfile
import time

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode

# Streams, which have no end, and what is passed on to others.
NOT_ASKED = re.compile("/proxy|/watch/|/log$|/exec$|/attach$|/portforward$")
# What Kubernetes says to a version that no store has reached yet.
ALLOWED = {504: "Too large resource version"}
# Longer than this no answer takes but a watch, which is asked to end before.
TIMEOUT = 60
MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kubeconfig")
    parser.add_argument("groups", nargs="*")
    parser.add_argument("--examples", type=int, default=2, help="cases of each sort for each operation")
    parser.add_argument("--seconds", type=float, default=3600, help="after which nothing more is asked")
    parser.add_argument("--operations", type=int, help="asked at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_hypothesis_home_dir(folder)
        run(Server(pathlib.Path(options.kubeconfig), pathlib.Path(folder)), options)


def run(server, options):
    print(f"seed {options.seed}", flush=True)
    end = time.monotonic() + options.seconds
    operations = list(server.operations(options.groups))
    random.Random(options.seed).shuffle(operations)
    asked = 0
    for operation in operations[: options.operations]:
        if time.monotonic() > end:
            break
        asked += 1
        for mode in MODES:
            ask(server, operation, mode, options)
    print(f"{asked} of {len(operations)} operations: {dict(server.codes)}")
    if not server.codes:
        sys.exit("nothing was asked")
    if server.failures:
        sys.exit("\n".join(server.failures))


def ask(server, operation, mode, options):
    @seed(options.seed)
    @settings(
        max_examples=options.examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def cases(case):
        server.send(case)

    try:
        cases()
    except Unsatisfiable:
        # An operation without parameters cannot be asked wrongly.
        pass


class Server:
    def __init__(self, kubeconfig, folder):
        config = json.loads(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]

        def file(name, text):
            path = folder / name
            path.write_bytes(base64.b64decode(text))
            return str(path)

        self.url = cluster["server"]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = file("ca", cluster["certificate-authority-data"])
        self.session.cert = (file("cert", user["client-certificate-data"]), file("key", user["client-key-data"]))
        self.codes = collections.Counter()
        self.failures = []

    def operations(self, groups):
        paths = self.get("/openapi/v3")["paths"]
        for group in groups or paths:
            schema = schemathesis.openapi.from_dict(self.get(paths[group]["serverRelativeURL"]))
            for found in schema.get_all_operations():
                operation = found.ok()
                if not NOT_ASKED.search(operation.path):
                    yield operation

    def get(self, path):
        answer = self.session.get(self.url + path, timeout=TIMEOUT)
        answer.raise_for_status()
        return answer.json()

    def send(self, case):
        request = case.as_transport_kwargs(base_url=self.url)
        if isinstance(request.get("params"), dict) and request["params"].get("watch"):
            request["params"]["timeoutSeconds"] = 1
        label = f"{case.operation.label} {request.get('params')} {str(request.get('json', request.get('data')))[:500]}"
        try:
            answer = self.session.request(**request, timeout=TIMEOUT)
        except requests.exceptions.RequestException as error:
            self.failures.append(f"{label}: {error!r}")
            return
        self.codes[answer.status_code] += 1
        said = answer.text
        if answer.status_code >= 500 and ALLOWED.get(answer.status_code, "\0") not in said:
            self.failures.append(f"{label}: {answer.status_code} {said[:500]}")


main()
