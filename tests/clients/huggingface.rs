//! `huggingface_hub` before the native gate: resuming, caches, the command, tokens, `from_pretrained`. `tests/huggingface.rs`
//! has downloads and refusals on the WebAssembly components.

use std::path::PathBuf;
use std::process::Command;

use weighbridge_host_test::edge::Edge;
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::tools;

use crate::{GERMANY, IDENTIFY, IRAN, LAW, Place, fails, run, succeeds, told};

/// The client, with a cache of its own.
struct Client {
    bin: PathBuf,
    home: PathBuf,
}

impl Client {
    fn new() -> Self {
        let bin = tools::python("huggingface_hub==2.4.0").unwrap().join("bin");
        Self { bin, home: tools::scratch("hf").unwrap() }
    }

    fn command(&self, program: &str, edge: &Edge) -> Command {
        let mut command = Command::new(self.bin.join(program));
        command
            .env("HF_ENDPOINT", format!("http://{}", edge.address))
            .env("HF_HOME", &self.home)
            .env("HF_HUB_DISABLE_XET", "1")
            .env("HF_HUB_DISABLE_TELEMETRY", "1")
            .env("HF_HUB_DISABLE_PROGRESS_BARS", "1");
        command
    }

    fn python(&self, edge: &Edge, script: &str) -> Command {
        let mut command = self.command("python", edge);
        command.args(["-c", script]);
        command
    }
}

const FILE: &str = r#"
import hashlib, sys
from huggingface_hub import hf_hub_download
path = hf_hub_download("acme/open-7b", "model.safetensors", force_download="force" in sys.argv)
print(hashlib.sha256(open(path, "rb").read()).hexdigest())
"#;

fn digest() -> String {
    use sha2::{Digest as _, Sha256};
    let file = Hub::default().file("acme/open-7b", "model.safetensors").unwrap();
    Sha256::digest(&file).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_downloads_or_says_why_not() {
    let (place, client) = (Place::new(Hub::default()).await, Client::new());
    let folder = client.home.join("out");
    let hf = |edge: &Edge, model: &str| {
        let mut command = client.command("hf", edge);
        command.args(["download", model, "--local-dir"]).arg(folder.join(model));
        command
    };
    succeeds(&mut hf(&place.germany, "acme/open-7b"));
    for file in ["config.json", "model.safetensors"] {
        assert_eq!(std::fs::read(folder.join("acme/open-7b").join(file)).unwrap(), Hub::default().file("acme/open-7b", file).unwrap());
    }
    place.shows(&fails(&mut hf(&place.germany, "acme/closed-13b")), IDENTIFY);
    place.shows(&fails(&mut hf(&place.iran, "acme/licensed-30b")), LAW);
    assert!(!folder.join("acme/licensed-30b/config.json").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_transfer_goes_on_where_it_broke_off_unless_the_requester_has_moved() {
    let (place, client) = (Place::new(Hub::default()).await, Client::new());
    place.germany.cuts_after(150_000);
    // The library writes in pieces of 10 MB, and goes on behind the last whole one; here they are smaller.
    let script = format!("import huggingface_hub.constants as c\nc.DOWNLOAD_CHUNK_SIZE = 1 << 15\n{FILE}");
    assert_eq!(succeeds(&mut client.python(&place.germany, &script)).trim(), digest());
    let seen = place.germany.seen();
    let ranged: Vec<_> = seen.iter().filter(|line| line.starts_with("GET ") && line.contains(" bytes=")).collect();
    assert!(ranged.iter().any(|line| line.ends_with(" 206")), "{seen:?}");

    // The rest of a file is refused like the whole of it.
    let (place, client) = (Place::new(Hub::default()).await, Client::new());
    let traveller = Edge::start(place.gate.address, GERMANY.parse().unwrap()).await.unwrap();
    traveller.cuts_after(150_000);
    let moved = client.python(&traveller, &script);
    let watch = async {
        // As soon as the weights are on their way.
        while !traveller.seen().iter().any(|line| line.starts_with("GET ") && line.contains("model.safetensors")) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        traveller.moves(IRAN.parse().unwrap());
    };
    let ran = tokio::task::spawn_blocking(move || {
        let mut moved = moved;
        moved.output().unwrap()
    });
    let (_, output) = tokio::join!(watch, ran);
    let output = output.unwrap();
    assert!(!output.status.success(), "{:?}", traveller.seen());
    place.shows(&told(&output), LAW);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_cache_stays_and_nothing_is_added_to_it() {
    let (place, client) = (Place::new(Hub::default()).await, Client::new());
    succeeds(&mut client.python(&place.germany, FILE));
    // The same cache, from elsewhere: the library falls back to what the person has. No gate can call that back; it gives out no
    // byte, and no update.
    let before = place.gate.refusals().unwrap().len();
    let kept = run(&mut client.python(&place.iran, FILE));
    assert!(kept.status.success() && String::from_utf8_lossy(&kept.stdout).trim() == digest(), "{}", told(&kept));
    // And yet the person is told.
    place.shows(&told(&kept), LAW);
    assert!(place.gate.refusals().unwrap().len() > before && place.iran.seen().iter().all(|line| line.ends_with(" 451")));
    let mut forced = client.python(&place.iran, FILE);
    place.shows(&fails(forced.arg("force")), LAW);
    place.shows(&fails(&mut client.python(&place.iran, &FILE.replace("model.safetensors", "config.json"))), LAW);
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_tokens_and_from_pretrained() {
    const SNAPSHOT: &str = "from huggingface_hub import snapshot_download\nprint(snapshot_download('acme/open-7b'))";
    // `transformers` loads configurations and weights by this library; its own mixin does what `AutoConfig.from_pretrained` does.
    const PRETRAINED: &str = r#"
import json
from huggingface_hub import ModelHubMixin, hf_hub_download
class Model(ModelHubMixin):
    @classmethod
    def _from_pretrained(cls, *, model_id, **kwargs):
        model = cls()
        model.config = json.load(open(hf_hub_download(model_id, "config.json")))
        return model
    def _save_pretrained(self, save_directory): pass
print(Model.from_pretrained("acme/open-7b").config["model_type"])
"#;
    // The client's own way to a token for Xet storage (`huggingface_hub.utils._xet`).
    const TOKEN: &str = r#"
import os
from huggingface_hub.utils import get_session, hf_raise_for_status
response = get_session().get(os.environ["HF_ENDPOINT"] + "/api/models/acme/open-7b/xet-read-token/main")
hf_raise_for_status(response)
print(response.json()["accessToken"])
"#;
    let (place, client) = (Place::new(Hub::default()).await, Client::new());
    let folder = succeeds(&mut client.python(&place.germany, SNAPSHOT));
    assert!(std::path::Path::new(folder.trim()).join("model.safetensors").exists());
    assert_eq!(succeeds(&mut client.python(&place.germany, PRETRAINED)), "llama\n");
    assert_eq!(succeeds(&mut client.python(&place.germany, TOKEN)), "read-acme/open-7b\n");
    let fresh = Client::new();
    for script in [SNAPSHOT, PRETRAINED, TOKEN] {
        place.shows(&fails(&mut fresh.python(&place.iran, script)), LAW);
    }
}
