/* The boxes around libeac's cryptography: bytes, TLV, frames and sealed objects. */
#include <eac/ca.h>
#include <eac/eac.h>
#include <eac/objects.h>
#include <eac/pace.h>
#include <openssl/provider.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Exported by libeac; chip authentication version 1 is its version 2 without the nonce. */
BUF_MEM *KA_CTX_generate_key(const KA_CTX *ctx, BN_CTX *bn_ctx);
int KA_CTX_derive_keys(const KA_CTX *ctx, const BUF_MEM *nonce, EVP_MD_CTX *md_ctx);

#define MOST 70000

typedef struct {
    unsigned char bytes[MOST];
    size_t length;
} Bytes;

static EAC_CTX *eac;
static int sealed;

static void die(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(1);
}

static void put(Bytes *to, const void *from, size_t length) {
    if (to->length + length > MOST)
        die("too long");
    memcpy(to->bytes + to->length, from, length);
    to->length += length;
}

static void put_byte(Bytes *to, int byte) {
    unsigned char octet = byte;
    put(to, &octet, 1);
}

static void put_tlv(Bytes *to, int tag, const void *value, size_t length) {
    if (tag > 0xFF)
        put_byte(to, tag >> 8);
    put_byte(to, tag & 0xFF);
    if (length > 0xFF) {
        put_byte(to, 0x82);
        put_byte(to, length >> 8);
    } else if (length > 0x7F) {
        put_byte(to, 0x81);
    }
    put_byte(to, length & 0xFF);
    put(to, value, length);
}

/* The value under a tag of one byte, at this level; NULL when it is not there. */
static const unsigned char *find(const unsigned char *in, size_t length, int tag, size_t *found,
                                 const unsigned char **raw, size_t *raw_length) {
    size_t at = 0;
    while (at + 2 <= length) {
        size_t start = at;
        int here = in[at++];
        size_t size = in[at++];
        if (size == 0x81 && at < length) {
            size = in[at++];
        } else if (size == 0x82 && at + 1 < length) {
            size = in[at] << 8 | in[at + 1];
            at += 2;
        } else if (size > 0x7F) {
            return NULL;
        }
        if (size > length - at)
            return NULL;
        if (here == tag) {
            *found = size;
            if (raw) {
                *raw = in + start;
                *raw_length = at + size - start;
            }
            return in + at;
        }
        at += size;
    }
    return NULL;
}

static BUF_MEM *buffer(const void *bytes, size_t length) {
    BUF_MEM *made = BUF_MEM_new();
    if (!made || !BUF_MEM_grow(made, length))
        die("memory");
    memcpy(made->data, bytes, length);
    return made;
}

static void unhex(Bytes *to, const char *text) {
    unsigned octet;
    to->length = 0;
    for (; text[0] && text[1]; text += 2) {
        if (sscanf(text, "%2x", &octet) != 1)
            die("not hexadecimal");
        put_byte(to, octet);
    }
}

static int read_all(void *to, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t count = read(0, (char *)to + done, length - done);
        if (count <= 0)
            return 0;
        done += count;
    }
    return 1;
}

static int receive(Bytes *frame) {
    unsigned char head[3];
    if (!read_all(head, 3))
        return 0;
    frame->length = head[1] << 8 | head[2];
    return read_all(frame->bytes, frame->length);
}

static void send_frame(int kind, const Bytes *frame) {
    unsigned char head[3] = {kind, frame->length >> 8, frame->length & 0xFF};
    if (write(1, head, 3) != 3 || write(1, frame->bytes, frame->length) != (ssize_t)frame->length)
        die("the other side is gone");
}

/* Secure messaging ------------------------------------------------------------------------- */

static size_t block(void) { return EVP_CIPHER_block_size(eac->key_ctx->cipher); }

static void pad(Bytes *text) {
    put_byte(text, 0x80);
    while (text->length % block())
        put_byte(text, 0);
}

static void use_keys(int id) {
    if (!EAC_CTX_set_encryption_ctx(eac, id) || !EAC_reset_ssc(eac))
        die("no keys");
    sealed = 1;
}

/* The MAC over a header (commands only) and objects. */
static BUF_MEM *mac_input(const unsigned char *header, const Bytes *objects) {
    static Bytes text;
    text.length = 0;
    if (header) {
        put(&text, header, 4);
        pad(&text);
    }
    put(&text, objects->bytes, objects->length);
    if (objects->length)
        pad(&text);
    return buffer(text.bytes, text.length);
}

static void put_mac(const unsigned char *header, Bytes *objects) {
    BUF_MEM *input = mac_input(header, objects);
    BUF_MEM *mac = EAC_authenticate(eac, input);
    if (!mac || mac->length < 8)
        die("no MAC");
    put_tlv(objects, 0x8E, mac->data, 8);
    BUF_MEM_free(input);
    BUF_MEM_free(mac);
}

static int mac_fits(const unsigned char *header, const Bytes *objects, const unsigned char *mac) {
    BUF_MEM *input = mac_input(header, objects);
    BUF_MEM *shown = buffer(mac, 8);
    int fits = EAC_verify_authentication(eac, input, shown) == 1;
    BUF_MEM_free(input);
    BUF_MEM_free(shown);
    return fits;
}

static void put_cryptogram(Bytes *objects, const Bytes *plain) {
    static Bytes text, value;
    if (!plain->length)
        return;
    text = *plain;
    pad(&text);
    BUF_MEM *padded = buffer(text.bytes, text.length);
    BUF_MEM *cryptogram = EAC_encrypt(eac, padded);
    if (!cryptogram)
        die("not encrypted");
    value.length = 0;
    put_byte(&value, 1);
    put(&value, cryptogram->data, cryptogram->length);
    put_tlv(objects, 0x87, value.bytes, value.length);
    BUF_MEM_free(padded);
    BUF_MEM_free(cryptogram);
}

static int open_cryptogram(const unsigned char *value, size_t length, Bytes *plain) {
    if (!length || value[0] != 1)
        return 0;
    BUF_MEM *cryptogram = buffer(value + 1, length - 1);
    BUF_MEM *padded = EAC_decrypt(eac, cryptogram);
    BUF_MEM *text = padded ? EAC_remove_iso_pad(padded) : NULL;
    if (text)
        put(plain, text->data, text->length);
    BUF_MEM_free(cryptogram);
    BUF_MEM_free(padded);
    BUF_MEM_free(text);
    return text != NULL;
}
