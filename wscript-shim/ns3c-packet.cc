/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <cstring>

namespace ns3c
{

enum { ICMP = 1, TCP = 6, UDP = 17 };

static const size_t IPV4_HEADER = 20;       /* ns-3 writes no options */

static uint16_t
load_be16(const uint8_t *p)
{
    return static_cast<uint16_t>(p[0] << 8 | p[1]);
}

static void
store_be16(uint8_t *p, uint16_t value)
{
    p[0] = static_cast<uint8_t>(value >> 8);
    p[1] = static_cast<uint8_t>(value);
}

/* More fragments, or not the first. */
static bool
is_fragment(const uint8_t *packet)
{
    return (load_be16(packet + 6) & 0x3fff) != 0;
}

/* One's complement sum of RFC 1071, not yet folded. */
static uint64_t
sum16(const uint8_t *octets, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += load_be16(octets + i);
    if (len % 2)
        sum += static_cast<uint64_t>(octets[len - 1]) << 8;
    return sum;
}

static uint16_t
checksum(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

void
put_checksums(uint8_t *packet, size_t len)
{
    const size_t header = len >= IPV4_HEADER ? static_cast<size_t>(packet[0] & 0x0f) * 4 : 0;
    size_t at, payload_len;
    uint8_t *payload;
    uint64_t sum;
    uint16_t value;

    if (header < IPV4_HEADER || header > len)
        return;
    store_be16(packet + 10, 0);
    store_be16(packet + 10, checksum(sum16(packet, header)));
    if (is_fragment(packet))
        return;         /* 0 says "none" in UDP, and TCP and ICMP are never cut here */

    payload = packet + header;
    payload_len = len - header;
    switch (packet[9]) {
    case TCP: at = 16; break;
    case UDP: at = 6; break;
    case ICMP: at = 2; break;
    default: return;
    }
    if (payload_len < at + 2)
        return;
    store_be16(payload + at, 0);
    sum = sum16(payload, payload_len);
    if (packet[9] != ICMP)
        sum += sum16(packet + 12, 8) + packet[9] + payload_len;     /* the pseudo header */
    value = checksum(sum);
    store_be16(payload + at, packet[9] == UDP && value == 0 ? 0xffff : value);
}

bool
is_unicast(uint32_t address)
{
    const uint32_t first = address >> 24;

    return first != 0 && first != 127 && first < 224;
}

/* RFC 9293 3.1: every option has its length, and ends inside the header. */
static bool
tcp_is_well_formed(const uint8_t *tcp, size_t len)
{
    enum { END = 0, NOP = 1, MSS = 2, WINDOW_SCALE = 3, SACK_PERMITTED = 4, SACK = 5, TIMESTAMP = 8 };
    const size_t header = len >= 20 ? static_cast<size_t>(tcp[12] >> 4) * 4 : 0;
    size_t i = 20;

    if (header < 20 || header > len)
        return false;
    while (i < header && tcp[i] != END) {
        size_t n;

        if (tcp[i] == NOP) {
            i++;
            continue;
        }
        if (i + 2 > header)
            return false;
        n = tcp[i + 1];
        if (n < 2 || i + n > header)
            return false;
        if ((tcp[i] == MSS && n != 4) || (tcp[i] == WINDOW_SCALE && n != 3) || (tcp[i] == SACK_PERMITTED && n != 2) ||
            (tcp[i] == SACK && n % 8 != 2) || (tcp[i] == TIMESTAMP && n != 10))
            return false;
        i += n;
    }
    return true;
}

/* RFC 792: an error carries the header of the packet at fault and 8 octets of its payload. */
static bool
icmp_is_well_formed(const uint8_t *icmp, size_t len)
{
    enum { ECHO_REPLY = 0, UNREACHABLE = 3, ECHO = 8, TIME_EXCEEDED = 11 };

    if (len < 8)
        return false;
    if (icmp[0] == ECHO || icmp[0] == ECHO_REPLY)
        return true;
    return (icmp[0] == UNREACHABLE || icmp[0] == TIME_EXCEEDED) && len >= 8 + IPV4_HEADER + 8 && icmp[8] == 0x45;
}

bool
still_well_formed(const uint8_t *before, const uint8_t *after, size_t len)
{
    const uint8_t *payload = after + IPV4_HEADER;
    const size_t payload_len = len - IPV4_HEADER;

    if (len < IPV4_HEADER || after[0] != 0x45 || load_be16(after + 2) != len)
        return false;
    if (!is_unicast(load_be32(after + 12)) || !is_unicast(load_be32(after + 16)))
        return false;
    /* What was whole stays whole; a fragment stays where it was. */
    if ((load_be16(before + 6) & 0xbfff) != (load_be16(after + 6) & 0xbfff))
        return false;
    if (is_fragment(after))
        return after[9] == before[9];
    switch (after[9]) {
    case TCP: return tcp_is_well_formed(payload, payload_len);
    case UDP: return payload_len >= 8 && load_be16(payload + 4) == payload_len;
    case ICMP: return icmp_is_well_formed(payload, payload_len);
    default: return true;               /* no protocol of ours: IPv4 drops it */
    }
}

} // namespace ns3c
