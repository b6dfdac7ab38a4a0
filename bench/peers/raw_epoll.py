"""A minimal server for updates: one process, one LISTEN, one epoll, one dictionary, without authentication."""

from __future__ import annotations

import os
import select
import socket

import psycopg

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: stage\ndata: 0\n\n"


def main() -> None:
    """Serve for ever: a GET of ``/<person>`` opens a stream."""
    connection = psycopg.connect(
        host=os.environ["BENCH_DATABASE_HOST"], dbname=os.environ["BENCH_DATABASE"], user="postgres", autocommit=True
    )
    connection.execute("LISTEN portal_person")
    listener = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=1024)
    poll = select.epoll()
    for each in (listener.fileno(), connection.fileno()):
        poll.register(each, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    pages: dict[bytes, socket.socket] = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                client = listener.accept()[0]
                clients[client.fileno()] = client
                poll.register(client.fileno(), select.EPOLLIN)
            elif number == connection.fileno():
                connection.pgconn.consume_input()
                while (notification := connection.pgconn.notifies()) is not None:
                    person, _, version = notification.extra.partition(b" ")
                    if person in pages:
                        pages[person].sendall(b"event: stage\ndata: " + version + b"\n\n")
            elif data := clients[number].recv(4096):
                pages[data[5 : data.index(b" ", 5)]] = clients[number]
                clients[number].sendall(_HEAD)
            else:
                poll.unregister(number)
                clients.pop(number).close()


if __name__ == "__main__":
    main()
