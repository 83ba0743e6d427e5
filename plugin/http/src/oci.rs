//! Paths of the OCI distribution specification, which Docker registries and Ollama's share, and the scopes of their tokens.

use crate::path::hex_digit;

/// Whether a path is a registry's, listed or not.
pub(crate) fn registry(texts: &[&str]) -> bool {
    matches!(texts, ["v2"] | ["v2", "_catalog"]) || name(texts).is_some()
}

/// The repository that a path is about.
///
/// The route stands at the end, as in the expressions by which registries route: `/v2/a/manifests/b/manifests/c` is about
/// `a/manifests/b`. What is none of the specification's routes is about no repository.
pub(crate) fn name(texts: &[&str]) -> Option<String> {
    let name = match texts.strip_prefix(&["v2"])? {
        [name @ .., "manifests" | "referrers", _] | [name @ .., "tags", "list"] | [name @ .., "blobs", "uploads", _] => name,
        [name @ .., "blobs", _] => name,
        _ => return None,
    };
    (!name.is_empty()).then(|| name.join("/"))
}

/// The repositories that a token is asked for: `scope=repository:acme/open-7b:pull`, several times or with spaces between
/// (the Docker registry's token specification). `None` if there is none, or one is not such a scope, or servers could read
/// the query in two ways.
pub(crate) fn scopes(query: &str) -> Option<Vec<String>> {
    // Some servers split at `;`, too.
    if query.contains(';') {
        return None;
    }
    let mut names = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decode(key)?, decode(value)?);
        if key == "scope" {
            for scope in value.split(' ') {
                let (name, _actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
                names.push(name.to_owned());
            }
        }
    }
    (!names.is_empty()).then_some(names)
}

/// Decodes a part of a query as forms write it. `None` for what is no such text.
fn decode(raw: &str) -> Option<String> {
    let mut out = Vec::with_capacity(raw.len());
    let mut bytes = raw.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => hex_digit(bytes.next()?)? << 4 | hex_digit(bytes.next()?)?,
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(out).ok()
}
