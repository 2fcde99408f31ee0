#!/usr/bin/env python3
"""usage: silent_server.py PORT LOG [CERTIFICATE KEY]

Takes every request, over TLS where a certificate is given, and never answers one: whoever asks waits, with all that it asks with in its
memory. The first line of each request is a line of LOG."""
import socket
import ssl
import sys
import threading


def serve(client, context, log):
    try:
        client = context.wrap_socket(client, server_side=True) if context else client
        head = b""
        while piece := client.recv(65536):
            if not head:
                with open(log, "a", encoding="utf-8") as file:
                    file.write(piece.split(b"\r\n")[0].decode("latin-1") + "\n")
            head += piece
    except OSError:
        pass


def main():
    port, log = int(sys.argv[1]), sys.argv[2]
    context = None
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[3], sys.argv[4])
    listener = socket.create_server(("127.0.0.1", port), backlog=16)
    open(log, "a", encoding="utf-8").close()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, context, log), daemon=True).start()


main()
