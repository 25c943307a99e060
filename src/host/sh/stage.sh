
# --- staging: backups and manifest durable before anything else --------------------------------------------------------

# stage ID SUMS: from the unpacked directory ID.part. Prints why and exits: 1 nothing changed, 7 locked, 8 refused.
stage() {
  part=$home/tx/$1.part
  sum_of "$part/SHA256SUMS"
  [ "$sum" = "$2" ] && (cd "$part" && sha256sum -c SHA256SUMS >/dev/null 2>&1) ||
    refuse_stage 1 "what arrived is not what was sent"
  tx=$part
  open_out
  [ "$(value "$tx/m/boot-id")" = "$this_boot" ] && [ "$(value "$tx/m/kernel")" = "$kernel" ] ||
    refuse_stage 8 "the host has booted since the plan was made"
  [ "$(value "$tx/m/machine-id")" = "$(value /etc/machine-id)" ] || refuse_stage 8 "this is another machine than the plan was made for"
  check check_tools 1
  sign "$tx/worker" || refuse_stage 1 "cannot write to $home: $(df -k "$home" | tail -n 1)"
  seize "$1" || refuse_stage 7 "$why"
  check check_storage 8
  check check_folders 8
  check check_peace 8
  check check_room 1
  check check_former 8
  /bin/sh -n "$tx/nicfix.sh" 2>&3 || refuse_stage 1 "this host's /bin/sh cannot read the script"
  back_up_files
  keep_ballast && put "$tx/sums" "$2" && mkdir "$tx/token" && echo "$1" >"$tx/token/staged" ||
    refuse_stage 1 "cannot write to $home: $(df -k "$home" | tail -n 1)"
  sync || refuse_stage 1 "cannot sync $home"
  mv "$part" "$home/tx/$1" && sync "$home/tx" || refuse_stage 1 "cannot rename $part"
  tx=$home/tx/$1
  rm -f "$tx/worker"
  phase staged
  clear_parts
}

check() { # FUNCTION CODE
  local fault
  fault=$("$1") || refuse_stage "$2" "$fault"
}

# refuse_stage CODE MESSAGE: what was unpacked goes away again, the lock too if it is ours.
refuse_stage() {
  tx=${part%.part}
  release_lock
  remove "$part"
  die "$1" "$2"
}

# clear_parts: what others had unpacked in an earlier boot and never staged.
clear_parts() {
  local dir
  for dir in "$home"/tx/*.part; do
    get "$dir/m/boot-id"
    [ ! -d "$dir" ] || [ "$got" = "$this_boot" ] || remove "$dir"
  done
}

# keep_ballast: blocks and inodes that a rollback gets back on a disk that has become full.
keep_ballast() {
  local n=0
  mkdir "$tx/ballast" || return 1
  while [ $n -lt 24 ]; do
    n=$((n + 1))
    printf '%8000s\n' ballast >"$tx/ballast/$n" || return 1
  done
}

drop_ballast() { remove "$tx/ballast"; }

back_up_files() {
  local c path old new file
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    holds "$path" "$c/expect" || refuse_stage 8 "$path is not the file that the plan was made for"
    if [ -e "$path" ]; then
      [ -w "$path" ] || refuse_stage 8 "$path cannot be written (read-only, or immutable: lsattr)"
      cp -a "$path" "$c/old" && holds "$c/old" "$c/expect" || refuse_stage 1 "cannot back up $path"
      mode_and_owner_of "$path" >"$c/old.mode"
    fi
    get "$c/after"
    case $got in
    depmod)
      mkdir "$c/index"
      for file in "/lib/modules/$kernel"/modules.*; do
        [ ! -f "$file" ] || cp -a "$file" "$c/index/" || refuse_stage 1 "cannot back up $file"
      done
      index_sum "$c" >"$c/index.sum"
      ;;
    rc-local)
      [ ! -e "$home/boot" ] || cp -a "$home/boot" "$c/boot.old" || refuse_stage 1 "cannot back up $home/boot"
      sum_of "$c/boot.old"
      echo "$sum" >"$c/boot.sum"
      ;;
    esac
    event "${c##*/}" backed-up "$path"
  done
}

# prestage: new content and backup beside every target, on its own file system. The last moment at which a full disk
# is a plain refusal.
prestage() {
  local c path old new content file
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    [ ! -e "$c/gone" ] || continue
    content_of "$c"
    make_directories "$c" "${path%/*}" || return 1
    cp "$content" "$new" && chown "$(value "$c/owner")" "$new" && chmod "$(value "$c/mode")" "$new" && sync "$new" || return 1
    same "$new" "$content" && echo "$sum" >"$c/new.sum" || return 1
    get "$c/after"
    if [ "$got" = rc-local ]; then
      file=$home/.boot-${tx##*/}.new
      cp "$tx/nicfix.sh" "$file" && chmod 0700 "$file" && sync "$file" || return 1
    fi
  done
  prestage_backups
}

# prestage_backups: the copies that a rollback renames into place.
prestage_backups() {
  local c path old new file kernel_of
  get "$tx/m/kernel"
  kernel_of=$got
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    [ ! -e "$c/old" ] || { cp -a "$c/old" "$old" && sync "$old"; } || return 1
    [ -d "$c/index" ] || continue
    for file in "$c"/index/modules.*; do
      cp -a "$file" "/lib/modules/$kernel_of/.nicfix-${tx##*/}-${file##*/}" || return 1
    done
  done
  sync
}

make_directories() {
  [ ! -d "$2" ] || return 0
  make_directories "$1" "${2%/*}" && echo "$2" >>"$1/made" && sync "$1/made" "$1" && mkdir -m 0755 "$2"
}

# Whatever is left beside the targets when the transaction is over.
remove_prestaged() {
  local c path old new
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    [ ! -e "$new" ] && [ ! -e "$old" ] || remove "$new" "$old"
    get "$c/after"
    case $got in
    depmod) get "$tx/m/kernel" && remove "/lib/modules/$got/.nicfix-${tx##*/}-"* ;;
    rc-local) remove "$home/.boot-${tx##*/}.new" ;;
    esac
    is committed || remove_made_directories "$c"
  done
}
