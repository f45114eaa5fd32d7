/* The other side of the conversation, played by libeac, which none of us wrote.
 *
 *   eac_peer card     OID ID can|mrz SECRET FILES [CA-OID CA-ID CA-PRIVATE CA-PUBLIC]
 *   eac_peer terminal OID ID can|mrz SECRET       [CA-OID CA-ID CHIP-PUBLIC]
 *
 * OID: the PACE protocol in dots; ID: a standardised group; FILES: a directory of files named by
 * four hexadecimal digits. The card answers commands from standard input on standard output; the
 * terminal sends them the other way round, reads DG1, does chip authentication if told to, reads DG1
 * again, and reports. A frame is one byte 'A' (a command or an answer) or 'R' (the report), the
 * length in two bytes, and the content. All the cryptography is libeac's; only the boxes around it
 * are made here.
 */
#include "boxes.h"

static PACE_SEC *secret;
static int pace_protocol, pace_group, ca_protocol, ca_group;
static Bytes ca_private, ca_public;
static const char *files;

/* A command ---------------------------------------------------------------------------------- */

typedef struct {
    unsigned char header[4];
    Bytes data;
    long le; /* -1: none wanted */
} Command;

static int parse(const Bytes *wire, Command *command) {
    const unsigned char *in = wire->bytes;
    size_t length = wire->length, at = 4, lc = 0;
    if (length < 4)
        return 0;
    memcpy(command->header, in, 4);
    command->data.length = 0;
    command->le = -1;
    if (length == 4)
        return 1;
    if (length == 5) {
        command->le = in[4] ? in[4] : 256;
        return 1;
    }
    if (in[4]) {
        lc = in[4];
        at = 5;
        if (length < at + lc || length > at + lc + 1)
            return 0;
        if (length > at + lc)
            command->le = in[at + lc] ? in[at + lc] : 256;
    } else if (length == 7) {
        command->le = in[5] << 8 | in[6] ? in[5] << 8 | in[6] : 65536;
        return 1;
    } else {
        lc = in[5] << 8 | in[6];
        at = 7;
        if (length != at + lc && length != at + lc + 2)
            return 0;
        if (length > at + lc) {
            long le = in[at + lc] << 8 | in[at + lc + 1];
            command->le = le ? le : 65536;
        }
    }
    put(&command->data, in + at, lc);
    return 1;
}

/* The card ----------------------------------------------------------------------------------- */

static int in_document, selected, step, ca_chosen, next_keys = -1;
static BUF_MEM *their_key;

static int answer_status(Bytes *answer, int status) {
    answer->length = 0;
    return status;
}

static int load(int id, Bytes *file) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%04x", files, id);
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return 0;
    file->length = fread(file->bytes, 1, MOST, stream);
    fclose(stream);
    return 1;
}

static int read_binary(const Command *command, Bytes *answer) {
    static Bytes file;
    int p1 = command->header[2], p2 = command->header[3];
    size_t offset = p1 << 8 | p2;
    if (p1 & 0x80) {
        selected = 0x0100 | (p1 & 0x1F);
        offset = p2;
    }
    /* Everything but EF.CardAccess stands in the document, behind PACE. */
    if ((selected == 0x011C) == in_document)
        return answer_status(answer, 0x6A82);
    if (in_document && !sealed)
        return answer_status(answer, 0x6982);
    if (!load(selected, &file))
        return answer_status(answer, 0x6A82);
    if (offset > file.length || command->le < 0)
        return answer_status(answer, 0x6B00);
    size_t length = file.length - offset;
    size_t most = command->le;
    if (sealed && most <= 256 && most > 223)
        most = 223;
    int status = most > length ? 0x6282 : 0x9000;
    put(answer, file.bytes + offset, most < length ? most : length);
    return status;
}

static int same_oid(int nid, const unsigned char *value, size_t length) {
    ASN1_OBJECT *object = EAC_OBJ_nid2obj(nid);
    return object && OBJ_length(object) == length && !memcmp(OBJ_get0_data(object), value, length);
}

