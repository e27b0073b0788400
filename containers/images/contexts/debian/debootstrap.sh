#!/bin/sh
# Writes a minimal Debian as a tar archive to standard output, messages to standard error.
#   debootstrap.sh <architecture> <mirror>
# Runs on this machine as root, where no registry has an image of Debian.
set -eu
architecture=$1
mirror=$2

work=$(mktemp -d)
# Interrupted, debootstrap may leave /proc and /sys of this machine mounted in there.
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM

# util-linux's setpriv and mount are essential packages; ca-certificates is all that parts need on top.
debootstrap --variant=minbase --arch="$architecture" --include=ca-certificates \
  --force-check-gpg --keyring=/usr/share/keyrings/debian-archive-keyring.gpg trixie "$work/root" "$mirror" >&2

# What no part reads: packages, indexes, manuals and translations.
cd "$work/root"
rm -rf var/cache/apt/* var/lib/apt/lists/* var/log/* usr/share/man/* usr/share/info/* usr/share/locale/* tmp/*
find usr/share/doc -type f ! -name copyright -delete
# Of the machine that made it, not of the image.
rm -f etc/resolv.conf etc/hostname
tar --create --numeric-owner --one-file-system .
