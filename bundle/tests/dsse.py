"""A second reader and writer of DSSE envelopes, on securesystemslib: one JSON task a line in, one answer a line out."""

import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey


def key_of(task):
    return SSlibKey(task["keyid"], task["keytype"], task["scheme"], {"public": task["public"]})


def answer(task):
    if task["do"] == "verify":
        keys = [key_of(key) for key in task["keys"]]
        try:
            envelope = Envelope.from_dict(task["envelope"])
            return {"accepted": sorted(envelope.verify(keys, len(keys)))}
        except (VerificationError, ValueError, KeyError) as error:
            return {"refused": type(error).__name__}
    envelope = Envelope(bytes.fromhex(task["payload"]), task["payloadType"], {})
    for key in task["keys"]:
        private = load_pem_private_key(key["private"].encode(), None)
        envelope.sign(CryptoSigner(private, key_of(key)))
    return envelope.to_dict()


for line in sys.stdin:
    print(json.dumps(answer(json.loads(line))))
