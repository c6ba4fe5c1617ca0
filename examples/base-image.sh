#!/bin/bash
# base-image.sh FILE [PACKAGE,...]: a minimal Debian 12 root as a tar archive, for `compose image import FILE debian:bookworm-slim`.
# The packages come from the Debian sources of this machine, and the same sources are what apt uses inside.
set -euo pipefail

# One-line entries of the Debian suites that this machine has configured, in whatever format it keeps them.
debian_sources() {
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI) $(COMPONENT)' 'Created-By: Packages' |
		awk '$1 == "Debian" && $2 ~ /^bookworm/ { s = "deb " $3 " " $2; if (!(s in c)) o[++n] = s; c[s] = c[s] " " $4 }
		     END { for (i = 1; i <= n; i++) print o[i] c[o[i]] }'
}

file=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
debian_sources > "$dir/sources.list"
[ -s "$dir/sources.list" ] || {
	echo "base-image.sh: apt on this machine knows no sources of Debian bookworm; run apt-get update, or configure them" >&2
	exit 1
}
packages=${2-}
if grep -q https: "$dir/sources.list"; then packages+=${packages:+,}ca-certificates; fi
mmdebstrap --quiet --variant=minbase ${packages:+--include="$packages"} \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
	bookworm "$dir/base.tar" "$dir/sources.list" </dev/null
mv "$dir/base.tar" "$file"
