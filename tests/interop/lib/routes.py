#!/usr/bin/env python3
"""usage: routes.py PORT LOG HOST:PORT=LOCALPORT…

A CONNECT proxy on loopback that leads each named host to a port of 127.0.0.1 and refuses every other with 403: real clients reach
scripted servers under the names of the real services. Each CONNECT is a line of LOG."""
import socket
import sys
import threading


def pump(source, target):
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, routes, log):
    head = b""
    while b"\r\n\r\n" not in head and len(head) < 65536:
        piece = client.recv(4096)
        if not piece:
            return
        head += piece
    method, target = head.split(b"\r\n")[0].decode("latin-1").split()[:2]
    with open(log, "a", encoding="utf-8") as file:
        file.write(f"{method} {target}\n")
    port = routes.get(target) if method == "CONNECT" else None
    if port is None:
        client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.close()
        return
    try:
        server = socket.create_connection(("127.0.0.1", port), 5)
    except OSError:
        client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        client.close()
        return
    server.settimeout(None)
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=pump, args=(client, server), daemon=True).start()
    pump(server, client)


def main():
    port, log = int(sys.argv[1]), sys.argv[2]
    routes = {name: int(local) for name, local in (entry.rsplit("=", 1) for entry in sys.argv[3:])}
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    open(log, "a", encoding="utf-8").close()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, routes, log), daemon=True).start()


main()
