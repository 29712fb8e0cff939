/* SPDX-License-Identifier: GPL-2.0-only */
#include "ns3c-internal.h"

#include <cerrno>
#include <cstdio>

/*
 * The classic format with time stamps in nanoseconds, which are what a simulation has. Written here and not by ns-3,
 * whose writer hides errno.
 */
static const uint32_t MAGIC_NANOSECONDS = 0xa1b23c4d, SNAP_LEN = 65535;
static const uint64_t SECOND = 1000000000;

struct Ns3cPcap {
    std::FILE *file;
    int64_t utc_start_s;
    int failure;                    /* errno of the first failure, which every later call repeats */
};

static bool
put32(Ns3cPcap *p, const uint32_t *words, size_t n)
{
    return std::fwrite(words, sizeof *words, n, p->file) == n;
}

static int
fail(Ns3cPcap *p)
{
    if (!p->failure)
        p->failure = errno ? errno : EIO;
    errno = p->failure;
    return NS3C_ERR_IO;
}

Ns3cPcap *
ns3c_pcap_new(const char *path, uint32_t link_type, int64_t utc_start_s) noexcept
{
    const uint32_t header[] = {MAGIC_NANOSECONDS, 2 | 4 << 16, 0, 0, SNAP_LEN, link_type};
    Ns3cPcap *p;
    std::FILE *file;

    /* Seconds are 32 bits in the file. */
    if (utc_start_s < 0 || utc_start_s > UINT32_MAX) {
        errno = EINVAL;
        return nullptr;
    }
    file = std::fopen(path, "wb");
    if (!file)
        return nullptr;
    p = new Ns3cPcap{file, utc_start_s, 0};
    /* Flushed, so that a full or read-only device is found now. */
    errno = 0;
    if (!put32(p, header, sizeof header / sizeof *header) || std::fflush(p->file) != 0) {
        fail(p);
        std::fclose(p->file);
        errno = p->failure;
        delete p;
        return nullptr;
    }
    return p;
}

int
ns3c_pcap_write(Ns3cPcap *p, const uint8_t *octets, size_t len) noexcept
{
    const uint64_t now = ns3c::now_ns(), second = static_cast<uint64_t>(p->utc_start_s) + now / SECOND;
    const uint32_t kept = static_cast<uint32_t>(len < SNAP_LEN ? len : SNAP_LEN);
    const uint32_t record[] = {static_cast<uint32_t>(second), static_cast<uint32_t>(now % SECOND), kept,
                               static_cast<uint32_t>(len)};

    errno = 0;
    if (p->failure)
        return fail(p);
    if (second > UINT32_MAX) {
        errno = EOVERFLOW;
        return fail(p);
    }
    if (!put32(p, record, sizeof record / sizeof *record) || std::fwrite(octets, 1, kept, p->file) != kept)
        return fail(p);
    return 0;
}

int
ns3c_pcap_close(Ns3cPcap *p) noexcept
{
    int failure;

    if (!p)
        return 0;
    errno = 0;
    if (std::fclose(p->file) != 0)
        fail(p);
    failure = p->failure;
    delete p;
    errno = failure;
    return failure ? NS3C_ERR_IO : 0;
}
