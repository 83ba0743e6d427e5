//! Clients of services and files: `openai` from PyPI, and `curl`.

use std::process::Command;

use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::tools;

use crate::{IDENTIFY, LAW, Place, fails, succeeds};

#[tokio::test(flavor = "multi_thread")]
async fn the_openai_client_gets_its_answer_or_an_error_that_says_why() {
    const SCRIPT: &str = r#"
import sys
from openai import OpenAI
client = OpenAI(base_url=sys.argv[1], api_key="none", max_retries=0)
said = client.chat.completions.create(model="acme/chat", messages=[{"role": "user", "content": "hello"}])
print(said.choices[0].message.content)
"#;
    if tools::skipped("openai") {
        return;
    }
    let place = Place::new(Hub::default()).await;
    let python = tools::python("openai==3.57.0").unwrap().join("bin/python");
    let ask = |edge: std::net::SocketAddr| {
        let mut command = Command::new(&python);
        command.args(["-c", SCRIPT, &format!("http://{edge}/serve/chat/v1")]);
        command
    };
    assert_eq!(succeeds(&mut ask(place.germany.address)), "You said: hello\n");
    let refused = fails(&mut ask(place.iran.address));
    place.shows(&refused, LAW);
    assert!(refused.contains("Error code: 451"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_shows_lines_that_a_person_reads() {
    let place = Place::new(Hub::default()).await;
    let curl = |edge: std::net::SocketAddr, path: &str, more: &[&str]| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error"]).args(more).arg(format!("http://{edge}{path}"));
        command
    };
    let config = succeeds(&mut curl(place.germany.address, "/acme/open-7b/resolve/main/config.json", &[]));
    assert_eq!(config.as_bytes(), Hub::default().file("acme/open-7b", "config.json").unwrap());
    let text = succeeds(&mut curl(place.germany.address, "/files/closed-13b/a.bin", &[]));
    place.shows(&text, IDENTIFY);
    assert_eq!(text.lines().count(), 3, "{text}");
    let json = succeeds(&mut curl(place.iran.address, "/acme/open-7b/resolve/main/config.json", &[]));
    place.shows(&json, LAW);
    let asked = succeeds(&mut curl(place.iran.address, "/acme/open-7b/resolve/main/config.json", &["--header", "accept: text/plain"]));
    place.shows(&asked, LAW);
    assert!(asked.lines().any(|line| line.starts_with("rule OFAC-EMBARGO: 31 CFR")), "{asked}");
    let failed = fails(&mut curl(place.iran.address, "/acme/open-7b/resolve/main/config.json", &["--fail"]));
    assert!(failed.contains("451"), "{failed}");
}
