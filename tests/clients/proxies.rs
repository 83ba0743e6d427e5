//! The gate beside what people run: nginx, Envoy and Traefik's forward-auth, with the committed examples. Of each file nothing
//! but addresses and folders is replaced, and each of these must be there.

use std::net::SocketAddr;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::{Request, Response};
use weighbridge::serve::{Asker, CheckHeaders};
use weighbridge_host_test::client::{Answer, fetch};
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::host::{Server, serve};
use weighbridge_host_test::native::Native;
use weighbridge_host_test::runtime::{Process, free_port, ready};
use weighbridge_host_test::tools;

use crate::{GERMANY, IDENTIFY, IRAN, LAW, succeeds};

const OPEN: &str = "/acme/open-7b/resolve/main/model.safetensors";
const CLOSED: &str = "/acme/closed-13b/resolve/main/model.safetensors";

/// An example as it is committed, with other addresses and folders.
fn example(name: &str, replaced: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(workspace().join("examples").join(name)).unwrap();
    for (from, to) in replaced {
        assert!(text.contains(from), "examples/{name} does not hold `{from}`");
        text = text.replace(from, to);
    }
    text
}

/// An origin that tells which headers reached it, and says that anybody may keep its answers.
async fn origin() -> Server {
    serve(0, |request: Request<hyper::body::Incoming>| async move {
        let told = format!("{} {}\n{:?}\n", request.method(), request.uri(), request.headers());
        Response::builder()
            .header("cache-control", "public, max-age=600")
            .header("surrogate-control", "max-age=600")
            .body(Full::new(Bytes::from(told)))
            .unwrap()
    })
    .await
    .unwrap()
}

async fn get(server: SocketAddr, path: &str, from: &str, headers: &[(&str, &str)]) -> Answer {
    let headers: Vec<_> = [("x-forwarded-for", from)].into_iter().chain(headers.iter().copied()).collect();
    fetch(server, "GET", path, &headers, "").await.unwrap()
}

