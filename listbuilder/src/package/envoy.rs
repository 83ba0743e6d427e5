//! For Envoy: the plugin as it was built, and a configuration with the blob in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{File, PackageError, limit};

/// The host's configuration, as it stands in the repository.
pub const CONFIG: &str = include_str!("../../../plugin/envoy/envoy.yaml");
const README: &str = include_str!("../../../plugin/envoy/README.md");

/// The empty value that the blob takes the place of.
const SLOT: &str = "google.protobuf.BytesValue, value: \"\" }";

/// A protobuf message has at most 2 GiB; a configuration that large is a mistake long before.
const CONFIGURATION_LIMIT: usize = 256 << 20;

/// The files: `weighbridge.wasm`, `envoy.yaml` for a start by `envoy -c`, and for updates without a restart
/// `bootstrap.yaml` with `live/listener.yaml`, which Envoy watches.
///
/// # Errors
/// [`PackageError`].
pub fn files(plugin: &[u8], blob: &[u8]) -> Result<Vec<File>, PackageError> {
    limit("the blob", "Envoy's configuration", blob.len(), CONFIGURATION_LIMIT)?;
    let whole = with_blob(CONFIG, blob);
    let (bootstrap, listener) = live(&whole);
    Ok(vec![
        ("weighbridge.wasm".to_owned(), plugin.to_vec()),
        ("envoy.yaml".to_owned(), whole.into_bytes()),
        ("bootstrap.yaml".to_owned(), bootstrap.into_bytes()),
        ("live/listener.yaml".to_owned(), listener.into_bytes()),
        ("README.md".to_owned(), README.as_bytes().to_vec()),
    ])
}

/// The configuration with the blob in it.
pub fn with_blob(config: &str, blob: &[u8]) -> String {
    let filled = format!("google.protobuf.BytesValue, value: \"{}\" }}", STANDARD.encode(blob));
    config.replacen(SLOT, &filled, 1)
}

/// The same as a bootstrap that names a watched file, and that file, a discovery response.
pub fn live(whole: &str) -> (String, String) {
    let (head, rest) = whole.split_once("  listeners:\n").unwrap_or((whole, ""));
    let (listener, clusters) = rest.split_once("  clusters:\n").unwrap_or((rest, ""));
    let dynamic = "\
# Where the listener is read from: again whenever another `listener.yaml` is renamed into the folder.
node: { id: weighbridge, cluster: weighbridge }
dynamic_resources:
  lds_config: { path_config_source: { path: live/listener.yaml, watched_directory: { path: live } } }
";
    let kind = "- \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n  name: weighbridge\n";
    let dedented: String = listener.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    let listener = format!(
        "# The listener with the blob. Renaming a new file over this one puts it in force.\nresources:\n{}",
        dedented.replacen("- name: weighbridge\n", kind, 1)
    );
    (format!("{dynamic}{head}  clusters:\n{clusters}"), listener)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blob_is_in_both_forms_once() {
        let whole = with_blob(CONFIG, b"\x00blob");
        assert!(whole.contains("value: \"AGJsb2I=\"") && !whole.contains(SLOT));
        let (bootstrap, listener) = live(&whole);
        assert_eq!((bootstrap.matches("AGJsb2I=").count(), listener.matches("AGJsb2I=").count()), (0, 1));
        assert!(
            listener.contains("\nresources:\n- \"@type\": type.googleapis.com/envoy.config.listener.v3.Listener\n  name: weighbridge\n")
        );
        assert!(bootstrap.contains("\n  clusters:\n  - name: origin\n") && !bootstrap.contains("listeners:"));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(limit("the blob", "Envoy's configuration", 2, 1).unwrap_err().to_string().contains("has 2 bytes"));
    }
}
