//! What was done to a page's shape before it was read, so that every word can be found again on the unaltered page.

use models::Rect;
use serde::{Deserialize, Serialize};

use crate::outline::{Outline, Unroll};

/// A rectangle on the unaltered page, in its pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

impl From<Rect> for Place {
    fn from(rect: Rect) -> Self {
        Self {
            x: rect.x,
            y: rect.y,
            w: rect.w,
            h: rect.h,
        }
    }
}

/// By how much the page is turned clockwise to stand upright.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    #[default]
    #[serde(rename = "0")]
    Upright,
    #[serde(rename = "90")]
    Quarter,
    #[serde(rename = "180")]
    Half,
    #[serde(rename = "270")]
    ThreeQuarters,
}

impl Turn {
    pub fn degrees(self) -> u32 {
        match self {
            Self::Upright => 0,
            Self::Quarter => 90,
            Self::Half => 180,
            Self::ThreeQuarters => 270,
        }
    }

    /// This turn and a quarter more, clockwise.
    #[must_use]
    pub fn and_quarter(self) -> Self {
        match self {
            Self::Upright => Self::Quarter,
            Self::Quarter => Self::Half,
            Self::Half => Self::ThreeQuarters,
            Self::ThreeQuarters => Self::Upright,
        }
    }

    /// This turn and half a turn more.
    pub(crate) fn and_half(self) -> Self {
        match self {
            Self::Upright => Self::Half,
            Self::Quarter => Self::ThreeQuarters,
            Self::Half => Self::Upright,
            Self::ThreeQuarters => Self::Quarter,
        }
    }
}

/// How a photographed sheet was laid flat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flattening {
    /// The sheet in the photograph.
    pub outline: Outline,
    /// Size of the flat sheet in pixels.
    pub width: u32,
    pub height: u32,
    /// Pixels of the photograph to an inch of the sheet, along its longer sides, when it is as large as its shape tells.
    pub dpi: u32,
}

/// The way from the unaltered page to the view that was read: first laid flat when it is a photograph, then the turn,
/// then the straightening.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Geometry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flattening: Option<Flattening>,
    pub turn: Turn,
    /// How far the upright page's lines ran downhill to the right, in degrees; 0 when the view was not straightened.
    pub skew_degrees: f32,
    /// Seals that were lifted off the view (not off the page), on the unaltered page, or on the flat sheet of a
    /// photograph.
    pub seals: Vec<Place>,
    /// Size of the unaltered page.
    pub width: u32,
    pub height: u32,
}

impl Geometry {
    /// Size of the sheet before it was turned: the page's own, or that of the flat sheet.
    pub fn flat_size(&self) -> (u32, u32) {
        self.flattening
            .map_or((self.width, self.height), |flat| (flat.width, flat.height))
    }

    /// Size of the upright page.
    pub fn upright_size(&self) -> (u32, u32) {
        let (width, height) = self.flat_size();
        match self.turn {
            Turn::Upright | Turn::Half => (width, height),
            Turn::Quarter | Turn::ThreeQuarters => (height, width),
        }
    }

    /// From a point of the view to the upright page, which is the flat sheet of a photograph: no place on the page yet.
    fn to_upright(&self, x: f32, y: f32) -> (f32, f32) {
        let (w, h) = self.upright_size();
        let (cx, cy) = (w as f32 / 2.0, h as f32 / 2.0);
        let (sin, cos) = self.skew_degrees.to_radians().sin_cos();
        let (dx, dy) = (x - cx, y - cy);
        (cx + dx * cos - dy * sin, cy + dx * sin + dy * cos)
    }

    /// From a point of the view to the unaltered page.
    pub fn point_to_page(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = self.to_upright(x, y);
        let (width, height) = self.flat_size();
        let (width, height) = (width as f32, height as f32);
        let (x, y) = match self.turn {
            Turn::Upright => (x, y),
            Turn::Quarter => (y, height - x),
            Turn::Half => (width - x, height - y),
            Turn::ThreeQuarters => (width - y, x),
        };
        let Some(flat) = &self.flattening else {
            return (x, y);
        };
        let [x, y] = Unroll::new(&flat.outline).at(f64::from(x / width), f64::from(y / height));
        (x as f32, y as f32)
    }

    /// From a point of the view to the unaltered page as it is shown: turned to stand upright, neither straightened nor
    /// laid flat.
    pub fn point_to_shown(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = self.point_to_page(x, y);
        let (width, height) = (self.width as f32, self.height as f32);
        match self.turn {
            Turn::Upright => (x, y),
            Turn::Quarter => (height - y, x),
            Turn::Half => (width - x, height - y),
            Turn::ThreeQuarters => (y, width - x),
        }
    }

    /// The box on the unaltered page around a box of the view.
    pub fn to_page(&self, rect: Rect) -> Place {
        let (x0, y0) = (rect.x as f32, rect.y as f32);
        let (x1, y1) = (x0 + rect.w as f32, y0 + rect.h as f32);
        let (width, height) = (self.width as f32, self.height as f32);
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| {
            let (x, y) = self.point_to_page(x, y);
            (x.clamp(0.0, width), y.clamp(0.0, height))
        });
        let least = |of: fn(&(f32, f32)) -> f32| corners.iter().map(of).fold(f32::MAX, f32::min);
        let most = |of: fn(&(f32, f32)) -> f32| corners.iter().map(of).fold(0.0, f32::max);
        let (left, top) = (least(|c| c.0).floor(), least(|c| c.1).floor());
        Place {
            x: left as u32,
            y: top as u32,
            w: (most(|c| c.0).ceil() - left) as u32,
            h: (most(|c| c.1).ceil() - top) as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_again_on_the_turned_page() {
        let word = Rect {
            x: 10,
            y: 20,
            w: 30,
            h: 5,
        };
        let on = |turn, width, height| {
            Geometry {
                turn,
                width,
                height,
                ..Geometry::default()
            }
            .to_page(word)
        };
        assert_eq!(
            on(Turn::Upright, 200, 100),
            Place {
                x: 10,
                y: 20,
                w: 30,
                h: 5
            }
        );
        assert_eq!(
            on(Turn::Half, 200, 100),
            Place {
                x: 160,
                y: 75,
                w: 30,
                h: 5
            }
        );
        // Turned a quarter clockwise, the page's left edge becomes its top.
        assert_eq!(
            on(Turn::Quarter, 100, 200),
            Place {
                x: 20,
                y: 160,
                w: 5,
                h: 30
            }
        );
        assert_eq!(
            on(Turn::ThreeQuarters, 100, 200),
            Place {
                x: 75,
                y: 10,
                w: 5,
                h: 30
            }
        );
    }

    #[test]
    fn a_word_of_a_scan_is_shown_where_it_was_read() {
        for turn in [
            Turn::Upright,
            Turn::Quarter,
            Turn::Half,
            Turn::ThreeQuarters,
        ] {
            let geometry = Geometry {
                turn,
                width: 300,
                height: 200,
                ..Geometry::default()
            };
            let (x, y) = geometry.point_to_shown(40.0, 25.0);
            assert!((x - 40.0).abs() < 1e-3 && (y - 25.0).abs() < 1e-3);
        }
    }

    #[test]
    fn straightening_is_undone_about_the_middle() {
        let geometry = Geometry {
            skew_degrees: 90.0,
            width: 100,
            height: 100,
            ..Geometry::default()
        };
        let (x, y) = geometry.to_upright(60.0, 50.0);
        assert!((x - 50.0).abs() < 1e-3 && (y - 60.0).abs() < 1e-3);
    }
}
