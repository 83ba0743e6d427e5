//! The two buffers: fields in, fields out, with a zero byte between them.

use weighbridge_http::{Answer, Pass, Verdict};

/// Between two fields. No header, path or JSON text can hold it.
const SEPARATOR: u8 = 0;

/// The fields of an input.
pub(crate) struct Fields<'a>(std::str::Split<'a, char>);

impl<'a> Fields<'a> {
    /// The first `length` bytes of the input, if they are exactly `count` fields.
    pub(crate) fn read(input: &'a [u8], length: usize, count: usize) -> Option<Self> {
        let text = std::str::from_utf8(input.get(..length)?).ok()?;
        let separators = text.bytes().filter(|byte| *byte == SEPARATOR).count();
        (separators + 1 == count).then(|| Self(text.split(char::from(SEPARATOR))))
    }

    /// The next one as a whole number; 0 if it is none, which for a time is 1970: every list is then from the future.
    pub(crate) fn number(&mut self) -> i64 {
        self.next().and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    /// The next one as 32 hexadecimal digits.
    pub(crate) fn nonce(&mut self) -> [u8; 16] {
        self.next().and_then(|text| u128::from_str_radix(text, 16).ok()).unwrap_or(0).to_be_bytes()
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }
}

/// An output: its length in four bytes, little-endian, then its fields. The memory is used again for the next one.
pub(crate) struct Frame(Vec<u8>);

/// Bytes of the length at its beginning.
const HEAD: usize = 4;

impl Frame {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Where it lies.
    pub(crate) fn address(&self) -> *const u8 {
        self.0.as_ptr()
    }

    /// Exactly these fields.
    pub(crate) fn fields<'f>(&mut self, fields: impl IntoIterator<Item = &'f [u8]>) {
        self.0.clear();
        self.0.extend_from_slice(&[0; HEAD]);
        for (number, field) in fields.into_iter().enumerate() {
            if number > 0 {
                self.0.push(SEPARATOR);
            }
            self.0.extend_from_slice(field);
        }
        let length = u32::try_from(self.0.len() - HEAD).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(head) = self.0.first_chunk_mut::<HEAD>() {
            *head = length;
        }
    }

    /// A verdict. `pass`: record, upstream, three counts, then the request's headers, the response's new headers (name, value
    /// each), and the names that the response loses. `answer`: record, status, body, a count, then the headers.
    pub(crate) fn verdict(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Pass(Pass { upstream, request_headers, response_add, response_remove, record }) => {
                let counts = [request_headers.len(), response_add.len(), response_remove.len()].map(|count| count.to_string());
                let head = ["pass", &record, &upstream].into_iter().chain(counts.iter().map(String::as_str));
                let headers = request_headers.iter().flat_map(|(name, value)| [name.as_bytes(), value]);
                let added = response_add.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
                self.fields(head.map(str::as_bytes).chain(headers).chain(added).chain(response_remove.iter().map(String::as_bytes)));
            }
            Verdict::Answer(Answer { status, headers, body, record }) => {
                let (record, status, count) = (record.unwrap_or_default(), status.to_string(), headers.len().to_string());
                let head = ["answer".as_bytes(), record.as_bytes(), status.as_bytes(), &body, count.as_bytes()];
                self.fields(head.into_iter().chain(headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])));
            }
        }
    }
}
