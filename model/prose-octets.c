/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-octets.h"

#include "prose-error.h"

#include <stdio.h>
#include <string.h>

const uint8_t *
prose_read_view(ProseReader *r, size_t len)
{
    const uint8_t *at;

    if (r->failed || len > r->len - r->pos) {
        r->failed = true;
        return NULL;
    }
    at = r->buf + r->pos;
    r->pos += len;
    return at;
}

/* Big-endian, up to eight octets. */
static uint64_t
read_uint(ProseReader *r, size_t width)
{
    const uint8_t *at = prose_read_view(r, width);
    uint64_t v = 0;

    if (!at)
        return 0;
    for (size_t i = 0; i < width; i++)
        v = v << 8 | at[i];
    return v;
}

uint8_t
prose_read_u8(ProseReader *r)
{
    return (uint8_t) read_uint(r, 1);
}

uint16_t
prose_read_u16(ProseReader *r)
{
    return (uint16_t) read_uint(r, 2);
}

uint32_t
prose_read_u24(ProseReader *r)
{
    return (uint32_t) read_uint(r, 3);
}

uint32_t
prose_read_u32(ProseReader *r)
{
    return (uint32_t) read_uint(r, 4);
}

uint64_t
prose_read_u64(ProseReader *r)
{
    return read_uint(r, 8);
}

void
prose_read_bytes(ProseReader *r, uint8_t *ret, size_t len)
{
    const uint8_t *at = prose_read_view(r, len);

    if (at && len)
        memcpy(ret, at, len);
    else if (len)
        memset(ret, 0, len);
}

size_t
prose_reader_left(const ProseReader *r)
{
    return r->failed ? 0 : r->len - r->pos;
}

/* Room for @len more octets, or %NULL and the writer has failed. */
static uint8_t *
write_room(ProseWriter *w, size_t len)
{
    uint8_t *at;

    if (w->failed || len > w->size - w->pos) {
        w->failed = true;
        return NULL;
    }
    at = w->buf + w->pos;
    w->pos += len;
    return at;
}

static void
put_uint(uint8_t *ret, uint64_t v, size_t width)
{
    for (size_t i = width; i-- > 0; v >>= 8)
        ret[i] = (uint8_t) v;
}

static void
write_uint(ProseWriter *w, uint64_t v, size_t width)
{
    uint8_t *at = write_room(w, width);

    if (at)
        put_uint(at, v, width);
}

void
prose_write_u8(ProseWriter *w, uint8_t v)
{
    write_uint(w, v, 1);
}

void
prose_write_u16(ProseWriter *w, uint16_t v)
{
    write_uint(w, v, 2);
}

void
prose_write_u24(ProseWriter *w, uint32_t v)
{
    write_uint(w, v, 3);
}

void
prose_write_u32(ProseWriter *w, uint32_t v)
{
    write_uint(w, v, 4);
}

void
prose_write_u64(ProseWriter *w, uint64_t v)
{
    write_uint(w, v, 8);
}

void
prose_write_bytes(ProseWriter *w, const void *octets, size_t len)
{
    uint8_t *at = write_room(w, len);

    if (at && len)
        memcpy(at, octets, len);
}

void
prose_write_zeros(ProseWriter *w, size_t len)
{
    uint8_t *at = write_room(w, len);

    if (at && len)
        memset(at, 0, len);
}

void
prose_write_text(ProseWriter *w, const char *text)
{
    prose_write_bytes(w, text, strlen(text));
}

void
prose_write_format(ProseWriter *w, const char *format, ...)
{
    va_list args;
    int len;

    if (w->failed)
        return;
    va_start(args, format);
    len = vsnprintf((char *) w->buf + w->pos, w->size - w->pos, format, args);
    va_end(args);
    /* vsnprintf() wants room for its zero too; a text that only just fits without one is refused. */
    if (len < 0 || (size_t) len >= w->size - w->pos)
        w->failed = true;
    else
        w->pos += (size_t) len;
}

size_t
prose_write_reserve_u16(ProseWriter *w)
{
    size_t pos = w->pos;

    write_uint(w, 0, 2);
    return pos;
}

void
prose_write_u16_at(ProseWriter *w, size_t pos, uint16_t v)
{
    if (!w->failed)
        put_uint(w->buf + pos, v, 2);
}

void
prose_put_u16(uint8_t ret[2], uint16_t v)
{
    put_uint(ret, v, 2);
}

void
prose_put_u24(uint8_t ret[3], uint32_t v)
{
    put_uint(ret, v, 3);
}

void
prose_put_u32(uint8_t ret[4], uint32_t v)
{
    put_uint(ret, v, 4);
}

void
prose_put_u64(uint8_t ret[8], uint64_t v)
{
    put_uint(ret, v, 8);
}

uint32_t
prose_get_u24(const uint8_t octets[3])
{
    return (uint32_t) octets[0] << 16 | (uint32_t) octets[1] << 8 | octets[2];
}

uint32_t
prose_get_u32(const uint8_t octets[4])
{
    return (uint32_t) octets[0] << 24 | prose_get_u24(octets + 1);
}

uint64_t
prose_get_u64(const uint8_t octets[8])
{
    return (uint64_t) prose_get_u32(octets) << 32 | prose_get_u32(octets + 4);
}

ptrdiff_t
prose_hex_decode(uint8_t *ret, size_t size, const char *hex)
{
    size_t digits = 0;

    for (; hex[digits]; digits++) {
        if (!g_ascii_isxdigit(hex[digits]))
            return PROSE_ERR_MALFORMED;
    }
    if (digits % 2)
        return PROSE_ERR_MALFORMED;
    if (digits / 2 > size)
        return PROSE_ERR_NOBUF;
    for (size_t i = 0; i < digits / 2; i++)
        ret[i] = (uint8_t) (g_ascii_xdigit_value(hex[2 * i]) << 4 | g_ascii_xdigit_value(hex[2 * i + 1]));
    return (ptrdiff_t) (digits / 2);
}

char *
prose_hex_encode(char *ret, const uint8_t *octets, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        ret[2 * i] = digits[octets[i] >> 4];
        ret[2 * i + 1] = digits[octets[i] & 0xF];
    }
    ret[2 * len] = '\0';
    return ret;
}
