//! Programs that none of us wrote, and what they say of a file.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::RgbImage;
use oxidize_pdf::parser::PdfReader;
use oxidize_pdf::pdfa::{PdfALevel, PdfAValidator};
use tempfile::TempDir;

/// PDFBox' preflight (Debian's libpdfbox2-java) and what it stands on.
const PREFLIGHT: &str = "org.apache.pdfbox.preflight.Validator_A1b";
const JARS: [&str; 8] = [
    "preflight",
    "pdfbox2",
    "fontbox2",
    "xmpbox",
    "commons-logging",
    "commons-io",
    "javax.activation",
    "jaxb-api",
];

/// A file laid before the judges.
pub(crate) struct Judge {
    dir: TempDir,
}

impl Judge {
    pub(crate) fn of(pdf: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.pdf"), pdf).unwrap();
        Self { dir }
    }

    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let output = self.try_run(program, arguments);
        assert!(
            output.status.success(),
            "{program}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn try_run(&self, program: &str, arguments: &[&str]) -> Output {
        Command::new(program)
            .args(arguments)
            .current_dir(self.dir.path())
            .output()
            .unwrap_or_else(|error| panic!("{program} is wanted as a judge: {error}"))
    }

    pub(crate) fn text(&self) -> String {
        let output = self.run("pdftotext", &["-raw", "-enc", "UTF-8", "a.pdf", "-"]);
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(self.dir.path()).join(name)
    }

    /// A page of the file as poppler shows it.
    pub(crate) fn shown(&self, page: u32, dpi: u32) -> RgbImage {
        let (page, dpi) = (page.to_string(), dpi.to_string());
        let arguments = [
            "-r",
            &dpi,
            "-f",
            &page,
            "-l",
            &page,
            "-png",
            "-singlefile",
            "a.pdf",
            "shown",
        ];
        let output = self.run("pdftoppm", &arguments);
        assert!(
            output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        image::open(self.path("shown.png")).unwrap().to_rgb8()
    }

    /// qpdf finds nothing wrong with the file's structure and streams.
    pub(crate) fn is_sound(&self) {
        let checked = self.run("qpdf", &["--check", "a.pdf"]);
        assert!(
            String::from_utf8_lossy(&checked.stdout)
                .contains("No syntax or stream encoding errors found")
                && checked.stderr.is_empty()
        );
    }

    /// What PDFBox' preflight objects to as PDF/A-1b; nothing when it agrees. None where it is not installed, which
    /// `cargo xtask test` does not let pass.
    pub(crate) fn preflight(&self) -> Option<Vec<String>> {
        let jars: Vec<String> = JARS
            .iter()
            .map(|jar| format!("/usr/share/java/{jar}.jar"))
            .collect();
        if !jars.iter().all(|jar| Path::new(jar).exists()) {
            assert!(
                std::env::var_os("NIEM_JUDGES").is_none(),
                "PDFBox is wanted as a judge: apt-get install libpdfbox2-java libjaxb-api-java default-jre-headless"
            );
            eprintln!("left out: PDFBox is not installed");
            return None;
        }
        let output = self.try_run("java", &["-cp", &jars.join(":"), PREFLIGHT, "a.pdf"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if said.contains("is a valid PDF/A-1b file") {
            return Some(Vec::new());
        }
        assert!(
            said.contains("is not a valid PDF/A-1b file"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Some(said.lines().skip(1).map(str::to_owned).collect())
    }

    /// What oxidize-pdf's validator objects to; nothing when it agrees.
    pub(crate) fn objections(&self, level: PdfALevel) -> Vec<String> {
        let file = std::fs::File::open(self.path("a.pdf")).unwrap();
        let mut reader = PdfReader::new(file).unwrap();
        let result = PdfAValidator::new(level)
            .collect_all_errors(true)
            .validate(&mut reader)
            .unwrap();
        result.errors().iter().map(ToString::to_string).collect()
    }
}

/// The same file with one word replaced by another of its length: what it says moves, nothing else.
pub(crate) fn altered(pdf: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut altered = pdf.to_vec();
    let mut found = 0;
    let mut at = 0;
    while let Some(next) = altered[at..]
        .windows(from.len())
        .position(|part| part == from.as_bytes())
    {
        at += next;
        altered[at..at + to.len()].copy_from_slice(to.as_bytes());
        found += 1;
    }
    assert!(found > 0, "{from} is not in the file");
    altered
}

/// Mean difference of the channels, in gray levels.
pub(crate) fn difference(a: &RgbImage, b: &RgbImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a
        .as_raw()
        .iter()
        .zip(b.as_raw())
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / a.as_raw().len() as f64
}
