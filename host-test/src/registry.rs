//! The demo hub's other doors to the same files: an OCI registry (Docker's and Ollama's, too), Git LFS, and Git.

use std::path::Path;
use std::process::Stdio;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_TYPE};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::hub::{Model, Reply, finish, hex, missing, reply_json};

/// The configuration of an image that runs nowhere: a model's files are its layers.
const CONFIG: &str = r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"config":{}}"#;

/// `/v2/…` (the OCI distribution specification): manifests, blobs and tags of `organisation/name`.
pub(crate) fn answer<'m, B>(
    request: &Request<B>,
    path: &[&str],
    model: impl Fn(&str, &str) -> Option<(&'m &'static str, &'m Model)>,
) -> Reply {
    match path {
        [] | [""] => reply_json(&json!({})),
        [organisation, name, rest @ ..] => {
            let Some((name, model)) = model(organisation, name) else { return missing() };
            match rest {
                ["manifests", reference] => manifest(request, model, reference),
                ["blobs", digest] => blob(request, model, digest),
                ["tags", "list"] => reply_json(&json!({ "name": name, "tags": ["latest"] })),
                _ => missing(),
            }
        }
        _ => missing(),
    }
}

fn descriptor(media_type: &str, content: &[u8], title: Option<&str>) -> Value {
    let mut descriptor =
        json!({ "mediaType": media_type, "digest": format!("sha256:{}", hex(&Sha256::digest(content))), "size": content.len() });
    if let Some(title) = title {
        descriptor["annotations"] = json!({ "org.opencontainers.image.title": title });
    }
    descriptor
}

/// The manifest in the form that the client asks for: Docker's, which Ollama takes, or OCI's.
fn manifest<B>(request: &Request<B>, model: &Model, reference: &str) -> Reply {
    let accepts = |media: &str| request.headers().get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|text| text.contains(media)));
    let (docker, oci) = ("application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json");
    let (media_type, config, layer) = if accepts(docker) && !accepts(oci) {
        (docker, "application/vnd.docker.container.image.v1+json", "application/vnd.ollama.image.model")
    } else {
        (oci, "application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar")
    };
    let layers: Vec<_> = model.files.iter().map(|(name, file)| descriptor(layer, &file.content, Some(name))).collect();
    let body =
        json!({ "schemaVersion": 2, "mediaType": media_type, "config": descriptor(config, CONFIG.as_bytes(), None), "layers": layers });
    let body = body.to_string();
    let digest = format!("sha256:{}", hex(&Sha256::digest(&body)));
    if reference != "latest" && reference != digest {
        return missing();
    }
    let length = body.len();
    let body = if request.method() == Method::HEAD { Full::default() } else { Full::new(Bytes::from(body)) };
    finish(
        Response::builder()
            .header(CONTENT_TYPE, media_type)
            .header("docker-content-digest", digest)
            .header("content-length", length)
            .header("docker-distribution-api-version", "registry/2.0")
            .body(body),
    )
}

/// A blob of this repository. Another repository's is not there, whatever its digest.
fn blob<B>(request: &Request<B>, model: &Model, digest: &str) -> Reply {
    let Some(hash) = digest.strip_prefix("sha256:") else { return missing() };
    if hash == hex(&Sha256::digest(CONFIG)) {
        let body = if request.method() == Method::HEAD { Full::default() } else { Full::new(Bytes::from_static(CONFIG.as_bytes())) };
        return finish(Response::builder().header("content-length", CONFIG.len()).body(body));
    }
    model.files.values().find(|file| file.digest == hash).map_or_else(missing, |file| file.reply(request, ""))
}

/// Git LFS: the batch API and the objects behind it.
pub(crate) async fn lfs(model: &Model, request: Request<Incoming>, path: &[&str]) -> Reply {
    match path {
        ["objects", "batch"] => {
            // Where the client came to: the gate in front says so.
            let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
            let host = header("x-forwarded-host").or_else(|| header("host")).unwrap_or_default().to_owned();
            let base = request.uri().path().trim_end_matches("/batch").to_owned();
            let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
            let objects = asked["objects"].as_array().cloned().unwrap_or_default().into_iter().map(|object| {
                let oid = object["oid"].as_str().unwrap_or_default();
                match model.files.values().find(|file| file.digest == oid) {
                    Some(file) => json!({ "oid": oid, "size": file.content.len(), "authenticated": true, "actions": { "download": { "href": format!("http://{host}{base}/{oid}") } } }),
                    None => json!({ "oid": oid, "size": object["size"], "error": { "code": 404, "message": "there is no such object" } }),
                }
            });
            let body = json!({ "transfer": "basic", "objects": objects.collect::<Vec<_>>() }).to_string();
            finish(Response::builder().header(CONTENT_TYPE, "application/vnd.git-lfs+json").body(Full::new(body.into())))
        }
        ["objects", oid] => model.files.values().find(|file| file.digest == *oid).map_or_else(missing, |file| file.reply(&request, "")),
        _ => missing(),
    }
}

/// Git over HTTP, by Git's own CGI program.
pub(crate) async fn git(root: Option<&Path>, request: Request<Incoming>) -> Reply {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let mut cgi = std::process::Command::new("git");
    cgi.arg("http-backend")
        .env("GIT_PROJECT_ROOT", root.unwrap_or(Path::new("/nonexistent")))
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", request.uri().path())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", header("content-type"))
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let run = move || -> std::io::Result<Vec<u8>> {
        use std::io::Write as _;
        let mut child = cgi.env("CONTENT_LENGTH", body.len().to_string()).spawn()?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(&body)?;
        }
        Ok(child.wait_with_output()?.stdout)
    };
    let output = tokio::task::spawn_blocking(run).await.ok().and_then(Result::ok).unwrap_or_default();
    // CGI (RFC 3875): headers, an empty line, the body.
    let Some(end) = output.windows(4).position(|four| four == b"\r\n\r\n") else {
        return finish(Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(Full::default()));
    };
    let mut response = Response::builder();
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => response = response.status(status.split(' ').next().unwrap_or_default()),
            Some((name, value)) => response = response.header(name, value),
            None => {}
        }
    }
    finish(response.body(Full::new(Bytes::from(output).slice(end + 4..))))
}
