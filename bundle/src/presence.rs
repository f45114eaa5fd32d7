//! Which way a person is asked to turn the head, so that a picture or a film of them cannot answer for them.
//!
//! The poses follow from the ticket and the visit, as the chip's challenge does: nobody knows them before the verifier
//! gave the ticket out, and the verifier works them out again when it examines the bundle.

use serde::{Deserialize, Serialize};

use crate::{Score, SignedTicket, VisitId, challenge};

/// Where the person looks, by their own left and right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pose {
    Left,
    Right,
}

impl Pose {
    pub const ALL: [Self; 2] = [Self::Left, Self::Right];
}

/// What was seen of a living person who did as asked. Carries no picture and nothing that a face could be rebuilt from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presence {
    /// As asked and answered, in this order.
    pub poses: Vec<Pose>,
    /// Pictures looked at.
    pub frames: u32,
    /// What nets that tell a living face from paper and screens made of the pictures; none where the site has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<Box<Liveness>>,
}

/// The opinion of nets on whether pictures show a living face. It refers to a person and never refuses anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Liveness {
    /// The median of the pictures: 1 is living.
    pub score: Score,
    /// Under which score a person looks.
    pub threshold: Score,
    /// Name `@` SHA-256 of the weights of each net.
    pub models: Vec<String>,
    /// Pictures judged.
    pub frames: u32,
    /// A person is asked to look.
    pub refer: bool,
}

/// The turns that are asked for in an attempt (1, 2, 3). A stranger's guess is right once in eight.
#[must_use]
pub fn poses(ticket: &SignedTicket, visit: VisitId, attempt: u32) -> [Pose; 3] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(b"niem-presence-v1");
    context.update(&challenge(ticket, visit));
    context.update(&attempt.to_be_bytes());
    let digest = context.finish();
    [0, 1, 2].map(|turn| match digest.as_ref()[0] >> turn & 1 {
        0 => Pose::Left,
        _ => Pose::Right,
    })
}