static int set_pace(const Command *command, Bytes *answer) {
    size_t length;
    const unsigned char *oid = find(command->data.bytes, command->data.length, 0x80, &length, 0, 0);
    if (!oid || !same_oid(pace_protocol, oid, length))
        return answer_status(answer, 0x6A80);
    const unsigned char *which =
        find(command->data.bytes, command->data.length, 0x83, &length, 0, 0);
    if (!which || length != 1 || which[0] != (secret->type == PACE_MRZ ? 1 : 2))
        return answer_status(answer, 0x6A88);
    EAC_CTX_clear_free(eac);
    eac = EAC_CTX_new();
    if (!eac || !EAC_CTX_init_pace(eac, pace_protocol, pace_group))
        die("libeac does not know this way of PACE");
    sealed = 0;
    step = 1;
    return answer_status(answer, 0x9000);
}

static int pace_step(const Command *command, Bytes *answer) {
    static Bytes inside;
    BUF_MEM *made = NULL, *theirs = NULL;
    size_t outer_length, length = 0;
    const unsigned char *value = NULL;
    const unsigned char *outer =
        find(command->data.bytes, command->data.length, 0x7C, &outer_length, 0, 0);
    int asked[] = {0, 0, 0x81, 0x83, 0x85}, given[] = {0, 0x80, 0x82, 0x84, 0x86};
    if (!outer || step < 1 || step > 4)
        return answer_status(answer, 0x6985);
    if ((step < 4) != ((command->header[0] & 0x10) != 0))
        return answer_status(answer, 0x6884);
    if (step > 1) {
        value = find(outer, outer_length, asked[step], &length, 0, 0);
        if (!value)
            return answer_status(answer, 0x6A80);
        theirs = buffer(value, length);
    }
    switch (step) {
    case 1:
        made = PACE_STEP1_enc_nonce(eac, secret);
        break;
    case 2:
        made = PACE_STEP3A_generate_mapping_data(eac);
        if (!PACE_STEP3A_map_generator(eac, theirs))
            return answer_status(answer, 0x6A80);
        break;
    case 3:
        made = PACE_STEP3B_generate_ephemeral_key(eac);
        if (!PACE_STEP3B_compute_shared_secret(eac, theirs) || !PACE_STEP3C_derive_keys(eac))
            return answer_status(answer, 0x6A80);
        their_key = theirs;
        break;
    case 4:
        made = PACE_STEP3D_compute_authentication_token(eac, their_key);
        if (PACE_STEP3D_verify_authentication_token(eac, theirs) != 1)
            return answer_status(answer, 0x6300);
        next_keys = EAC_ID_PACE;
        break;
    }
    if (!made)
        return answer_status(answer, 0x6F00);
    inside.length = 0;
    put_tlv(&inside, given[step], made->data, made->length);
    put_tlv(answer, 0x7C, inside.bytes, inside.length);
    step++;
    return 0x9000;
}

static int agree_with_static_key(const unsigned char *key, size_t length) {
    BUF_MEM *theirs = buffer(key, length);
    int done = CA_STEP4_compute_shared_secret(eac, theirs) == 1 &&
               KA_CTX_derive_keys(eac->ca_ctx->ka_ctx, NULL, eac->md_ctx) == 1;
    BUF_MEM_free(theirs);
    if (done)
        next_keys = EAC_ID_CA;
    return done;
}

static int prepare_ca(void) {
    return ca_protocol && EAC_CTX_init_ca(eac, ca_protocol, ca_group) &&
           CA_set_key(eac, ca_private.bytes, ca_private.length, ca_public.bytes, ca_public.length);
}

static int set_ca(const Command *command, Bytes *answer) {
    size_t length;
    int whole = command->header[3] == 0xA6;
    const unsigned char *value =
        find(command->data.bytes, command->data.length, whole ? 0x91 : 0x80, &length, 0, 0);
    if (!sealed || !value || !prepare_ca())
        return answer_status(answer, 0x6A80);
    if (whole)
        return answer_status(answer, agree_with_static_key(value, length) ? 0x9000 : 0x6A80);
    if (!same_oid(ca_protocol, value, length))
        return answer_status(answer, 0x6A80);
    ca_chosen = 1;
    return answer_status(answer, 0x9000);
}

