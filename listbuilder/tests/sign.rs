//! `weighbridge keygen`, `sign`, `verify`, and who asks for a signature: `build`, `package`, `serve`.

mod serving;

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use serving::{Folder, Gate, IRAN, OPEN, blob, get, wait};
use weighbridge_blob::Blob;
use weighbridge_blob::format::rehash;
use weighbridge_blob::signature::strip;

const FORWARDED: [(&str, &str); 2] = [("WEIGHBRIDGE_CLIENT_ADDRESS", "forwarded"), ("WEIGHBRIDGE_TRUSTED_PROXIES", "127.0.0.1")];
const UP: [&str; 2] = ["--upstream", "http://127.0.0.1:9"];

fn weighbridge(folder: &Folder, line: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_weighbridge"));
    command.args(line.split_whitespace()).current_dir(folder.path("")).output().unwrap()
}

/// Runs a command line that must do what it is told; its standard output.
fn done(folder: &Folder, line: &str) -> String {
    let output = weighbridge(folder, line);
    assert_eq!(output.status.code(), Some(0), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs one that must not, with this exit code and these words.
fn fails(folder: &Folder, line: &str, code: i32, said: &str) {
    let output = weighbridge(folder, line);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(code) && error.contains(said), "{line}: {:?}, no `{said}` in {error}", output.status);
}

/// A key in `NAME` and `NAME.pub`; the public one.
fn key(folder: &Folder, name: &str) -> String {
    let told: Value = serde_json::from_str(&done(folder, &format!("keygen {name} --json"))).unwrap();
    assert_eq!((told["private"].as_str(), told["public"].as_str()), (Some(name), Some(format!("{name}.pub").as_str())));
    told["key"].as_str().unwrap().to_owned()
}

fn read(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.path(name)).unwrap()
}

