/* SPDX-License-Identifier: GPL-2.0-only */
/* Documents of others: every rule of the schema broken once, and xmllint as an independent reader of the same schema. */
#include "key-message-samples.h"

#include <glib/gstdio.h>
#include <unistd.h>

/* ---- documents of others ---- */

#define XSI " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define PREFIXED(x) "<p:prose-key-message xmlns:p=\"" NS "\"><p:KEY_REQUEST><p:transaction-ID>7</p:transaction-ID>" x \
    "</p:KEY_REQUEST></p:prose-key-message>"

/* @xmllint: whether the schema alone says yes (1) or no (0); -1: xmllint takes what we refuse to parse. */
typedef struct Document {
    const char *name, *text;
    int want;
    int xmllint;
} Document;

static const Document requests[] = {
    /* taken */
    { "nothing but the ID", REQ(ID), 0, 1 },
    { "upper-case hexadecimal", REQ(ID CAP WANT("<RelayServiceCode>00A1B2</RelayServiceCode>" KEY("FF"))), 0, 1 },
    { "white space round values",
      REQ("<transaction-ID>\n 7\t</transaction-ID>" CAP WANT("<RelayServiceCode>  00a1b2\n</RelayServiceCode> "
      KEY(" 00 "))), 0, 1 },
    { "white space and comments between",
      REQ("\n <!-- c --> " ID "\n" CAP " " WANT(" " RSC "<!-- c -->" KEY("00")) "\n"), 0, 1 },
    { "a comment inside a value", REQ("<transaction-ID>7<!-- c --></transaction-ID>"), 0, 1 },
    { "a value in CDATA", REQ("<transaction-ID><![CDATA[7]]></transaction-ID>"), 0, 1 },
    { "a value in character references", REQ("<transaction-ID>&#55;</transaction-ID>"), 0, 1 },
    { "signs and leading zeros of an integer", REQ("<transaction-ID>+007</transaction-ID>"), 0, 1 },
    { "minus zero", REQ("<transaction-ID>-0</transaction-ID>"), 0, 1 },
    { "the largest ID", REQ("<transaction-ID>255</transaction-ID>"), 0, 1 },
    { "a prefix for the namespace", PREFIXED("<p:anyExt/>"), 0, 1 },
    { "a byte order mark", "\xef\xbb\xbf" REQ(ID), 0, 1 },
    { "another encoding declared, UTF-8 sent", "<?xml version='1.0' encoding='ISO-8859-1'?>" REQ(ID), 0, 1 },
    { "UTF-16 declared, UTF-8 sent", "<?xml version='1.0' encoding='UTF-16'?>" REQ(ID), 0, -1 },
    { "anyExt, empty", REQ(ID "<anyExt/>"), 0, 1 },
    { "anyExt with unknown elements and attributes",
      REQ(ID "<anyExt a='b'><x y='z'>t</x><q:q xmlns:q='urn:q'/></anyExt>"), 0, 1 },
    { "anyExt with one of our names inside", REQ(ID "<anyExt>" STOP(RSC) "</anyExt>"), 0, 1 },
    { "unknown elements behind anyExt", REQ(ID "<anyExt/><x/><q:q xmlns:q='urn:q'><z/></q:q>"), 0, 1 },
    { "one of our names behind anyExt, of another namespace", REQ(ID "<anyExt/><DiscKeyStop xmlns='urn:q'/>"), 0, 1 },
    { "a schema's address, which nobody fetches",
      "<prose-key-message xmlns=\"" NS "\"" XSI " xsi:schemaLocation=\"" NS " file:///nonexistent.xsd\"><KEY_REQUEST>"
      ID "</KEY_REQUEST></prose-key-message>", 0, 1 },
    { "relay and group of equal number", REQ(ID CAP WANT(RSC KEY("00")) WANT(DGID KEY("00"))), 0, 1 },
    { "a stop alone", REQ(ID CAP STOP(RSC)), 0, 1 },
    { "a group stop alone, no algorithms", REQ(ID "<GroupKeyStop>" GROUP "</GroupKeyStop>"), 0, 1 },
    { "spare capability bits", REQ(ID "<PSDiscSecCapabilities>ff</PSDiscSecCapabilities>"), 0, 1 },
    /* no XML, or XML we do not take */
    { "nothing", "", PROSE_ERR_MALFORMED, 0 },
    { "white space alone", "  \n", PROSE_ERR_MALFORMED, 0 },
    { "text", "hello", PROSE_ERR_MALFORMED, 0 },
    { "an open element", REQ(ID) "<", PROSE_ERR_MALFORMED, 0 },
    { "two roots", REQ(ID) REQ(ID), PROSE_ERR_MALFORMED, 0 },
    { "tags that cross", IN_ROOT("<KEY_REQUEST>" ID "</prose-key-message></KEY_REQUEST>"), PROSE_ERR_MALFORMED, 0 },
    { "an attribute twice", REQ(ID "<anyExt a='1' a='2'/>"), PROSE_ERR_MALFORMED, 0 },
    { "a prefix without a namespace", REQ(ID "<anyExt/><q:q/>"), PROSE_ERR_MALFORMED, -1 },
    { "an unknown entity", REQ("<transaction-ID>&seven;</transaction-ID>"), PROSE_ERR_MALFORMED, 0 },
    { "octets that are no UTF-8", REQ(ID "<anyExt>\xff\xfe</anyExt>"), PROSE_ERR_MALFORMED, 0 },
    { "a DTD", "<!DOCTYPE prose-key-message>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "a DTD elsewhere", "<!DOCTYPE prose-key-message SYSTEM 'file:///etc/passwd'>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "an internal entity",
      "<!DOCTYPE prose-key-message [<!ENTITY seven '7'>]>" REQ("<transaction-ID>&seven;</transaction-ID>"),
      PROSE_ERR_MALFORMED, -1 },
    { "an external entity",
      "<!DOCTYPE prose-key-message [<!ENTITY p SYSTEM 'file:///etc/passwd'>]>"
      REQ("<transaction-ID>&p;</transaction-ID>"), PROSE_ERR_MALFORMED, -1 },
    { "a parameter entity",
      "<!DOCTYPE prose-key-message [<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;]>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "entities that grow",
      "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>"
      "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'>]>"
      REQ(ID "<anyExt>&e;&e;</anyExt>"), PROSE_ERR_MALFORMED, -1 },
    { "a processing instruction before the root", "<?go now?>" REQ(ID), PROSE_ERR_MALFORMED, -1 },
    { "one inside", REQ(ID "<?go now?>"), PROSE_ERR_MALFORMED, -1 },
    { "one inside anyExt", REQ(ID "<anyExt><?go now?></anyExt>"), PROSE_ERR_MALFORMED, -1 },
    { "one behind the root", REQ(ID) "<?go now?>", PROSE_ERR_MALFORMED, -1 },
    /* not the schema */
    { "another root", "<other xmlns=\"" NS "\"/>", PROSE_ERR_SCHEMA, 0 },
    { "an empty root", IN_ROOT(""), PROSE_ERR_SCHEMA, 0 },
    { "no namespace", "<prose-key-message><KEY_REQUEST>" ID "</KEY_REQUEST></prose-key-message>", PROSE_ERR_SCHEMA, 0 },
    { "another namespace",
      "<prose-key-message xmlns='urn:3GPP:ns:ProSe:Discovery:2014'><KEY_REQUEST>" ID
      "</KEY_REQUEST></prose-key-message>", PROSE_ERR_SCHEMA, 0 },
    { "children without the namespace",
      "<p:prose-key-message xmlns:p=\"" NS "\"><KEY_REQUEST>" ID "</KEY_REQUEST></p:prose-key-message>",
      PROSE_ERR_SCHEMA, 0 },
    { "the other message", RESP(ID), PROSE_ERR_SCHEMA, 1 },
    { "two messages",
      IN_ROOT("<KEY_REQUEST>" ID "</KEY_REQUEST><KEY_REQUEST>" ID "</KEY_REQUEST>"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown message", IN_ROOT("<KEY_WISH>" ID "</KEY_WISH>"), PROSE_ERR_SCHEMA, 0 },
    { "text between elements", REQ(ID "text"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown attribute", IN_ROOT("<KEY_REQUEST x='y'>" ID "</KEY_REQUEST>"), PROSE_ERR_SCHEMA, 0 },
    { "no transaction ID", REQ(CAP), PROSE_ERR_SCHEMA, 0 },
    { "two transaction IDs", REQ(ID ID), PROSE_ERR_SCHEMA, 0 },
    { "an empty one", REQ("<transaction-ID/>"), PROSE_ERR_SCHEMA, 0 },
    { "a word as one", REQ("<transaction-ID>seven</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "hexadecimal as one", REQ("<transaction-ID>0x7</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "a fraction as one", REQ("<transaction-ID>7.0</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "256", REQ("<transaction-ID>256</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "-1", REQ("<transaction-ID>-1</transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "an element inside a value", REQ("<transaction-ID>7<x/></transaction-ID>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms of two octets", REQ(ID "<SupportedAlgorithm>e000</SupportedAlgorithm>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms of none", REQ(ID "<SupportedAlgorithm/>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithms twice", REQ(ID ALG ALG), PROSE_ERR_SCHEMA, 0 },
    { "capabilities of two octets", REQ(ID "<PSDiscSecCapabilities>0001</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "half an octet", REQ(ID "<PSDiscSecCapabilities>1</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "no hexadecimal", REQ(ID "<PSDiscSecCapabilities>0g</PSDiscSecCapabilities>"), PROSE_ERR_SCHEMA, 0 },
    { "a blank inside", REQ(ID CAP WANT("<RelayServiceCode>00a1 b2</RelayServiceCode>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "capabilities before algorithms", REQ(ID CAP ALG), PROSE_ERR_SCHEMA, 0 },
    { "stops before wants", REQ(ID CAP STOP(RSC) WANT(DGID KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "discoveries before groups",
      REQ(ID ALG CAP WANT(RSC KEY("00")) "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a want without a key ID", REQ(ID CAP WANT(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "a want without a discovery", REQ(ID CAP WANT(KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a want of two discoveries", REQ(ID CAP WANT(RSC DGID KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a want of a group", REQ(ID CAP WANT(GROUP KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a PGK ID in it", REQ(ID CAP WANT(RSC PGK("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a key ID of two octets", REQ(ID CAP WANT(RSC KEY("0001"))), PROSE_ERR_SCHEMA, 0 },
    { "a relay service code of two octets",
      REQ(ID CAP WANT("<RelayServiceCode>a1b2</RelayServiceCode>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a group ID of four octets",
      REQ(ID CAP WANT("<DiscoveryGroupId>0000a1b2</DiscoveryGroupId>" KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "a group request without a key ID", REQ(ID ALG "<GroupKeyReq>" GROUP "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a group request of a relay", REQ(ID ALG "<GroupKeyReq>" RSC PGK("00") "</GroupKeyReq>"), PROSE_ERR_SCHEMA, 0 },
    { "a stop with a key ID", REQ(ID CAP STOP(RSC KEY("00"))), PROSE_ERR_SCHEMA, 0 },
    { "an empty stop", REQ(ID CAP STOP("")), PROSE_ERR_SCHEMA, 0 },
    { "an unknown element without anyExt", REQ(ID "<x/>"), PROSE_ERR_SCHEMA, 0 },
    { "an unknown element before anyExt", REQ(ID "<x/><anyExt/>"), PROSE_ERR_SCHEMA, 0 },
    { "text in anyExt", REQ(ID "<anyExt>text</anyExt>"), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", REQ(ID CAP "<anyExt/>" STOP(RSC)), PROSE_ERR_SCHEMA, 1 },
    { "anyExt twice", REQ(ID "<anyExt/><anyExt/>"), PROSE_ERR_SCHEMA, 1 },
    { "an element of the response", REQ(ID TIME), PROSE_ERR_SCHEMA, 0 },
    /* what the schema cannot say */
    { "wanted twice", REQ(ID CAP WANT(RSC KEY("00")) WANT(RSC KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "stopped twice", REQ(ID CAP STOP(RSC) STOP(RSC)), PROSE_ERR_DUPLICATE, 1 },
    { "wanted and stopped", REQ(ID CAP WANT(RSC KEY("00")) STOP(RSC)), PROSE_ERR_DUPLICATE, 1 },
    { "twice in two cases",
      REQ(ID CAP WANT(RSC KEY("00")) STOP("<RelayServiceCode>00A1B2</RelayServiceCode>")), PROSE_ERR_DUPLICATE, 1 },
    { "a group wanted and stopped",
      REQ(ID ALG "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq><GroupKeyStop>" GROUP "</GroupKeyStop>"),
      PROSE_ERR_DUPLICATE, 1 },
    { "ID 0 beside another", REQ(ID CAP WANT(RSC KEY("00") KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "ID 0 behind another", REQ(ID CAP WANT(RSC KEY("01") KEY("00"))), PROSE_ERR_DUPLICATE, 1 },
    { "one key ID twice", REQ(ID CAP WANT(RSC KEY("01") KEY("01"))), PROSE_ERR_DUPLICATE, 1 },
    { "wants without capabilities", REQ(ID WANT(RSC KEY("00"))), PROSE_ERR_INVALID, 1 },
    { "stops without capabilities", REQ(ID STOP(DGID)), PROSE_ERR_INVALID, 1 },
    { "groups without algorithms", REQ(ID CAP "<GroupKeyReq>" GROUP PGK("00") "</GroupKeyReq>"), PROSE_ERR_INVALID, 1 },
};

static const Document responses[] = {
    /* taken */
    { "nothing but the ID", RESP(ID), 0, 1 },
    { "a stop answered", RESP(ID TIME NOT_SUPPLIED(RSC CODE("5"))), 0, 1 },
    { "an unknown code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("200"))), 0, 1 },
    { "the reserved code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("0"))), 0, 1 },
    { "a group without a clock", RESP(ID GROUP_SUPPLIED), 0, 1 },
    { "booleans as digits", RESP(ID TIME SUPPLIED(META(FLAGS("1", "0", " true ")))), 0, 1 },
    { "a fraction of a second", RESP(ID "<Current-Time> 2026-06-01T08:00:00.999Z </Current-Time>"), 0, 1 },
    { "MAX_OFFSET 0", RESP(ID "<Max-Offset>0</Max-Offset>"), 0, 1 },
    { "MAX_OFFSET 127", RESP(ID "<Max-Offset>127</Max-Offset>"), 0, 1 },
    { "an unknown key type",
      RESP(ID TIME "<DiscKeyResp>" RSC "<KeyTypeId>fe</KeyTypeId>" META(FLAGS("true", "false", "true"))
      "</DiscKeyResp>"), 0, 1 },
    { "a PMK in upper case, with white space",
      RESP(ID "<PMK-info>" PMK_ID
      "<PMK>\n C0FFEE00C0FFEE01C0FFEE02C0FFEE03C0FFEE04C0FFEE05C0FFEE06C0FFEE07 \n</PMK></PMK-info>"), 0, 1 },
    { "anyExt and more behind it", RESP(ID "<anyExt><x/></anyExt><y/>"), 0, 1 },
    /* not XML */
    { "a DTD", "<!DOCTYPE a>" RESP(ID), PROSE_ERR_MALFORMED, -1 },
    { "a processing instruction", RESP(ID "<?go now?>"), PROSE_ERR_MALFORMED, -1 },
    /* not the schema */
    { "the other message", REQ(ID), PROSE_ERR_SCHEMA, 1 },
    { "no transaction ID", RESP(TIME), PROSE_ERR_SCHEMA, 0 },
    { "a time without Z", RESP(ID "<Current-Time>2026-06-01T08:00:00</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a time in another zone", RESP(ID "<Current-Time>2026-06-01T08:00:00+02:00</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a date alone", RESP(ID "<Current-Time>2026-06-01Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a 31 February", RESP(ID "<Current-Time>2026-02-31T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "seconds since 1970", RESP(ID "<Current-Time>1780300800</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "two times", RESP(ID TIME "<Current-Time>2026-06-01T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "MAX_OFFSET before the time",
      RESP(ID "<Max-Offset>8</Max-Offset><Current-Time>2026-06-01T08:00:00Z</Current-Time>"), PROSE_ERR_SCHEMA, 0 },
    { "a negative MAX_OFFSET", RESP(ID "<Max-Offset>-1</Max-Offset>"), PROSE_ERR_SCHEMA, 0 },
    { "a word as MAX_OFFSET", RESP(ID "<Max-Offset>some</Max-Offset>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK ID without a PMK", RESP(ID "<PMK-info>" PMK_ID "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK without its ID", RESP(ID "<PMK-info>" PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "the PMK before its ID", RESP(ID "<PMK-info>" PMK PMK_ID "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "an empty PMK-info", RESP(ID "<PMK-info/>"), PROSE_ERR_SCHEMA, 0 },
    { "two PMKs",
      RESP(ID "<PMK-info>" PMK_ID PMK "</PMK-info><PMK-info>" PMK_ID PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK ID of seven octets",
      RESP(ID "<PMK-info><PMKId>01020304050607</PMKId>" PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK of 16 octets",
      RESP(ID "<PMK-info>" PMK_ID "<PMK>c0ffee00c0ffee01c0ffee02c0ffee03</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK of 33 octets", RESP(ID "<PMK-info>" PMK_ID "<PMK>" PMK_HEX "00</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK that is no hexadecimal",
      RESP(ID "<PMK-info>" PMK_ID
      "<PMK>g0ffee00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05c0ffee06c0ffee07</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a PMK with an element inside",
      RESP(ID "<PMK-info>" PMK_ID "<PMK><x/>" PMK_HEX "</PMK></PMK-info>"), PROSE_ERR_SCHEMA, 0 },
    { "a group without its member ID",
      RESP(ID "<GroupKeyResp>" GROUP "<AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a member ID of two octets",
      RESP(ID "<GroupKeyResp>" GROUP
      "<GroupMemberId>0102</GroupMemberId><AlgorithmInfo>02</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "algorithm 4",
      RESP(ID "<GroupKeyResp>" GROUP  MEMBER "<AlgorithmInfo>04</AlgorithmInfo></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "no algorithm",
      RESP(ID "<GroupKeyResp>" GROUP "<GroupMemberId>000102</GroupMemberId></GroupKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a refused group without a code",
      RESP(ID "<GroupNotSupported>" GROUP "</GroupNotSupported>"), PROSE_ERR_SCHEMA, 0 },
    { "a refused discovery without a code", RESP(ID TIME NOT_SUPPLIED(RSC)), PROSE_ERR_SCHEMA, 0 },
    { "code 256", RESP(ID TIME NOT_SUPPLIED(RSC CODE("256"))), PROSE_ERR_SCHEMA, 0 },
    { "a negative code", RESP(ID TIME NOT_SUPPLIED(RSC CODE("-1"))), PROSE_ERR_SCHEMA, 0 },
    { "a refused discovery with meta-data",
      RESP(ID TIME NOT_SUPPLIED(RSC CODE("1") META(FLAGS("true", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "no key type",
      RESP(ID TIME "<DiscKeyResp>" RSC META(FLAGS("true", "false", "true")) "</DiscKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "a key type of two octets",
      RESP(ID TIME "<DiscKeyResp>" RSC "<KeyTypeId>0001</KeyTypeId>" META(FLAGS("true", "false", "true"))
      "</DiscKeyResp>"), PROSE_ERR_SCHEMA, 0 },
    { "no meta-data", RESP(ID TIME SUPPLIED("")), PROSE_ERR_SCHEMA, 0 },
    { "empty meta-data", RESP(ID TIME SUPPLIED(META(""))), PROSE_ERR_SCHEMA, 0 },
    { "no MIC flag",
      RESP(ID TIME SUPPLIED(META("<Scrambling>true</Scrambling><Confidentiality>false</Confidentiality>"))),
      PROSE_ERR_SCHEMA, 0 },
    { "flags in another order",
      RESP(ID TIME
      SUPPLIED(META("<MicCheck>true</MicCheck><Scrambling>true</Scrambling><Confidentiality>false</Confidentiality>"))),
      PROSE_ERR_SCHEMA, 0 },
    { "a flag that is no boolean", RESP(ID TIME SUPPLIED(META(FLAGS("yes", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "TRUE", RESP(ID TIME SUPPLIED(META(FLAGS("TRUE", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "a mask of 22 octets",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "true", "true")
      "<EncryptedBitsMask>00ffffffffffffffffffffffffffffffffffffffffff</EncryptedBitsMask>"))), PROSE_ERR_SCHEMA, 0 },
    { "a mask before its flag", RESP(ID TIME SUPPLIED(META(MASK FLAGS("true", "true", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "refused before supplied",
      RESP(ID TIME NOT_SUPPLIED(DGID CODE("1")) SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_SCHEMA, 0 },
    { "discoveries before groups", RESP(ID TIME NOT_SUPPLIED(DGID CODE("1")) GROUP_SUPPLIED), PROSE_ERR_SCHEMA, 0 },
    { "one of ours behind anyExt", RESP(ID "<anyExt/><PMK-info>" PMK_ID PMK "</PMK-info>"), PROSE_ERR_SCHEMA, 1 },
    { "an unknown element without anyExt", RESP(ID TIME "<x/>"), PROSE_ERR_SCHEMA, 0 },
    /* what the schema cannot say */
    { "MAX_OFFSET 128", RESP(ID "<Max-Offset>128</Max-Offset>"), PROSE_ERR_INVALID, 1 },
    { "MAX_OFFSET beyond 32 bits", RESP(ID "<Max-Offset>4294967304</Max-Offset>"), PROSE_ERR_INVALID, 1 },
    { "a year we do not simulate", RESP(ID "<Current-Time>2201-01-01T00:00:00Z</Current-Time>"), PROSE_ERR_INVALID, 1 },
    { "before 1970", RESP(ID "<Current-Time>1969-12-31T23:59:59Z</Current-Time>"), PROSE_ERR_INVALID, 1 },
    { "supplied without the time",
      RESP(ID "<Max-Offset>8</Max-Offset>" SUPPLIED(META(FLAGS("true", "false", "true")))), PROSE_ERR_INVALID, 1 },
    { "supplied without MAX_OFFSET",
      RESP(ID "<Current-Time>2026-06-01T08:00:00Z</Current-Time>" SUPPLIED(META(FLAGS("true", "false", "true")))),
      PROSE_ERR_INVALID, 1 },
    { "refused without both", RESP(ID NOT_SUPPLIED(RSC CODE("1"))), PROSE_ERR_INVALID, 1 },
    { "confidentiality without a mask",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "true", "true")))), PROSE_ERR_INVALID, 1 },
    { "a mask without confidentiality",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true") MASK))), PROSE_ERR_INVALID, 1 },
    { "a mask of zeros without confidentiality",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true")
      "<EncryptedBitsMask>0000000000000000000000000000000000000000000000</EncryptedBitsMask>"))), PROSE_ERR_INVALID, 1 },
    { "supplied and refused",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true"))) NOT_SUPPLIED(RSC CODE("1"))), PROSE_ERR_DUPLICATE, 1 },
    { "supplied twice",
      RESP(ID TIME SUPPLIED(META(FLAGS("true", "false", "true"))) SUPPLIED(META(FLAGS("true", "false", "true")))),
      PROSE_ERR_DUPLICATE, 1 },
    { "a group twice", RESP(ID GROUP_SUPPLIED GROUP_SUPPLIED), PROSE_ERR_DUPLICATE, 1 },
};

/* REQ-66422-10, REQ-66422-11, REQ-66422-13, REQ-66422-14 */
START_TEST(others_requests_are_taken_or_refused_with_their_reason)
{
    ProseKeyRequest request;
    int got = decode_request(&request, requests[_i].text, strlen(requests[_i].text));

    ck_assert_msg(got == requests[_i].want, "%s: %d", requests[_i].name, got);
}
END_TEST

/* REQ-66422-22, REQ-66422-24, REQ-66422-25, REQ-66422-26, REQ-66422-30 */
START_TEST(others_responses_are_taken_or_refused_with_their_reason)
{
    ProseKeyResponse response;
    int got = decode_response(&response, responses[_i].text, strlen(responses[_i].text));

    ck_assert_msg(got == responses[_i].want, "%s: %d", responses[_i].name, got);
}
END_TEST

START_TEST(what_others_write_differently_means_the_same)
{
    ProseKeyRequest request;
    ProseKeyResponse response;
    const char *text = REQ("<transaction-ID> +0<!-- c -->0&#55; </transaction-ID>"
                           "<SupportedAlgorithm>A0</SupportedAlgorithm>"
                           "<PSDiscSecCapabilities>FF</PSDiscSecCapabilities>"
                           WANT("<RelayServiceCode> 00A1B2 </RelayServiceCode>" KEY("<![CDATA[fF]]>")));

    ck_assert_int_eq(decode_request(&request, text, strlen(text)), 0);
    ck_assert_uint_eq(request.transaction_id, 7);
    ck_assert_uint_eq(request.algorithms, 0xa0);
    ck_assert_uint_eq(request.capabilities, PROSE_CAPABILITY_SCRAMBLING);
    ck_assert_uint_eq(request.wants[0].scope.id, 0x00a1b2);
    ck_assert_uint_eq(request.wants[0].key_ids[0], 255);

    text = RESP("<transaction-ID>-0</transaction-ID><Current-Time>2026-06-01T08:00:00.999Z</Current-Time>"
                "<Max-Offset>+08</Max-Offset><PMK-info>" PMK_ID "<PMK>"
                " C0FFEE00c0ffee01c0ffee02c0ffee03c0ffee04c0ffee05<!-- c -->c0ffee06c0ffee0&#55;\n</PMK></PMK-info>"
                SUPPLIED(META(FLAGS("1", " true", "0") MASK)) NOT_SUPPLIED(DGID CODE("200")) "<anyExt/>" "<x>" PMK "</x>");
    ck_assert_int_eq(decode_response(&response, text, strlen(text)), 0);
    ck_assert_uint_eq(response.transaction_id, 0);
    ck_assert_int_eq(response.current_time, 1780300800);
    ck_assert_uint_eq(response.max_offset, 8);
    ck_assert(response.has_pmk);
    ck_assert_uint_eq(response.pmk[0], 0xc0);
    ck_assert_uint_eq(response.pmk[31], 0x07);
    ck_assert(response.answers[0].meta.scrambling && response.answers[0].meta.confidentiality);
    ck_assert(!response.answers[0].meta.mic);
    ck_assert_uint_eq(response.answers[0].meta.encrypted_bits_mask[22], 0x0f);
    ck_assert_uint_eq(response.answers[1].status, 200);
}
END_TEST

START_TEST(depth_has_a_limit_too)
{
    ProseKeyRequest request;

    for (unsigned depth = 200; depth <= 4000; depth += 3800) {
        g_autoptr(GString) text = g_string_new("<prose-key-message xmlns=\"" NS "\"><KEY_REQUEST>" ID "<anyExt>");

        for (unsigned i = 0; i < depth; i++)
            g_string_append(text, "<x>");
        for (unsigned i = 0; i < depth; i++)
            g_string_append(text, "</x>");
        g_string_append(text, "</anyExt></KEY_REQUEST></prose-key-message>");
        ck_assert_int_eq(decode_request(&request, text->str, text->len), depth == 200 ? 0 : PROSE_ERR_MALFORMED);
    }
}
END_TEST

/* libxml2 knows encodings by their first octets; ours is one. */
START_TEST(other_encodings_are_refused)
{
    static const char *const encodings[] = { "UTF-16LE", "UTF-16BE" };
    ProseKeyRequest request;

    for (size_t i = 0; i < G_N_ELEMENTS(encodings); i++) {
        gsize len;
        g_autofree char *text = g_convert("\xef\xbb\xbf" REQ(ID), -1, encodings[i], "UTF-8", NULL, &len, NULL);

        ck_assert_int_eq(decode_request(&request, text, len), PROSE_ERR_MALFORMED);
        ck_assert_int_eq(decode_request(&request, text + 2, len - 2), PROSE_ERR_MALFORMED);
    }
    /* Nor a zero octet at the end. */
    ck_assert_int_eq(decode_request(&request, REQ(ID), sizeof REQ(ID)), PROSE_ERR_MALFORMED);
}
END_TEST

/* ---- silence, and an independent reader ---- */

/* REQ-662-07 */
START_TEST(nothing_is_ever_printed)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "prose-key-message-XXXXXX", NULL);
    int file = g_mkstemp(path), saved_out = dup(STDOUT_FILENO), saved_err = dup(STDERR_FILENO);
    ProseKeyRequest request;
    ProseKeyResponse response;

    ck_assert_int_ge(file, 0);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++)
        decode_request(&request, requests[i].text, strlen(requests[i].text));
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++)
        decode_response(&response, responses[i].text, strlen(responses[i].text));
    for (size_t len = 0; len < sizeof sample_request_text; len += 7)
        decode_request(&request, sample_request_text, len);
    dup2(saved_out, STDOUT_FILENO);
    dup2(saved_err, STDERR_FILENO);
    close(saved_out);
    close(saved_err);
    ck_assert_int_eq(lseek(file, 0, SEEK_END), 0);
    close(file);
    g_unlink(path);
}
END_TEST

typedef struct XmlLint {
    char *dir;
    GPtrArray *argv;       /* xmllint … files */
} XmlLint;

static void
xmllint_add(XmlLint *lint, const char *name, const void *octets, size_t len)
{
    char *path = g_build_filename(lint->dir, name, NULL);

    ck_assert(g_file_set_contents(path, octets, (gssize) len, NULL));
    g_ptr_array_add(lint->argv, path);
}

/* Whether xmllint finds the file @name valid, from what it said. */
static bool
xmllint_says_yes(const XmlLint *lint, const char *said, const char *name)
{
    g_autofree char *yes = g_strdup_printf("%s/%s validates\n", lint->dir, name);

    return strstr(said, yes) != NULL;
}

/* xmllint with the same schema file: it takes what we write, and says of every document above what the table says. */
/* REQ-66422-11 */
START_TEST(xmllint_agrees)
{
    XmlLint lint = { .argv = g_ptr_array_new_with_free_func(g_free) };
    g_autofree char *said = NULL, *program = g_find_program_in_path("xmllint");
    char name[32];

    if (!program) {
        g_ptr_array_unref(lint.argv);
        return;
    }
    lint.dir = g_dir_make_tmp("prose-xmllint-XXXXXX", NULL);
    g_ptr_array_add(lint.argv, g_steal_pointer(&program));
    g_ptr_array_add(lint.argv, g_strdup("--noout"));
    g_ptr_array_add(lint.argv, g_strdup("--nonet"));
    g_ptr_array_add(lint.argv, g_strdup("--schema"));
    g_ptr_array_add(lint.argv, g_build_filename(TEST_PROJECT_DIR, "model", "prose-key-message.xsd", NULL));
    {
        ProseKeyRequest request;
        ProseKeyResponse response;
        g_autofree uint8_t *octets = g_malloc(PROSE_KEY_MESSAGE_MAX);
        ptrdiff_t len;

        sample_request(&request);
        len = prose_key_request_encode(octets, PROSE_KEY_MESSAGE_MAX, &request);
        xmllint_add(&lint, "own-request.xml", octets, (size_t) len);
        fullest_request(&request);
        len = prose_key_request_encode(octets, PROSE_KEY_MESSAGE_MAX, &request);
        xmllint_add(&lint, "own-fullest.xml", octets, (size_t) len);
        sample_response(&response);
        len = prose_key_response_encode(octets, PROSE_KEY_MESSAGE_MAX, &response);
        xmllint_add(&lint, "own-response.xml", octets, (size_t) len);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_snprintf(name, sizeof name, "request-%zu.xml", i);
        xmllint_add(&lint, name, requests[i].text, strlen(requests[i].text));
    }
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        g_snprintf(name, sizeof name, "response-%zu.xml", i);
        xmllint_add(&lint, name, responses[i].text, strlen(responses[i].text));
    }
    g_ptr_array_add(lint.argv, NULL);
    ck_assert(g_spawn_sync(NULL, (char **) lint.argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said, NULL, NULL));
    for (guint i = 5; i < lint.argv->len - 1; i++)
        g_unlink(lint.argv->pdata[i]);
    g_rmdir(lint.dir);

    ck_assert(xmllint_says_yes(&lint, said, "own-request.xml"));
    ck_assert(xmllint_says_yes(&lint, said, "own-fullest.xml"));
    ck_assert(xmllint_says_yes(&lint, said, "own-response.xml"));
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        g_snprintf(name, sizeof name, "request-%zu.xml", i);
        if (requests[i].xmllint >= 0)
            ck_assert_msg(xmllint_says_yes(&lint, said, name) == requests[i].xmllint, "request: %s", requests[i].name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(responses); i++) {
        g_snprintf(name, sizeof name, "response-%zu.xml", i);
        if (responses[i].xmllint >= 0)
            ck_assert_msg(xmllint_says_yes(&lint, said, name) == responses[i].xmllint, "response: %s", responses[i].name);
    }
    g_free(lint.dir);
    g_ptr_array_unref(lint.argv);
}
END_TEST

static Suite *
make_suite(void)
{
    Suite *suite = suite_create("key-message-schema");
    TCase *tc = tcase_create("messages");

    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, set_up, tear_down);
    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, others_requests_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(requests));
    tcase_add_loop_test(tc, others_responses_are_taken_or_refused_with_their_reason, 0, G_N_ELEMENTS(responses));
    tcase_add_test(tc, what_others_write_differently_means_the_same);
    tcase_add_test(tc, depth_has_a_limit_too);
    tcase_add_test(tc, other_encodings_are_refused);
    tcase_add_test(tc, nothing_is_ever_printed);
    tcase_add_test(tc, xmllint_agrees);
    return suite;
}

PROSE_TEST_MAIN(make_suite)
