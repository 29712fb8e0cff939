/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What rig.c (server, wire, time) and client.c (TLS, HTTP, MIKEY of one client) share.
 */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include "client.h"

typedef enum PacketKind { ACCEPTED, CONNECTED, TCP_UP, TCP_DOWN, CLOSE_UP, CLOSE_DOWN, UDP_UP, UDP_DOWN } PacketKind;

typedef struct Packet {
    uint64_t at_ns;
    PacketKind kind;
    Client *client;
    ProseConn conn;
    ProseAddress address;
    uint8_t *octets;
    size_t len;
} Packet;

/* Every packet takes RIG_DELAY, so the wire is in order. */
Packet *rig_put(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len);
/* A TCP segment, and what the test does to it. */
void rig_put_segment(Rig *rig, PacketKind kind, Client *client, ProseConn conn, const uint8_t *octets, size_t len);

void client_connected(Client *client);
void client_received(Client *client, const uint8_t *octets, size_t len);
void client_closed(Client *client);
void client_free(Client *client);

#endif