#[test]
fn a_key_is_for_its_owner_alone_and_never_overwritten() {
    let folder = Folder::new();
    let public = key(&folder, "release.key");
    assert_eq!(std::fs::read_to_string(folder.path("release.key.pub")).unwrap().trim(), public);
    assert_ne!(key(&folder, "other.key"), public);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.path("release.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = read(&folder, "release.key");
    fails(&folder, "keygen release.key", 1, "never written over another");
    std::fs::remove_file(folder.path("other.key")).unwrap();
    fails(&folder, "keygen other.key", 1, "`other.key.pub` is there already");
    assert!(!folder.path("other.key").exists());
    assert_eq!(read(&folder, "release.key"), before);
    fails(&folder, "keygen no/such/folder/key", 3, "cannot write");
}

#[test]
fn what_is_signed_is_verified_and_the_rest_is_refused() {
    let folder = Folder::new();
    let (old, new) = (key(&folder, "old.key"), key(&folder, "new.key"));
    let plain = blob(5, None);
    folder.put("plain.blob", &plain);
    let told = done(&folder, "sign plain.blob --key old.key --output signed.blob --json");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((told["signed_by"].as_str(), told["sequence"].as_u64()), (Some(old.as_str()), Some(5)));
    assert_eq!(read(&folder, "plain.blob"), plain, "the other file stays as it is");
    done(&folder, "sign plain.blob --key old.key --output again.blob");
    assert_eq!(read(&folder, "again.blob"), read(&folder, "signed.blob"), "signing twice gives the same bytes");

    // By key, by file, by several keys.
    for trusted in [old.clone(), "old.key.pub".to_owned(), format!("{new} --trusted-key {old}")] {
        assert!(done(&folder, &format!("verify signed.blob --trusted-key {trusted}")).contains(&format!("signed by {old}")));
    }
    assert!(done(&folder, "inspect signed.blob").contains(&format!("says to be signed by {old}")));
    assert!(!done(&folder, "inspect plain.blob").contains("signed"));
    fails(&folder, "verify signed.blob", 2, "--trusted-key");
    fails(&folder, "verify signed.blob --trusted-key ed25519:00", 2, "64 hexadecimal digits");
    fails(&folder, "verify signed.blob --trusted-key nobody.pub", 2, "neither a public key nor a file");
    fails(&folder, "verify signed.blob --trusted-key old.key", 2, "holds no public");
    fails(&folder, "verify none.blob --trusted-key old.key.pub", 3, "cannot read");
    fails(&folder, "verify plain.blob --trusted-key old.key.pub", 1, "not signed");
    fails(&folder, "verify signed.blob --trusted-key new.key.pub", 1, &format!("signed by {old}, which is not among"));
    fails(&folder, "verify signed.blob --trusted-key old.key.pub --min-sequence 6", 1, "6 is the lowest allowed");
    let stripped = {
        let mut bytes = read(&folder, "signed.blob");
        strip(&mut bytes);
        bytes
    };
    assert_eq!(stripped, plain);
    let changed = {
        let mut bytes = read(&folder, "signed.blob");
        bytes[32] = 9;
        rehash(&mut bytes);
        bytes
    };
    folder.put("changed.blob", &changed);
    fails(&folder, "verify changed.blob --trusted-key old.key.pub", 1, "changed after it was signed");

    // A release with a number and a last day of its own, signed in place by the next key.
    done(&folder, "sign signed.blob --key new.key --sequence 12 --not-after 2097-01-02");
    done(&folder, "verify signed.blob --trusted-key new.key.pub --min-sequence 12");
    fails(&folder, "verify signed.blob --trusted-key new.key.pub --at 2097-01-03", 1, "no gate may use this blob after 2097-01-02");
    fails(&folder, "sign signed.blob --key new.key --not-after 2001-01-01", 1, "lies before the blob was built");
    fails(&folder, "sign signed.blob --key new.key --not-after soon", 2, "write a time in UTC");
    fails(&folder, "sign signed.blob --key new.key.pub", 3, "no private Ed25519 key");
    fails(&folder, "sign signed.blob --key none.key", 3, "cannot read the key");
    // What is damaged anywhere is not signed: whoever signs vouches for the content.
    let cut = plain[..plain.len() - 1].to_vec();
    let flipped = {
        let mut bytes = plain.clone();
        *bytes.last_mut().unwrap() ^= 1;
        bytes
    };
    for bytes in [cut, flipped] {
        folder.put("damaged.blob", &bytes);
        fails(&folder, "sign damaged.blob --key old.key", 3, "not a usable blob");
        assert_eq!(read(&folder, "damaged.blob"), bytes);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder.path("old.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
        let output = weighbridge(&folder, "sign plain.blob --key old.key --output readable.blob");
        assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("chmod 600"));
    }
}

/// Keys of OpenSSL are keys, and OpenSSL verifies what we sign.
#[test]
fn openssl_agrees() {
    let folder = Folder::new();
    let openssl = |line: &str| Command::new("openssl").args(line.split_whitespace()).current_dir(folder.path("")).output();
    if openssl("version").is_err() {
        println!("SKIPPED openssl_agrees: there is no `openssl`");
        return;
    }
    assert!(openssl("genpkey -algorithm ed25519 -out theirs.key").unwrap().status.success());
    assert!(openssl("pkey -in theirs.key -pubout -out theirs.pem").unwrap().status.success());
    folder.put("a.blob", &blob(1, None));
    done(&folder, "sign a.blob --key theirs.key");
    done(&folder, "verify a.blob --trusted-key theirs.pem");
    key(&folder, "ours.key");
    assert!(openssl("pkey -in ours.key -pubout -out ours.pem").unwrap().status.success());
    done(&folder, "sign a.blob --key ours.key");
    done(&folder, "verify a.blob --trusted-key ours.pem");
    // As BLOB.md tells: the signature is over a line of text and the digest.
    let bytes = read(&folder, "a.blob");
    folder.put("message", &[b"weighbridge blob v1\n".as_slice(), &bytes[64..96]].concat());
    folder.put("signature", &bytes[128..192]);
    let verified = openssl("pkeyutl -verify -pubin -inkey ours.pem -rawin -in message -sigfile signature").unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
}

#[test]
fn build_signs_and_the_details_stay_bound() {
    let folder = Folder::new();
    let public = key(&folder, "release.key");
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lists/weighbridge.toml");
    let lists = lists.display();
    done(&folder, &format!("build {lists} --checked-at now --output built.blob --sign-key release.key"));
    done(&folder, &format!("verify built.blob --trusted-key {public}"));
    let bytes = read(&folder, "built.blob");
    let details = read(&folder, "built.blob.details");
    Blob::open(&bytes).unwrap().attach(&details).unwrap();
    done(&folder, "sign built.blob --key release.key --sequence 77");
    Blob::open(&read(&folder, "built.blob")).unwrap().attach(&details).unwrap();
    let swapped = {
        let mut swapped = details.clone();
        *swapped.last_mut().unwrap() ^= 1;
        swapped
    };
    assert!(Blob::open(&bytes).unwrap().attach(&swapped).is_err());
    fails(&folder, &format!("build {lists} --checked-at now --output other.blob --sign-key none.key"), 3, "cannot read the key");
    assert!(!folder.path("other.blob").exists());
}

#[test]
fn the_packager_takes_only_what_is_signed_where_a_key_is_given() {
    let folder = Folder::new();
    key(&folder, "old.key");
    key(&folder, "new.key");
    folder.put("plain.blob", &blob(5, None));
    folder.put("weighbridge_core.wasm", b"\0asm\x01\0\0\0");
    done(&folder, "sign plain.blob --key old.key --output signed.blob");
    let package = |blob: &str, more: &str| format!("package --plugins . --blob {blob} --target browser --output out {more}");
    fails(&folder, &package("plain.blob", "--trusted-key old.key.pub"), 1, "is not packaged: this blob is not signed");
    fails(&folder, &package("signed.blob", "--trusted-key new.key.pub"), 1, "not among the trusted keys");
    fails(&folder, &package("signed.blob", "--trusted-key old.key.pub --min-sequence 6"), 1, "6 is the lowest allowed");
    assert!(!folder.path("out").exists());
    done(&folder, &package("signed.blob", "--trusted-key new.key.pub --trusted-key old.key.pub --min-sequence 5"));
    assert_eq!(read(&folder, "out/weighbridge.blob"), read(&folder, "signed.blob"), "the signature travels");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_with_keys_swaps_to_what_they_signed_alone() {
    let folder = Folder::new();
    let (old, new) = (key(&folder, "old.key"), key(&folder, "new.key"));
    key(&folder, "stranger.key");
    let made = |number: u64, not_after: Option<i64>, key: &str| {
        folder.put("made.blob", &blob(number, not_after));
        done(&folder, &format!("sign made.blob --key {key}.key"));
        read(&folder, "made.blob")
    };
    let keys = format!("{old}, {new}");
    let trusted = [&FORWARDED[..], &[("WEIGHBRIDGE_TRUSTED_KEYS", keys.as_str())]].concat();
    // Without a good one no gate starts.
    for (bytes, said) in [(blob(3, None), "not signed"), (made(3, None, "stranger"), "not among the trusted keys")] {
        let path = folder.put("first.blob", &bytes);
        let output = serving::command(&path, &UP, &trusted).output().unwrap();
        assert!(output.status.code() == Some(1) && String::from_utf8_lossy(&output.stderr).contains(said), "{output:?}");
    }
    let empty = [("WEIGHBRIDGE_TRUSTED_KEYS", "")];
    let output = serving::command(&folder.put("first.blob", &blob(3, None)), &UP, &empty).output().unwrap();
    assert!(output.status.code() == Some(3) && String::from_utf8_lossy(&output.stderr).contains("WEIGHBRIDGE_TRUSTED_KEYS"), "{output:?}");

    let gate = Gate::start(&made(3, None, "old"), &UP, &trusted);
    let sequence = async || gate.metrics().await.lines().find(|line| line.starts_with("weighbridge_blob_info")).unwrap().to_owned();
    let stripped = {
        let mut bytes = made(4, None, "old");
        strip(&mut bytes);
        bytes
    };
    let changed = {
        let mut bytes = made(4, None, "old");
        bytes[32] = 9;
        rehash(&mut bytes);
        bytes
    };
    let flipped = {
        let mut bytes = made(4, None, "old");
        *bytes.last_mut().unwrap() ^= 4;
        bytes
    };
    for (bytes, why) in [
        // Not the bytes of the stripped one: what has been refused is not told again.
        (blob(5, None), "this blob is not signed"),
        (stripped, "this blob is not signed"),
        (made(4, None, "stranger"), "which is not among the trusted keys"),
        (changed, "it was changed after it was signed"),
        (flipped, "does not have the hash"),
        (made(2, None, "old"), "has sequence number 2, and 3 is the lowest allowed"),
        (made(4, Some(1_900_000_000 - 300_000_000), "old"), "no gate may use this blob after"),
    ] {
        let before = gate.said().len();
        gate.folder.put("weighbridge.blob", &bytes);
        let told = || gate.said()[before..].iter().any(|line| line.contains(why) && line.contains("stays in force")).then_some(());
        assert!(wait(told).is_some(), "no `{why}` in {:?}", gate.said());
        assert!(sequence().await.contains("sequence=\"3\""), "{why}");
        assert_eq!(get(gate.address, OPEN, &[("x-forwarded-for", IRAN)]).await.status, 451, "{why}");
    }
    // The next good one works, and the keys may change hands.
    for (number, by) in [(4, "old"), (5, "new")] {
        gate.folder.put("weighbridge.blob", &made(number, None, by));
        gate.says(&format!("sequence {number} from"));
    }
    assert!(gate.metrics().await.contains("weighbridge_blob_rejected_total 7\n"));
}
