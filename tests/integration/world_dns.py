#!/usr/bin/python3
"""A name server that knows the names it is given: world_dns.py ADDRESS NAME=IPV4... ; anything else is NXDOMAIN."""
import socket, struct, sys

names = dict(a.lower().split("=") for a in sys.argv[2:])
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 53))
while True:
    packet, peer = server.recvfrom(4096)
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    question = packet[12 : at + 5]
    kind = struct.unpack(">H", packet[at + 1 : at + 3])[0]
    ip = names.get(".".join(labels).lower())
    answer = b""
    if ip and kind == 1:
        answer = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(ip)
    flags = 0x8180 if ip else 0x8183
    server.sendto(packet[:2] + struct.pack(">HHHHH", flags, 1, 1 if answer else 0, 0, 0) + question + answer, peer)
