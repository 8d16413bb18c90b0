# What the scripts share; sourced, not run. Messages go to standard error, so that `scripts/run ... | jq` sees the command only.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s: %s\n' "${0##*/}" "$1" >&2; }

# die <message> [<line>...]: says what is wrong and ends.
die() {
  say "$1"
  shift
  (($# == 0)) || printf '%s\n' "$@" >&2
  exit 1
}

# One job a core, but no more than memory carries (the largest translation units take up to 1.5 GiB).
job_count() {
  local cores fit
  cores=$(nproc)
  fit=$(awk '/^MemAvailable:/ { print int($2 / 1572864) }' /proc/meminfo)
  ((fit >= 1)) || fit=1
  echo $((cores < fit ? cores : fit))
}

# claim_build_folder: makes build/ and keeps other scripts out of it while this one builds.
claim_build_folder() {
  mkdir -p "$root/build" 2>/dev/null && [[ -w $root/build ]] ||
    die "cannot write to $root/build as user $(id -un); clone into a folder of your own, or mend its permissions"
  exec 9>"$root/build/.lock" || die "cannot write to $root/build/.lock as user $(id -un)"
  flock --nonblock 9 || { say "another build is running here; waiting for it"; flock 9; }
  # A user without a home (a service, a container) has no place for ccache's files but here.
  [[ -n ${CCACHE_DIR:-} ]] || mkdir -p "${HOME:-/}/.cache/ccache" 2>/dev/null || export CCACHE_DIR=$root/build/ccache
}
release_build_folder() { exec 9>&-; }

# configure <preset>: only when there is need; ninja itself notices changed CMake files.
configure() {
  local folder=$root/build/$1 fresh=()
  if [[ -f $folder/build.ninja && ! $root/CMakePresets.json -nt $folder/build.ninja ]] &&
    grep --quiet --line-regexp --fixed-strings "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    return
  fi
  [[ ! -f $folder/CMakeCache.txt ]] || fresh=(--fresh)
  mkdir -p "$folder"
  say "configuring build/$1"
  (cd "$root" && cmake "${fresh[@]}" --preset "$1") >"$folder/configure.log" 2>&1 </dev/null || {
    cat "$folder/configure.log" >&2
    die "configuring build/$1 failed; CMake's message stands above"
  }
  # What is left out for want of a package, said by our own CMake files.
  sed -n 's/^-- \(Wengert: .*\)/\1/p' "$folder/configure.log" >&2
}

# build <preset> <target>...: with ninja's output on standard output.
build() {
  local preset=$1
  shift
  configure "$preset"
  (cd "$root" && cmake --build --preset "$preset" --parallel "$(job_count)" --target "$@" </dev/null)
}
