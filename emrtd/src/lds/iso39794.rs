//! What the newer biometric records have in common: ISO/IEC 39794-1:2019, DER with context tags.
//!
//! This software makes use of the Schema from ISO/IEC 39794-1, 39794-4 and 39794-5 within
//! modifications permitted in the relevant ISO/IEC standard (ICAO's application profile for travel
//! documents, version 1). Please reproduce this note if possible.

// The schema's own terms: its use is licensed for developing, implementing and using software based on
// it; neither the name or logo of ISO or of IEC, nor the names of specific contributors, may be used
// to endorse or promote software derived from it without specific prior written permission.
// THE SCHEMA ON WHICH THIS SOFTWARE IS BASED IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS
// IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF
// MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT
// OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR
// CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES;
// LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF
// LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE)
// ARISING IN ANY WAY OUT OF THE USE OF THE CODE COMPONENTS, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH
// DAMAGE.

use super::LdsError;
use crate::tlv::{self, Reader, Tlv};

const SEQUENCE: u32 = 0x30;
/// The profile allows one; the base standard any number.
const MOST_BLOCKS: usize = 32;

/// A primitive `[number]`.
pub(super) const fn leaf(number: u32) -> u32 {
    0x80 | number
}

/// A constructed `[number]`.
pub(super) const fn node(number: u32) -> u32 {
    0xA0 | number
}

/// The block of the given application tag. DO'7F2E' holds it in a `[1]`; some writers leave that out.
pub(super) fn block(record: &[u8], application: u32) -> Result<&[u8], LdsError> {
    let inner = match Reader::new(record).peek() {
        Some(tag) if tag == node(1) => tlv::only(record, node(1))?,
        _ => record,
    };
    Ok(tlv::only(inner, application)?)
}

/// The representations inside `[1]`: a SEQUENCE OF, or the only one without its wrapping.
pub(super) fn representations(block: &[u8]) -> Result<Vec<&[u8]>, LdsError> {
    sequence_of(tlv::require(block, node(1))?)
}

/// The elements of a SEQUENCE OF SEQUENCE; writers exist that leave out the inner wrapping when there
/// is only one.
pub(super) fn sequence_of(list: &[u8]) -> Result<Vec<&[u8]>, LdsError> {
    let mut reader = Reader::new(list);
    if reader.peek().is_some_and(|tag| tag != SEQUENCE) {
        return Ok(vec![list]);
    }
    let mut blocks = Vec::new();
    while !reader.is_empty() {
        if blocks.len() == MOST_BLOCKS {
            return Err(LdsError::TooMany {
                field: "blocks of a biometric record",
                found: MOST_BLOCKS + 1,
                limit: MOST_BLOCKS,
            });
        }
        blocks.push(reader.expect(SEQUENCE)?);
    }
    Ok(blocks)
}

/// An enumerated value in its CHOICE: `code [0]`, or `extensionBlock [1]` with a `fallback [0]`.
pub(super) fn code(choice: &[u8]) -> Result<Option<u64>, LdsError> {
    let value = match tlv::find(choice, leaf(0))? {
        Some(value) => Some(value),
        None => match tlv::find(choice, node(1))? {
            Some(extension) => tlv::find(extension, leaf(0))?,
            None => None,
        },
    };
    value.map(number).transpose()
}

/// The code in the optional `[at]` of `parent`.
pub(super) fn code_at(parent: &[u8], at: u32) -> Result<Option<u64>, LdsError> {
    Ok(match tlv::find(parent, node(at))? {
        Some(choice) => code(choice)?,
        None => None,
    })
}

/// The number in the optional `[at]` of `parent`.
pub(super) fn number_at(parent: &[u8], at: u32) -> Result<Option<u64>, LdsError> {
    tlv::find(parent, leaf(at))?.map(number).transpose()
}

fn number(value: &[u8]) -> Result<u64, LdsError> {
    super::integer(value, "a number of a biometric record")
}

/// `[at]` with a DER INTEGER that is not negative.
pub(super) fn write_number(at: u32, number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let first = octets.iter().position(|octet| *octet != 0).unwrap_or(7);
    let mut value = octets[first..].to_vec();
    // A set first bit would make it negative (X.690 §8.3).
    if value[0] & 0x80 != 0 {
        value.insert(0, 0);
    }
    tlv::encode(leaf(at), &value)
}

/// Version block: generation 3, the year of the first edition.
pub(super) fn write_version() -> Vec<u8> {
    tlv::encode_all(node(0), &[&write_number(0, 3), &write_number(1, 2019)])
}

/// A record around its blocks, as DO'7F2E' holds it.
pub(super) fn write_block(application: u32, representations: &[Vec<u8>]) -> Vec<u8> {
    let list: Vec<u8> = representations
        .iter()
        .flat_map(|block| tlv::encode(SEQUENCE, block))
        .collect();
    let block = tlv::encode_all(
        application,
        &[&write_version(), &tlv::encode(node(1), &list)],
    );
    tlv::encode(node(1), &block)
}

/// The object that a CHOICE holds.
pub(super) fn chosen(choice: &[u8]) -> Result<Option<Tlv<'_>>, LdsError> {
    Ok(Reader::new(choice).read()?)
}