static int chip_authentication(const Command *command, Bytes *answer) {
    size_t outer_length, length;
    const unsigned char *outer =
        find(command->data.bytes, command->data.length, 0x7C, &outer_length, 0, 0);
    const unsigned char *value = outer ? find(outer, outer_length, 0x80, &length, 0, 0) : NULL;
    ca_chosen = 0;
    if (!value || !agree_with_static_key(value, length))
        return answer_status(answer, 0x6A80);
    put_tlv(answer, 0x7C, "", 0);
    return 0x9000;
}

static int serve(const Command *command, Bytes *answer) {
    static const unsigned char document[] = {0xA0, 0, 0, 2, 0x47, 0x10, 1};
    const unsigned char *header = command->header;
    answer->length = 0;
    switch (header[1]) {
    case 0xA4:
        if (header[2] != 4 || command->data.length != sizeof document ||
            memcmp(command->data.bytes, document, sizeof document))
            return 0x6A82;
        in_document = 1;
        return 0x9000;
    case 0xB0:
        return read_binary(command, answer);
    case 0x22:
        return header[2] == 0xC1 ? set_pace(command, answer) : set_ca(command, answer);
    case 0x86:
        return ca_chosen ? chip_authentication(command, answer) : pace_step(command, answer);
    default:
        return 0x6D00;
    }
}

/* Takes the seal off a command; false when it does not hold. */
static int unseal_command(Command *command) {
    static Bytes objects, plain;
    const unsigned char *raw, *value;
    size_t raw_length, length;
    const Bytes *data = &command->data;
    objects.length = plain.length = 0;
    if (!EAC_increment_ssc(eac))
        return 0;
    if (find(data->bytes, data->length, 0x87, &length, &raw, &raw_length))
        put(&objects, raw, raw_length);
    if (find(data->bytes, data->length, 0x97, &length, &raw, &raw_length))
        put(&objects, raw, raw_length);
    value = find(data->bytes, data->length, 0x8E, &length, 0, 0);
    if (!value || length != 8 || !mac_fits(command->header, &objects, value))
        return 0;
    command->le = -1;
    value = find(objects.bytes, objects.length, 0x97, &length, 0, 0);
    if (value && length == 1)
        command->le = value[0] ? value[0] : 256;
    if (value && length == 2)
        command->le = value[0] << 8 | value[1] ? value[0] << 8 | value[1] : 65536;
    value = find(objects.bytes, objects.length, 0x87, &length, 0, 0);
    if (value && !open_cryptogram(value, length, &plain))
        return 0;
    command->data = plain;
    return 1;
}

static void card(void) {
    static Bytes wire, answer, objects;
    static Command command;
    while (receive(&wire)) {
        int status;
        answer.length = 0;
        if (!parse(&wire, &command)) {
            status = 0x6700;
        } else if ((command.header[0] & 0x0C) == 0x0C) {
            if (!sealed || !unseal_command(&command)) {
                sealed = 0;
                status = 0x6988;
            } else {
                unsigned char words[2];
                status = serve(&command, &answer);
                words[0] = status >> 8;
                words[1] = status & 0xFF;
                EAC_increment_ssc(eac);
                objects.length = 0;
                put_cryptogram(&objects, &answer);
                put_tlv(&objects, 0x99, words, 2);
                put_mac(NULL, &objects);
                answer = objects;
            }
        } else {
            sealed = 0;
            status = serve(&command, &answer);
        }
        put_byte(&answer, status >> 8);
        put_byte(&answer, status & 0xFF);
        send_frame('A', &answer);
        if (next_keys >= 0) {
            use_keys(next_keys);
            next_keys = -1;
        }
    }
}

/* The terminal ------------------------------------------------------------------------------- */

static void put_command(Bytes *wire, const unsigned char *header, const Bytes *data, long le) {
    put(wire, header, 4);
    int extended = data->length > 255 || le > 256;
    if (data->length) {
        if (extended) {
            put_byte(wire, 0);
            put_byte(wire, data->length >> 8);
        }
        put_byte(wire, data->length & 0xFF);
        put(wire, data->bytes, data->length);
    }
    if (le > 0) {
        if (extended) {
            if (!data->length)
                put_byte(wire, 0);
            put_byte(wire, le >> 8 & 0xFF);
        }
        put_byte(wire, le & 0xFF);
    }
}

