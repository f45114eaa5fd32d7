//! poppler, qpdf and ZXing over one PDF.

use std::fs;
use std::path::Path;
use std::process::Command;

pub(crate) struct Judged {
    folder: tempfile::TempDir,
}

impl Judged {
    pub(crate) fn of(pdf: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("it.pdf"), pdf).unwrap();
        let judged = Self { folder };
        judged.run("qpdf", &["--check", "it.pdf"]);
        judged
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let answer = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap_or_else(|error| panic!("{program} (cargo xtask test installs it): {error}"));
        let told = String::from_utf8_lossy(&answer.stderr);
        assert!(answer.status.success(), "{program}: {told}");
        String::from_utf8(answer.stdout).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        self.run("pdftotext", &["-enc", "UTF-8", "it.pdf", "-"])
    }

    /// Words in one line, so that where lines were broken does not matter.
    pub(crate) fn words(&self) -> String {
        let text = self.text();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Millimetres, and how many leaves.
    pub(crate) fn size(&self) -> (f64, f64, usize) {
        let told = self.run("pdfinfo", &["it.pdf"]);
        let line = |name: &str| {
            let line = told.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_once(':').unwrap().1.trim().to_owned()
        };
        let size = line("Page size");
        let points: Vec<f64> = size
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let mm = |points: f64| points * 25.4 / 72.0;
        (mm(points[0]), mm(points[1]), line("Pages").parse().unwrap())
    }

    /// Every size at which letters are set, in points.
    pub(crate) fn letter_sizes(&self) -> Vec<f64> {
        self.run(
            "qpdf",
            &["--qdf", "--object-streams=disable", "it.pdf", "flat.pdf"],
        );
        let flat = fs::read(self.folder.path().join("flat.pdf")).unwrap();
        let flat = String::from_utf8_lossy(&flat);
        let set = flat.lines().filter_map(|line| line.strip_suffix(" Tf"));
        set.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect()
    }

    /// Every face is embedded, cut down and has its Unicode.
    pub(crate) fn faces_are_inside(&self) {
        let told = self.run("pdffonts", &["it.pdf"]);
        let faces: Vec<&str> = told.lines().skip(2).collect();
        assert_eq!(faces.len(), 2, "{told}");
        for face in faces {
            assert!(face.contains("NotoSans"), "{told}");
            let ends: Vec<&str> = face.split_whitespace().collect();
            // … emb sub uni object-number generation
            assert_eq!(&ends[ends.len() - 5..ends.len() - 2], ["yes"; 3], "{told}");
        }
    }

    /// The codes on the first leaf as a camera of `dpi` would see them: text, and left, top and width in millimetres.
    pub(crate) fn codes(&self, dpi: u32) -> Vec<(String, [f64; 3])> {
        let dots = dpi.to_string();
        let drawn = [
            "-r",
            &dots,
            "-gray",
            "-f",
            "1",
            "-l",
            "1",
            "-singlefile",
            "it.pdf",
            "it",
        ];
        self.run("pdftoppm", &drawn);
        let picture = image::open(self.folder.path().join("it.pgm")).unwrap();
        let picture = picture.to_luma8();
        let view = zxingcpp::ImageView::from_slice(
            picture.as_raw(),
            picture.width(),
            picture.height(),
            zxingcpp::ImageFormat::Lum,
        )
        .unwrap();
        let read = zxingcpp::read()
            .formats(zxingcpp::BarcodeFormat::QRCode)
            .from(&view)
            .unwrap();
        let mm = |pixels: i32| f64::from(pixels) * 25.4 / f64::from(dpi);
        let mut codes: Vec<_> = read
            .iter()
            .map(|code| {
                let extra = code.extra();
                assert!(extra.contains("\"M\""), "not of level M: {extra}");
                let corners = code.position();
                let [left, top, right] =
                    [corners.top_left.x, corners.top_left.y, corners.top_right.x];
                (code.text(), [mm(left), mm(top), mm(right - left)])
            })
            .collect();
        codes.sort_by(|one, other| {
            one.1[1]
                .total_cmp(&other.1[1])
                .then(one.1[0].total_cmp(&other.1[0]))
        });
        codes
    }

    /// Nothing is anything but black, grey or white.
    pub(crate) fn is_without_colour(&self) {
        self.run("pdftoppm", &["-r", "60", "-singlefile", "it.pdf", "colour"]);
        let drawn = image::open(self.folder.path().join("colour.ppm")).unwrap();
        let grey = |pixel: &image::Rgb<u8>| pixel.0.iter().all(|share| *share == pixel.0[0]);
        assert!(drawn.to_rgb8().pixels().all(grey));
    }

    /// Where somebody wants to look: `NIEM_LOOK=folder` keeps the PDF.
    pub(crate) fn look(&self, name: &str) {
        if let Some(folder) = std::env::var_os("NIEM_LOOK") {
            let to = Path::new(&folder).join(format!("{name}.pdf"));
            fs::copy(self.folder.path().join("it.pdf"), to).unwrap();
        }
    }
}
