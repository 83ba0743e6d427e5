//! For Fastly Compute: the module with the blob in it, and the archive that `fastly compute deploy` uploads.

use flate2::{Compression, GzBuilder};

use super::{File, PackageError, embedded, limit};

const MANIFEST: &str = include_str!("../../../plugin/fastly/fastly.toml");
const README: &str = include_str!("../../../plugin/fastly/README.md");

/// What Fastly takes as a package.
const PACKAGE_LIMIT: usize = 100_000_000;

/// The files: `fastly.toml`, `bin/main.wasm` for Viceroy, and `pkg/weighbridge.tar.gz` with both.
///
/// # Errors
/// [`PackageError`].
pub fn files(plugin: &[u8], blob: &[u8]) -> Result<Vec<File>, PackageError> {
    let module = embedded(plugin, blob)?;
    let archive = archive(&[("weighbridge/fastly.toml", MANIFEST.as_bytes()), ("weighbridge/bin/main.wasm", &module)])?;
    limit("the package", "Fastly", archive.len(), PACKAGE_LIMIT)?;
    Ok(vec![
        ("bin/main.wasm".to_owned(), module),
        ("pkg/weighbridge.tar.gz".to_owned(), archive),
        ("fastly.toml".to_owned(), MANIFEST.as_bytes().to_vec()),
        ("README.md".to_owned(), README.as_bytes().to_vec()),
    ])
}

/// A gzipped archive without times, owners or a name of the machine: the same files give the same bytes.
fn archive(files: &[(&str, &[u8])]) -> Result<Vec<u8>, PackageError> {
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        archive.append_data(&mut header, name, *bytes)?;
    }
    Ok(archive.into_inner()?.finish()?)
}
