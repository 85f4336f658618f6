"""Just enough of MongoDB's wire protocol to make a single mongod a replica set: change streams need one."""

import socket
import struct

# https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
OP_MSG = 2013
SECONDS = 5


def bson(fields):
    """A document of texts, whole numbers, documents and lists."""
    body = b""
    for name, value in fields.items():
        match value:
            case int():
                kind, data = 0x10, struct.pack("<i", value)
            case str():
                text = value.encode() + b"\0"
                kind, data = 0x02, struct.pack("<i", len(text)) + text
            case dict():
                kind, data = 0x03, bson(value)
            case list():
                kind, data = 0x04, bson({str(index): item for index, item in enumerate(value)})
        body += bytes([kind]) + name.encode() + b"\0" + data
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def read(connection, count):
    """A size in bytes."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("mongod closed the connection")
        data += piece
    return data


def command(port, fields):
    """Runs a command on the admin database and gives back the reply as BSON."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
        # No flags, one section of kind 0: the document.
        message = struct.pack("<iB", 0, 0) + bson(fields | {"$db": "admin"})
        connection.sendall(struct.pack("<iiii", 16 + len(message), 1, 0, OP_MSG) + message)
        (length,) = struct.unpack("<i", read(connection, 4))
        return read(connection, length - 4)[12 + 5 :]


def initiate(port):
    """Makes the mongod at that port a replica set of one. It says no, harmlessly, when it is one already."""
    settings = {"electionTimeoutMillis": 1000}
    members = [{"_id": 0, "host": f"127.0.0.1:{port}"}]
    command(port, {"replSetInitiate": {"_id": "rs0", "members": members, "settings": settings}})


def is_primary(port):
    """Whether the mongod at that port takes writes."""
    return b"\x08isWritablePrimary\x00\x01" in command(port, {"hello": 1})
