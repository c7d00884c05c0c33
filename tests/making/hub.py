"""A stand-in for the file API of the Hugging Face hub: it speaks to the hub's real client over HTTP.

It knows one user, keeps files of a repository by commit, and answers what huggingface_hub 1 and 2 ask when a
repository is made, files are sent in a commit, their sizes are asked for, and one of them is fetched.
"""

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

TOKEN = "hf_a_token_of_the_stand_in"
Files = dict[str, bytes]


@dataclass
class StandIn:
    """Commits by repository, the newest last; `fetched` lists the files that were asked for."""

    endpoint: str = ""
    commits: dict[str, list[tuple[str, Files]]] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def environment(self, home: str) -> dict[str, str]:
        """Variables with which the hub's client speaks to this server alone."""
        return {"HF_ENDPOINT": self.endpoint, "HF_TOKEN": TOKEN, "HF_HOME": home, "HF_HUB_DISABLE_XET": "1"}

    def add(self, repo: str, files: Files) -> str:
        """A commit with these files beside the older ones; its 40 hex digits."""
        commits = self.commits.setdefault(repo, [])
        merged = {**(commits[-1][1] if commits else {}), **files}
        content = json.dumps([len(commits), sorted((name, hash_of(data)) for name, data in merged.items())])
        commits.append((hash_of(content.encode()), merged))
        return commits[-1][0]

    def commit(self, repo: str, revision: str | None) -> tuple[str, Files] | None:
        commits = self.commits.get(repo, [])
        if revision in (None, "main"):
            return commits[-1] if commits else None
        return next((commit for commit in commits if commit[0] == revision), None)


def hash_of(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


@contextmanager
def hub() -> Iterator[StandIn]:
    """Serves a stand-in on a free port of this machine."""
    stand_in = StandIn()

    class Bound(_Handler):
        store = stand_in

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
    stand_in.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    store: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *words: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._answer(401, {"error": "who are you?"}, {"X-Error-Code": "GatedRepo"})
        parts = urlsplit(self.path).path.split("/")[2:]
        if parts == ["repos", "create"]:
            settings = json.loads(body)
            repo = f"{settings.get('organization') or 'lab'}/{settings['name']}"
            self.store.commits.setdefault(repo, [])
            return self._answer(200, {"url": f"{self.store.endpoint}/{repo}", "name": repo})
        if parts == ["validate-yaml"]:  # of the card's front matter
            return self._answer(200, {"errors": [], "warnings": []})
        repo, verb = "/".join(parts[1:3]), "".join(parts[3:4])
        if verb == "preupload":
            files = [
                {**file, "uploadMode": "regular", "shouldIgnore": False} for file in json.loads(body)["files"]
            ]
            for file in files:
                file.pop("sample", None)
            return self._answer(200, {"files": files})
        if verb == "commit":
            lines = [json.loads(line) for line in body.splitlines()]
            values = [line["value"] for line in lines if line["key"] == "file"]
            oid = self.store.add(
                repo, {value["path"]: base64.b64decode(value["content"]) for value in values}
            )
            url = f"{self.store.endpoint}/{repo}/commit/{oid}"
            return self._answer(200, {"commitUrl": url, "commitOid": oid, "pullRequestUrl": None})
        return self._answer(404, {"error": self.path})

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            return self._info("/".join(parts[2:4]), parts[5] if len(parts) > 5 else None)
        if len(parts) < 5:
            return self._answer(404, {"error": self.path})
        repo, revision, name = "/".join(parts[:2]), parts[3], "/".join(parts[4:])
        commit = self.store.commit(repo, revision)
        if commit is None or name not in commit[1]:
            return self._answer(404, {"error": "no entry"}, {"X-Error-Code": "EntryNotFound"})
        data = commit[1][name]
        headers = {"ETag": f'"{hash_of(data)}"', "X-Repo-Commit": commit[0]}
        if self.command == "GET":
            self.store.fetched.append(name)
        return self._answer(200, data, headers)

    def _info(self, repo: str, revision: str | None) -> None:
        if repo not in self.store.commits:
            return self._answer(404, {"error": "none"}, {"X-Error-Code": "RepoNotFound"})
        commit = self.store.commit(repo, revision)
        if commit is None:
            return self._answer(404, {"error": "none"}, {"X-Error-Code": "RevisionNotFound"})
        files = [
            {"rfilename": name, "size": len(data), "blobId": hash_of(data)}
            for name, data in commit[1].items()
        ]
        return self._answer(
            200, {"id": repo, "modelId": repo, "sha": commit[0], "siblings": files, "tags": []}
        )

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
