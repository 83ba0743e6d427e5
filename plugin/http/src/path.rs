//! Reads a request path strictly, so that the gate and every server behind it mean the same file.
//!
//! A path that two servers could read in two ways is refused, never repaired: repairing it would decide
//! about one file and hand on another.

use std::fmt;

/// A path that cannot be read in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathError {
    /// Does not start with `/`: `*`, an authority or an absolute URL.
    NotAbsolute,
    /// `//` inside the path.
    EmptySegment,
    /// `.` or `..`, plain, encoded, or followed by `;`.
    DotSegment,
    /// A byte that RFC 3986 does not allow, a backslash, or an encoded control character.
    Character,
    /// `%` without two hexadecimal digits behind it, or an escape of an escape.
    Escape,
    /// Decodes to something that is not UTF-8.
    Utf8,
    /// `%2F` where it is not part of a revision.
    EncodedSlash,
}

impl PathError {
    /// What is wrong, for records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAbsolute => "the path does not start with `/`",
            Self::EmptySegment => "the path holds an empty segment (`//`)",
            Self::DotSegment => "the path holds a dot segment (`.` or `..`)",
            Self::Character => "the path holds a character that is not allowed there",
            Self::Escape => "the path holds a malformed or a double percent escape",
            Self::Utf8 => "the path is not UTF-8 once it is decoded",
            Self::EncodedSlash => "the path holds an encoded slash (`%2F`) outside a revision",
        }
    }
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One segment, decoded once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The text; holds `/` only where [`Segment::encoded_slash`] is set.
    pub text: String,
    /// Whether the text holds a slash that came as `%2F`.
    pub encoded_slash: bool,
}

/// The segments of `path_and_query`, without the query and without one slash at the end.
///
/// # Errors
/// [`PathError`] for a path that could be read in two ways.
pub fn segments(path_and_query: &str) -> Result<Vec<Segment>, PathError> {
    let path = path_and_query.split_once('?').map_or(path_and_query, |(path, _)| path);
    let rest = path.strip_prefix('/').ok_or(PathError::NotAbsolute)?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.is_empty() {
        // `/` has no segments; `//` has lost both of its slashes by now.
        return if path.len() > 1 { Err(PathError::EmptySegment) } else { Ok(Vec::new()) };
    }
    rest.split('/').map(segment).collect()
}

fn segment(raw: &str) -> Result<Segment, PathError> {
    if raw.is_empty() {
        return Err(PathError::EmptySegment);
    }
    let decoded = decode(raw)?;
    // Nested dots and empty parts behind an encoded slash are as dangerous as plain ones.
    for part in decoded.split('/') {
        // Some servers cut path parameters off (`..;a=b`) before they resolve dots.
        let name = part.split_once(';').map_or(part, |(name, _)| name);
        if name == "." || name == ".." {
            return Err(PathError::DotSegment);
        }
        if part.is_empty() {
            return Err(PathError::EmptySegment);
        }
    }
    Ok(Segment { encoded_slash: decoded.contains('/'), text: decoded })
}

/// Percent-decodes once and refuses what a second decoding would change.
fn decode(raw: &str) -> Result<String, PathError> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        let byte = match byte {
            b'%' => {
                let high = bytes.next().and_then(hex_digit).ok_or(PathError::Escape)?;
                let low = bytes.next().and_then(hex_digit).ok_or(PathError::Escape)?;
                high << 4 | low
            }
            b'\\' | b'"' | b'<' | b'>' | b'^' | b'`' | b'{' | b'|' | b'}' | b'#' => return Err(PathError::Character),
            0x21..=0x7e => byte,
            _ => return Err(PathError::Character),
        };
        if byte < 0x20 || byte == 0x7f || byte == b'\\' {
            return Err(PathError::Character);
        }
        out.push(byte);
    }
    let text = String::from_utf8(out).map_err(|_| PathError::Utf8)?;
    // U+0080 to U+009F are controls, too; full stops and slashes of other scripts that NFKC folds to ours
    // are left alone: no listed name holds them, so they lead to no listed item.
    if text.chars().any(char::is_control) {
        return Err(PathError::Character);
    }
    let mut tail = text.bytes();
    while let Some(byte) = tail.next() {
        if byte == b'%' && tail.clone().take(2).filter_map(hex_digit).count() == 2 {
            return Err(PathError::Escape);
        }
    }
    Ok(text)
}

