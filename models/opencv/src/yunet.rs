//! Finds faces: runs YuNet and decodes its twelve outputs into boxes and landmarks.
//!
//! YuNet is anchor-free. For each stride of 8, 16 and 32 pixels it gives four tables with one row a
//! cell of the picture: is it a face (`cls`), how well does the box sit (`obj`), the box (`bbox`) and
//! five landmarks (`kps`), the latter two relative to the cell and in strides.

use models::{FaceError, Portrait};
use opencv::core::{
    BORDER_CONSTANT, CV_32F, Mat, MatTraitConstManual, Scalar, Size, Vector, copy_make_border,
};
use opencv::dnn::{Net, NetTrait, blob_from_image};
use opencv::imgproc::{INTER_AREA, INTER_LINEAR, resize};

use crate::align::Point;
use crate::sface::engine;

/// The net always sees a square of this side, which every picture is scaled to fill; the rest is black.
/// A face of a tenth of the picture is then still found, and landmarks of small pictures get finer:
/// genuine LFW pairs (250 × 250) missed at 0.42 went from 5 to 0 of 132 when they were enlarged. One
/// shape only, because OpenCV 4.6 was seen to answer differently from run to run when shapes changed
/// (faces in a flat picture of 2 000 × 1).
const SIDE: i32 = 640;
const STRIDES: [i32; 3] = [8, 16, 32];
/// Under this a "face" is as often a pattern on a shirt.
const CONFIDENCE: f32 = 0.6;
/// Two boxes that share more than this are one face.
const OVERLAP: f32 = 0.3;
/// The most boxes looked at; a crowd is refused anyway.
const MOST_FACES: usize = 200;

/// One face in the pixels of the picture it was found in.
#[derive(Clone, Debug)]
pub(crate) struct Face {
    pub(crate) confidence: f32,
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// Right eye, left eye, nose tip, right and left corner of the mouth; "right" is the person's own.
    pub(crate) landmarks: [Point; 5],
}

impl Face {
    fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Intersection over union.
    fn overlap(&self, other: &Self) -> f32 {
        let side = |a: f32, a_length: f32, b: f32, b_length: f32| {
            ((a + a_length).min(b + b_length) - a.max(b)).max(0.0)
        };
        let shared = side(self.x, self.width, other.x, other.width)
            * side(self.y, self.height, other.y, other.height);
        shared / (self.area() + other.area() - shared)
    }

    fn scaled(mut self, by: f32) -> Self {
        self.x *= by;
        self.y *= by;
        self.width *= by;
        self.height *= by;
        self.landmarks = self.landmarks.map(|p| Point::new(p.x * by, p.y * by));
        self
    }
}

/// The faces of an RGB picture, largest first.
pub(crate) fn find(net: &mut Net, picture: &Mat, of: &Portrait) -> Result<Vec<Face>, FaceError> {
    let (input, shrink) = network_input(picture, of).map_err(engine("picture"))?;
    let outputs = run(net, &input).map_err(engine("detector"))?;
    let mut faces = Vec::new();
    for (tables, stride) in outputs.iter().zip(STRIDES) {
        let grid = Grid {
            stride: stride as f32,
            columns: (SIDE / stride) as usize,
        };
        decode(tables, &grid, &mut faces);
    }
    let mut faces = suppress(faces);
    faces.sort_by(|a, b| b.area().total_cmp(&a.area()));
    Ok(faces.into_iter().map(|face| face.scaled(shrink)).collect())
}

/// Scales and pads the picture to what YuNet eats; also how many picture pixels one of its pixels is.
fn network_input(picture: &Mat, of: &Portrait) -> opencv::Result<(Mat, f32)> {
    let longest = of.width().max(of.height());
    let shrink = longest as f32 / SIDE as f32;
    let size = Size::new(
        ((of.width() as f32 / shrink).round() as i32).max(1),
        ((of.height() as f32 / shrink).round() as i32).max(1),
    );
    let mut small = Mat::default();
    let how = if shrink > 1.0 {
        INTER_AREA
    } else {
        INTER_LINEAR
    };
    resize(picture, &mut small, size, 0.0, 0.0, how)?;
    let mut padded = Mat::default();
    copy_make_border(
        &small,
        &mut padded,
        0,
        SIDE - size.height,
        0,
        SIDE - size.width,
        BORDER_CONSTANT,
        Scalar::default(),
    )?;
    // YuNet learned blue first and 0 to 255 as they are: swap, no mean, no scale.
    let blob = blob_from_image(
        &padded,
        1.0,
        Size::default(),
        Scalar::default(),
        true,
        false,
        CV_32F,
    )?;
    Ok((blob, shrink))
}

