#!/bin/sh
# Installs Directus and the Node that it asks for, as the lock beside this file pins them, into node_modules/.
# Its two native parts are built here (g++, make and python3; a few minutes), so that nothing comes from elsewhere.
set -eu
cd "$(dirname "$0")"
npm ci
node=$(dirname "$(dirname "$(ls -d "$PWD"/node_modules/node-linux-*/bin/node)")")
PATH="$node/bin:$PATH" npm_config_nodedir="$node" npm_config_build_from_source=true \
  npm rebuild --ignore-scripts=false isolated-vm sqlite3
