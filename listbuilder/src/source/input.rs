//! Opening what a build file's `path` names: a file, or a folder or archive that holds a set; plain, `.gz` or `.zip`. What is
//! in memory already is read the same way.

use super::SourceError;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most a file may hold after decompression, in bytes. The largest list known (OFAC's advanced XML)
/// has 120 MB; a file beyond this is a mistake or a decompression bomb.
pub const MAX_BYTES: u64 = 2 << 30;

/// A file, or a folder or archive that holds a set of files.
#[derive(Debug, Clone)]
pub struct Input {
    path: PathBuf,
    max_bytes: u64,
    /// Names and contents, if nothing is to be opened.
    files: Option<Arc<[Held]>>,
}

/// The name and the content of a file in memory.
type Held = (String, Arc<[u8]>);

impl Input {
    /// An input at `path`. Nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_bytes: MAX_BYTES, files: None }
    }

    /// A file, or a set of files, in memory: names, which may end in `.gz`, and contents. `path` is for messages.
    pub fn of_bytes(path: impl Into<PathBuf>, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| (name, Arc::from(bytes))).collect();
        Self { path: path.into(), max_bytes: MAX_BYTES, files: Some(files) }
    }

    /// The same input with another limit on the bytes of each file after decompression.
    pub fn with_max_bytes(self, max_bytes: u64) -> Self {
        Self { max_bytes, ..self }
    }

    /// Where the input lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the input as one file: itself, or the only file of an archive.
    ///
    /// # Errors
    /// [`SourceError`] if there is no such file, or if it is a folder.
    pub fn open_file(&self) -> Result<Document, SourceError> {
        match self.files.as_deref() {
            None => {}
            Some([file]) => return Ok(self.open_bytes(file)),
            Some([]) => return Err(SourceError::EmptyArchive { path: self.path.clone() }),
            Some(several) => {
                let files = several.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(SourceError::SeveralMembers { path: self.path.clone(), files });
            }
        }
        let metadata = std::fs::metadata(&self.path).map_err(|source| SourceError::open(&self.path, source))?;
        if metadata.is_dir() {
            return Err(SourceError::IsFolder { path: self.path.clone() });
        }
        if has_extension(&self.path, "zip") {
            return self.open_member(|_| true)?.ok_or_else(|| SourceError::EmptyArchive { path: self.path.clone() });
        }
        self.open_plain(&self.path)
    }

    /// Opens one file of a set by its name: `sdn.csv`, `sdn.csv.gz` or `sdn.csv.zip` in a folder, or a member of an
    /// archive. Names are compared without case. `None` if the set does not hold it.
    ///
    /// # Errors
    /// [`SourceError`] if the folder, or the file that is there, cannot be opened.
    pub fn open_in_set(&self, name: &str) -> Result<Option<Document>, SourceError> {
        if let Some(files) = &self.files {
            let same = |file: &str| ["", ".gz"].iter().any(|suffix| file.eq_ignore_ascii_case(&format!("{name}{suffix}")));
            return Ok(files.iter().find(|(file, _)| same(file)).map(|file| self.open_bytes(file)));
        }
        let metadata = std::fs::metadata(&self.path).map_err(|source| SourceError::open(&self.path, source))?;
        if !metadata.is_dir() {
            if has_extension(&self.path, "zip") {
                return self.open_member(|member| base_name(member).eq_ignore_ascii_case(name));
            }
            return Err(SourceError::NotAFolder { path: self.path.clone(), wanted: name.to_owned() });
        }
        let mut found: Vec<(usize, PathBuf)> = Vec::new();
        let folder = std::fs::read_dir(&self.path).map_err(|source| SourceError::open(&self.path, source))?;
        for file in folder {
            let path = file.map_err(|source| SourceError::open(&self.path, source))?.path();
            let Some(file_name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            let rank = ["", ".gz", ".zip"].iter().position(|suffix| file_name.eq_ignore_ascii_case(&format!("{name}{suffix}")));
            if let Some(rank) = rank {
                found.push((rank, path));
            }
        }
        // A plain file beats a packed one; two spellings of one name are in the order of their names.
        found.sort();
        let Some((_, path)) = found.into_iter().next() else { return Ok(None) };
        Self { path, max_bytes: self.max_bytes, files: None }.open_file().map(Some)
    }

    fn open_plain(&self, path: &Path) -> Result<Document, SourceError> {
        let file = File::open(path).map_err(|source| SourceError::open(path, source))?;
        let reader = unpacked(path, BufReader::new(file));
        Ok(Document::new(path.to_owned(), file_name(path), reader, self.max_bytes))
    }

    fn open_bytes(&self, (name, bytes): &(String, Arc<[u8]>)) -> Document {
        let path = self.path.join(name);
        let reader = unpacked(&path, Cursor::new(Arc::clone(bytes)));
        Document::new(path, base_name(name).to_owned(), reader, self.max_bytes)
    }

    fn open_member(&self, wanted: impl Fn(&str) -> bool) -> Result<Option<Document>, SourceError> {
        let broken = |source: zip::result::ZipError| SourceError::Archive { path: self.path.clone(), message: source.to_string() };
        let file = File::open(&self.path).map_err(|source| SourceError::open(&self.path, source))?;
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(broken)?;
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        let matching: Vec<&String> = names.iter().filter(|name| !name.ends_with('/') && wanted(name)).collect();
        let member_name = match matching.as_slice() {
            [] => return Ok(None),
            [name] => *name,
            several => {
                let files = several.iter().map(|n| n.as_str()).collect::<Vec<_>>().join(", ");
                return Err(SourceError::SeveralMembers { path: self.path.clone(), files });
            }
        };
        let member = archive.by_name(member_name).map_err(broken)?;
        let start = member.data_start();
        let (method, packed, crc) = (member.compression(), member.compressed_size(), member.crc32());
        let start = match start {
            Some(start) => start,
            None => return Err(SourceError::Archive { path: self.path.clone(), message: format!("`{member_name}` has no data") }),
        };
        drop(member);
        // The archive's reader borrows the archive, so the member is read through a file handle of its own.
        let mut file = File::open(&self.path).map_err(|source| SourceError::open(&self.path, source))?;
        file.seek(SeekFrom::Start(start)).map_err(|source| SourceError::open(&self.path, source))?;
        let packed = BufReader::new(file.take(packed));
        let reader: Box<dyn Read> = match method {
            zip::CompressionMethod::Stored => Box::new(packed),
            zip::CompressionMethod::Deflated => Box::new(flate2::bufread::DeflateDecoder::new(packed)),
            other => {
                let message = format!("`{member_name}` is packed with {other}; only stored and deflated files are read");
                return Err(SourceError::Archive { path: self.path.clone(), message });
            }
        };
        let reader = Box::new(Checked { reader, crc: flate2::Crc::new(), expected: crc });
        let path = self.path.join(member_name);
        Ok(Some(Document::new(path, base_name(member_name).to_owned(), reader, self.max_bytes)))
    }
}

