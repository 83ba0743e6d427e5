//! Git and Git LFS: a clone with the weights in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::tools;

use crate::{IDENTIFY, LAW, Place, fails, run, succeeds, told};

/// Git with a home of its own, and Git LFS installed in it.
struct Git {
    home: PathBuf,
}

impl Git {
    fn new() -> Self {
        tools::debian("git-lfs", "git-lfs").unwrap();
        let git = Self { home: tools::scratch("git").unwrap() };
        succeeds(git.command(&git.home).args(["lfs", "install", "--skip-repo"]));
        succeeds(git.command(&git.home).args(["config", "--global", "safe.directory", "*"]));
        git
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new("git");
        let config = self.home.join("gitconfig");
        std::fs::OpenOptions::new().append(true).create(true).open(&config).unwrap();
        command.current_dir(folder).env("HOME", &self.home).env("GIT_CONFIG_GLOBAL", config).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_TERMINAL_PROMPT", "0").env_remove("GIT_ASKPASS").env_remove("SSH_ASKPASS");
        command
    }

    /// A bare repository of a model, with its weights as a pointer of Git LFS.
    fn repository(&self, root: &Path, model: &str) {
        let (work, bare) = (self.home.join(format!("work-{}", model.replace('/', "-"))), root.join(format!("{model}.git")));
        std::fs::create_dir_all(&work).unwrap();
        std::fs::create_dir_all(bare.parent().unwrap()).unwrap();
        let file = |name: &str| Hub::default().file(model, name).unwrap();
        let weights = file("model.safetensors");
        let oid: String = Sha256::digest(&weights).iter().map(|byte| format!("{byte:02x}")).collect();
        let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {}\n", weights.len());
        std::fs::write(work.join("config.json"), file("config.json")).unwrap();
        std::fs::write(work.join("model.safetensors"), pointer).unwrap();
        std::fs::write(work.join(".gitattributes"), "*.safetensors filter=lfs diff=lfs merge=lfs -text\n").unwrap();
        succeeds(self.command(&work).args(["init", "--quiet", "--initial-branch=main"]));
        // The pointer is committed as it is, by a Git that knows no Git LFS: the weights are at the hub alone.
        let nothing = self.home.join("no-config");
        std::fs::write(&nothing, "").unwrap();
        let plain = |arguments: &[&str]| {
            let mut command = self.command(&work);
            command.env("GIT_CONFIG_GLOBAL", &nothing).args(["-c", "user.email=test@example.com", "-c", "user.name=Test"]).args(arguments);
            succeeds(&mut command);
        };
        plain(&["add", "."]);
        plain(&["commit", "--quiet", "--message=model"]);
        succeeds(self.command(&work).args(["clone", "--quiet", "--bare", "."]).arg(&bare));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_brings_the_weights_or_says_why_not() {
    if tools::skipped("git-lfs") {
        return;
    }
    let (git, root) = (Git::new(), tools::scratch("git-root").unwrap());
    for model in ["acme/open-7b", "acme/closed-13b"] {
        git.repository(&root, model);
    }
    let place = Place::new(Hub::default().with_git(root)).await;
    let url = |edge: std::net::SocketAddr, model: &str| format!("http://{edge}/acme/{model}.git");

    succeeds(git.command(&git.home).args(["clone", "--quiet", &url(place.germany.address, "open-7b"), "open"]));
    let clone = git.home.join("open");
    assert_eq!(std::fs::read(clone.join("model.safetensors")).unwrap(), Hub::default().file("acme/open-7b", "model.safetensors").unwrap());
    let batch = place.germany.seen().iter().filter(|line| line.contains("/info/lfs/objects/batch") && line.ends_with(" 200")).count();
    assert_eq!(batch, 1, "{:?}", place.germany.seen());

    let refused = fails(git.command(&git.home).args(["clone", &url(place.iran.address, "open-7b"), "refused"]));
    assert!(refused.contains(&format!("remote: {LAW}")), "{refused}");
    place.shows(&refused, LAW);

    // The clone moves: what it has it keeps, what it lacks it does not get.
    succeeds(git.command(&clone).args(["remote", "set-url", "origin", &url(place.iran.address, "open-7b")]));
    place.shows(&fails(git.command(&clone).args(["fetch"])), LAW);
    std::fs::remove_dir_all(clone.join(".git/lfs/objects")).unwrap();
    let pulled = fails(git.command(&clone).args(["lfs", "pull"]));
    place.shows(&pulled, LAW);
    assert!(pulled.contains("batch response: "), "{pulled}");
    let oid: String =
        Sha256::digest(Hub::default().file("acme/open-7b", "model.safetensors").unwrap()).iter().map(|b| format!("{b:02x}")).collect();
    assert!(!clone.join(".git/lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(&oid).exists());

    // Nobody signed in: Git asks for a password, as it does of every 401. With one that the hub does not know, it says why.
    let ask = git.home.join("askpass.sh");
    std::fs::write(&ask, "#!/bin/sh\necho someone\n").unwrap();
    std::fs::set_permissions(&ask, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let closed = url(place.germany.address, "closed-13b");
    let asked = run(git.command(&git.home).args(["clone", &closed, "closed"]));
    assert!(!asked.status.success() && told(&asked).contains("could not read Username"), "{}", told(&asked));
    let refused = fails(git.command(&git.home).env("GIT_ASKPASS", &ask).args(["clone", &closed, "closed"]));
    place.shows(&refused, IDENTIFY);
    let seen = place.germany.seen();
    assert!(seen.last().is_some_and(|line| line.ends_with(" 403")), "the password was not sent: {seen:?}");
    succeeds(git.command(&clone).args(["remote", "set-url", "origin", &closed]));
    place.shows(&fails(git.command(&clone).env("GIT_ASKPASS", &ask).args(["lfs", "pull"])), IDENTIFY);
}
