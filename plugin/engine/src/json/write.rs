//! JSON text, value after value, without a type for each shape: a record is written with each request.

use std::ops::Range;

/// Writes one JSON value. Commas come by themselves; keys stand in the order in which they are given.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    text: Vec<u8>,
    /// The last fraction, and where it stands: the ages of lists are often the same.
    last: (f64, Range<usize>),
}

impl Writer {
    /// A writer with room for so many bytes.
    pub fn with_room(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// The text.
    pub fn finish(self) -> String {
        // INVARIANT: nothing but texts and ASCII was written.
        String::from_utf8(self.text).unwrap_or_default()
    }

    /// What goes before a value or a key.
    fn next(&mut self) {
        if !matches!(self.text.last(), None | Some(b'{' | b'[' | b':')) {
            self.text.push(b',');
        }
    }

    fn raw(&mut self, text: &str) {
        self.next();
        self.text.extend_from_slice(text.as_bytes());
    }

    /// Writes a value by the library's rules. A vector takes all of it.
    fn value<T: serde::Serialize + ?Sized>(&mut self, value: &T) {
        self.next();
        let _ = serde_json::to_writer(&mut self.text, value);
    }

    /// Begins an object.
    pub fn object(&mut self) {
        self.raw("{");
    }

    /// Ends it.
    pub fn end_object(&mut self) {
        self.text.push(b'}');
    }

    /// Begins an array.
    pub fn list(&mut self) {
        self.raw("[");
    }

    /// Ends it.
    pub fn end_list(&mut self) {
        self.text.push(b']');
    }

    /// A member's name; its value is next.
    pub fn key(&mut self, name: &str) {
        self.text(name);
        self.text.push(b':');
    }

    /// A text. Written here and not by the library: a record is a hundred texts of which hardly one needs an escape.
    pub fn text(&mut self, text: &str) {
        self.next();
        self.text.push(b'"');
        // Eight bytes at a time, looked at and copied in one: a copy of any length is a call of the host in WebAssembly, and most
        // texts are short.
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            if may_need_escape(u64::from_le_bytes(*word)) {
                word.iter().for_each(|byte| self.byte(*byte));
            } else {
                self.text.extend_from_slice(word);
            }
        }
        // Spaces behind it need no escape and go again.
        let mut last = [b' '; 8];
        last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
        if may_need_escape(u64::from_le_bytes(last)) {
            rest.iter().for_each(|byte| self.byte(*byte));
        } else {
            self.text.extend_from_slice(&last);
            self.text.truncate(self.text.len() - (last.len() - rest.len()));
        }
        self.text.push(b'"');
    }

    /// A byte of a text.
    fn byte(&mut self, byte: u8) {
        if needs_escape(byte) {
            self.escape(byte);
        } else {
            self.text.push(byte);
        }
    }

    /// RFC 8259, section 7: the short form where there is one.
    fn escape(&mut self, byte: u8) {
        let short = match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' | b'\\' => byte,
            control => {
                let digit = |nibble: u8| if nibble < 10 { b'0' + nibble } else { b'a' + (nibble - 10) };
                return self.text.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(control >> 4 & 0xf), digit(control & 0xf)]);
            }
        };
        self.text.extend_from_slice(&[b'\\', short]);
    }

    /// `null`.
    pub fn null(&mut self) {
        self.raw("null");
    }

    /// `true` or `false`.
    pub fn flag(&mut self, flag: bool) {
        self.raw(if flag { "true" } else { "false" });
    }

    /// A whole number.
    pub fn whole(&mut self, number: i64) {
        self.value(&number);
    }

    /// A number that is not negative.
    pub fn count(&mut self, number: u64) {
        self.value(&number);
    }

    /// A fraction; `null` if it is no number.
    pub fn float(&mut self, number: f64) {
        self.next();
        let (last, at) = &self.last;
        if last.to_bits() == number.to_bits() && !at.is_empty() {
            return self.text.extend_from_within(at.clone());
        }
        let start = self.text.len();
        super::float::write(&mut self.text, number);
        self.last = (number, start..self.text.len());
    }

    /// A text or `null`.
    pub fn optional(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.null(),
        }
    }

    /// A member that is a text.
    pub fn text_at(&mut self, name: &str, text: &str) {
        self.key(name);
        self.text(text);
    }

    /// A member that is a text, left out if there is none.
    pub fn some_text_at(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text_at(name, text);
        }
    }

    /// A member that is a number.
    pub fn count_at(&mut self, name: &str, number: u64) {
        self.key(name);
        self.count(number);
    }

    /// A member that is a flag.
    pub fn flag_at(&mut self, name: &str, flag: bool) {
        self.key(name);
        self.flag(flag);
    }

    /// A member that is an array of texts.
    pub fn texts_at<'t>(&mut self, name: &str, texts: impl IntoIterator<Item = &'t str>) {
        self.key(name);
        self.list();
        texts.into_iter().for_each(|text| self.text(text));
        self.end_list();
    }

    /// A member that is an array of texts, left out if there are none.
    pub fn some_texts_at<'t>(&mut self, name: &str, texts: impl Iterator<Item = &'t str>) {
        let mut texts = texts.peekable();
        if texts.peek().is_some() {
            self.texts_at(name, texts);
        }
    }
}

/// Whether a byte cannot stand in a JSON text as it is.
const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Whether any of eight bytes cannot, and sometimes although none of them: the high bit of each lane tells of its byte, or with a
/// carry of a lower one.
const fn may_need_escape(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const fn zero(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word
    }
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    (control | zero(word ^ (ONES * b'"' as u64)) | zero(word ^ (ONES * b'\\' as u64))) & (ONES * 0x80) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_written_as_the_library_writes_them() {
        let written = |text: &str| {
            let mut out = Writer::default();
            out.text(text);
            out.finish()
        };
        for c in (0..0x100).filter_map(char::from_u32) {
            for before in 0..17 {
                for text in [format!("{}{c}", "x".repeat(before)), format!("{}{c}é\u{7f}\"{c}", "é".repeat(before))] {
                    assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
                }
            }
        }
        assert_eq!(written(""), "\"\"");
    }

    #[test]
    fn commas_stand_between_values_alone() {
        let mut out = Writer::with_room(64);
        out.object();
        out.text_at("a", "x\"\n");
        out.texts_at("b", []);
        out.texts_at("c", ["[", "{", ":"]);
        out.some_texts_at("d", std::iter::empty());
        out.key("e");
        out.list();
        out.object();
        out.end_object();
        out.list();
        out.end_list();
        out.null();
        out.optional(None);
        [0.1, 0.1, 0.0, -0.0, 1.0].into_iter().for_each(|number| out.float(number));
        out.whole(-1);
        out.end_list();
        out.count_at("f", 7);
        out.some_text_at("g", None);
        out.flag_at("h", true);
        out.end_object();
        assert_eq!(out.finish(), r#"{"a":"x\"\n","b":[],"c":["[","{",":"],"e":[{},[],null,null,0.1,0.1,0.0,-0.0,1.0,-1],"f":7,"h":true}"#);
    }
}
