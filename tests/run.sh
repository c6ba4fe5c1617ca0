#!/bin/bash
# Installs what is missing, builds, and runs every test that this machine permits: unit tests, the same under
# AddressSanitizer and UndefinedBehaviorSanitizer, and the integration cases. Needs Debian 12 and root.
# Arguments go to ctest: `tests/run.sh -L quick`, `tests/run.sh -R integration/exec`.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
. cmake/packages.sh

[ "$(id -u)" = 0 ] || { echo "run me as root: sudo $0" >&2; exit 1; }
set -e
# shellcheck disable=SC2086 # lists of words
need_packages $packages_build $packages_tests $packages_vm
echo "building build/dev and build/asan"
build_preset dev
build_preset asan
set +e

status=0
echo "tests of build/asan (unit tests under the sanitizers)"
ctest --test-dir build/asan --output-on-failure -j "$(nproc)" -L quick "$@" || status=1
echo "tests of build/dev"
ctest --test-dir build/dev --output-on-failure -j "$(nproc)" -LE 'integration|vm' "$@" || status=1
# These drive whole programs and measure waiting: where the machine is busy with something else, a second try decides,
# and the output of the first is shown.
ctest --test-dir build/dev --output-on-failure --repeat until-pass:2 -j "$(nproc)" -L 'integration|vm' "$@" || status=1
exit $status