/* One exchange, sealed once there are keys; the status, and the data in `answer`. */
static int exchange(int cla, int ins, int p1, int p2, const Bytes *data, long le, Bytes *answer) {
    static Bytes wire, objects;
    const unsigned char *raw, *value;
    size_t raw_length, length;
    unsigned char header[4] = {cla, ins, p1, p2};
    wire.length = 0;
    if (sealed) {
        header[0] |= 0x0C;
        EAC_increment_ssc(eac);
        objects.length = 0;
        put_cryptogram(&objects, data);
        if (le > 0) {
            unsigned char one = le & 0xFF;
            put_tlv(&objects, 0x97, &one, 1);
        }
        put_mac(header, &objects);
        put_command(&wire, header, &objects, objects.length > 255 ? 65536 : 256);
    } else {
        put_command(&wire, header, data, le);
    }
    send_frame('A', &wire);
    if (!receive(&wire) || wire.length < 2)
        die("no answer");
    int status = wire.bytes[wire.length - 2] << 8 | wire.bytes[wire.length - 1];
    wire.length -= 2;
    answer->length = 0;
    if (!sealed) {
        put(answer, wire.bytes, wire.length);
        return status;
    }
    EAC_increment_ssc(eac);
    objects.length = 0;
    if (find(wire.bytes, wire.length, 0x87, &length, &raw, &raw_length))
        put(&objects, raw, raw_length);
    value = find(wire.bytes, wire.length, 0x99, &length, &raw, &raw_length);
    if (!value || length != 2)
        die("an answer without a seal: %04X", status);
    put(&objects, raw, raw_length);
    status = value[0] << 8 | value[1];
    value = find(wire.bytes, wire.length, 0x8E, &length, 0, 0);
    if (!value || length != 8 || !mac_fits(NULL, &objects, value))
        die("the seal does not hold");
    value = find(objects.bytes, objects.length, 0x87, &length, 0, 0);
    if (value && !open_cryptogram(value, length, answer))
        die("the answer cannot be decrypted");
    return status;
}

static BUF_MEM *authenticate(int chained, int tag, const BUF_MEM *sent, int wanted) {
    static Bytes inside, data, answer;
    size_t outer_length, length;
    inside.length = data.length = 0;
    if (sent)
        put_tlv(&inside, tag, sent->data, sent->length);
    put_tlv(&data, 0x7C, inside.bytes, inside.length);
    int status = exchange(chained ? 0x10 : 0, 0x86, 0, 0, &data, data.length > 250 ? 65536 : 256,
                          &answer);
    if (status != 0x9000)
        die("GENERAL AUTHENTICATE %02X: %04X", tag, status);
    const unsigned char *outer = find(answer.bytes, answer.length, 0x7C, &outer_length, 0, 0);
    const unsigned char *value = outer ? find(outer, outer_length, wanted, &length, 0, 0) : NULL;
    if (!value)
        die("the answer lacks %02X", wanted);
    return buffer(value, length);
}

static void template(int p1, int p2, int nid, const unsigned char *password, Bytes *answer) {
    static Bytes data;
    ASN1_OBJECT *oid = EAC_OBJ_nid2obj(nid);
    data.length = 0;
    put_tlv(&data, 0x80, OBJ_get0_data(oid), OBJ_length(oid));
    if (password)
        put_tlv(&data, 0x83, password, 1);
    int status = exchange(0, 0x22, p1, p2, &data, 0, answer);
    if (status != 0x9000)
        die("MSE: %04X", status);
}

static void read_dg1(Bytes *answer) {
    static Bytes none;
    int status = exchange(0, 0xB0, 0x81, 0, &none, 95, answer);
    if (status != 0x9000 && status != 0x6282)
        die("READ BINARY: %04X", status);
}

