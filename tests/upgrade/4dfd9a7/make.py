#!/usr/bin/env python3
"""Makes the fixtures of this folder with the program of commit 4dfd9a7; see README.md.

    make.py PROGRAM OUT     PROGRAM: lorahub, built from a checkout of 4dfd9a7; OUT: the folder to write to

Needs the Python standard library, tar, and for the distributed fixture nats-server and PostgreSQL.
"""
import contextlib, glob, gzip, hashlib, http.server, json, os, re, shutil, signal, socket, sqlite3, subprocess, sys, tarfile, tempfile, threading, time
import urllib.error, urllib.request

RECEIVER, NOBODY, HUB = 18516, 18517, 18518  # a receiver of webhooks, a port on which nothing listens, a stand-in for the Hugging Face Hub
PUBLIC = "http://upgrade.example"  # what every URL begins with, wherever the service listens
TOKEN = "lh_annas-token-4f0c"
SETTINGS = {
    "Api__PublicUrl": PUBLIC,
    "Api__Version": "4dfd9a7" + "0" * 57,
    "Auth__Tokens__0__Name": "anna",
    "Auth__Tokens__0__Hash": "sha256:" + hashlib.sha256(TOKEN.encode()).hexdigest(),
    **{f"Auth__Tokens__0__Scopes__{i}": scope for i, scope in enumerate(["read", "predict", "publish", "admin"])},
    "Queue__BareCapacity": "100",
    "Queue__Lease": "00:00:02",
    "Files__KeepFor": "365.00:00:00",
    "Webhooks__RetryFor": "01:00:00",
    "Inference__Threads": "1",
    "Inference__Precision": "Fp32",
}
MIMSY = {
    "example_inputs": "mimsy ; fork ;\nmimsy ; mother ;\nmimsy ; milk ;\nmimsy ; heart ;\nmimsy ; pig ;",
    "example_outputs": "fourchette\nmère\nlait\ncoeur\ncochon",
    "seed": 1,
    "max_inference_step": 10,
}
TESTS = {"test_inputs": "mimsy ; sea ;\nmimsy ; bed ;", "test_outputs": "mer\nlit"}


def slow(examples):
    """The input of a prediction that takes some seconds."""
    return {
        "example_inputs": "\n".join(f"number {i}: " + "mimsy ; fork ; mimsy ; mother ; mimsy ; milk ; " * 2 for i in range(examples)),
        "example_outputs": "\n".join(["fourchette mère lait coeur cochon"] * examples),
        "seed": 7,
        "max_inference_step": 40,
    }


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(is_so, seconds=120):
    end = time.time() + seconds
    while True:
        found = is_so()
        if found:
            return found
        if time.time() > end:
            raise TimeoutError(is_so)
        time.sleep(0.02)


