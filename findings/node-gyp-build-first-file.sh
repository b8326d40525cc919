#!/bin/sh
# node-gyp-build 4.8.4, the npm package that finds a native addon beside its sources: of several *.node files in
# build/Release it takes the first that the directory listing gives (in order of names), whatever the package or the
# gyp target is called, and says nothing. A second native module that a build leaves there, for tests say, is then
# loaded in the addon's place, and its missing functions surface as "x is not a function" much later.
#
# Seen: with addon.node alone, addon.node; with abc.node beside it, abc.node.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund node-gyp-build@4.8.4 >/dev/null
mkdir -p product/build/Release
echo '{ "name": "addon", "version": "1.0.0" }' >product/package.json
printf '{ "targets": [{ "target_name": "addon", "sources": [] }] }\n' >product/binding.gyp
taken() {
  node -p 'path.basename(require("node-gyp-build").resolve(path.resolve("product")))'
}
: >product/build/Release/addon.node
alone=$(taken)
: >product/build/Release/abc.node
beside=$(taken)
echo "addon.node alone: $alone; with abc.node beside it: $beside"
[ "$alone" = addon.node ] && [ "$beside" = abc.node ]