/// The value of one hexadecimal digit, either case.
pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(path: &str) -> Result<Vec<String>, PathError> {
        segments(path).map(|list| list.into_iter().map(|s| s.text).collect())
    }

    #[test]
    fn plain_paths_are_split_and_decoded_once() {
        assert_eq!(texts("/"), Ok(vec![]));
        assert_eq!(texts("/?a=/../b"), Ok(vec![]));
        assert_eq!(
            texts("/acme/open-7b/resolve/main/a.bin?x=%zz"),
            Ok(vec!["acme".into(), "open-7b".into(), "resolve".into(), "main".into(), "a.bin".into()])
        );
        assert_eq!(texts("/%61cme/x/"), Ok(vec!["acme".into(), "x".into()]));
        assert_eq!(texts("/m%C3%BC"), Ok(vec!["mü".into()]));
        assert_eq!(texts("/a/...b/c..d"), Ok(vec!["a".into(), "...b".into(), "c..d".into()]));
        assert_eq!(texts("/100%25/x"), Ok(vec!["100%".into(), "x".into()]));
        let parsed = segments("/a/refs%2Fpr%2f1").unwrap();
        assert!(!parsed[0].encoded_slash && parsed[1].encoded_slash);
        assert_eq!(parsed[1].text, "refs/pr/1");
    }

    #[test]
    fn ambiguous_paths_are_refused() {
        for (path, error) in [
            ("", PathError::NotAbsolute),
            ("*", PathError::NotAbsolute),
            ("http://x/y", PathError::NotAbsolute),
            ("//", PathError::EmptySegment),
            ("//a", PathError::EmptySegment),
            ("/a//b", PathError::EmptySegment),
            ("/a//", PathError::EmptySegment),
            ("/a/./b", PathError::DotSegment),
            ("/a/../b", PathError::DotSegment),
            ("/a/..", PathError::DotSegment),
            ("/a/%2e%2e/b", PathError::DotSegment),
            ("/a/.%2E/b", PathError::DotSegment),
            ("/a/%2e/b", PathError::DotSegment),
            ("/a/..;x=1/b", PathError::DotSegment),
            ("/a/x%2f..%2fy", PathError::DotSegment),
            ("/a/x%2F%2Fy", PathError::EmptySegment),
            ("/a/%2Fy", PathError::EmptySegment),
            ("/a/y%2F", PathError::EmptySegment),
            ("/a\\b", PathError::Character),
            ("/a/%5c..%5cb", PathError::Character),
            ("/a/%00", PathError::Character),
            ("/a/%0d%0aX:1", PathError::Character),
            ("/a/%7f", PathError::Character),
            ("/a/%C2%85", PathError::Character),
            ("/a b", PathError::Character),
            ("/a#b", PathError::Character),
            ("/ü", PathError::Character),
            ("/a/%", PathError::Escape),
            ("/a/%2", PathError::Escape),
            ("/a/%zz", PathError::Escape),
            ("/a/%252e%252e/b", PathError::Escape),
            ("/a/%25%32%65", PathError::Escape),
            ("/a/%ff", PathError::Utf8),
            ("/a/%c0%ae", PathError::Utf8),
        ] {
            assert_eq!(segments(path), Err(error), "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_no_dot_segment_survives(path in "[/.%25eEfF0-9a;?\\\\]{0,24}") {
            if let Ok(list) = segments(&path) {
                for s in list {
                    for part in s.text.split('/') {
                        proptest::prop_assert!(!part.is_empty() && part != "." && part != "..");
                    }
                    proptest::prop_assert_eq!(s.encoded_slash, s.text.contains('/'));
                }
            }
        }
    }
}
