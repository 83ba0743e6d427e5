//! Settings and blob. Fastly hands over no environment: settings stand in a config store, secrets in a secret store.

use fastly::config_store::OpenError;
use fastly::{ConfigStore, KVStore, SecretStore};
use weighbridge_blob::Blob;
use weighbridge_http::{GateConfig, Loaded, Terms};

/// The config store with `WEIGHBRIDGE_*`.
const SETTINGS: &str = "weighbridge";
/// The entry with all of them, a line `NAME = value` each: one look-up for each request instead of thirty, and a name that nobody
/// reads is noticed. Where it is there, no other entry is read.
const TOGETHER: &str = "WEIGHBRIDGE_SETTINGS";
/// The secret store with `identity_keys` and `audit_key`.
const SECRETS: &str = "weighbridge_secrets";
/// The setting that names a KV store and a key in it, `store/key`, to take the blob from instead of from the plugin.
const BLOB_FROM: &str = "WEIGHBRIDGE_BLOB_KV";

/// What a request is decided with.
pub(crate) struct Gate {
    held: Held,
    pub(crate) config: GateConfig,
}

enum Held {
    /// In the plugin: the packager has checked it.
    Embedded(Box<Blob<'static>>),
    /// From a store: checked whole, on every request.
    Stored(Box<Loaded>),
}

impl Gate {
    /// Opens both, or says why the gate cannot decide.
    pub(crate) fn open(now: i64) -> Result<Self, String> {
        let settings = match ConfigStore::try_open(SETTINGS) {
            Ok(store) => Some(store),
            Err(OpenError::ConfigStoreDoesNotExist) => None,
            Err(error) => return Err(format!("the config store `{SETTINGS}`: {error}")),
        };
        let secrets = SecretStore::open(SECRETS).ok();
        // A store that fails must not read as "not set": the gate would run with less than the operator asked for.
        let mut failure = None;
        let entry =
            |name: &str| settings.as_ref().map_or(Ok(None), |store| store.try_get(name)).map_err(|error| format!("`{name}`: {error}"));
        let together = entry(TOGETHER)?;
        let lines = together.as_deref().map(lines).transpose()?;
        let setting = |name: &str| match &lines {
            Some(lines) => Ok(lines.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())),
            None => entry(name),
        };
        let secret = |name: &str| -> Result<Option<String>, String> {
            let failed = |error: &dyn std::fmt::Display| format!("the secret `{name}`: {error}");
            let Some(secret) = secrets.as_ref().map_or(Ok(None), |store| store.try_get(name)).map_err(|error| failed(&error))? else {
                return Ok(None);
            };
            let plain = secret.try_plaintext().map_err(|error| failed(&error))?;
            String::from_utf8(plain.to_vec()).map(Some).map_err(|error| failed(&error))
        };
        let failed = std::cell::RefCell::new(&mut failure);
        let config = GateConfig::from_vars(|name| {
            let found = match name {
                "WEIGHBRIDGE_IDENTITY_KEYS" => secret("identity_keys"),
                "WEIGHBRIDGE_AUDIT_KEY" => secret("audit_key"),
                name => setting(name),
            };
            found.unwrap_or_else(|error| {
                failed.borrow_mut().get_or_insert(error);
                None
            })
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let config = config.map_err(|error| error.to_string())?;
        let held = match setting(BLOB_FROM)? {
            None => {
                let bytes = weighbridge_embed::blob().ok_or("the plugin carries no blob; run `weighbridge package`")?;
                let blob = Terms::of(&config, now, None).vouched(bytes).map_err(|error| format!("the embedded blob: {error}"))?;
                Held::Embedded(Box::new(blob.with_self_test(weighbridge_embed::self_tested())))
            }
            Some(place) => {
                let bytes = stored(&place).map_err(|error| format!("the blob in the KV store (`{place}`): {error}"))?;
                let loaded =
                    Loaded::open(bytes, &Terms::of(&config, now, None)).map_err(|error| format!("the blob in the KV store: {error}"))?;
                Held::Stored(Box::new(loaded))
            }
        };
        Ok(Self { held, config })
    }

    pub(crate) fn blob(&self) -> &Blob<'_> {
        match &self.held {
            Held::Embedded(blob) => blob,
            Held::Stored(loaded) => loaded.blob(),
        }
    }
}

/// The settings of [`TOGETHER`]. Empty lines, and those that begin with `#`, say nothing.
fn lines(text: &str) -> Result<Vec<(&str, &str)>, String> {
    let said = text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for (n, line) in said {
        let (name, value) = line.split_once('=').ok_or_else(|| format!("line {} of `{TOGETHER}` is not `NAME = value`", n + 1))?;
        let (name, value) = (name.trim(), value.trim());
        if lines.iter().any(|(known, _)| *known == name) {
            return Err(format!("`{TOGETHER}` has `{name}` twice"));
        }
        lines.push((name, value));
    }
    GateConfig::check_names(lines.iter().map(|(name, _)| *name).filter(|name| *name != BLOB_FROM)).map_err(|error| error.to_string())?;
    Ok(lines)
}

fn stored(place: &str) -> Result<Vec<u8>, String> {
    let (store, key) = place.split_once('/').ok_or_else(|| format!("write `{BLOB_FROM}` as `store/key`"))?;
    let store = KVStore::open(store).map_err(|error| error.to_string())?.ok_or("there is no such store")?;
    Ok(store.lookup(key).map_err(|error| error.to_string())?.take_body_bytes())
}
