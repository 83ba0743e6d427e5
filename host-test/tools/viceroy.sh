#!/usr/bin/env bash
# Prints the path of Viceroy, Fastly's local runtime, which is to be had as Rust source alone. It is compiled once per user and
# version, into the user's cache folder, and lean, because it is large: some minutes on two cores. Two that ask at once wait for
# one compilation. The tests call this when they need it; who calls it first, in the background, saves them the wait.
set -euo pipefail
version=0.22.0
root="${XDG_CACHE_HOME:-$HOME/.cache}/weighbridge/tools/viceroy-$version"
mkdir -p "$root"
exec 9>"$root/lock"
flock 9
if [ "$("$root/bin/viceroy" --version 2>/dev/null)" != "viceroy $version" ]; then
    # Where `rust-toolchain.toml` names the compiler.
    cd "$(dirname "$0")"
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
    unset CARGO_TARGET_DIR CARGO_BUILD_TARGET RUSTFLAGS
    install() { nice -n 15 cargo install --quiet --force --root "$root" "viceroy@$version" "$@" >&2; }
    # What its lock file names may have been withdrawn.
    install --locked || install
fi
echo "$root/bin/viceroy"