class Node:
    """A process of the program."""

    def __init__(self, program, data, **settings):
        self.port = free_port()
        self.env = {**os.environ, **SETTINGS, "Data__Path": data, **settings}
        self.log = open(data.rstrip("/") + ".log", "ab")
        self.process = subprocess.Popen([program, "--urls", f"http://127.0.0.1:{self.port}"], env=self.env, stdout=self.log, stderr=self.log)
        until(lambda: self.status("/health/ready") == 200)

    def send(self, method, path, body=None, **headers):
        if isinstance(body, (dict, list)):
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        headers = {"Authorization": f"Bearer {TOKEN}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.read()

    def json(self, method, path, body=None, **headers):
        return json.loads(self.send(method, path, body, **headers))

    def status(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
                return response.status
        except (urllib.error.URLError, OSError) as error:
            return getattr(error, "code", 0)

    def get(self, id):
        return self.json("GET", f"/v1/predictions/{id}")

    def create(self, input, path="/v1/predictions", headers=None, **more):
        version = {"version": "lorahub/lorahub"} if path == "/v1/predictions" else {}
        return self.json("POST", path, {**version, "input": input, **more}, **(headers or {}))["id"]

    def put(self, id, input):
        self.json("PUT", f"/predictions/{id}", {"input": input}, Prefer="respond-async")
        return id

    def end(self, id):
        until(lambda: self.get(id)["status"] in ("succeeded", "failed", "canceled"))
        return id

    def publish(self, id, folder, card=None):
        boundary = "part-of-a-module"
        body = b""
        for path in sorted(glob.glob(f"{folder}/*")):
            content = open(path, "rb").read()
            name = os.path.basename(path)
            if name == "README.md" and card:
                content = card.encode()
            body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        body += f"--{boundary}--\r\n".encode()
        return self.json("POST", f"/v1/modules/{id}/versions", body, Content_Type=f"multipart/form-data; boundary={boundary}")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every webhook."""

    received = []

    def do_POST(self):
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


class HuggingFace(http.server.BaseHTTPRequestHandler):
    """The Hugging Face Hub with one module, for `modules pull`."""

    commit, folder = "c0ffee" + "0" * 34, ""

    def do_GET(self):
        if self.path.startswith("/api/models/dora/inference/revision/"):
            return self.answer(json.dumps({"id": "dora/inference", "sha": self.commit, "siblings": [self.describe(path) for path in glob.glob(f"{self.folder}/*")]}).encode())
        self.answer(open(f"{self.folder}/{os.path.basename(self.path)}", "rb").read())

    def describe(self, path):
        content = open(path, "rb").read()
        described = {"rfilename": os.path.basename(path), "size": len(content), "blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}
        if path.endswith(".bin"):
            described["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 131}
        return described

    def answer(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


CARD = """---
base_model: lorahub/t5-mini
license: apache-2.0
task: pluralization
tags: [lora, plurals, grammar]
datasets: [anna/words]
---
# Plurals

The plural of a noun, by Anna: one mouse, two mice.
"""


def publish(node, program, shipped, data):
    """Modules: two versions of one name, one in quarantine, one by the command line and one by hand where there is a data folder."""
    old = node.publish("anna/plurals", f"{shipped}/t5_mini-plurals_list", CARD)["version"]
    node.publish("anna/plurals", f"{shipped}/t5_mini-plurals", CARD.replace("Plurals\n", "Plurals, again\n"))
    node.publish("ben/antonyms", f"{shipped}/t5_mini-antonyms")
    if data:
        folder = f"{data}/models/carl/by-hand"
        shutil.copytree(f"{shipped}/t5_mini-french", folder)
        subprocess.run([program, "modules", "add", f"{shipped}/t5_mini-colors", "--as", "carl/by-command"], env=node.env, check=True, stdout=subprocess.DEVNULL)
        HuggingFace.folder = f"{shipped}/t5_mini-nli_r4"
        subprocess.run([program, "modules", "pull", "dora/inference"], env={**node.env, "HF_ENDPOINT": f"http://127.0.0.1:{HUB}"}, check=True, stdout=subprocess.DEVNULL)
        until(lambda: len([one for one in modules(node) if one["owner"] in ("carl", "dora")]) == 3)
    return old


def upload(node):
    boundary = "part-of-a-file"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="content"; filename="words.txt"\r\nContent-Type: text/plain\r\n\r\n'
        + MIMSY["example_inputs"]
        + f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\nContent-Type: application/json\r\n\r\n{{"of": "anna"}}\r\n--{boundary}--\r\n'
    )
    return node.json("POST", "/v1/files", body.encode(), Content_Type=f"multipart/form-data; boundary={boundary}")


def ended(node, old, file, is_distributed):
    """Predictions that end, by name."""
    made = {
        "default": node.end(node.create(MIMSY)),
        "with_tests": node.end(node.create({**MIMSY, **TESTS})),
        "weights": node.end(node.create({**MIMSY, "module_weights": json.dumps({f"anna/plurals@{old}": 0.5, "lorahub/t5_mini-french": 0.5})})),
        "best": node.end(node.create({**MIMSY, "method": "best"})),
        "controls": node.end(node.create({**MIMSY, **TESTS, "controls": True, "num_random_lora_modules": 3})),
        "from_file": node.end(node.create({**MIMSY, "example_inputs": file["urls"]["get"]})),
        "webhook_delivered": node.end(node.create(
            MIMSY, "/v1/deployments/lorahub/lorahub/predictions", {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
            webhook=f"http://127.0.0.1:{RECEIVER}/told", webhook_events_filter=["start", "completed"])),
        "own_id": node.end(node.put("own.id-1", MIMSY)),
        "removed": node.end(node.create({**MIMSY, "seed": 99})),
    }
    if not is_distributed:
        made["checkpoint"] = node.end(node.create({**MIMSY, "output_format": "checkpoint"}))
    node.send("DELETE", f"/v1/predictions/{made['removed']}")
    until(lambda: [one for one in Receiver.received if one["id"] == made["webhook_delivered"] and one["status"] == "succeeded"])

    # A module that is put into quarantine while predictions wait for it fails them; others are canceled, one while it runs and one while it waits.
    if is_distributed:
        made["canceled_too"] = node.create({**slow(24), "seed": 9})  # its worker has two slots
    made["canceled_running"] = node.create(slow(24))
    made["canceled_waiting"] = node.create(MIMSY)
    made["failed"] = node.create({**MIMSY, "lora_modules_specified": "ben/antonyms"})
    until(lambda: all(searches(node, id) for name, id in made.items() if name in ("canceled_running", "canceled_too")))
    node.json("POST", "/v1/modules/ben/antonyms/quarantine", {"reason": "its norm looks wrong"})
    time.sleep(12 if is_distributed else 0)  # until the worker has it
    for name in [name for name in ["canceled_waiting", "canceled_running", "canceled_too"] if name in made]:
        node.json("POST", f"/v1/predictions/{made[name]}/cancel")
        node.end(made[name])
    node.end(made["failed"])
    made["webhook_due"] = node.end(node.create(MIMSY, webhook=f"http://127.0.0.1:{NOBODY}/untold"))
    return made


def searches(node, id):
    return re.search(r"\d/40 \[", node.get(id)["logs"])


def waiting(node, old, is_distributed):
    """Predictions that wait, behind one that runs."""
    made = {"running": node.create(slow(6))}
    if is_distributed:
        made["cancel_requested"] = node.create({**slow(6), "seed": 8})
    until(lambda: all(searches(node, id) for id in made.values()))
    made |= {
        "waiting_named": node.create({**MIMSY, "lora_modules_specified": "anna/plurals,lorahub/t5_mini-french"}),
        "waiting_pinned": node.create({**MIMSY, "lora_modules_specified": f"anna/plurals@{old}"}),
        "waiting_weights": node.create({**MIMSY, **TESTS, "module_weights": json.dumps({"carl/by-hand" if not is_distributed else "lorahub/t5_mini-french": 0.25, f"anna/plurals@{old}": 0.5})}),
        "waiting_drawn": node.create({**MIMSY, "seed": 11}, webhook=f"http://127.0.0.1:{NOBODY}/waiting"),
        "waiting_unseeded": node.create({key: value for key, value in MIMSY.items() if key != "seed"}),
        "waiting_best": node.create({**MIMSY, "method": "best", "seed": 12}),
        "waiting_overdue": node.create(MIMSY, headers={"Cancel_After": "30s"}),
        "waiting_own_id": node.put("own.id-2", {**MIMSY, "seed": 13}),
    }
    if is_distributed:
        made["waiting_large"] = node.create({**MIMSY, "test_inputs": json.dumps(["mimsy ; sea ;" + " " * 1_100_000])})
    return made


def modules(node):
    return node.json("GET", "/v1/modules?limit=100")["results"]


def truth(node, made):
    """What the service says of all that stays as it is."""
    listed = modules(node)
    pages = {one["id"]: node.json("GET", f"/v1/modules/{one['id']}") for one in listed if one["owner"] != "lorahub"}
    return {
        "modules": listed,
        "pages": pages,
        "versions": {id: node.json("GET", f"/v1/modules/{id}/versions")["results"] for id in pages},
        "files": node.json("GET", "/v1/files")["results"],
        "webhook_key": node.json("GET", "/v1/webhooks/default/secret")["key"],
        "streams": {name: node.send("GET", node.get(id)["urls"]["stream"].removeprefix(PUBLIC), Accept="text/event-stream").decode() for name, id in made.items()},
    }


def stand(node, made):
    """How the predictions stand."""
    return {"usage": node.json("GET", "/v1/modules/anna/plurals/usage"), "predictions": {name: node.get(id) for name, id in made.items()}}


def outcome(node, made):
    """How the predictions have ended."""
    predictions = {name: node.get(node.end(id)) for name, id in made.items()}
    return {
        "predictions": {
            name: {"status": one["status"], "error": one["error"], "modules": sorted(f"{used['module']}@{used['digest']}" for used in (one["output"] or {}).get("weights", []))}
            for name, one in predictions.items()
        },
        "uses": {f"{one['id']}@{one['version']}": one["uses"] for one in modules(node) if one["uses"] > 0},
    }


def wait_for_shipped(node):
    until(lambda: len(modules(node)) >= 30 and len({json.dumps(modules(node)) for _ in range(3)}) == 1)
    time.sleep(2)


def shortened(said):
    """Long texts by their digests."""
    match said:
        case dict():
            return {key: shortened(value) for key, value in said.items()}
        case list():
            return [shortened(value) for value in said]
        case str() if len(said) > 20_000:
            return "sha256:" + hashlib.sha256(said.encode()).hexdigest()
    return said


def write(out, name, said):
    said = shortened(said)
    with open(f"{out}/{name}.json", "w", encoding="utf-8") as file:
        json.dump(said, file, ensure_ascii=False, indent=1)
        file.write("\n")


def pack(folder, target, keep=lambda path: True):
    """With times to the nanosecond and hard links."""
    with tarfile.open(target, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(glob.glob("**", root_dir=folder, recursive=True, include_hidden=True)):
            if path and keep(path):
                tar.add(f"{folder}/{path}", path, recursive=False, filter=anonymous)


def anonymous(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def blobs_of(said, file):
    return {one["output"][file].split("/")[-2] for one in said["predictions"].values() if one["output"] and file in one["output"]}


def check(count, made):
    expected = len([name for name in made if name.startswith("waiting") or name in ("running", "cancel_requested")])
    if count != expected:
        raise RuntimeError(f"{count} predictions are open, {expected} should be: what ran was too fast.")


def embedded(program, shipped, out, work):
    data = f"{work}/data"
    os.mkdir(data)
    node = Node(program, data)
    wait_for_shipped(node)
    old = publish(node, program, shipped, data)
    made = ended(node, old, upload(node), is_distributed=False)
    said = truth(node, made)
    made |= waiting(node, old, is_distributed=False)
    said |= stand(node, made)
    node.kill()
    heavy = blobs_of(said, "checkpoint")
    pack(data, f"{out}/embedded.tar.gz", lambda path: os.path.basename(path) not in heavy and not path.startswith("tmp/") and not path.endswith("-shm"))
    with contextlib.closing(sqlite3.connect(f"{data}/lorahub.db")) as records:
        check(records.execute("SELECT count(*) FROM predictions WHERE completed_at IS NULL").fetchone()[0], made)

    node = Node(program, data)  # how all of that ends with this program
    said["after"] = outcome(node, made)
    write(out, "embedded", said)
    node.kill()


def postgres_programs():
    return sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]


def as_postgres(command):
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command] if os.geteuid() == 0 else command


def distributed(program, shipped, out, work):
    programs, database, store, (pg, nats) = postgres_programs(), tempfile.mkdtemp(), f"{work}/nats", (free_port(), free_port())
    if os.geteuid() == 0:
        shutil.chown(database, "postgres")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/tmp"}
    subprocess.run(as_postgres([f"{programs}/initdb", "-D", database, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]), check=True, **quiet)
    server = subprocess.Popen(as_postgres([f"{programs}/postgres", "-D", database, "-p", str(pg), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]), **quiet)
    psql = ["-h", "127.0.0.1", "-p", str(pg), "-U", "postgres"]
    until(lambda: subprocess.run([f"{programs}/psql", *psql, "-c", "CREATE DATABASE lorahub"], **quiet).returncode == 0)
    broker = None

    def start_broker():
        started = subprocess.Popen(["nats-server", "-js", "-sd", store, "-a", "127.0.0.1", "-p", str(nats)], **quiet)
        until(lambda: socket.socket().connect_ex(("127.0.0.1", nats)) == 0)
        return started

    def start_nodes():
        shared = {"Distributed__Nats": f"nats://127.0.0.1:{nats}"}
        api = Node(program, f"{work}/api", Role="api", Distributed__Postgres=f"Host=127.0.0.1;Port={pg};Username=postgres;Database=lorahub", **shared)
        return api, Node(program, f"{work}/worker", Role="worker", Worker__Slots="2", **shared)

    try:
        os.mkdir(f"{work}/api")
        os.mkdir(f"{work}/worker")
        broker = start_broker()
        api, worker = start_nodes()
        wait_for_shipped(api)
        old = publish(api, program, shipped, data=None)
        made = ended(api, old, upload(api), is_distributed=True)
        said = truth(api, made)
        made |= waiting(api, old, is_distributed=True)
        worker.process.send_signal(signal.SIGSTOP)  # so that the cancel request does not reach it
        api.json("POST", f"/v1/predictions/{made['cancel_requested']}/cancel")
        time.sleep(1)  # the recorder writes what the log has
        said |= stand(api, made)
        worker.kill()
        api.kill()
        broker.terminate()
        broker.wait()
        count = subprocess.run([f"{programs}/psql", *psql, "-tAc", "SELECT count(*) FROM predictions WHERE completed_at IS NULL", "lorahub"], check=True, capture_output=True)
        check(int(count.stdout), made)
        dump = subprocess.run([f"{programs}/pg_dump", *psql, "--no-owner", "--no-privileges", "--inserts", "lorahub"], check=True, capture_output=True).stdout
        with gzip.open(f"{out}/distributed.sql.gz", "wb") as file:
            file.write(b"\n".join(line for line in dump.split(b"\n") if not line.startswith(b"\\")))  # psql's own commands
        pack(store, f"{out}/distributed.nats.tar.gz")

        broker = start_broker()
        api, worker = start_nodes()
        said["after"] = outcome(api, made)
        write(out, "distributed", said)
        worker.kill()
        api.kill()
    finally:
        for process in [broker, server]:
            if process:
                process.terminate()
                process.wait()
        shutil.rmtree(database)


def main():
    program, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    shipped = f"{os.path.dirname(program)}/models/lorahub"
    for port, handler in [(RECEIVER, Receiver), (HUB, HuggingFace)]:
        threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", port), handler).serve_forever, daemon=True).start()
    for make in [embedded, distributed]:
        if len(sys.argv) < 4 or make.__name__ in sys.argv[3:]:
            with tempfile.TemporaryDirectory() as work:
                try:
                    make(program, shipped, out, work)
                except BaseException:
                    for log in glob.glob(f"{work}/*.log"):
                        print(log, *open(log).readlines()[-40:], sep="\n", file=sys.stderr)
                    raise


main()
