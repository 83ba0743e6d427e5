//! A demo hub: tiny generated models behind the Hugging Face download protocol, as an OCI registry, by Git LFS, and an
//! OpenAI-style service.
//!
//! It decides nothing. Whoever reaches it gets what is asked for, which is why a gate stands in front.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, RANGE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::host::{Server, serve};
use crate::registry;

/// Models that the hub offers, with the number of values in their one tensor.
const MODELS: [(&str, usize); 5] = [
    ("acme/open-7b", 50_000),
    ("acme/closed-13b", 60_000),
    ("acme/frontier-1t", 90_000),
    ("acme/noticed-70b", 70_000),
    ("acme/licensed-30b", 65_000),
];

/// Services that answer `POST …/chat/completions`, by base path.
const SERVICES: [&str; 2] = ["/serve/chat/v1", "/serve/open-chat/v1"];

/// The hub's content.
pub struct Hub {
    models: BTreeMap<&'static str, Model>,
    /// Bare repositories, `org/name.git` in this folder, which Git itself serves.
    git: Option<PathBuf>,
}

pub(crate) struct Model {
    commit: String,
    pub(crate) files: BTreeMap<&'static str, File>,
}

pub(crate) struct File {
    pub(crate) content: Bytes,
    pub(crate) digest: String,
}

impl Default for Hub {
    fn default() -> Self {
        Self { models: MODELS.iter().map(|(name, values)| (*name, Model::generate(name, *values))).collect(), git: None }
    }
}

impl Model {
    fn generate(name: &str, values: usize) -> Self {
        let config =
            json!({ "model_type": "llama", "_name_or_path": name, "hidden_size": 64, "num_hidden_layers": 1, "torch_dtype": "float32" });
        let card =
            format!("---\nlicense: apache-2.0\n---\n# {name}\n\nA few random numbers in the shape of a model, for demonstrations.\n");
        let files = [
            ("README.md", card.into_bytes()),
            ("config.json", format!("{config:#}\n").into_bytes()),
            ("model.safetensors", safetensors(name, values)),
        ];
        let mut commit = Sha256::new();
        for (path, content) in &files {
            commit.update(path);
            commit.update(content);
        }
        let files = files
            .into_iter()
            .map(|(path, content)| (path, File { digest: hex(&Sha256::digest(&content)), content: content.into() }))
            .collect();
        Self { commit: hex(&commit.finalize()).chars().take(40).collect(), files }
    }
}

/// A valid safetensors file: the header's length, the header, and `values` reproducible floats.
fn safetensors(name: &str, values: usize) -> Vec<u8> {
    let mut header = json!({ "__metadata__": { "format": "pt", "model": name }, "weight": { "dtype": "F32", "shape": [values], "data_offsets": [0, values * 4] } }).to_string();
    // Data starts on a multiple of 8, as readers that map the file expect.
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    let mut out = (header.len() as u64).to_le_bytes().to_vec();
    out.extend_from_slice(header.as_bytes());
    let mut state = name.bytes().fold(1u32, |state, byte| state.wrapping_mul(31).wrapping_add(byte.into()));
    for _ in 0..values {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.extend_from_slice(&((state >> 8) as f32 / (1 << 24) as f32 - 0.5).to_le_bytes());
    }
    out
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) type Reply = Response<Full<Bytes>>;

impl Hub {
    /// Starts the hub on loopback; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    pub async fn start(port: u16) -> anyhow::Result<Server> {
        Self::default().serve(port).await
    }

    /// The same with Git repositories in a folder.
    #[must_use]
    pub fn with_git(self, folder: PathBuf) -> Self {
        Self { git: Some(folder), ..self }
    }

    /// Starts this hub on loopback; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the port is taken.
    pub async fn serve(self, port: u16) -> anyhow::Result<Server> {
        let hub = Arc::new(self);
        serve(port, move |request| {
            let hub = Arc::clone(&hub);
            async move { hub.answer(request).await }
        })
        .await
    }

    /// The names of the models.
    pub fn models(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        self.models.keys().copied()
    }

    /// The content of a file, for comparison.
    pub fn file(&self, model: &str, path: &str) -> Option<Bytes> {
        Some(self.models.get(model)?.files.get(path)?.content.clone())
    }

    async fn answer(&self, request: Request<Incoming>) -> Reply {
        let path = request.uri().path().to_owned();
        if let Some(service) = SERVICES.iter().find_map(|base| path.strip_prefix(base)) {
            return chat(service, request).await;
        }
        let segments: Vec<_> = path.split('/').skip(1).collect();
        let model = |organisation: &str, name: &str| self.models.get_key_value(format!("{organisation}/{name}").as_str());
        match segments.as_slice() {
            ["v2", rest @ ..] => return registry::answer(&request, rest, model),
            [organisation, name, rest @ ..] if name.ends_with(".git") => {
                let found = model(organisation, name.trim_end_matches(".git")).map(|(_, model)| model);
                return match (rest, found) {
                    (["info", "lfs", rest @ ..], Some(model)) => registry::lfs(model, request, rest).await,
                    (_, Some(_)) if self.git.is_some() => registry::git(self.git.as_deref(), request).await,
                    _ => missing(),
                };
            }
            _ => {}
        }
        match segments.as_slice() {
            ["api", "models", organisation, name] | ["api", "models", organisation, name, "revision", _] => {
                model(organisation, name).map_or_else(missing, |(name, model)| model.info(name))
            }
            ["api", "models", organisation, name, "xet-read-token", _] => model(organisation, name).map_or_else(missing, |(name, _)| {
                reply_json(&json!({ "accessToken": format!("read-{name}"), "exp": 4_000_000_000_u64, "casUrl": "http://cas.invalid" }))
            }),
            ["api", "models", organisation, name, "tree", _, ..] => {
                model(organisation, name).map_or_else(missing, |(_, model)| model.tree())
            }
            [organisation, name, "resolve" | "raw", _, file @ ..] => model(organisation, name)
                .and_then(|(_, model)| Some(model.files.get(file.join("/").as_str())?.reply(&request, &model.commit)))
                .unwrap_or_else(missing),
            _ => missing(),
        }
    }
}

