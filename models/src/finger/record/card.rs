//! The card formats: minutiae without any header, as a card that compares on its own wants them.
//!
//! ISO/IEC 19794-2:2005 clause 8 has a normal and a compact size; 2011 clause 9 keeps the compact one. The
//! bytes do not say which they are: whoever asks the card knows. A card may state how many minutiae it
//! takes and in which order ([`CardLimits`], template `B1` of its biometric information template).

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::bytes::{Reader, Writer};
use super::{
    FingerRecordError, FingerView, ImageSize, MAX_MINUTIAE, RecordKind, RecordMinutia, XY_MAX,
};

/// How much room a minutia has on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Zeroize)]
pub enum CardForm {
    /// Five bytes: type and x in hundredths of a millimetre, y likewise, angle in 1/256 turn.
    Normal,
    /// Three bytes: x and y in tenths of a millimetre, type and angle in 1/64 turn.
    Compact,
}

impl CardForm {
    const fn bytes(self) -> usize {
        match self {
            Self::Normal => 5,
            Self::Compact => 3,
        }
    }

    /// Units of this form in a centimetre.
    pub(super) const fn per_cm(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Compact => 100,
        }
    }

    /// Largest coordinate.
    const fn reach(self) -> u16 {
        match self {
            Self::Normal => XY_MAX,
            Self::Compact => 0xFF,
        }
    }
}

/// Minutiae in a card's units.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct CardMinutiae {
    /// Which units.
    pub form: CardForm,
    /// At most [`MAX_MINUTIAE`]; quality is 0, the formats have no room for it.
    pub minutiae: Vec<RecordMinutia>,
}

impl CardMinutiae {
    /// Reads the value of a card's minutiae data object.
    ///
    /// # Errors
    /// [`FingerRecordError`] when it is no whole number of minutiae or more than [`MAX_MINUTIAE`].
    pub fn read(bytes: &[u8], form: CardForm) -> Result<Self, FingerRecordError> {
        let (count, rest) = (bytes.len() / form.bytes(), bytes.len() % form.bytes());
        if rest != 0 {
            return Err(FingerRecordError::Length);
        }
        let count = u8::try_from(count).map_err(|_| FingerRecordError::Length)?;
        let minutiae = match form {
            CardForm::Normal => Reader::of(bytes).minutiae(count, 5, 0)?,
            CardForm::Compact => {
                let mut minutiae = Vec::with_capacity(usize::from(count));
                for one in bytes.chunks_exact(3) {
                    minutiae.push(RecordMinutia {
                        kind: RecordKind::of(one[2] >> 6)?,
                        x: u16::from(one[0]),
                        y: u16::from(one[1]),
                        angle: one[2] & 0x3F,
                        quality: 0,
                    });
                }
                minutiae
            }
        };
        Ok(Self { form, minutiae })
    }

    /// Writes the value of a card's minutiae data object.
    ///
    /// # Errors
    /// [`FingerRecordError`] when a coordinate, an angle or the count does not fit.
    pub fn write(&self) -> Result<Zeroizing<Vec<u8>>, FingerRecordError> {
        if self.minutiae.len() > MAX_MINUTIAE {
            return Err(FingerRecordError::Length);
        }
        let mut writer = Writer::for_length(self.form.bytes() * self.minutiae.len())?;
        match self.form {
            CardForm::Normal => writer.minutiae(&self.minutiae, false)?,
            CardForm::Compact => {
                for m in &self.minutiae {
                    let place = (u8::try_from(m.x), u8::try_from(m.y));
                    let (Ok(x), Ok(y), 0..=0x3F) = (place.0, place.1, m.angle) else {
                        return Err(FingerRecordError::Value {
                            field: "compact minutia",
                        });
                    };
                    writer.bytes(&[x, y, m.kind.bits() << 6 | m.angle]);
                }
            }
        }
        Ok(writer.done())
    }
}

/// Rising or falling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sorting {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// In which order a card wants its minutiae.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardOrder {
    /// It does not mind.
    Any,
    /// By x, those of one x by y.
    XThenY(Sorting),
    /// By y, those of one y by x.
    YThenX(Sorting),
}

