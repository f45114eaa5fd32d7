//! The two cipher families of secure messaging: 3DES with retail MAC, AES with CMAC.
//!
//! OpenSSL 3 hides single DES, which the retail MAC needs, so these come from the RustCrypto crates.

use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{
    BlockCipher, BlockDecrypt, BlockDecryptMut, BlockEncrypt, BlockEncryptMut, KeyInit, KeyIvInit,
};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use openssl::sha;
use zeroize::Zeroizing;

/// Which cipher an object identifier names in its last arc (TR-03110-3 §A.2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cipher {
    TripleDes,
    Aes128,
    Aes192,
    Aes256,
}

/// A symmetric key, wiped when dropped.
pub(crate) type Key = Zeroizing<Vec<u8>>;

impl Cipher {
    /// By the last arc of a PACE or chip-authentication identifier.
    pub fn from_arc(arc: u8) -> Option<Self> {
        match arc {
            1 => Some(Self::TripleDes),
            2 => Some(Self::Aes128),
            3 => Some(Self::Aes192),
            4 => Some(Self::Aes256),
            _ => None,
        }
    }

    /// The block length in bytes, which is also what data is padded to.
    pub fn block(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }

    /// KDF(K, c), ICAO 9303-11 §9.7.1: SHA-1 for 3DES and AES-128, SHA-256 for longer keys.
    pub(crate) fn derive(self, secret: &[u8], counter: u32) -> Key {
        let input = Zeroizing::new([secret, &counter.to_be_bytes()].concat());
        let mut key = Zeroizing::new(match self {
            Self::TripleDes | Self::Aes128 => sha::sha1(&input)[..16].to_vec(),
            Self::Aes192 => sha::sha256(&input)[..24].to_vec(),
            Self::Aes256 => sha::sha256(&input).to_vec(),
        });
        if self == Self::TripleDes {
            for octet in key.iter_mut() {
                *octet = *octet & 0xFE | ((*octet >> 1).count_ones() as u8 & 1 ^ 1);
            }
        }
        key
    }

    /// CBC over whole blocks.
    pub(crate) fn encrypt(self, key: &[u8], iv: &[u8], blocks: &[u8]) -> Vec<u8> {
        fn cbc<C>(key: &[u8], iv: &[u8], blocks: &[u8]) -> Vec<u8>
        where
            C: BlockEncryptMut + BlockCipher,
            cbc::Encryptor<C>: KeyIvInit,
        {
            let mut text = blocks.to_vec();
            cbc::Encryptor::<C>::new_from_slices(key, iv)
                .expect("key and IV are of this cipher's sizes")
                .encrypt_padded_mut::<NoPadding>(&mut text, blocks.len())
                .expect("the data was padded to whole blocks");
            text
        }
        match self {
            Self::TripleDes => cbc::<TdesEde2>(key, iv, blocks),
            Self::Aes128 => cbc::<Aes128>(key, iv, blocks),
            Self::Aes192 => cbc::<Aes192>(key, iv, blocks),
            Self::Aes256 => cbc::<Aes256>(key, iv, blocks),
        }
    }

    /// CBC backwards; `None` when the data is not whole blocks.
    pub(crate) fn decrypt(self, key: &[u8], iv: &[u8], blocks: &[u8]) -> Option<Vec<u8>> {
        fn cbc<C>(key: &[u8], iv: &[u8], blocks: &[u8]) -> Option<Vec<u8>>
        where
            C: BlockDecryptMut + BlockCipher,
            cbc::Decryptor<C>: KeyIvInit,
        {
            let mut text = blocks.to_vec();
            cbc::Decryptor::<C>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded_mut::<NoPadding>(&mut text)
                .ok()?;
            Some(text)
        }
        match self {
            Self::TripleDes => cbc::<TdesEde2>(key, iv, blocks),
            Self::Aes128 => cbc::<Aes128>(key, iv, blocks),
            Self::Aes192 => cbc::<Aes192>(key, iv, blocks),
            Self::Aes256 => cbc::<Aes256>(key, iv, blocks),
        }
    }

    /// The eight-byte MAC: retail MAC over whole blocks, or CMAC cut to eight bytes.
    pub(crate) fn mac(self, key: &[u8], message: &[u8]) -> [u8; 8] {
        fn cmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> [u8; 8] {
            let mut mac =
                <M as Mac>::new_from_slice(key).expect("the key is of this cipher's size");
            mac.update(message);
            let tag = mac.finalize().into_bytes();
            tag[..8].try_into().expect("a CMAC has sixteen bytes")
        }
        match self {
            Self::TripleDes => retail_mac(key, message),
            Self::Aes128 => cmac::<Cmac<Aes128>>(key, message),
            Self::Aes192 => cmac::<Cmac<Aes192>>(key, message),
            Self::Aes256 => cmac::<Cmac<Aes256>>(key, message),
        }
    }

    /// The MAC of an authentication token, where 3DES pads and CMAC does not (ICAO 9303-11 §4.4.3.4).
    pub(crate) fn token_mac(self, key: &[u8], message: &[u8]) -> [u8; 8] {
        match self {
            Self::TripleDes => self.mac(key, &pad(message, 8)),
            _ => self.mac(key, message),
        }
    }

    /// The IV of one protected message: zero for 3DES, E(KSenc, SSC) for AES.
    pub(crate) fn iv(self, key: &[u8], counter: &[u8]) -> Vec<u8> {
        match self {
            Self::TripleDes => vec![0; 8],
            _ => self.encrypt(key, &[0; 16], counter),
        }
    }
}

/// ISO/IEC 9797-1 MAC algorithm 3 with DES; the message is already padded.
fn retail_mac(key: &[u8], message: &[u8]) -> [u8; 8] {
    let first = Des::new_from_slice(&key[..8]).expect("eight bytes make a DES key");
    let second = Des::new_from_slice(&key[8..16]).expect("eight bytes make a DES key");
    let mut state = [0u8; 8];
    for block in message.chunks(8) {
        for (octet, input) in state.iter_mut().zip(block) {
            *octet ^= input;
        }
        first.encrypt_block((&mut state).into());
    }
    second.decrypt_block((&mut state).into());
    first.encrypt_block((&mut state).into());
    state
}

/// ISO/IEC 9797-1 padding method 2: `80`, then zeros up to a whole block.
pub(crate) fn pad(message: &[u8], block: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + block);
    out.extend_from_slice(message);
    out.push(0x80);
    out.resize(out.len().next_multiple_of(block), 0);
    out
}

/// Takes the padding off; `None` when there is none.
pub(crate) fn unpad(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let end = padded.iter().rposition(|octet| *octet != 0)?;
    if padded[end] != 0x80 {
        return None;
    }
    padded.truncate(end);
    Some(padded)
}
