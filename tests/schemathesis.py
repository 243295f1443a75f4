"""Asks a running server what its OpenAPI documents say may be asked, with random values: nothing may be a 5xx.

    pip install schemathesis
    python3 tests/schemathesis.py path/to/kubeconfig [cases per operation] [apis/apps/v1 ...]

It deletes what it can: never point it at a server that somebody needs.
"""

import base64
import json
import pathlib
import ssl
import subprocess
import sys
import tempfile
import urllib.request

# Streams, which have no end, and what is passed on to others.
NOT_ASKED = "/proxy|/watch/|/log$|/exec$|/attach$|/portforward$"


def main(kubeconfig, cases="2", *groups):
    with tempfile.TemporaryDirectory() as folder:
        server, files = credentials(json.loads(pathlib.Path(kubeconfig).read_text()), pathlib.Path(folder))
        context = ssl.create_default_context(cafile=files["ca"])
        context.load_cert_chain(files["cert"], files["key"])

        def get(path):
            return json.load(urllib.request.urlopen(server + path, context=context))

        paths = get("/openapi/v3")["paths"]
        failed = []
        for group in groups or paths:
            document = pathlib.Path(folder, "openapi.json")
            document.write_text(json.dumps(get(paths[group]["serverRelativeURL"])))
            print(f"== {group}", flush=True)
            if run(document, server, files, cases) != 0:
                failed.append(group)
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


def credentials(kubeconfig, folder):
    cluster, user = kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]
    data = {
        "ca": cluster["certificate-authority-data"],
        "cert": user["client-certificate-data"],
        "key": user["client-key-data"],
    }
    files = {}
    for name, text in data.items():
        files[name] = str(folder / f"{name}.pem")
        pathlib.Path(files[name]).write_bytes(base64.b64decode(text))
    return cluster["server"], files


def run(document, server, files, cases):
    command = ["st", "run", str(document), "--url", server, "--checks", "not_a_server_error"]
    command += ["--tls-verify", files["ca"], "--request-cert", files["cert"], "--request-cert-key", files["key"]]
    command += ["--exclude-path-regex", NOT_ASKED, "--phases", "fuzzing", "--max-examples", cases]
    # A watch is an answer, too, that only the clock ends.
    command += ["--request-timeout", "3", "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off"]
    return subprocess.run(command).returncode


main(*sys.argv[1:])
