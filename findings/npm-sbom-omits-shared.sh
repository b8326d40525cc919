#!/bin/sh
# npm 11.19, `npm sbom --omit dev`: leaves out not only what development alone needs but also what the runtime shares
# with it. A bill of materials made so lacks packages that are installed by everybody. Without --omit they are listed.
# It also calls the whole as its folder is called, whatever package.json says.
#
# Seen: which@1.3.1 (runtime) and cross-spawn (development) both need isexe: with --omit dev it is not listed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "name": "named", "version": "1.0.0" }' >package.json
npm install --silent --no-audit --no-fund which@1.3.1
npm install --silent --no-audit --no-fund --save-dev cross-spawn@7.0.6
count() {
  npm sbom --sbom-format cyclonedx "$@" | grep -c '"bom-ref": "isexe@' || true
}
omitted=$(count --omit dev)
whole=$(count)
needed=$(npm ls isexe --omit dev --parseable | grep -c isexe)
name=$(npm sbom --sbom-format cyclonedx | node -p 'JSON.parse(require("fs").readFileSync(0)).metadata.component.name')
echo "isexe, which the runtime needs ($needed): listed $omitted times with --omit dev, $whole times without; the whole is called $name"
[ "$omitted" = 0 ] && [ "$whole" = 1 ] && [ "$needed" = 1 ] && [ "$name" = "$(basename "$folder")" ]
