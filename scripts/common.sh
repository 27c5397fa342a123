# Shared by the scripts of this folder; sourced after they changed to the repository root.

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Prints the comment block at the top of the calling script.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p;}' "$0"; }

# configure FOLDER OPTION...: sets up a build folder, or brings it up to date when the options or the list of source
# files changed. Meson sees changed files by itself, but not new ones.
configure() {
    folder=$1
    shift
    state="$folder/configured.txt"
    wanted=$( { printf '%s\n' "$@"; tools/list_sources --all; } )
    if [ ! -f "$folder/build.ninja" ]; then
        meson setup "$folder" "$@" || return
    elif [ ! -f "$state" ] || [ "$wanted" != "$(cat "$state")" ]; then
        meson setup --reconfigure "$folder" "$@" || return
    fi
    printf '%s\n' "$wanted" > "$state"
}

# compile FOLDER [JOBS]
compile() { ninja -C "$1" ${2:+-j "$2"}; }
