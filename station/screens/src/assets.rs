//! Style, script and letters, built into the program: no page of the desk asks anything of another machine.

/// A file that the pages use.
pub(crate) struct Asset {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const LETTERS: &str = "font/woff2";

pub(crate) fn find(name: &str) -> Option<Asset> {
    let (media_type, bytes): (_, &'static [u8]) = match name {
        "desk.css" => (STYLE, include_bytes!("../assets/desk.css")),
        "live.js" => (SCRIPT, include_bytes!("../assets/live.js")),
        "noto-sans-400.woff2" => (
            LETTERS,
            include_bytes!("../assets/fonts/noto-sans-400.woff2"),
        ),
        "noto-sans-700.woff2" => (
            LETTERS,
            include_bytes!("../assets/fonts/noto-sans-700.woff2"),
        ),
        _ => return None,
    };
    Some(Asset { media_type, bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_together_they_are_small() {
        let names = [
            "desk.css",
            "live.js",
            "noto-sans-400.woff2",
            "noto-sans-700.woff2",
        ];
        let bytes: usize = names
            .map(|name| find(name).unwrap().bytes.len())
            .iter()
            .sum();
        // The promise counts them packed; unpacked they are below it already.
        assert!(bytes < 400_000, "{bytes}");
    }
}