/// The four tables of one stride, row by row.
struct Tables {
    cls: Vec<f32>,
    obj: Vec<f32>,
    bbox: Vec<f32>,
    kps: Vec<f32>,
}

fn run(net: &mut Net, input: &Mat) -> opencv::Result<Vec<Tables>> {
    let mut names = Vector::<String>::new();
    for table in ["cls", "obj", "bbox", "kps"] {
        for stride in STRIDES {
            names.push(&format!("{table}_{stride}"));
        }
    }
    net.set_input(input, "", 1.0, Scalar::default())?;
    let mut outputs = Vector::<Mat>::new();
    net.forward(&mut outputs, &names)?;
    let table = |index: usize| -> opencv::Result<Vec<f32>> {
        Ok(outputs.get(index)?.data_typed::<f32>()?.to_vec())
    };
    (0..STRIDES.len())
        .map(|stride| {
            Ok(Tables {
                cls: table(stride)?,
                obj: table(3 + stride)?,
                bbox: table(6 + stride)?,
                kps: table(9 + stride)?,
            })
        })
        .collect()
}

struct Grid {
    stride: f32,
    columns: usize,
}

fn decode(tables: &Tables, grid: &Grid, faces: &mut Vec<Face>) {
    let rows = tables
        .cls
        .iter()
        .zip(&tables.obj)
        .zip(tables.bbox.chunks_exact(4))
        .zip(tables.kps.chunks_exact(10));
    for (cell, (((cls, obj), bbox), kps)) in rows.enumerate() {
        let confidence = (cls.clamp(0.0, 1.0) * obj.clamp(0.0, 1.0)).sqrt();
        if confidence.is_nan() || confidence < CONFIDENCE {
            continue;
        }
        let column = (cell % grid.columns) as f32;
        let row = (cell / grid.columns) as f32;
        let (width, height) = (bbox[2].exp() * grid.stride, bbox[3].exp() * grid.stride);
        let landmark = |i: usize| {
            Point::new(
                (kps[2 * i] + column) * grid.stride,
                (kps[2 * i + 1] + row) * grid.stride,
            )
        };
        faces.push(Face {
            confidence,
            x: (column + bbox[0]) * grid.stride - width / 2.0,
            y: (row + bbox[1]) * grid.stride - height / 2.0,
            width,
            height,
            landmarks: [0, 1, 2, 3, 4].map(landmark),
        });
    }
}

/// Keeps the surest box of each face.
fn suppress(mut found: Vec<Face>) -> Vec<Face> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let mut kept: Vec<Face> = Vec::new();
    for face in found {
        if kept.len() == MOST_FACES {
            break;
        }
        if kept.iter().all(|other| face.overlap(other) <= OVERLAP) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_decoded_around_its_own_corner() {
        // Second cell of the second row of a grid of three columns, stride 16.
        let mut tables = Tables {
            cls: vec![0.0; 6],
            obj: vec![0.9; 6],
            bbox: vec![0.0; 24],
            kps: vec![0.5; 60],
        };
        tables.cls[4] = 0.9;
        tables.bbox[16..20].copy_from_slice(&[0.5, 0.25, 2_f32.ln(), 3_f32.ln()]);
        let grid = Grid {
            stride: 16.0,
            columns: 3,
        };
        let mut faces = Vec::new();
        decode(&tables, &grid, &mut faces);
        assert_eq!(faces.len(), 1);
        let face = &faces[0];
        assert!((face.confidence - 0.9).abs() < 1e-6);
        assert!((face.width - 32.0).abs() < 1e-4 && (face.height - 48.0).abs() < 1e-4);
        // centre (1.5, 1.25) strides = (24, 20) px
        assert!((face.x - 8.0).abs() < 1e-4 && (face.y - -4.0).abs() < 1e-4);
        assert_eq!(face.landmarks[4], Point::new(24.0, 24.0));
    }

    #[test]
    fn of_two_boxes_on_one_face_the_surer_stays() {
        let face = |x: f32, confidence: f32| Face {
            confidence,
            x,
            y: 0.0,
            width: 10.0,
            height: 10.0,
            landmarks: [Point::new(0.0, 0.0); 5],
        };
        let kept = suppress(vec![face(0.0, 0.7), face(1.0, 0.9), face(30.0, 0.65)]);
        let confidences: Vec<f32> = kept.iter().map(|face| face.confidence).collect();
        assert_eq!(confidences, [0.9, 0.65]);
    }
}