impl CardOrder {
    /// From the byte of data object `82`: direction in bits 1 and 2, key in bits 3 to 5, coordinate
    /// extension in bit 6.
    ///
    /// # Errors
    /// [`FingerRecordError::Order`] for orders by angle or distance, and for extended coordinates.
    pub const fn of_byte(byte: u8) -> Result<Self, FingerRecordError> {
        match byte {
            0x00 => Ok(Self::Any),
            0x05 => Ok(Self::XThenY(Sorting::Ascending)),
            0x06 => Ok(Self::XThenY(Sorting::Descending)),
            0x09 => Ok(Self::YThenX(Sorting::Ascending)),
            0x0A => Ok(Self::YThenX(Sorting::Descending)),
            _ => Err(FingerRecordError::Order),
        }
    }

    /// The byte of data object `82`.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Any => 0x00,
            Self::XThenY(Sorting::Ascending) => 0x05,
            Self::XThenY(Sorting::Descending) => 0x06,
            Self::YThenX(Sorting::Ascending) => 0x09,
            Self::YThenX(Sorting::Descending) => 0x0A,
        }
    }

    /// Puts minutiae in this order. Those of one place are ordered by angle and type, so that the same
    /// set always gives the same bytes.
    pub fn sort(self, minutiae: &mut [RecordMinutia]) {
        let (x_first, sorting) = match self {
            Self::Any => return,
            Self::XThenY(sorting) => (true, sorting),
            Self::YThenX(sorting) => (false, sorting),
        };
        let key = |m: &RecordMinutia| if x_first { (m.x, m.y) } else { (m.y, m.x) };
        minutiae.sort_by(|a, b| {
            let places = match sorting {
                Sorting::Ascending => key(a).cmp(&key(b)),
                Sorting::Descending => key(b).cmp(&key(a)),
            };
            places.then_with(|| (a.angle, a.kind).cmp(&(b.angle, b.kind)))
        });
    }
}

/// What a card says it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardLimits {
    /// Fewest minutiae.
    pub least: u8,
    /// Most minutiae.
    pub most: u8,
    /// In which order.
    pub order: CardOrder,
    /// Bits of the feature handling indicator: 1 ridge counts, 2 cores, 4 deltas, 8 zonal quality.
    pub features: u8,
}

impl CardLimits {
    /// What holds for a verification where the card says nothing: 12 to 60 minutiae in any order.
    pub const DEFAULT: Self = Self {
        least: 12,
        most: 60,
        order: CardOrder::Any,
        features: 0,
    };

    /// Reads the value of the template `B1`: data objects `81` (least, most), `82` (order) and `83`
    /// (features); others are skipped, missing ones keep their default.
    ///
    /// # Errors
    /// [`FingerRecordError`] when lengths do not come out even, a value makes no sense, or the order is
    /// one we do not write.
    pub fn read(bytes: &[u8]) -> Result<Self, FingerRecordError> {
        let mut limits = Self::DEFAULT;
        let mut reader = Reader::of(bytes);
        while reader.left() > 0 {
            let (tag, length) = (reader.u8()?, reader.u8()?);
            if tag & 0x1F == 0x1F || length > 0x7F {
                // Tags and lengths of several bytes have no place here.
                return Err(FingerRecordError::Length);
            }
            match (tag, reader.take(usize::from(length))?) {
                (0x81, &[least, most]) => (limits.least, limits.most) = (least, most),
                (0x82, &[order]) => limits.order = CardOrder::of_byte(order)?,
                (0x83, &[features]) => limits.features = features,
                (0x81..=0x83, _) => return Err(FingerRecordError::Length),
                _ => {}
            }
        }
        if limits.least > limits.most {
            return Err(FingerRecordError::Value {
                field: "number of minutiae",
            });
        }
        Ok(limits)
    }

