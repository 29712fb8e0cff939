/* SPDX-License-Identifier: GPL-2.0-only */
#include "prose-gba.h"

#include "prose-error.h"
#include "prose-kdf.h"

#include <glib.h>
#include <string.h>

const uint8_t prose_ua_protocol_id[PROSE_UA_PROTOCOL_ID_LEN] = { 0x01, 0x00, 0x01, 0x00, 0xA8 };

struct ProseBsf {
    ProseSecretPool *pool;
    char *name;
    GHashTable *sessions;          /* (owned) B-TID, in the session -> (owned) ProseGbaSession; never walked but to free */
};

ProseBsf *
prose_bsf_new(ProseSecretPool *pool, const char *bsf_name)
{
    ProseBsf *bsf = g_new0(ProseBsf, 1);

    bsf->pool = pool;
    bsf->name = g_strdup(bsf_name);
    bsf->sessions = g_hash_table_new(g_str_hash, g_str_equal);
    return bsf;
}

ProseBsf *
prose_bsf_free(ProseBsf *bsf)
{
    GHashTableIter iter;
    gpointer value;

    if (!bsf)
        return NULL;
    g_hash_table_iter_init(&iter, bsf->sessions);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        ProseGbaSession *s = value;

        prose_secret_free(bsf->pool, (void *) s->ks);
        g_free(s->b_tid);
        g_free(s->impi);
        g_free(s);
    }
    g_hash_table_destroy(bsf->sessions);
    g_free(bsf->name);
    g_free(bsf);
    return NULL;
}

const ProseGbaSession *
prose_bsf_bootstrap(ProseBsf *bsf, const char *impi, const uint8_t rand[16], const uint8_t ks[PROSE_KEY_LEN], int64_t expires)
{
    ProseGbaSession *s = g_new0(ProseGbaSession, 1);
    g_autofree char *base64 = g_base64_encode(rand, sizeof s->rand);
    uint8_t *slot = prose_secret_alloc(bsf->pool, PROSE_KEY_LEN);

    memcpy(slot, ks, PROSE_KEY_LEN);
    s->ks = slot;
    s->b_tid = g_strconcat(base64, "@", bsf->name, NULL);
    s->impi = g_strdup(impi);
    memcpy(s->rand, rand, sizeof s->rand);
    s->expires = expires;
    g_assert(!g_hash_table_contains(bsf->sessions, s->b_tid));
    g_hash_table_insert(bsf->sessions, s->b_tid, s);
    return s;
}

const ProseGbaSession *
prose_bsf_find_by_b_tid(const ProseBsf *bsf, const char *b_tid, int64_t now_s)
{
    const ProseGbaSession *s = g_hash_table_lookup(bsf->sessions, b_tid);

    return s && now_s < s->expires ? s : NULL;
}

int
prose_gba_ks_naf(uint8_t ret[PROSE_KEY_LEN], const ProseGbaSession *session, const char *fqdn)
{
    uint8_t naf_id[PROSE_FQDN_MAX + PROSE_UA_PROTOCOL_ID_LEN];
    size_t len = strlen(fqdn);

    if (len > PROSE_FQDN_MAX)
        return PROSE_ERR_LIMIT;
    memcpy(naf_id, fqdn, len);
    memcpy(naf_id + len, prose_ua_protocol_id, PROSE_UA_PROTOCOL_ID_LEN);
    prose_kdf_ks_naf(ret, session->ks, session->rand, session->impi, naf_id, len + PROSE_UA_PROTOCOL_ID_LEN);
    return 0;
}

char *
prose_gba_psk_identity(const char *b_tid)
{
    return g_strconcat(PROSE_PSK_IDENTITY_HINT, ".", b_tid, NULL);
}

const char *
prose_gba_b_tid_of(const char *psk_identity)
{
    const char *rest;

    if (!g_str_has_prefix(psk_identity, PROSE_PSK_IDENTITY_HINT))
        return NULL;
    rest = psk_identity + strlen(PROSE_PSK_IDENTITY_HINT);
    return (*rest == '.' || *rest == ';') && rest[1] != '\0' ? rest + 1 : NULL;
}