impl Model {
    fn info(&self, name: &str) -> Reply {
        let siblings: Vec<_> = self.files.keys().map(|path| json!({ "rfilename": path })).collect();
        reply_json(&json!({
            "_id": &self.commit[..24], "id": name, "modelId": name, "author": "acme", "sha": self.commit, "lastModified": "2026-11-01T00:00:00.000Z",
            "createdAt": "2026-11-01T00:00:00.000Z", "private": false, "disabled": false, "gated": false, "downloads": 0, "likes": 0, "tags": [], "siblings": siblings,
        }))
    }

    fn tree(&self) -> Reply {
        let entries = self
            .files
            .iter()
            .map(|(path, file)| json!({ "type": "file", "oid": &file.digest[..40], "size": file.content.len(), "path": path }));
        reply_json(&serde_json::Value::Array(entries.collect()))
    }
}

impl File {
    /// The file, or the part of it that `Range` asks for (RFC 9110, section 14). HEAD gets the same head.
    pub(crate) fn reply<B>(&self, request: &Request<B>, commit: &str) -> Reply {
        let etag = format!("\"{}\"", self.digest);
        let total = self.content.len();
        let asked = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let (status, part) = if asked(IF_NONE_MATCH).is_some_and(|tags| tags.contains(&etag)) {
            (StatusCode::NOT_MODIFIED, None)
        } else {
            match asked(RANGE).and_then(|range| byte_range(range, total)) {
                None => (StatusCode::OK, Some((0, total))),
                Some(Some(part)) => (StatusCode::PARTIAL_CONTENT, Some(part)),
                Some(None) => (StatusCode::RANGE_NOT_SATISFIABLE, None),
            }
        };
        let mut response = Response::builder()
            .status(status)
            .header(ETAG, &etag)
            .header("x-linked-etag", &etag)
            .header("x-linked-size", total)
            .header("x-repo-commit", commit)
            .header(ACCEPT_RANGES, "bytes")
            .header("surrogate-control", "max-age=3600")
            .header("cache-control", "public, max-age=3600")
            .header(CONTENT_TYPE, "application/octet-stream");
        match (status, part) {
            (StatusCode::PARTIAL_CONTENT, Some((from, to))) => {
                response = response.header(CONTENT_RANGE, format!("bytes {from}-{}/{total}", to - 1))
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, _) => response = response.header(CONTENT_RANGE, format!("bytes */{total}")),
            _ => {}
        }
        let body = part.map_or_else(Bytes::new, |(from, to)| self.content.slice(from..to));
        if request.method() == Method::HEAD {
            response = response.header("content-length", body.len());
            return finish(response.body(Full::default()));
        }
        finish(response.body(Full::new(body)))
    }
}

/// The bytes that one `bytes=` range names: `None` if it is no such range (then it is ignored), `Some(None)` if it lies
/// outside.
fn byte_range(range: &str, total: usize) -> Option<Option<(usize, usize)>> {
    let (from, to) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (from, to) = match (from.parse::<usize>(), to.parse::<usize>()) {
        (Ok(from), Ok(to)) => (from, to.saturating_add(1).min(total)),
        (Ok(from), Err(_)) if to.is_empty() => (from, total),
        (Err(_), Ok(last)) if from.is_empty() => (total.saturating_sub(last), total),
        _ => return None,
    };
    Some((from < to).then_some((from, to)))
}

/// The service: it repeats what was said.
async fn chat(path: &str, request: Request<Incoming>) -> Reply {
    match (request.method().clone(), path) {
        (Method::GET, "/models") => {
            reply_json(&json!({ "object": "list", "data": [{ "id": "acme/chat", "object": "model", "owned_by": "acme" }] }))
        }
        (Method::POST, "/chat/completions") => {
            let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let asked: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
            let said = asked["messages"]
                .as_array()
                .and_then(|messages| messages.last())
                .map_or("", |last| last["content"].as_str().unwrap_or_default());
            reply_json(&json!({
                "id": "chatcmpl-demo", "object": "chat.completion", "created": 1_795_305_600, "model": "acme/chat",
                "choices": [{ "index": 0, "message": { "role": "assistant", "content": format!("You said: {said}") }, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0 },
            }))
        }
        _ => missing(),
    }
}

pub(crate) fn reply_json(value: &serde_json::Value) -> Reply {
    finish(Response::builder().header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(Full::new(value.to_string().into())))
}

pub(crate) fn missing() -> Reply {
    let body = Full::new(Bytes::from_static(br#"{"error":"Entry not found"}"#));
    finish(
        Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header("x-error-code", "EntryNotFound")
            .header(CONTENT_TYPE, "application/json")
            .body(body),
    )
}

/// Every header above is one that HTTP allows; if one were not, the reply says so instead of panicking.
pub(crate) fn finish(reply: Result<Reply, hyper::http::Error>) -> Reply {
    reply.unwrap_or_else(|error| {
        let mut reply = Response::new(Full::new(error.to_string().into()));
        *reply.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        reply
    })
}
