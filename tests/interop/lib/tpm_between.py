#!/usr/bin/env python3
"""usage: tpm_between.py PORT TPM_PORT MODE_FILE TRAFFIC

A chip between a program and its TPM. Listens on PORT for commands and on PORT + 1 for the control channel, both as swtpm does, and hands
on to TPM_PORT and TPM_PORT + 1. All that crosses is appended to TRAFFIC. How it lies is read from MODE_FILE before each command: a line
"WHAT COMMAND [NUMBER]", COMMAND a command code of the TPM in hex ("15d" is TPM2_Sign, "173" TPM2_ReadPublic, "0" the control channel).
"""
import socket
import struct
import sys
import threading
import time

PORT, TPM_PORT, MODE_FILE, TRAFFIC = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
record = open(TRAFFIC, "ab", buffering=0)
counted = {}


def mode():
    words = open(MODE_FILE).read().split()
    return (words + ["", "", ""])[:3] if words else ("", "", "")


def take(connection, size):
    got = b""
    while len(got) < size:
        part = connection.recv(size - len(got))
        if not part:
            raise EOFError
        got += part
    return got


def message(connection):
    head = take(connection, 10)
    return head + take(connection, struct.unpack(">I", head[2:6])[0] - 10)


def with_size(answer, size):
    return answer[:2] + struct.pack(">I", size) + answer[6:]


def refusal(code):
    return struct.pack(">HII", 0x8001, 10, code)


class HangUp(Exception):
    """The connection ends here."""


class Silence(Exception):
    """Nothing more is said on it, and it stays open. The TPM is let go: swtpm speaks with one at a time."""


def lie(what, number, answer, client):
    """The answer that the program gets in place of this one."""
    if what == "flip":  # a bit of the parameters, from the end: NUMBER bytes before it
        at = len(answer) - int(number)
        return answer[:at] + bytes([answer[at] ^ 1]) + answer[at + 1:]
    if what == "huge":
        return with_size(answer, 0x7FFFFFFF)
    if what == "long":  # larger than any answer of a TPM, and as long as it says
        return with_size(answer, 60000) + bytes(60000 - len(answer))
    if what == "part":  # a part that says to be longer than all of it; NUMBER: where its size stands
        at = int(number)
        return answer[:at] + b"\xff\xff" + answer[at + 2:]
    if what == "short":  # well framed, but not all of it
        return with_size(answer[: len(answer) - int(number)], len(answer) - int(number))
    if what == "cut":
        client.sendall(answer[: len(answer) // 2])
        raise HangUp
    if what == "stall":
        client.sendall(answer[: len(answer) // 2])
        raise Silence
    if what == "silent":
        raise Silence
    if what == "hang-up":
        raise HangUp
    if what == "refuse":
        return refusal(int(number, 16))
    if what == "retry":  # NUMBER times, then the truth
        counted[what] = counted.get(what, 0) + 1
        return refusal(0x922) if counted[what] <= int(number) else answer
    raise SystemExit(f"unknown lie {what}")


def exchange(client, tpm):
    command = message(client)
    code = struct.unpack(">I", command[6:10])[0]
    what, of, number = mode()
    hit = what != "" and int(of, 16) == code
    if hit and what == "swap":  # another handle than asked for
        command = command[:10] + struct.pack(">I", int(number, 16)) + command[14:]
    record.write(command)
    if hit and what in ("refuse", "retry") and (what == "refuse" or counted.get("retry", 0) < int(number)):
        answer = lie(what, number, b"", client)
    else:
        tpm.sendall(command)
        answer = message(tpm)
        if hit and what not in ("swap", "retry"):
            answer = lie(what, number, answer, client)
    record.write(answer)
    client.sendall(answer)


def commands(client):
    tpm = socket.create_connection(("127.0.0.1", TPM_PORT))
    try:
        while True:
            exchange(client, tpm)
    except Silence:
        tpm.close()
        time.sleep(3600)
    except (EOFError, OSError, HangUp):
        pass
    finally:
        client.close()
        tpm.close()


def control(client):
    what, of, _ = mode()
    if what == "silent" and of == "0":
        time.sleep(3600)
    try:
        with socket.create_connection(("127.0.0.1", TPM_PORT + 1)) as tpm:
            tpm.sendall(client.recv(4096))
            client.sendall(tpm.recv(4096))
    except OSError:
        pass
    finally:
        client.close()


def serve(port, handle):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    while True:
        client, _ = listener.accept()
        threading.Thread(target=handle, args=(client,), daemon=True).start()


threading.Thread(target=serve, args=(PORT + 1, control), daemon=True).start()
serve(PORT, commands)
