#!/bin/bash
# python.sh ROOT OUT.tar [PROXY]: Python for the lab's hosts, which Ansible needs on the hosts it works on: a tar of all
# that installing it adds to the root. Runs in a mount namespace of its own; the root itself stays as it is.
set -euo pipefail
root=$1 out=$2 proxy=${3:-}
work=$(mktemp -d)
mount -t tmpfs tmpfs "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" "$work/root"
cp /etc/resolv.conf "$work/root/etc/resolv.conf"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
inside() { chroot "$work/root" apt-get ${proxy:+-o "Acquire::http::Proxy=$proxy"} -qq "$@"; }
inside update
inside -y install python3 >/dev/null
tar -C "$work/upper" -cf "$out" --exclude=./etc/resolv.conf --exclude=./var/lib/apt --exclude=./var/cache \
  --exclude=./var/log --exclude=./tmp --exclude=./dev .