/// One opened file. Reading it decompresses, counts and hashes as it goes; nothing is held in memory.
pub struct Document {
    path: PathBuf,
    name: String,
    reader: Box<dyn Read>,
    hasher: blake3::Hasher,
    left: u64,
}

impl Document {
    fn new(path: PathBuf, name: String, reader: Box<dyn Read>, max_bytes: u64) -> Self {
        Self { path, name, reader, hasher: blake3::Hasher::new(), left: max_bytes }
    }

    /// Where it lies, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name without folders.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// BLAKE3 of everything after decompression, hex. Reads what is left to read.
    ///
    /// # Errors
    /// [`SourceError`] if the rest cannot be read.
    pub fn digest(mut self) -> Result<String, SourceError> {
        io::copy(&mut self, &mut io::sink()).map_err(|source| SourceError::open(&self.path, source))?;
        Ok(self.hasher.finalize().to_hex().to_string())
    }
}

impl Read for Document {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::FileTooLarge, "the file is larger than any list after decompression; check what it is")
        })?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

/// Compares the checksum of an archive's member when its end is reached.
struct Checked {
    reader: Box<dyn Read>,
    crc: flate2::Crc,
    expected: u32,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.reader.read(buffer)?;
        if count == 0 && !buffer.is_empty() && self.crc.sum() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum of the packed file is wrong; fetch the archive again"));
        }
        self.crc.update(&buffer[..count]);
        Ok(count)
    }
}

