"""An API that misbehaves on request, for tests/supervisor/test_courier.c.

    tests/tls_server.py FOLDER

Makes certificates, and a hashed folder of the authority's in FOLDER/hashed;
listens on a few ports of the loopback and prints "NAME=PORT ..." on one line.
Ends with its standard input. The port decides on the certificate, the path on
the answer.
"""

import datetime
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.utcnow()


# --- Certificates -----------------------------------------------------------

def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def issue(subject, issuer=None, host=None, until=NOW + DAY):
    """Returns (certificate, key); issued by itself without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    by, by_key = issuer or (None, key)
    builder = (x509.CertificateBuilder()
               .subject_name(name(subject))
               .issuer_name(by.subject if by else name(subject))
               .public_key(key.public_key())
               .serial_number(x509.random_serial_number())
               .not_valid_before(NOW - 10 * DAY).not_valid_after(until)
               .add_extension(x509.BasicConstraints(host is None, None), True))
    if host:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([host]), False)
    return builder.sign(by_key, hashes.SHA256()), key


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def write(folder, file, *parts):
    path = os.path.join(folder, file)
    with open(path, "wb") as out:
        out.write(b"".join(parts))
    return path


def context(folder, file, pair, *chain):
    """A server's, for a certificate with its key and what is between it and
    the authority."""
    certificate, key = pair
    path = write(folder, file, pem(certificate), *map(pem, chain),
                 key.private_bytes(serialization.Encoding.PEM,
                                   serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption()))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made


def make_contexts(folder):
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    root = issue("Test Root")
    middle = issue("Test Middle", root)
    hashed = os.path.join(folder, "hashed")
    os.makedirs(hashed)
    path = write(folder, "root.pem", pem(root[0]))
    number = subprocess.run(
        ["openssl", "x509", "-noout", "-subject_hash", "-in", path],
        check=True, capture_output=True, text=True).stdout.strip()
    write(hashed, f"{number}.0", pem(root[0]))
    return {
        "good": context(folder, "good.pem",
                        issue("good", middle, loopback), middle[0]),
        "other": context(folder, "other.pem",
                         issue("other", root, x509.DNSName("other.example"))),
        "expired": context(folder, "expired.pem",
                           issue("expired", root, loopback, NOW - DAY)),
        "self": context(folder, "self.pem", issue("self", None, loopback)),
    }


# --- Answers ----------------------------------------------------------------

def head(status, *headers):
    lines = [f"HTTP/1.1 {status}", "Request-Id: req_1", "X-Other: hidden",
             *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole(text, status="200 OK", *headers):
    data = text.encode()
    return head(status, f"Content-Length: {len(data)}", *headers) + data


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


CHUNKED = "Transfer-Encoding: chunked"


def echo(send, request):
    send(whole(request.body))


def stream(send, request):
    send(head("200 OK", CHUNKED))
    for number in range(5):
        send(chunk(b"event %d\n" % number))
        time.sleep(0.02)
    send(chunk(b""))


def count(send, request):
    send(whole(f"request {request.number}"))


def close(send, request):
    """The connection ends when the next request comes."""
    send(whole(f"request {request.number}"))
    if request.number == 1:
        time.sleep(0.05)
        raise ConnectionError


def key(send, request):
    """The key, backwards: whoever looks for it in memory won't find this."""
    send(whole(request.headers.get("x-api-key", "none")[::-1]))


def bearer(send, request):
    send(whole(request.headers.get("authorization", "none")))


def token(send, request):
    """Authorization without its date and signature."""
    send(whole(request.headers.get("x-amz-security-token", "none") + " " +
               request.headers.get("authorization", "none").split(",")[0]))


def headers(send, request):
    send(whole("\n".join(sorted(request.headers))))


def redirect(send, request):
    send(whole("elsewhere", "307 Temporary Redirect",
               "Location: https://127.0.0.1:1/"))


def wait(send, request):
    send(whole("later", "429 Too Many Requests", "Retry-After: 3",
               "X-Should-Retry: true"))


def cut(send, request):
    send(head("200 OK", CHUNKED) + chunk(b"first"))
    raise ConnectionError


def silent(send, request):
    raise ConnectionError


def big(send, request):
    """As much as anybody takes, up to 10 MB."""
    send(head("200 OK", f"Content-Length: {10 << 20}"))
    for _ in range(160):
        send(b"x" * 65536)


def large(send, request):
    send(head("200 OK", f"Content-Length: {3 << 20}"))
    for _ in range(48):
        send(b"y" * 65536)


def drip(send, request):
    send(head("200 OK", f"Content-Length: {1 << 20}"))
    for _ in range(600):
        send(b".")
        time.sleep(0.1)


def garbage(send, request):
    send(b"\x00\x01\x02 no HTTP at all\r\n\r\n")
    raise ConnectionError


ANSWERS = {f"/{answer.__name__}": answer for answer in (
    echo, stream, count, close, key, bearer, token, headers, redirect, wait,
    cut, silent, big, large, drip, garbage)}


# --- Serving ----------------------------------------------------------------

class Request:
    def __init__(self, file, number):
        self.number = number
        line = file.readline().decode()
        if not line:
            raise ConnectionError
        self.method, self.path, _ = line.split()
        self.headers = {}
        while (line := file.readline().decode().strip()):
            field, value = line.split(":", 1)
            self.headers[field.lower()] = value.strip()
        self.body = file.read(
            int(self.headers.get("content-length", 0))).decode()


def serve(connection, made):
    """One connection, request by request."""
    number = 0
    try:
        if made:
            connection = made.wrap_socket(connection, server_side=True)
        file = connection.makefile("rb")
        while True:
            number += 1
            request = Request(file, number)
            ANSWERS[request.path](connection.sendall, request)
    except (OSError, ValueError, KeyError):
        connection.close()


def talk(connection, made):
    """No TLS at all."""
    connection.sendall(b"220 this is a mail server\r\n" * 20)
    time.sleep(0.1)
    connection.close()


def hang(connection, made):
    time.sleep(60)


def tunnel(connection, made):
    """A proxy: answers CONNECT, then is the server."""
    request = Request(connection.makefile("rb", buffering=0), 1)
    if request.method != "CONNECT" or request.path != "api.test:443":
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        connection.close()
        return
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    serve(connection, made)


def listen(handle, made):
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=handle, args=(connection, made),
                             daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


def main():
    folder = sys.argv[1]
    contexts = make_contexts(folder)
    root = issue("Proxied Root")
    contexts["proxy"] = context(
        folder, "proxied.pem",
        issue("proxied", root, x509.DNSName("api.test")))
    write(folder, "proxied-root.pem", pem(root[0]))
    handlers = {"proxy": tunnel}
    ports = {label: listen(handlers.get(label, serve), made)
             for label, made in contexts.items()}
    ports["plain"] = listen(serve, None)
    ports["garbage"] = listen(talk, None)
    ports["hang"] = listen(hang, None)
    print(*(f"{label}={port}" for label, port in ports.items()), flush=True)
    sys.stdin.read()


main()
