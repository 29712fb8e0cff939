/* SPDX-License-Identifier: GPL-2.0-only */
/* Two ends of a PSK-TLS session on queues instead of a connection, and what they saw. */
#ifndef TLS_ENDS_H
#define TLS_ENDS_H

#include "prose-error.h"
#include "prose-gba.h"
#include "prose-tls.h"

#include "prose-test.h"

#include <string.h>

#define UTC_S 1780300800
#define IDENTITY "3GPP-bootstrapping.AAECAwQFBgcICQoLDA0ODw==@bsf.example.org"
#define SERVER_NAME "pkmf.example.org"
#define REQUEST "the request, 1 of 2"
#define RESPONSE "the response, 2 of 2"

static const uint8_t right_key[PROSE_KEY_LEN] = { 0x4b, 0x73, 0x5f, 0x4e, 0x41, 0x46, 1, 2, 3, 4 };
static const uint8_t wrong_key[PROSE_KEY_LEN] = { 0x4b, 0x73, 0x5f, 0x4e, 0x41, 0x46, 1, 2, 3, 5 };

typedef struct End {
    ProseTls *tls;
    GPtrArray *flights;            /* GBytes sent and not yet carried over */
    GByteArray *received;
    char *identity;                /* from `established` */
    unsigned established, closed, sends;
    char *cause;
    GString *key_log;
    const uint8_t *psk;            /* what a server answers; %NULL: unknown identity */
    const char *expect_identity;
    const char *say_when_established;
    const char *say_when_received;
    bool close_when_received;
    bool eof_when_received;
    bool free_when_closed;
} End;

static inline void
end_send(void *user, const uint8_t *octets, size_t len)
{
    End *end = user;

    ck_assert_uint_eq(end->closed, 0);
    ck_assert_uint_gt(len, 0);
    end->sends++;
    g_ptr_array_add(end->flights, g_bytes_new(octets, len));
}

static inline void
end_say(End *end, const char *text)
{
    ck_assert_int_eq(prose_tls_send(end->tls, (const uint8_t *) text, strlen(text), UTC_S), 0);
}

static inline void
end_received(void *user, const uint8_t *octets, size_t len)
{
    End *end = user;

    ck_assert_uint_eq(end->established, 1);
    ck_assert_uint_eq(end->closed, 0);
    g_byte_array_append(end->received, octets, (guint) len);
    if (end->say_when_received)
        end_say(end, end->say_when_received);
    if (end->close_when_received)
        prose_tls_close(end->tls, UTC_S);
    if (end->eof_when_received) {
        prose_tls_eof(end->tls);
        ck_assert_uint_eq(end->closed, 0);
    }
}

static inline void
end_established(void *user, const char *psk_identity)
{
    End *end = user;

    end->established++;
    end->identity = g_strdup(psk_identity);
    if (end->say_when_established)
        end_say(end, end->say_when_established);
}

static inline void
end_closed(void *user, const char *cause)
{
    End *end = user;

    end->closed++;
    end->cause = g_strdup(cause);
    if (end->free_when_closed)
        end->tls = prose_tls_free(end->tls);
}

static inline int
end_psk(void *user, const char *psk_identity, uint8_t ret_psk[PROSE_KEY_LEN])
{
    End *end = user;

    if (!end->psk || g_strcmp0(psk_identity, end->expect_identity) != 0)
        return PROSE_ERR_NOT_FOUND;
    memcpy(ret_psk, end->psk, PROSE_KEY_LEN);
    return 0;
}

static inline void
end_key_log(void *user, const char *line)
{
    End *end = user;

    g_string_append_printf(end->key_log, "%s\n", line);
}

static const ProseTlsCallbacks end_callbacks = {
    end_send, end_received, end_established, end_closed, end_psk, end_key_log
};

static inline void
end_init(End *end)
{
    memset(end, 0, sizeof *end);
    end->flights = g_ptr_array_new_with_free_func((GDestroyNotify) g_bytes_unref);
    end->received = g_byte_array_new();
    end->key_log = g_string_new(NULL);
    end->psk = right_key;
    end->expect_identity = IDENTITY;
}

static inline void
end_clear(End *end)
{
    prose_tls_free(end->tls);
    g_ptr_array_unref(end->flights);
    g_byte_array_unref(end->received);
    g_string_free(end->key_log, TRUE);
    g_free(end->identity);
    g_free(end->cause);
}

/* The oldest flight of @from; (nullable). */
static inline GBytes *
end_take(End *from)
{
    return from->flights->len ? g_ptr_array_steal_index(from->flights, 0) : NULL;
}

static inline int
end_give(End *to, const void *octets, size_t len)
{
    return to->tls ? prose_tls_receive(to->tls, octets, len, UTC_S) : PROSE_ERR_CLOSED;
}

static inline bool
carry_one(End *from, End *to)
{
    g_autoptr(GBytes) flight = end_take(from);

    if (!flight)
        return false;
    end_give(to, g_bytes_get_data(flight, NULL), g_bytes_get_size(flight));
    return true;
}

static inline void
carry_all(End *a, End *b)
{
    while (carry_one(a, b) | carry_one(b, a))
        ;
}

static inline void
pair_init(End *client, End *server)
{
    end_init(client);
    end_init(server);
    client->tls = prose_tls_new_client(SERVER_NAME, IDENTITY, PROSE_PSK_IDENTITY_HINT, right_key, &end_callbacks, client);
    server->tls = prose_tls_new_server(PROSE_PSK_IDENTITY_HINT, &end_callbacks, server);
}

static inline void
pair_open(End *client, End *server)
{
    pair_init(client, server);
    ck_assert_int_eq(prose_tls_start(server->tls, UTC_S), 0);
    ck_assert_int_eq(prose_tls_start(client->tls, UTC_S), 0);
    carry_all(client, server);
    ck_assert_uint_eq(client->established, 1);
    ck_assert_uint_eq(server->established, 1);
}

static inline void
pair_clear(End *client, End *server)
{
    end_clear(client);
    end_clear(server);
}

static inline void
assert_received(const End *end, const char *text)
{
    ck_assert_uint_eq(end->received->len, strlen(text));
    ck_assert_mem_eq(end->received->data, text, strlen(text));
}

static inline void
assert_ended(const End *end, const char *cause)
{
    ck_assert_uint_eq(end->closed, 1);
    ck_assert_pstr_eq(end->cause, cause);
}

#endif