    /// Makes of a view what this card takes: leaves out what is too much, changes the units, puts in
    /// order. A print that lies beyond a compact coordinate's 25.5 mm is moved to the corner first, which
    /// no comparison minds.
    ///
    /// # Errors
    /// [`FingerRecordError`] when there are too few minutiae, or the print is too wide for the form.
    pub fn prepare(
        &self,
        view: &FingerView,
        size: ImageSize,
        form: CardForm,
    ) -> Result<CardMinutiae, FingerRecordError> {
        if view.minutiae.len() < usize::from(self.least) {
            return Err(FingerRecordError::TooFewMinutiae {
                found: view.minutiae.len(),
                least: usize::from(self.least),
            });
        }
        let kept = Zeroizing::new(best(&view.minutiae, size, usize::from(self.most)));
        let left = corner(kept.iter().map(|m| m.x), size.x_per_cm, form);
        let top = corner(kept.iter().map(|m| m.y), size.y_per_cm, form);
        let mut card = CardMinutiae {
            form,
            minutiae: Vec::with_capacity(kept.len()),
        };
        for m in kept.iter() {
            card.minutiae.push(RecordMinutia {
                kind: m.kind,
                x: card_units(m.x - left, size.x_per_cm, form)?,
                y: card_units(m.y - top, size.y_per_cm, form)?,
                angle: match form {
                    CardForm::Normal => m.angle,
                    CardForm::Compact => ((u16::from(m.angle) + 2) / 4 % 64) as u8,
                },
                quality: 0,
            });
        }
        self.order.sort(&mut card.minutiae);
        Ok(card)
    }
}

/// Where to begin counting: 0 where the form reaches far enough, else the first minutia.
fn corner(places: impl Iterator<Item = u16> + Clone, per_cm: u16, form: CardForm) -> u16 {
    let fits = |place: u16| card_units(place, per_cm, form).is_ok();
    if places.clone().all(fits) {
        0
    } else {
        places.min().unwrap_or(0)
    }
}

/// Pixels in a form's units, rounded to the nearest.
fn card_units(pixels: u16, per_cm: u16, form: CardForm) -> Result<u16, FingerRecordError> {
    let per_cm = u32::from(per_cm);
    let units = (2 * u32::from(pixels) * u32::from(form.per_cm()) + per_cm) / (2 * per_cm);
    u16::try_from(units)
        .ok()
        .filter(|&units| units <= form.reach())
        .ok_or(FingerRecordError::TooWide)
}

/// At most so many minutiae, in their old order. The poorest go first; of one quality (or where none is
/// told) the farthest from the centre of all, then endings, then large angles (2011, 9.3.2).
pub(super) fn best(minutiae: &[RecordMinutia], size: ImageSize, most: usize) -> Vec<RecordMinutia> {
    if minutiae.len() <= most {
        return minutiae.to_vec();
    }
    let count = minutiae.len() as i128;
    let sum =
        |of: fn(&RecordMinutia) -> u16| minutiae.iter().map(|m| i128::from(of(m))).sum::<i128>();
    let (sum_x, sum_y) = (sum(|m| m.x), sum(|m| m.y));
    // Squared distance in whole numbers, so that no machine rounds it otherwise.
    let distance = |m: &RecordMinutia| {
        let dx = (i128::from(m.x) * count - sum_x) * i128::from(size.y_per_cm);
        let dy = (i128::from(m.y) * count - sum_y) * i128::from(size.x_per_cm);
        dx * dx + dy * dy
    };
    let quality = |m: &RecordMinutia| match m.quality {
        told @ 1..=100 => told,
        _ => 0,
    };
    let mut ranked: Vec<usize> = (0..minutiae.len()).collect();
    // Best first.
    ranked.sort_by(|&a, &b| {
        let (a, b) = (&minutiae[a], &minutiae[b]);
        let ending = |m: &RecordMinutia| m.kind == RecordKind::Ending;
        quality(b)
            .cmp(&quality(a))
            .then_with(|| distance(a).cmp(&distance(b)))
            .then_with(|| ending(a).cmp(&ending(b)))
            .then_with(|| a.angle.cmp(&b.angle))
    });
    ranked.truncate(most);
    ranked.sort_unstable();
    ranked.into_iter().map(|i| minutiae[i]).collect()
}
