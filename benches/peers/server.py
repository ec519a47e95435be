"""The server that every client calls: nginx with one worker, which does nothing but answer."""

import os
import pathlib
import shutil
import subprocess

from service import Service

# a Debian user's PATH has no sbin
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])

SMALL = '{"outputs":["012345678901234567890123"]}'  # 40 bytes
DISTINCT_BYTES = 2048
REQUEST_ID_BYTES = 32
ANSWERS = ("small", "distinct", "https", "http2")
STREAMS = 1024  # at the same time on a connection of HTTP/2
CERTIFICATE = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
FOR_THIS_MACHINE = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]


def find():
    return shutil.which("nginx", path=PATH)


class Server:
    """/small is answered with the same 40 bytes, /distinct with 2 KB of JSON that no other answer equals. Two other
    ports answer the former over TLS 1.3 and over HTTP/2 without TLS."""

    def __init__(self, folder, ports):
        http, https, http2 = (f"127.0.0.1:{port}" for port in ports)
        self._urls = {
            "small": f"http://{http}/small",
            "distinct": f"http://{http}/distinct",
            "https": f"https://{https}/small",
            "http2": f"http://{http2}/small",
        }
        self.certificate = folder / "certificate.pem"
        made = [*CERTIFICATE, *FOR_THIS_MACHINE, "-keyout", str(folder / "key.pem"), "-out", str(self.certificate)]
        subprocess.run(made, check=True, capture_output=True)
        config = folder / "nginx.conf"
        config.write_text(_configuration(folder, http, https, http2), encoding="utf-8")
        command = [find(), "-c", str(config), "-p", str(folder), "-e", str(folder / "nginx-error.log")]
        self.service = Service(command, self.url("small"), folder / "nginx.log")
        self._worker = _only_child(self.service.process.pid)

    def url(self, answer):
        return self._urls[answer]

    def cpu_seconds(self):
        """Of the worker since its start, to 10 ms."""
        stat = pathlib.Path(f"/proc/{self._worker}/stat").read_text(encoding="utf-8")
        user, system = stat.rsplit(")", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _only_child(process):
    (child,) = pathlib.Path(f"/proc/{process}/task/{process}/children").read_text(encoding="utf-8").split()
    return child


def _distinct():
    frame = '{"id":"","outputs":[""]}'
    padding = "x" * (DISTINCT_BYTES - REQUEST_ID_BYTES - len(frame))
    return f'{{"id":"$request_id","outputs":["{padding}"]}}'


def _configuration(folder, http, https, http2):
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {kind}_temp_path {folder}/{kind};" for kind in kinds)
    return f"""daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
events {{ worker_connections 8192; }}
http {{
{temporary}
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    default_type application/json;
    http2_max_concurrent_streams {STREAMS};
    ssl_certificate {folder}/certificate.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3;
    server {{
        listen {http} backlog=4096;
        listen {https} ssl backlog=4096;
        listen {http2} http2 backlog=4096;
        location = /small {{ return 200 '{SMALL}'; }}
        location = /distinct {{ return 200 '{_distinct()}'; }}
    }}
}}
"""
