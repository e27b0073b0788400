#!/usr/bin/env bash
# Adds a run to the folder of runs on branch gh-pages of the remote: publish-to-pages.sh REPORT [KEEP]
# The branch is one commit without history, so that removed runs cost nothing. A push by another job in the meantime is not
# lost: this push requires the branch as it was fetched, and is retried from the new state.
set -euo pipefail
report=$(realpath "$1")
keep=${2:-50}
branch=gh-pages
remote=$(git remote get-url origin)
headers=$(git config --get-regexp '^http\..*\.extraheader$' || true)
site=$(mktemp -d)
trap 'rm -rf "$site"' EXIT

for _ in $(seq 20); do
  rm -rf "$site"
  git init -q "$site"
  git -C "$site" remote add origin "$remote"
  # The credentials of the checkout apply only to its own folder.
  if [ -n "$headers" ]; then git -C "$site" config "${headers%% *}" "${headers#* }"; fi
  before=$(git -C "$site" ls-remote origin "refs/heads/$branch" | cut -f1)
  if [ -n "$before" ]; then
    git -C "$site" fetch -q --depth 1 origin "$before"
    git -C "$site" read-tree -u --reset "$before"
  fi
  npm run -s report:publish -- "$site" --from "$report" --keep "$keep"
  touch "$site/.nojekyll"
  git -C "$site" add -A -- . ':!.lock'
  commit=$(git -C "$site" commit-tree -m "Conformance runs" "$(git -C "$site" write-tree)")
  if git -C "$site" push -q --force-with-lease="$branch:$before" origin "$commit:refs/heads/$branch"; then exit 0; fi
done
echo "gh-pages kept changing: the run is not published" >&2
exit 1
