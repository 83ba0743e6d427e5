//! From a path to an access point: which item is asked for, what is done with it, and in which protocol
//! the caller wants to hear the answer.
//!
//! Everything below a Hugging Face repository but its card page is a `download`: repository information,
//! file lists, HEAD, GET, ranges, Git and Xet token routes of one artefact get one answer. A path that
//! leads to no item is a download of something nobody has classified; the policy then answers for
//! `closed_unknown`. The same holds below a repository of an OCI registry, its token route included; only `/v2/`
//! itself, by which clients ask whether there is a registry, is a `browse` that releases nothing.

use weighbridge_blob::words::Action;

use crate::oci;
use crate::path::{PathError, Segment};

/// The protocol of the caller, which is the form of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Hugging Face hub clients: `X-Error-Code`, `X-Error-Message`.
    HuggingFace,
    /// OpenAI-style clients: `{"error": {…}}`.
    OpenAi,
    /// Clients of an OCI registry, Ollama among them: `{"errors": [{"code", "message", "detail"}]}`.
    Oci,
    /// Git LFS: `{"message", "documentation_url", "request_id"}`.
    Lfs,
    /// Git over HTTP, which shows a person nothing but `text/plain`.
    Git,
    /// Everybody else: `application/problem+json` (RFC 9457).
    Plain,
}

impl Protocol {
    /// All of them.
    pub const ALL: &[Self] = &[Self::HuggingFace, Self::Oci, Self::OpenAi, Self::Lfs, Self::Git, Self::Plain];

    /// The word in decision records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HuggingFace => "huggingface",
            Self::OpenAi => "openai",
            Self::Oci => "oci",
            Self::Lfs => "git-lfs",
            Self::Git => "git",
            Self::Plain => "plain",
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access<I> {
    /// How to answer.
    pub protocol: Protocol,
    /// What is done with the item.
    pub action: Action,
    /// The item; `None` if no route leads to one.
    pub item: Option<I>,
}

/// Where items are looked up: the blob, or a table in a test.
pub trait Catalogue {
    /// A handle on an item.
    type Item: Copy + PartialEq;

    /// The item of a Hugging Face repository: `org/name`, `name`, `datasets/org/name`. ASCII lower case.
    fn hugging_face(&self, repository: &str) -> Option<Self::Item>;

    /// The item of an OpenAI-style base path: `/serve/open-7b/v1`.
    fn open_ai(&self, base: &str) -> Option<Self::Item>;

    /// The item of a repository of an OCI registry: `acme/open-7b`.
    fn oci(&self, name: &str) -> Option<Self::Item>;

