//! The demonstration page from the gate's own side: a folder of files, with the blob of this gate in it.

use std::path::{Path, PathBuf};

use weighbridge_http::Answer;

/// What the page may do. As in its own `index.html`, and nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:; connect-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The folder with the page as it is built, and the gate's blob, which takes the place of the one in the folder.
pub(super) struct Site {
    pub(super) folder: PathBuf,
    pub(super) blob: PathBuf,
}

impl Site {
    /// A file of the page. `None`: there is no such file, or the path is none of a file below the folder.
    pub(super) fn file(&self, path: &str) -> Option<Answer> {
        let name = match path.strip_prefix('/')? {
            "" => "index.html",
            name => name,
        };
        let body = std::fs::read(self.find(name)?).ok()?;
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = vec![
            header("Content-Type", media_type(name)),
            header("Cache-Control", "no-cache"),
            header("X-Content-Type-Options", "nosniff"),
            header("Content-Security-Policy", POLICY),
        ];
        Some(Answer { status: 200, headers, body, record: None })
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        match name {
            "weighbridge.blob" => return Some(self.blob.clone()),
            "weighbridge.blob.details" => {
                let mut beside = self.blob.clone().into_os_string();
                beside.push(".details");
                return Some(beside.into());
            }
            _ => {}
        }
        // Plain names alone: nothing encoded, hidden, empty or upwards, and no other root.
        let plain = |part: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
            !part.is_empty() && !part.starts_with('.') && part.bytes().all(allowed)
        };
        name.split('/').all(plain).then(|| self.folder.join(name)).filter(|path| path.is_file())
    }
}

fn media_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_below_the_folder() {
        let folder = std::env::temp_dir().join(format!("weighbridge-site-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("site/assets")).unwrap();
        for (name, text) in
            [("secret", "no"), ("my.blob", "blob"), ("site/index.html", "page"), ("site/.hidden", "no"), ("site/assets/a.js", "js")]
        {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let site = Site { folder: folder.join("site"), blob: folder.join("my.blob") };
        for (path, body) in [("/", "page"), ("/index.html", "page"), ("/assets/a.js", "js"), ("/weighbridge.blob", "blob")] {
            let answer = site.file(path).unwrap_or_else(|| panic!("{path}"));
            assert_eq!((answer.status, answer.body.as_slice()), (200, body.as_bytes()), "{path}");
            assert!(answer.headers.iter().any(|(name, value)| name == "Content-Security-Policy" && value.contains("'none'")), "{path}");
        }
        for path in [
            "",
            "/../secret",
            "/%2e%2e/secret",
            "/assets/../../secret",
            "//secret",
            "/.hidden",
            "/assets",
            "/assets/",
            "/x",
            "/weighbridge.blob.details",
            "/C:/x",
        ] {
            assert!(site.file(path).is_none(), "{path}");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