static void terminal(void) {
    static Bytes data, answer, first;
    unsigned char password = secret->type == PACE_MRZ ? 1 : 2;
    eac = EAC_CTX_new();
    if (!eac || !EAC_CTX_init_pace(eac, pace_protocol, pace_group))
        die("libeac does not know this way of PACE");
    template(0xC1, 0xA4, pace_protocol, &password, &answer);
    if (!PACE_STEP2_dec_nonce(eac, secret, authenticate(1, 0, NULL, 0x80)))
        die("nonce");
    BUF_MEM *own = PACE_STEP3A_generate_mapping_data(eac);
    if (!own || !PACE_STEP3A_map_generator(eac, authenticate(1, 0x81, own, 0x82)))
        die("mapping");
    own = PACE_STEP3B_generate_ephemeral_key(eac);
    BUF_MEM *theirs = own ? authenticate(1, 0x83, own, 0x84) : NULL;
    if (!theirs || !PACE_STEP3B_compute_shared_secret(eac, theirs) || !PACE_STEP3C_derive_keys(eac))
        die("agreement");
    BUF_MEM *token = PACE_STEP3D_compute_authentication_token(eac, theirs);
    token = authenticate(0, 0x85, token, 0x86);
    if (PACE_STEP3D_verify_authentication_token(eac, token) != 1)
        die("the chip's token is wrong");
    use_keys(EAC_ID_PACE);
    unhex(&data, "A0000002471001");
    if (exchange(0, 0xA4, 4, 0x0C, &data, 0, &answer) != 0x9000)
        die("SELECT");
    read_dg1(&first);
    if (ca_protocol) {
        if (!EAC_CTX_init_ca(eac, ca_protocol, ca_group))
            die("libeac does not know this way of chip authentication");
        own = KA_CTX_generate_key(eac->ca_ctx->ka_ctx, eac->bn_ctx);
        theirs = buffer(ca_public.bytes, ca_public.length);
        data.length = 0;
        if (strstr(OBJ_nid2sn(ca_protocol), "3DES")) {
            put_tlv(&data, 0x91, own->data, own->length);
            if (exchange(0, 0x22, 0x41, 0xA6, &data, 0, &answer) != 0x9000)
                die("MSE:Set KAT");
        } else {
            static Bytes inside;
            template(0x41, 0xA4, ca_protocol, NULL, &answer);
            put_tlv(&inside, 0x80, own->data, own->length);
            put_tlv(&data, 0x7C, inside.bytes, inside.length);
            if (exchange(0, 0x86, 0, 0, &data, 256, &answer) != 0x9000)
                die("GENERAL AUTHENTICATE of chip authentication");
        }
        if (CA_STEP4_compute_shared_secret(eac, theirs) != 1 ||
            KA_CTX_derive_keys(eac->ca_ctx->ka_ctx, NULL, eac->md_ctx) != 1)
            die("chip authentication");
        use_keys(EAC_ID_CA);
        read_dg1(&answer);
        if (answer.length != first.length || memcmp(answer.bytes, first.bytes, first.length))
            die("DG1 differs");
    }
    send_frame('R', &first);
}

int main(int count, char **words) {
    if (count < 6)
        die("see the head of eac_peer.c");
    int is_card = !strcmp(words[1], "card");
    /* The retail MAC is made of single DES, which OpenSSL 3 keeps among its old things. */
    OSSL_PROVIDER_load(NULL, "default");
    OSSL_PROVIDER_load(NULL, "legacy");
    EAC_init();
    pace_protocol = EAC_OBJ_txt2nid(words[2]);
    pace_group = atoi(words[3]);
    secret = PACE_SEC_new(words[5], strlen(words[5]), strcmp(words[4], "mrz") ? PACE_CAN : PACE_MRZ);
    if (!pace_protocol || !secret)
        die("protocol or secret");
    int ca = is_card ? 7 : 6;
    files = is_card ? words[6] : NULL;
    if (count > ca) {
        ca_protocol = EAC_OBJ_txt2nid(words[ca]);
        ca_group = atoi(words[ca + 1]);
        if (is_card)
            unhex(&ca_private, words[ca + 2]);
        unhex(&ca_public, words[ca + 2 + is_card]);
    }
    if (is_card)
        card();
    else
        terminal();
    return 0;
}