    /// The item and action of the longest path pattern that [`glob_matches`] the segments.
    fn glob(&self, segments: &[&str]) -> Option<(Self::Item, Action)>;
}

/// Words that follow a repository on the hub's pages, and whether a revision follows them.
const WEB_ROUTES: [(&str, bool); 12] = [
    ("resolve", true),
    ("raw", true),
    ("blob", true),
    ("tree", true),
    ("commits", true),
    ("commit", true),
    ("blame", true),
    ("info", false),
    ("discussions", false),
    ("settings", false),
    ("git-upload-pack", false),
    ("git-receive-pack", false),
];

/// Words that follow a repository in the hub's API, and whether a revision follows them.
const API_ROUTES: [(&str, bool); 12] = [
    ("revision", true),
    ("tree", true),
    ("paths-info", true),
    ("commits", true),
    ("commit", true),
    ("treesize", true),
    ("xet-read-token", true),
    ("xet-write-token", true),
    ("refs", false),
    ("discussions", false),
    ("scan", false),
    ("compare", false),
];

/// Last words of OpenAI-style paths, to answer callers of unlisted ones in their protocol.
const OPENAI_ENDS: [&str; 6] = ["completions", "embeddings", "responses", "models", "images", "audio"];

/// Finds the access point of a path. `query` is what stands behind `?`, undecoded; of all routes only the token route of a
/// registry is told by it.
///
/// # Errors
/// [`PathError::EncodedSlash`] for a `%2F` that is not part of a Hugging Face revision.
pub fn read<C: Catalogue>(path: &[Segment], query: &str, catalogue: &C) -> Result<Access<C::Item>, PathError> {
    let texts: Vec<&str> = path.iter().map(|s| s.text.as_str()).collect();
    let shape = Repository::read(&texts, catalogue);
    let revision = shape.as_ref().and_then(|s| s.revision);
    if path.iter().enumerate().any(|(n, segment)| segment.encoded_slash && Some(n) != revision) {
        return Err(PathError::EncodedSlash);
    }
    let registry = oci::name(&texts);
    let mut listed = Vec::with_capacity(3);
    if let Some(Repository { item: Some(item), action, protocol, .. }) = shape {
        listed.push(Access { protocol, action, item: Some(item) });
    }
    if let Some(item) = open_ai(&texts, catalogue) {
        listed.push(Access { protocol: Protocol::OpenAi, action: Action::Infer, item: Some(item) });
    }
    if let Some(item) = registry.as_ref().and_then(|name| catalogue.oci(name)) {
        listed.push(Access { protocol: Protocol::Oci, action: Action::Download, item: Some(item) });
    }
    let unknown = |protocol| Access { protocol, action: Action::Download, item: None };
    if let Some(first) = listed.first() {
        // Items of two protocols fit the path. No answer about one may serve the other.
        return Ok(if listed.iter().any(|other| other.item != first.item) { unknown(first.protocol) } else { first.clone() });
    }
    let protocol = match &shape {
        _ if oci::registry(&texts) => Protocol::Oci,
        Some(Repository { certain: true, protocol, .. }) => *protocol,
        _ if texts.ends_with(&["info", "lfs", "objects", "batch"]) => Protocol::Lfs,
        _ if texts.contains(&"v1") && texts.last().is_some_and(|last| OPENAI_ENDS.contains(last)) => Protocol::OpenAi,
        _ => Protocol::Plain,
    };
    if let Some((item, action)) = catalogue.glob(&texts) {
        return Ok(Access { protocol, action, item: Some(item) });
    }
    Ok(match texts.as_slice() {
        // Whether there is a registry: an empty answer.
        ["v2"] => Access { protocol, action: Action::Browse, item: None },
        // What a token is good for is what its scopes name, so it gets their answer.
        ["token"] | ["v2", "token"] => {
            let item = oci::scopes(query).and_then(|names| one_item(&names, catalogue));
            Access { protocol: if item.is_some() { Protocol::Oci } else { protocol }, ..Access { item, ..unknown(protocol) } }
        }
        _ => unknown(protocol),
    })
}

/// The item that all of these repositories are; `None` if they are several, or one is unknown.
fn one_item<C: Catalogue>(names: &[String], catalogue: &C) -> Option<C::Item> {
    let mut items = names.iter().map(|name| catalogue.oci(name));
    let first = items.next()??;
    items.all(|item| item == Some(first)).then_some(first)
}

/// A path read as one of the Hugging Face protocol.
struct Repository<I> {
    item: Option<I>,
    action: Action,
    /// Hugging Face's own, or Git's or Git LFS's in its repositories.
    protocol: Protocol,
    /// Index of the segment that is a revision.
    revision: Option<usize>,
    /// Whether the path is of this protocol even if no item was found.
    certain: bool,
}

impl<I: Copy + PartialEq> Repository<I> {
    fn read<C: Catalogue<Item = I>>(texts: &[&str], catalogue: &C) -> Option<Self> {
        // Where the repository's name starts, what stands before it in a repository id, and which words
        // may follow.
        let (start, kind, routes, page) = match texts {
            ["api", "resolve-cache", kind, ..] => (3, *kind, None, false),
            ["api", kind @ ("models" | "datasets" | "spaces"), ..] => (2, *kind, Some(&API_ROUTES), false),
            ["api", ..] => return None,
            [kind @ ("datasets" | "spaces"), ..] => (1, *kind, Some(&WEB_ROUTES), true),
            _ => (0, "models", Some(&WEB_ROUTES), true),
        };
        let kind = match kind {
            "models" => "",
            "datasets" => "datasets/",
            "spaces" => "spaces/",
            _ => return None,
        };
        let route = |n: usize| texts.get(n).and_then(|text| routes.and_then(|r| r.iter().find(|(word, _)| word == text)));
        let first = texts.get(start)?;
        let find = |name: &str, git: bool| {
            let mut id = String::with_capacity(kind.len() + name.len());
            id.push_str(kind);
            id.push_str(if git { name.get(..name.len().saturating_sub(4)).unwrap_or(name) } else { name });
            id.make_ascii_lowercase();
            catalogue.hugging_face(&id)
        };
        let is_git = |name: &str| page && name.len() > 4 && name.to_ascii_lowercase().ends_with(".git");

        let long = texts.get(start + 1).map(|second| (format!("{first}/{second}"), is_git(second)));
        let long_item = long.as_ref().and_then(|(name, git)| find(name, *git));
        // `org/name` always has a part behind the slash; only one that is a route can be no name.
        let commit = |text: &&str| text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let short = match routes {
            None => texts.get(start + 1).is_some_and(commit),
            Some(_) => texts.len() == start + 1 || route(start + 1).is_some(),
        };
        let short_git = is_git(first);
        let short_item = if short { find(first, short_git) } else { None };

        let (item, end, git) = match (long_item, short_item) {
            // Two repositories fit the path. No answer about one may serve the other.
            (Some(a), Some(b)) if a != b => (None, start + 2, false),
            (Some(item), _) => (Some(item), start + 2, long.is_some_and(|(_, git)| git)),
            (None, Some(item)) => (Some(item), start + 1, short_git),
            (None, None) => (None, if route(start + 1).is_some() { start + 1 } else { start + 2 }, false),
        };
        let revision = match routes {
            None => Some(end),
            Some(_) => route(end).filter(|(_, revision)| *revision).map(|_| end + 1),
        };
        let action = if page && !git && texts.len() == end { Action::Browse } else { Action::Download };
        let protocol = match texts.get(end..).unwrap_or_default() {
            ["info", "lfs", ..] if page => Protocol::Lfs,
            ["info", "refs"] | ["git-upload-pack" | "git-receive-pack"] if page => Protocol::Git,
            _ => Protocol::HuggingFace,
        };
        Some(Self { item, action, protocol, revision, certain: !page || route(end).is_some() || !kind.is_empty() })
    }
}

/// The item of the longest listed base path above or at the path.
fn open_ai<C: Catalogue>(texts: &[&str], catalogue: &C) -> Option<C::Item> {
    let mut base = String::new();
    let mut ends = Vec::with_capacity(texts.len());
    for text in texts {
        base.push('/');
        base.push_str(text);
        ends.push(base.len());
    }
    ends.into_iter().rev().find_map(|end| catalogue.open_ai(base.get(..end)?))
}

/// Whether a path pattern matches: `*` stands for any text within one segment, `**` (a whole segment) for
/// any number of segments. Runs in the product of both lengths at most.
pub fn glob_matches(pattern: &str, segments: &[&str]) -> bool {
    let pattern: Vec<&str> = pattern.trim_matches('/').split('/').filter(|p| !p.is_empty()).collect();
    wildcard(
        &pattern,
        segments,
        |p| *p == "**",
        |p, s| {
            let (p, s): (Vec<char>, Vec<char>) = (p.chars().collect(), s.chars().collect());
            wildcard(&p, &s, |c| *c == '*', |a, b| a == b)
        },
    )
}

/// The usual two-pointer match: on a mismatch, the last wildcard takes one more.
fn wildcard<T>(pattern: &[T], text: &[T], any: impl Fn(&T) -> bool, fits: impl Fn(&T, &T) -> bool) -> bool {
    let (mut p, mut t, mut retry) = (0, 0, None);
    loop {
        match (pattern.get(p), text.get(t)) {
            (Some(w), _) if any(w) => {
                retry = Some((p + 1, t));
                p += 1;
            }
            (Some(a), Some(b)) if fits(a, b) => {
                p += 1;
                t += 1;
            }
            (None, None) => return true,
            _ => match retry {
                Some((after, taken)) if taken < text.len() => {
                    retry = Some((after, taken + 1));
                    p = after;
                    t = taken + 1;
                }
                _ => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::segments;

    struct Table;

    impl Catalogue for Table {
        type Item = &'static str;
        fn hugging_face(&self, repository: &str) -> Option<&'static str> {
            ["acme/open-7b", "gpt2", "datasets/acme/open-7b", "twin", "twin/resolve", "v2/clash"].into_iter().find(|r| *r == repository)
        }
        fn open_ai(&self, base: &str) -> Option<&'static str> {
            ["/serve/chat/v1", "/serve/chat/v1/inner"].into_iter().find(|b| *b == base)
        }
        fn oci(&self, name: &str) -> Option<&'static str> {
            ["acme/open-7b", "acme/open-7b/gguf", "acme/b", "manifests/tags", "clash/x"].into_iter().find(|n| *n == name)
        }
        fn glob(&self, segments: &[&str]) -> Option<(&'static str, Action)> {
            let routes = [
                ("/files/**", "files", Action::Download),
                ("/keys/*.key", "keys", Action::Key),
                ("/v2/globbed/**", "globbed", Action::Download),
            ];
            routes.into_iter().find(|(p, ..)| glob_matches(p, segments)).map(|(_, item, action)| (item, action))
        }
    }

    fn access(path: &str) -> Result<(Protocol, Action, &'static str), PathError> {
        let query = path.split_once('?').map_or("", |(_, query)| query);
        read(&segments(path)?, query, &Table).map(|a| (a.protocol, a.action, a.item.unwrap_or("")))
    }

    #[test]
    fn one_artefact_has_one_answer_on_every_route() {
        for path in [
            "/acme/open-7b/resolve/main/model.safetensors",
            "/acme/open-7b/resolve/main/model.safetensors?download=true",
            "/acme/open-7b/resolve/main/model.safetensors/",
            "/ACME/Open-7B/resolve/main/model.safetensors",
            "/%61cme/open%2D7b/resolve/main/config.json",
            "/acme/open-7b/resolve/refs%2Fpr%2F1/config.json",
            "/acme/open-7b/raw/main/config.json",
            "/acme/open-7b/blob/main/config.json",
            "/acme/open-7b/tree/main",
            "/acme/open-7b/RESOLVE/main/x",
            "/acme/open-7b/anything",
            "/acme/open-7b.git",
            "/api/models/acme/open-7b",
            "/api/models/Acme/open-7b/",
            "/api/models/acme/open-7b/revision/main",
            "/api/models/acme/open-7b/revision/refs%2Fpr%2F1",
            "/api/models/acme/open-7b/tree/main/sub",
            "/api/models/acme/open-7b/paths-info/main",
            "/api/models/acme/open-7b/xet-read-token/main",
            "/api/resolve-cache/models/acme/open-7b/0123abc/config.json",
            "/api/resolve-cache/models/acme/open-7b/refs%2Fpr%2F1/config.json",
        ] {
            assert_eq!(access(path), Ok((Protocol::HuggingFace, Action::Download, "acme/open-7b")), "{path}");
        }
        let cached = format!("/api/resolve-cache/models/gpt2/{}/x", "0123456789abcdef0123456789abcdef01234567");
        for path in ["/gpt2/resolve/main/x", "/api/models/gpt2", "/api/models/gpt2/tree/main", &cached] {
            assert_eq!(access(path), Ok((Protocol::HuggingFace, Action::Download, "gpt2")), "{path}");
        }
        for path in ["/datasets/acme/open-7b/resolve/main/x", "/api/datasets/acme/open-7b/revision/main"] {
            assert_eq!(access(path), Ok((Protocol::HuggingFace, Action::Download, "datasets/acme/open-7b")), "{path}");
        }
        for (path, item) in
            [("/acme/open-7b", "acme/open-7b"), ("/acme/open-7b/", "acme/open-7b"), ("/gpt2", "gpt2"), ("/Acme/OPEN-7B?x", "acme/open-7b")]
        {
            assert_eq!(access(path), Ok((Protocol::HuggingFace, Action::Browse, item)), "{path}");
        }
    }

    #[test]
    fn what_leads_to_no_item_is_a_download_of_nothing_known() {
        for (path, protocol) in [
            ("/", Protocol::Plain),
            ("/favicon.ico", Protocol::Plain),
            ("/acme/other", Protocol::Plain),
            ("/acme/other/resolve/main/x", Protocol::HuggingFace),
            ("/other/resolve/main/x", Protocol::HuggingFace),
            ("/api/models/acme/other", Protocol::HuggingFace),
            ("/api/models", Protocol::Plain),
            ("/api/whoami-v2", Protocol::Plain),
            ("/api/resolve-cache/other/acme/open-7b/x/y", Protocol::Plain),
            ("/api/resolve-cache/models/gpt2/other/0123456789abcdef0123456789abcdef01234567/x", Protocol::HuggingFace),
            ("/spaces/acme/open-7b", Protocol::HuggingFace),
            ("/models/acme/open-7b", Protocol::Plain),
            ("/x/acme/open-7b/resolve/main/y", Protocol::Plain),
            ("/acme/open-7b;v=1/resolve/main/x", Protocol::HuggingFace),
            ("/acme/open-7b%20/resolve/main/x", Protocol::HuggingFace),
            ("/gpt2/other", Protocol::Plain),
            ("/Datasets/acme/open-7b/resolve/main/x", Protocol::Plain),
            ("/elsewhere/v1/chat/completions", Protocol::OpenAi),
            // Both `twin` and `twin/resolve` are listed.
            ("/twin/resolve/resolve/main", Protocol::HuggingFace),
        ] {
            assert_eq!(access(path), Ok((protocol, Action::Download, "")), "{path}");
        }
    }

    #[test]
    fn git_and_git_lfs_in_a_repository() {
        for (path, protocol, item) in [
            ("/acme/open-7b.git/info/lfs/objects/batch", Protocol::Lfs, "acme/open-7b"),
            ("/acme/open-7b/info/lfs/locks/verify", Protocol::Lfs, "acme/open-7b"),
            ("/gpt2.git/info/lfs/objects/batch", Protocol::Lfs, "gpt2"),
            ("/acme/open-7b.git/info/refs?service=git-upload-pack", Protocol::Git, "acme/open-7b"),
            ("/acme/open-7b/info/refs", Protocol::Git, "acme/open-7b"),
            ("/acme/open-7b.git/git-upload-pack", Protocol::Git, "acme/open-7b"),
            ("/gpt2.git/info/refs", Protocol::Git, "gpt2"),
            ("/acme/open-7b/resolve/main/info/lfs/x", Protocol::HuggingFace, "acme/open-7b"),
            ("/acme/other.git/info/lfs/objects/batch", Protocol::Lfs, ""),
            ("/acme/other.git/info/refs", Protocol::Git, ""),
            ("/any/where/info/lfs/objects/batch", Protocol::Lfs, ""),
        ] {
            assert_eq!(access(path), Ok((protocol, Action::Download, item)), "{path}");
        }
    }

    #[test]
    fn registries() {
        let digest = format!("sha256:{}", "0".repeat(64));
        for (path, item) in [
            ("/v2/acme/open-7b/manifests/latest".to_owned(), "acme/open-7b"),
            (format!("/v2/acme/open-7b/manifests/{digest}"), "acme/open-7b"),
            (format!("/v2/acme/open-7b/blobs/{digest}"), "acme/open-7b"),
            (format!("/v2/acme/open-7b/referrers/{digest}"), "acme/open-7b"),
            ("/v2/acme/open-7b/tags/list?n=5".to_owned(), "acme/open-7b"),
            ("/v2/acme/open-7b/blobs/uploads/".to_owned(), "acme/open-7b"),
            ("/v2/acme/open-7b/blobs/uploads/1-2".to_owned(), "acme/open-7b"),
            ("/v2/acme/open-7b/gguf/manifests/q4".to_owned(), "acme/open-7b/gguf"),
            ("/v2/manifests/tags/manifests/x".to_owned(), "manifests/tags"),
            ("/token?service=hub&scope=repository:acme/open-7b:pull".to_owned(), "acme/open-7b"),
            ("/v2/token?scope=repository%3Aacme%2Fopen-7b%3Apull".to_owned(), "acme/open-7b"),
            ("/token?scope=repository:acme/b:pull+repository:acme/b:push".to_owned(), "acme/b"),
            // Nothing by these names.
            ("/v2/acme/OPEN-7B/manifests/latest".to_owned(), ""),
            ("/v2/acme/open-7b/more/manifests/latest".to_owned(), ""),
            ("/v2/other/manifests/latest".to_owned(), ""),
            ("/v2/_catalog".to_owned(), ""),
        ] {
            assert_eq!(access(&path), Ok((Protocol::Oci, Action::Download, item)), "{path}");
        }
        // A token for two items, for something unknown, or for what one server may read and another not.
        for query in [
            "",
            "?scope=repository:acme/open-7b:pull&scope=repository:acme/b:pull",
            "?scope=repository:acme/open-7b:pull+repository:other:pull",
            "?scope=repository:acme/open-7b:pull&%73cope=repository:other:pull",
            "?scope=repository:acme/open-7b:pull;scope=repository:other:pull",
            "?scope=registry:catalog:*",
            "?scope=repository:acme/open-7b:pull&x=%zz",
            "?scope=repository:acme/open-7b:pull&scope=",
        ] {
            assert_eq!(access(&format!("/token{query}")), Ok((Protocol::Plain, Action::Download, "")), "{query}");
        }
        assert_eq!(access("/v2/acme/open-7b/anything"), Ok((Protocol::Plain, Action::Download, "")));
        for path in ["/v2", "/v2/"] {
            assert_eq!(access(path), Ok((Protocol::Oci, Action::Browse, "")), "{path}");
        }
        assert_eq!(access("/v2/globbed/manifests/x"), Ok((Protocol::Oci, Action::Download, "globbed")));
        // The repository `v2/clash` of one protocol, `clash/x` of another.
        assert_eq!(access("/v2/clash/x/blobs/x"), Ok((Protocol::HuggingFace, Action::Download, "")));
        assert_eq!(access("/v2/clash/manifests/x"), Ok((Protocol::HuggingFace, Action::Download, "v2/clash")));
        for path in ["/v2/acme%2Fopen-7b/manifests/latest", "/v2/acme/open-7b/manifests/a%2Fb"] {
            assert_eq!(access(path), Err(PathError::EncodedSlash), "{path}");
        }
    }

    #[test]
    fn encoded_slashes_belong_to_revisions_only() {
        for path in [
            "/acme%2Fopen-7b/resolve/main/x",
            "/acme/open-7b%2Fresolve/main/x",
            "/acme/open-7b/resolve%2Fmain/x",
            "/acme/open-7b/resolve/main/a%2Fb",
            "/acme/open-7b/discussions/a%2Fb",
            "/api/models/acme%2Fopen-7b",
            "/serve%2Fchat/v1/models",
            "/files/a%2Fb",
            "/a%2fb",
        ] {
            assert_eq!(access(path), Err(PathError::EncodedSlash), "{path}");
        }
    }

    #[test]
    fn hosted_models_and_patterns() {
        for path in ["/serve/chat/v1/chat/completions", "/serve/chat/v1", "/serve/chat/v1/models/", "/serve/chat/v1/nothing/known"] {
            assert_eq!(access(path), Ok((Protocol::OpenAi, Action::Infer, "/serve/chat/v1")), "{path}");
        }
        assert_eq!(access("/serve/chat/v1/inner/x"), Ok((Protocol::OpenAi, Action::Infer, "/serve/chat/v1/inner")));
        assert_eq!(access("/serve/chat/v10/models"), Ok((Protocol::Plain, Action::Download, "")));
        assert_eq!(access("/files/a/b.bin"), Ok((Protocol::Plain, Action::Download, "files")));
        assert_eq!(access("/keys/a.key"), Ok((Protocol::Plain, Action::Key, "keys")));
        assert_eq!(access("/keys/a.key/b"), Ok((Protocol::Plain, Action::Download, "")));
    }

    #[test]
    fn globs() {
        for (pattern, path, want) in [
            ("/a/*", "a/b", true),
            ("/a/*", "a", false),
            ("/a/*", "a/b/c", false),
            ("/a/**", "a", true),
            ("/a/**", "a/b/c", true),
            ("/**/x", "x", true),
            ("/**/x", "a/b/x", true),
            ("/**/x", "a/x/b", false),
            ("/a/**/x/*.bin", "a/x/x/b/x/m-1.bin", true),
            ("/a/*b*c", "a/1b2c", true),
            ("/a/*b*c", "a/1b2cd", false),
            ("/**", "", true),
            ("/a", "A", false),
        ] {
            let segments: Vec<&str> = path.split('/').filter(|s| !s.is_empty()).collect();
            assert_eq!(glob_matches(pattern, &segments), want, "{pattern} {path}");
        }
        let long = "a".repeat(2_000);
        assert!(!glob_matches(&format!("/{}", "*a".repeat(200) + "b"), &[&long]));
    }
}
