#!/bin/sh
# npm 11.19.1: a package with a binding.gyp and "gypfile": false in its package.json has no install script for
# `npm install`, and has one, `node-gyp rebuild`, for `npm ci` from the lock file that this install wrote: the lock file
# does not carry gypfile. Who tries a package by installing it once does not see it.
#
# Seen: "npm install: no script", "npm ci: node-gyp rebuild".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/package" "$folder/project" "$folder/bin"
cd "$folder/package"
echo '{ "name": "has-a-gyp-file", "version": "1.0.0", "gypfile": false }' >package.json
echo '{ "targets": [] }' >binding.gyp
cd "$folder/project"
echo '{ "name": "project", "version": "1.0.0", "private": true }' >package.json
npm install --silent --no-audit --no-fund --prefix "$folder/npm" npm@11.19.1 >/dev/null
npm11="node $folder/npm/node_modules/npm/bin/npm-cli.js"
tarball=$(cd "$folder" && $npm11 pack --silent ./package)
# A script is said, not run.
said() {
  $npm11 "$@" --no-audit --no-fund --foreground-scripts --script-shell="$folder/bin/shell" 2>&1
}
printf '#!/bin/sh\necho "script: $2"\n' >"$folder/bin/shell"
chmod +x "$folder/bin/shell"
said install "$folder/$tarball" >"$folder/install.txt"
rm -rf node_modules
said ci >"$folder/ci.txt"
echo "npm install: $(grep -o 'script: .*' "$folder/install.txt" || echo no script)"
echo "npm ci: $(grep -o 'script: .*' "$folder/ci.txt" || echo no script)"
! grep -q 'script: ' "$folder/install.txt"
grep -q 'script: node-gyp rebuild' "$folder/ci.txt"