fn unpacked(path: &Path, reader: impl BufRead + 'static) -> Box<dyn Read> {
    if has_extension(path, "gz") { Box::new(flate2::bufread::MultiGzDecoder::new(reader)) } else { Box::new(reader) }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn base_name(member: &str) -> &str {
    member.rsplit(['/', '\\']).next().unwrap_or(member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("weighbridge-input-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    fn text_of(mut document: Document) -> String {
        let mut text = String::new();
        document.read_to_string(&mut text).unwrap();
        text
    }

    fn archive(path: &Path, members: &[(&str, &[u8])]) {
        let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
        for (name, bytes) in members {
            writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
    }

    #[test]
    fn plain_gzip_and_archive_give_the_same_text_and_digest() {
        let folder = folder("forms");
        let text = "one,two\r\n".repeat(5_000);
        std::fs::write(folder.join("a.csv"), &text).unwrap();
        let mut gz = flate2::write::GzEncoder::new(File::create(folder.join("b.csv.gz")).unwrap(), flate2::Compression::fast());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap();
        archive(&folder.join("c.csv.zip"), &[("inner/c.csv", text.as_bytes())]);

        let set = Input::new(&folder);
        let mut digests = Vec::new();
        for name in ["a.csv", "B.CSV", "c.csv"] {
            assert_eq!(text_of(set.open_in_set(name).unwrap().unwrap()), text, "{name}");
            digests.push(set.open_in_set(name).unwrap().unwrap().digest().unwrap());
        }
        assert!(digests.iter().all(|d| *d == blake3::hash(text.as_bytes()).to_hex().to_string()));
        assert!(set.open_in_set("d.csv").unwrap().is_none());

        let bytes = |name: &str| (name.to_owned(), std::fs::read(folder.join(name)).unwrap());
        let set = Input::of_bytes("memory", [bytes("a.csv"), bytes("b.csv.gz")]);
        for name in ["A.csv", "b.csv"] {
            assert_eq!(text_of(set.open_in_set(name).unwrap().unwrap()), text, "{name}");
        }
        assert!(set.open_in_set("d.csv").unwrap().is_none());
        assert!(matches!(set.open_file(), Err(SourceError::SeveralMembers { .. })));
        assert_eq!(text_of(Input::of_bytes("memory", [bytes("a.csv")]).open_file().unwrap()), text);

        let packed = Input::new(folder.join("c.csv.zip"));
        assert_eq!(text_of(packed.open_in_set("c.csv").unwrap().unwrap()), text);
        assert!(packed.open_in_set("x.csv").unwrap().is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_too_large_or_broken_is_an_error() {
        let folder = folder("broken");
        std::fs::write(folder.join("a.csv"), vec![b'x'; 1000]).unwrap();
        assert!(Input::new(folder.join("a.csv")).with_max_bytes(999).open_file().unwrap().digest().is_err());
        assert!(Input::new(folder.join("a.csv")).with_max_bytes(1000).open_file().unwrap().digest().is_ok());

        let zip = folder.join("z.zip");
        archive(&zip, &[("z.csv", b"hello hello hello hello")]);
        let mut bytes = std::fs::read(&zip).unwrap();
        // The checksum stands in the central directory, 16 bytes after its signature.
        let central = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
        bytes[central + 16] ^= 1;
        std::fs::write(&zip, bytes).unwrap();
        assert!(Input::new(&zip).open_file().unwrap().digest().is_err());

        assert!(matches!(Input::new(&folder).open_file(), Err(SourceError::IsFolder { .. })));
        assert!(matches!(Input::new(folder.join("none.csv")).open_file(), Err(SourceError::Open { .. })));
        assert!(matches!(Input::new(folder.join("a.csv")).open_in_set("a.csv"), Err(SourceError::NotAFolder { .. })));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
