"""TLS before a plain TCP service, which tinyproxy lacks:  tls_front.py CERTIFICATE KEY UPSTREAM; prints its address."""

import socket
import ssl
import sys
import threading


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(plain, context, upstream):
    try:
        client = context.wrap_socket(plain, server_side=True)
        server = socket.create_connection(upstream)
    except OSError:
        plain.close()
        return
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
host, _, port = sys.argv[3].rpartition(":")
listener = socket.create_server(("127.0.0.1", 0))
print(f"127.0.0.1:{listener.getsockname()[1]}", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0], context, (host, int(port))), daemon=True).start()
