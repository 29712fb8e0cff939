/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounded reader and writer over octets in network order.
 *
 * Both remember their first failure, so a codec reads like the table in the specification and
 * checks once at its end. After a failure reads give zeros and writes do nothing.
 */
#ifndef PROSE_OCTETS_H
#define PROSE_OCTETS_H

#include <glib.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed octets: neither end owns what it points at. */
typedef struct ProseBytes {
    const uint8_t *data;
    size_t len;
} ProseBytes;

typedef struct ProseReader {
    const uint8_t *buf;
    size_t len;
    size_t pos;
    bool failed;           /* a read went past @len */
} ProseReader;

uint8_t  prose_read_u8(ProseReader *r);
uint16_t prose_read_u16(ProseReader *r);
uint32_t prose_read_u24(ProseReader *r);
uint32_t prose_read_u32(ProseReader *r);
uint64_t prose_read_u64(ProseReader *r);
/* Copies @len octets; fills @ret with zeros if they are not there. */
void     prose_read_bytes(ProseReader *r, uint8_t *ret, size_t len);
/* Returns: (transfer none): @len octets inside the buffer and moves on, or %NULL. */
const uint8_t *prose_read_view(ProseReader *r, size_t len);
size_t   prose_reader_left(const ProseReader *r);

typedef struct ProseWriter {
    uint8_t *buf;
    size_t size;
    size_t pos;
    bool failed;           /* a write went past @size */
} ProseWriter;

void prose_write_u8(ProseWriter *w, uint8_t v);
void prose_write_u16(ProseWriter *w, uint16_t v);
void prose_write_u24(ProseWriter *w, uint32_t v);
void prose_write_u32(ProseWriter *w, uint32_t v);
void prose_write_u64(ProseWriter *w, uint64_t v);
void prose_write_bytes(ProseWriter *w, const void *octets, size_t len);
void prose_write_zeros(ProseWriter *w, size_t len);
/* Text without its terminating zero. */
void prose_write_text(ProseWriter *w, const char *text);
void prose_write_format(ProseWriter *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Leaves room for a length that prose_write_u16_at() fills in; returns its position. */
size_t prose_write_reserve_u16(ProseWriter *w);
void prose_write_u16_at(ProseWriter *w, size_t pos, uint16_t v);

void     prose_put_u16(uint8_t ret[2], uint16_t v);
void     prose_put_u24(uint8_t ret[3], uint32_t v);
void     prose_put_u32(uint8_t ret[4], uint32_t v);
void     prose_put_u64(uint8_t ret[8], uint64_t v);
uint32_t prose_get_u24(const uint8_t octets[3]);
uint32_t prose_get_u32(const uint8_t octets[4]);
uint64_t prose_get_u64(const uint8_t octets[8]);

/**
 * prose_hex_decode:
 * @ret: (out): at least @size octets
 * @size: room at @ret
 * @hex: upper or lower case, no blanks
 *
 * Returns: octets written, %PROSE_ERR_MALFORMED for an odd number of digits or something that is
 *   no digit, %PROSE_ERR_NOBUF if @size is too small. @ret is untouched on failure.
 */
ptrdiff_t prose_hex_decode(uint8_t *ret, size_t size, const char *hex);

/* Returns: (transfer none): @ret, holding 2 * @len lower-case digits and a terminating zero. */
char *prose_hex_encode(char *ret, const uint8_t *octets, size_t len);

#endif
