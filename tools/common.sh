# SPDX-License-Identifier: GPL-2.0-only
# What ./tools/run and ./tools/test share: packages, and building. Sourced, not run.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)

# What building and running need (doc/dependencies.md says why each) …
build_packages='gcc g++ libc6-dev meson ninja-build pkg-config python3 libns3-dev libsodium-dev nettle-dev
  libgnutls28-dev libxml2-dev libhttp-parser-dev libglib2.0-dev libjson-glib-dev
  libsqlite3-dev gnuplot-nox check'
# … and what the tests need beside it.
test_packages='tshark valgrind libxml2-utils libgstreamer-plugins-base1.0-dev python3-pandas'

say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# Installs those of the named packages that are missing; says which, and needs root only for that.
need_packages() {
    missing=
    for package in "$@"; do
        case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
        installed) ;;
        *) missing="$missing $package" ;;
        esac
    done
    [ -n "$missing" ] || return 0
    say "installing$missing"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            say "please install as root: apt-get install --no-install-recommends$missing"
            exit 1
        }
        as_root=sudo
    fi
    log=$(mktemp)
    # shellcheck disable=SC2086
    if ! { $as_root apt-get update -qq &&
           $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        exit 1
    fi
    rm -f "$log"
    installed=yes
}
installed=no

# build DIRECTORY [MESON OPTION]…: sets the directory up if it is not or if packages have come, and builds.
build() {
    directory=$root/$1
    shift
    if [ ! -f "$directory/build.ninja" ]; then
        say "setting up ${directory#"$root"/}"
        rm -rf "$directory"
        meson setup "$@" "$directory" "$root" >"$directory.log" 2>&1 || {
            cat "$directory.log" >&2
            rm -rf "$directory" "$directory.log"
            exit 1
        }
        mv "$directory.log" "$directory/setup.log"
    elif [ "$installed" = yes ]; then
        # What was not there before is looked for again.
        meson setup --reconfigure "$directory" "$root" >"$directory/setup.log" 2>&1 || {
            cat "$directory/setup.log" >&2
            exit 1
        }
    fi
    say "building ${directory#"$root"/}"
    ninja -C "$directory" >"$directory/build.log" 2>&1 || {
        cat "$directory/build.log" >&2
        exit 1
    }
}
