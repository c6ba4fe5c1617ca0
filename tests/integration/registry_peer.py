"""registry_peer.py push URL NAME TAG   puts an image of one empty layer into a registry; prints the manifest's digest
registry_peer.py serve FILE             a registry that gives its one manifest to bearers of a token, and tokens to user
                                        "ann" with password "secret"; the port goes to FILE, requests to FILE.log
"""
import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import sys
import tarfile
import urllib.parse
import urllib.request

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image():
    raw = io.BytesIO()
    tarfile.open(fileobj=raw, mode="w").close()
    layer = gzip.compress(raw.getvalue(), mtime=0)
    config = json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers",
                         "diff_ids": [digest(raw.getvalue())]}}).encode()
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "size": len(config), "digest": digest(config)},
        "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "size": len(layer), "digest": digest(layer)}],
    }).encode()
    return manifest, [config, layer]


def call(method, url, data=None, kind="application/octet-stream"):
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": kind})
    return urllib.request.urlopen(request, timeout=10)


def push(url, name, tag):
    manifest, blobs = image()
    for blob in blobs:
        place = call("POST", f"{url}/v2/{name}/blobs/uploads/", b"").headers["Location"]
        mark = "&" if "?" in place else "?"
        call("PUT", f"{place}{mark}digest={digest(blob)}", blob)
    call("PUT", f"{url}/v2/{name}/manifests/{tag}", manifest, MANIFEST)
    print(digest(manifest))


class Guarded(http.server.BaseHTTPRequestHandler):
    """HEAD tells no digest here: the manifest itself has to be asked for."""
    protocol_version = "HTTP/1.1"

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        where = urllib.parse.urlsplit(self.path)
        authorization = self.headers.get("Authorization", "")
        with open(sys.argv[2] + ".log", "a") as log:
            log.write(f"{self.command} {self.path} {authorization}\n")
        if where.path == "/token":
            ann = "Basic " + base64.b64encode(b"ann:secret").decode()
            if authorization != ann:
                return self.answer(401, b"{}")
            return self.answer(200, json.dumps({"token": "t-" + urllib.parse.parse_qs(where.query)["scope"][0]}).encode())
        name = where.path.removeprefix("/v2/").rsplit("/manifests/", 1)[0]
        if authorization != f"Bearer t-repository:{name}:pull":
            realm = f'http://127.0.0.1:{self.server.server_address[1]}/token'
            return self.answer(401, b"{}", [("Www-Authenticate", f'Bearer realm="{realm}",service="here, and \\"there\\""'),
                                          ("Www-Authenticate", "Negotiate")])
        if name == "broken":
            return self.answer(500)
        return self.answer(200, image()[0], [("Content-Type", MANIFEST)])

    do_HEAD = do_GET

    def log_message(self, *args):
        pass


def serve(path):
    server = http.server.HTTPServer(("127.0.0.1", 0), Guarded)
    with open(path + ".part", "w") as f:
        f.write(str(server.server_address[1]))
    os.rename(path + ".part", path)
    server.serve_forever()


if sys.argv[1] == "push":
    push(*sys.argv[2:])
else:
    serve(sys.argv[2])
