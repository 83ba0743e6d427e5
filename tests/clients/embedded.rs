//! The gate inside a hub: the committed examples, run as they are.

// The example is a program; its `main` is not called here.
#[path = "../../examples/axum_hub.rs"]
mod axum_hub;

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};

use weighbridge_host_test::client::{Answer, fetch};
use weighbridge_host_test::components::workspace;
use weighbridge_host_test::runtime::Process;
use weighbridge_host_test::{sample, tools, web};

const OPEN: &str = "/acme/open-7b/resolve/main/config.json";
const CLOSED: &str = "/acme/closed-13b/resolve/main/config.json";

/// What both hubs must do. `records`: the decision records so far.
async fn decides(hub: SocketAddr, records: impl Fn() -> Vec<String>) {
    let get = async |method: &str, path: &str, headers: &[(&str, &str)]| -> Answer { fetch(hub, method, path, headers, "").await.unwrap() };
    let allowed = get("GET", OPEN, &[]).await;
    assert_eq!(allowed.status, 200, "{}", allowed.text());
    let id = allowed.header("x-weighbridge-decision").to_owned();
    assert!(id.len() == 26 && records().iter().any(|line| line.contains(&id)), "{:?}", records());
    let refused = get("GET", CLOSED, &[]).await;
    assert_eq!((refused.status, refused.header("x-error-code")), (401, "GatedRepo"));
    assert!(refused.text().contains(refused.header("x-weighbridge-decision")));
    let (head, page) = (get("HEAD", CLOSED, &[]).await, get("GET", CLOSED, &[("accept", "text/html")]).await);
    assert_eq!((head.status, head.body.len()), (401, 0));
    assert!(page.status == 401 && page.text().contains("<h1>Please sign in</h1>"));
    assert_eq!(get("GET", "/acme/open-7b/resolve/main/%2e%2e/x", &[]).await.status, 400);
    // From Iran by the test header, which this configuration does not know; and by the one that it was told to believe.
    assert_eq!(get("GET", OPEN, &[("x-test-address", "192.0.2.50")]).await.status, 200);
    let moved = get("GET", OPEN, &[("x-forwarded-for", "192.0.2.50")]).await;
    assert_eq!((moved.status, moved.header("cache-control")), (451, "private, no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rust_hub_with_axum_middleware() {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let setting = |name: &str| match name {
        "WEIGHBRIDGE_CLIENT_ADDRESS" => Some("forwarded".to_owned()),
        "WEIGHBRIDGE_TRUSTED_PROXIES" => Some("127.0.0.1".to_owned()),
        _ => None,
    };
    let record = move |line: &str| kept.lock().unwrap().push(line.to_owned());
    let gate = axum_hub::Gate::open(sample::blob().unwrap().to_vec(), setting, record).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        axum::serve(listener, axum_hub::hub(gate).into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
    });
    decides(address, || records.lock().unwrap().clone()).await;
    serving.abort();
    // A blob that is none never becomes a gate.
    assert!(axum_hub::Gate::open(b"no blob".to_vec(), |_| None, |_| {}).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_hub_with_the_core_module() {
    let folder = tools::scratch("python-hub").unwrap();
    let (module, blob) = (folder.join("weighbridge_core.wasm"), folder.join("weighbridge.blob"));
    std::fs::write(&module, tokio::task::block_in_place(web::core).unwrap()).unwrap();
    std::fs::write(&blob, sample::blob().unwrap()).unwrap();
    let python = tools::python("wasmtime==50.0.1").unwrap().join("bin/python");
    let mut command = Command::new(&python);
    command.arg(workspace().join("examples/python_hub.py")).arg(&module).arg(&blob).arg("0");
    command.env("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded").env("WEIGHBRIDGE_TRUSTED_PROXIES", "127.0.0.1").env_remove("WEIGHBRIDGE_DATA");
    command.env_remove("WEIGHBRIDGE_SKIP");
    let mut process = Process::start(&mut command).unwrap();
    let port: u16 = process.says(|line| line.strip_prefix("listening ")?.parse().ok()).await.unwrap();
    let log = process.log();
    decides(([127, 0, 0, 1], port).into(), || log.lines()).await;

    std::fs::write(&blob, b"no blob").unwrap();
    let mut broken = Command::new(&python);
    broken.arg(workspace().join("examples/python_hub.py")).arg(&module).arg(&blob).arg("0").env_remove("WEIGHBRIDGE_DATA");
    assert!(crate::fails(broken.env_remove("WEIGHBRIDGE_SKIP")).contains("the blob"));
}