/// The last record is about this answer, which says why.
fn refused(gate: &Native, answer: &Answer, status: u16, reason: &str) {
    assert_eq!(answer.status, status, "{:?} {}", answer.headers, answer.text());
    let id = gate.refusals().unwrap().pop().expect("nothing was refused");
    assert_eq!(answer.header("x-weighbridge-decision"), id, "{:?}", answer.headers);
    assert!(answer.text().contains(&id) && answer.text().to_lowercase().contains(reason), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    for name in ["content-type", "cache-control", "x-weighbridge-decision"] {
        assert_eq!(answer.headers.get_all(name).iter().count(), 1, "{name}: {:?}", answer.headers);
    }
}

fn nginx_headers() -> Asker {
    Asker::Nginx(CheckHeaders {
        method: "X-Original-Method".into(),
        uri: "X-Original-URI".into(),
        host: "X-Original-Host".into(),
        address: Some("X-Real-IP".into()),
    })
}

/// nginx with the committed configuration.
struct Nginx {
    gate: Native,
    files: SocketAddr,
    proxy: SocketAddr,
    folder: PathBuf,
    origin: Server,
    _process: Process,
}

impl Nginx {
    async fn start() -> Self {
        let (gate, origin) = (Native::asked_by(nginx_headers()).await.unwrap(), origin().await);
        let folder = tools::scratch("nginx").unwrap();
        let (files, proxy) = (free_port().unwrap(), free_port().unwrap());
        let hub = folder.join("hub");
        for model in ["open-7b", "closed-13b"] {
            std::fs::create_dir_all(hub.join("acme").join(model)).unwrap();
            std::fs::write(hub.join("acme").join(model).join("model.safetensors"), format!("the weights of {model}")).unwrap();
        }
        let text = example(
            "nginx.conf",
            &[
                ("127.0.0.1:8787", &gate.address.to_string()),
                ("127.0.0.1:8080", &files.to_string()),
                ("127.0.0.1:8081", &proxy.to_string()),
                ("127.0.0.1:9000", &origin.address.to_string()),
                ("/srv/hub", hub.to_str().unwrap()),
                // The load balancer in front is this test.
                ("10.0.0.0/8", "127.0.0.1/32"),
            ],
        );
        std::fs::write(folder.join("nginx.conf"), text).unwrap();
        for name in ["gate.conf", "check.conf"] {
            std::fs::write(folder.join(name), example(name, &[])).unwrap();
        }
        let root = succeeds(Command::new("id").arg("-u")).trim() == "0";
        let user = if root { "user root;" } else { "" };
        let mut nginx = Command::new(tools::debian("nginx", "nginx").unwrap());
        nginx.arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf")).arg("-e").arg("stderr");
        nginx.arg("-g").arg(format!("daemon off; master_process off; pid {}; {user}", folder.join("nginx.pid").display()));
        let mut process = ready(&mut nginx, files).await.unwrap();
        process.listens(proxy).await.unwrap();
        Self { gate, files, proxy, folder, origin, _process: process }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nginx_serves_what_the_gate_allows_and_says_why_not() {
    if tools::skipped("nginx") {
        return;
    }
    let nginx = Nginx::start().await;
    let allowed = get(nginx.files, OPEN, GERMANY, &[]).await;
    assert_eq!((allowed.status, allowed.text().as_str()), (200, "the weights of open-7b"));

    let answer = get(nginx.files, OPEN, IRAN, &[]).await;
    refused(&nginx.gate, &answer, 451, LAW);
    assert_eq!((answer.header("content-type"), answer.header("x-error-code")), ("application/json", "GatedRepo"));
    assert_eq!(answer.header("link"), "<https://gate.example.com/>; rel=\"blocked-by\"");
    assert!(answer.header("x-error-message").contains("31 CFR 560.204"));
    let page = get(nginx.files, OPEN, IRAN, &[("accept", "text/html")]).await;
    refused(&nginx.gate, &page, 451, LAW);
    assert!(page.header("content-type").starts_with("text/html") && page.header("content-security-policy").contains("sha256-"));
    let text = get(nginx.files, "/acme/open-7b.git/info/refs", IRAN, &[("user-agent", "git/2.47.3")]).await;
    refused(&nginx.gate, &text, 451, LAW);
    assert!(text.header("content-type").starts_with("text/plain"));
    refused(&nginx.gate, &get(nginx.files, CLOSED, GERMANY, &[]).await, 401, IDENTIFY);
    refused(&nginx.gate, &get(nginx.files, "/some/odd/path", GERMANY, &[]).await, 403, "needs a review");
    refused(&nginx.gate, &get(nginx.files, "/acme/open-7b/resolve/main/%2e%2e/x", GERMANY, &[]).await, 400, "more than one way");
    let head = fetch(nginx.files, "HEAD", OPEN, &[("x-forwarded-for", IRAN)], "").await.unwrap();
    assert_eq!((head.status, head.body.len(), head.header("x-error-code")), (451, 0, "GatedRepo"));

    // What a client says in nginx's own words to the gate changes nothing.
    for (name, value) in [
        ("x-original-uri", "/acme/open-7b"),
        ("x-original-method", "OPTIONS"),
        ("x-original-host", "elsewhere"),
        ("x-real-ip", GERMANY),
        ("x_real_ip", GERMANY),
        ("x-weighbridge-status", "200"),
    ] {
        refused(&nginx.gate, &get(nginx.files, OPEN, IRAN, &[(name, value)]).await, 451, LAW);
        refused(&nginx.gate, &get(nginx.files, CLOSED, GERMANY, &[(name, value)]).await, 401, IDENTIFY);
    }

    // Without a gate nothing is handed out.
    let Nginx { gate, files, _process, .. } = nginx;
    gate.stop().await;
    let closed = get(files, OPEN, GERMANY, &[]).await;
    assert_eq!((closed.status, closed.header("cache-control")), (503, "private, no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_gigabytes_go_past_the_gate_in_ranges_and_resumed() {
    const SIZE: u64 = 10 << 30;
    if tools::skipped("nginx") {
        return;
    }
    let nginx = Nginx::start().await;
    let path = nginx.folder.join("hub/acme/open-7b/large.safetensors");
    let file = std::fs::File::create(&path).unwrap();
    // Sparse: a hole with a few words in it.
    file.set_len(SIZE).unwrap();
    file.write_all_at(b"the end", SIZE - 7).unwrap();
    file.write_all_at(b"the middle", 5 << 30).unwrap();
    let url = "/acme/open-7b/resolve/main/large.safetensors";
    let from = [("x-forwarded-for", GERMANY)];
    let head = fetch(nginx.files, "HEAD", url, &from, "").await.unwrap();
    assert_eq!((head.status, head.header("content-length"), head.header("accept-ranges")), (200, SIZE.to_string().as_str(), "bytes"));
    for (range, content_range, text) in [
        (format!("bytes={}-{}", 5_u64 << 30, (5_u64 << 30) + 9), format!("bytes 5368709120-5368709129/{SIZE}"), "the middle"),
        ("bytes=-7".to_owned(), format!("bytes {}-{}/{SIZE}", SIZE - 7, SIZE - 1), "the end"),
    ] {
        let part = get(nginx.files, url, GERMANY, &[("range", &range)]).await;
        assert_eq!((part.status, part.header("content-range"), part.text().as_str()), (206, content_range.as_str(), text));
        refused(&nginx.gate, &get(nginx.files, url, IRAN, &[("range", &range)]).await, 451, LAW);
    }
    // curl goes on where an earlier transfer broke off, a megabyte before the end.
    let have = nginx.folder.join("have");
    std::fs::File::create(&have).unwrap().set_len(SIZE - (1 << 20)).unwrap();
    let curl = |address: &str| {
        let mut curl = Command::new("curl");
        curl.args([
            "--silent",
            "--show-error",
            "--fail",
            "--continue-at",
            "-",
            "--header",
            &format!("x-forwarded-for: {address}"),
            "--output",
        ]);
        curl.arg(&have).arg(format!("http://{}{url}", nginx.files));
        curl
    };
    assert!(crate::fails(&mut curl(IRAN)).contains("451"));
    assert_eq!(std::fs::metadata(&have).unwrap().len(), SIZE - (1 << 20));
    succeeds(&mut curl(GERMANY));
    let resumed = std::fs::File::open(&have).unwrap();
    let mut end = [0; 7];
    resumed.read_exact_at(&mut end, SIZE - 7).unwrap();
    assert_eq!((resumed.metadata().unwrap().len(), &end), (SIZE, b"the end"));
    // And one whole gigabyte, by nginx alone: the gate's records are all that it knows of it.
    let records = nginx.gate.records().unwrap().len();
    let mut curl = Command::new("curl");
    curl.args([
        "--silent",
        "--fail",
        "--range",
        "0-1073741823",
        "--header",
        &format!("x-forwarded-for: {GERMANY}"),
        "--output",
        "/dev/null",
    ]);
    curl.args(["--write-out", "%{http_code} %{size_download}"]).arg(format!("http://{}{url}", nginx.files));
    assert_eq!(succeeds(&mut curl), "206 1073741824");
    assert_eq!(nginx.gate.records().unwrap().len(), records + 1);
    for path in [path, have] {
        std::fs::remove_file(path).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_in_nginx_gives_nobody_what_another_was_given() {
    if tools::skipped("nginx") {
        return;
    }
    let nginx = Nginx::start().await;
    let first = get(nginx.proxy, OPEN, GERMANY, &[]).await;
    assert_eq!((first.status, first.header("x-cache")), (200, "MISS"), "{}", first.text());
    let second = get(nginx.proxy, OPEN, GERMANY, &[]).await;
    assert_eq!((second.status, second.header("x-cache"), &second.body), (200, "HIT", &first.body));
    assert_ne!(first.header("x-weighbridge-decision"), second.header("x-weighbridge-decision"), "each is decided on");
    // It is in the cache, and yet.
    let third = get(nginx.proxy, OPEN, IRAN, &[]).await;
    refused(&nginx.gate, &third, 451, LAW);
    assert_eq!(third.header("x-cache"), "");
    refused(&nginx.gate, &get(nginx.proxy, OPEN, IRAN, &[("if-none-match", "*"), ("range", "bytes=0-3")]).await, 451, LAW);
    assert_eq!(get(nginx.proxy, OPEN, GERMANY, &[]).await.header("x-cache"), "HIT");
    // The refusal was not kept, either, and reached no origin.
    assert!(!first.text().contains("x-weighbridge-identity"));
    let claimed = get(nginx.proxy, &format!("{OPEN}?other"), GERMANY, &[("x-weighbridge-identity", "{}")]).await;
    assert!(claimed.status == 200 && !claimed.text().contains("x-weighbridge-identity"), "{}", claimed.text());
    assert_eq!(claimed.header("surrogate-control"), "");
    drop(nginx.origin);
}

#[tokio::test(flavor = "multi_thread")]
async fn envoy_asks_by_ext_authz_and_hands_the_refusal_on() {
    if tools::skipped("envoy-ext-authz") {
        return;
    }
    let gate = Native::asked_by(Asker::ExtAuthz(Some("X-Client-Address".into()))).await.unwrap();
    let (origin, address) = (origin().await, free_port().unwrap());
    let folder = tools::scratch("envoy").unwrap();
    let port = |address: SocketAddr| format!("port_value: {}", address.port());
    let text = example(
        "envoy-ext-authz.yaml",
        &[
            ("port_value: 8080", &port(address)),
            ("port_value: 9000", &port(origin.address)),
            ("port_value: 8787", &port(gate.address)),
            // The load balancer in front is this test.
            ("xff_num_trusted_hops: 0", "xff_num_trusted_hops: 1"),
        ],
    );
    let file = folder.join("envoy.yaml");
    std::fs::write(&file, text).unwrap();
    let mut envoy = Command::new(tools::envoy().unwrap());
    envoy.arg("-c").arg(&file).args(["--concurrency", "1", "--log-level", "warning", "--use-dynamic-base-id"]);
    let _process = ready(&mut envoy, address).await.unwrap();

    let allowed = get(address, OPEN, GERMANY, &[("x-weighbridge-identity", "{}"), ("x-client-address", IRAN)]).await;
    assert_eq!(allowed.status, 200, "{}", allowed.text());
    assert!(
        allowed.text().starts_with(&format!("GET {OPEN}\n")) && !allowed.text().contains("x-weighbridge-identity"),
        "{}",
        allowed.text()
    );
    assert_eq!(allowed.header("x-weighbridge-decision").len(), 26);
    let answer = get(address, OPEN, IRAN, &[("x-client-address", GERMANY), ("x-original-uri", "/")]).await;
    refused(&gate, &answer, 451, LAW);
    assert_eq!((answer.header("x-error-code"), answer.header("content-type")), ("GatedRepo", "application/json"));
    assert!(answer.header("link").contains("blocked-by"));
    let page = get(address, OPEN, IRAN, &[("accept", "text/html")]).await;
    refused(&gate, &page, 451, LAW);
    assert!(page.header("content-type").starts_with("text/html") && page.header("content-security-policy").contains("sha256-"));
    let unknown = get(address, CLOSED, GERMANY, &[]).await;
    refused(&gate, &unknown, 401, IDENTIFY);
    assert_eq!(unknown.header("www-authenticate"), "Weighbridge realm=\"weighbridge\"");
    refused(&gate, &get(address, "/acme/open-7b/resolve/main/%2e%2e/x", GERMANY, &[]).await, 400, "more than one way");
    let range = get(address, OPEN, GERMANY, &[("range", "bytes=0-9")]).await;
    assert!(range.text().contains("bytes=0-9"), "the origin sees the range");
    gate.stop().await;
    assert_eq!(get(address, OPEN, GERMANY, &[]).await.status, 503, "no gate, no weights");
}

/// Traefik is in no registry that this can install from. This is its contract, as its documentation of `ForwardAuth` has it: the
/// request's headers, with `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri` and `-For` set by Traefik; a 2xx passes, and any other
/// answer goes to the client as it is.
#[tokio::test(flavor = "multi_thread")]
async fn forward_auth_as_traefik_does_it() {
    let text = example("traefik.yml", &[]);
    assert!(text.contains("trustForwardHeader: false") && text.contains("address: \"http://127.0.0.1:8787/check\""));
    let asker = Asker::ForwardAuth(CheckHeaders {
        method: "X-Forwarded-Method".into(),
        uri: "X-Forwarded-Uri".into(),
        host: "X-Forwarded-Host".into(),
        address: Some("X-Forwarded-For".into()),
    });
    let gate = Native::asked_by(asker).await.unwrap();
    let ask = async |method: &str, uri: &str, from: &str, more: &[(&str, &str)]| {
        let headers: Vec<_> = [
            ("x-forwarded-method", method),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "hub.example.com"),
            ("x-forwarded-uri", uri),
            ("x-forwarded-for", from),
            ("user-agent", "Mozilla/5.0"),
        ]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
        fetch(gate.address, "GET", "/check", &headers, "").await.unwrap()
    };
    let allowed = ask("GET", OPEN, GERMANY, &[]).await;
    assert_eq!((allowed.status, allowed.header("x-weighbridge-outcome"), allowed.body.len()), (200, "allow", 0));
    assert_eq!(allowed.header("x-weighbridge-decision").len(), 26, "what `authResponseHeaders` copies");
    refused(&gate, &ask("GET", OPEN, IRAN, &[]).await, 451, LAW);
    let page = ask("GET", OPEN, IRAN, &[("accept", "text/html")]).await;
    refused(&gate, &page, 451, LAW);
    assert!(page.header("content-type").starts_with("text/html"));
    refused(&gate, &ask("POST", "/acme/closed-13b.git/info/lfs/objects/batch", GERMANY, &[]).await, 401, IDENTIFY);
    let head = ask("HEAD", OPEN, IRAN, &[]).await;
    assert_eq!((head.status, head.body.len()), (451, 0));
    // A client's own header beside Traefik's is no word at all.
    assert_eq!(ask("GET", OPEN, GERMANY, &[("x-forwarded-uri", "/acme/closed-13b")]).await.status, 503);
    assert_eq!(fetch(gate.address, "GET", "/check", &[("x-forwarded-uri", OPEN)], "").await.unwrap().status, 503);
}
