
# --- staging: backups and manifest durable before anything else --------------------------------------------------------

# stage ID SUMS: from the unpacked directory ID.part. Prints why and exits: 1 nothing changed, 7 locked, 8 refused.
stage() {
  local sums
  part=$home/tx/$1.part
  sums=$(sha256_of "$part/SHA256SUMS")
  [ "$sums" = "$2" ] && (cd "$part" && sha256sum -c SHA256SUMS >/dev/null 2>&1) || refuse_stage 1 "what arrived is not what was sent"
  tx=$part
  : >"$tx/out"
  [ "$(value "$tx/m/boot-id")" = "$this_boot" ] && [ "$(value "$tx/m/kernel")" = "$kernel" ] ||
    refuse_stage 8 "the host has booted since the plan was made"
  [ "$(value "$tx/m/machine-id")" = "$(value /etc/machine-id)" ] || refuse_stage 8 "this is another machine than the plan was made for"
  check_tools
  take_lock "$1"
  back_up_files
  mkdir "$tx/token" && echo "$1" >"$tx/token/staged" || refuse_stage 1 "cannot write to $home: $(df -k "$home" | tail -n 1)"
  sync || refuse_stage 1 "cannot sync $home"
  mv "$part" "$home/tx/$1" && sync "$home/tx" || refuse_stage 1 "cannot rename $part"
  tx=$home/tx/$1
  phase staged
}

# refuse_stage CODE MESSAGE: what was unpacked goes away again, the lock too if it is ours.
refuse_stage() {
  rm -rf "$part"
  [ -z "${locked:-}" ] || rm -rf "$home/lock"
  die "$1" "$2"
}

check_tools() {
  local tool missing=
  for tool in sha256sum sync stat awk sed mv cp ip od readlink setsid; do
    command -v "$tool" >/dev/null || missing="$missing $tool"
  done
  if grep -qx set-nic "$tx"/c/*/kind; then command -v ethtool >/dev/null || missing="$missing ethtool"; fi
  if grep -qx swap-driver "$tx"/c/*/kind; then
    for tool in modprobe insmod modinfo depmod ethtool dmesg; do command -v "$tool" >/dev/null || missing="$missing $tool"; done
  fi
  [ -z "$missing" ] || refuse_stage 1 "commands are missing on the host:$missing"
}

# take_lock ID: one transaction at a time. A lock whose transaction is over is stale; one that is not must first be
# ended by `nicfix rollback`, a new owner never throws a pending one away.
take_lock() {
  local other
  if mkdir "$home/lock" 2>/dev/null; then
    locked=1
    put "$home/lock/owner" "$1" || refuse_stage 1 "cannot write to $home"
    return
  fi
  other=$(value "$home/lock/owner")
  if [ -n "$other" ] && [ -d "$home/tx/$other" ]; then
    tx=$home/tx/$other
    is_over || recover
    if is staged && ! alive "$tx/worker" && idle_for 60; then become staged cancelled; fi
    if ! is_over; then
      echo "owner run $other ($(value "$tx/m/playbook")) by $(value "$tx/m/controller"), $state, $(value "$tx/phase")"
      other=held
    elif is failed; then
      echo "owner run $other failed and needs a human: $tx/MANUAL.txt"
      other=held
    fi
    tx=$home/tx/$1.part
    [ "$other" != held ] || refuse_stage 7 "another run has the host"
  fi
  rm -rf "$home/lock"
  mkdir "$home/lock" 2>/dev/null || refuse_stage 7 "another run has the host"
  locked=1
  put "$home/lock/owner" "$1" || refuse_stage 1 "cannot write to $home"
}

# idle_for SECONDS: nothing was logged for that long.
idle_for() {
  local last rest
  last=$(tail -n 1 "$tx/log" 2>/dev/null)
  rest=${last#* }
  last=${last%" $rest"}
  tick
  [ $((clock - ${last:-0})) -ge "$1" ]
}

back_up_files() {
  local c path old new file
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    [ "$(sha256_of "$path")" = "$(value "$c/expect")" ] || refuse_stage 8 "$path is not the file that the plan was made for"
    if [ -e "$path" ]; then
      cp -a "$path" "$c/old" && [ "$(sha256_of "$c/old")" = "$(value "$c/expect")" ] || refuse_stage 1 "cannot back up $path"
      mode_and_owner_of "$path" >"$c/old.mode"
    fi
    case $(value "$c/after") in
    depmod)
      mkdir "$c/index"
      for file in "/lib/modules/$kernel"/modules.*; do
        [ ! -f "$file" ] || cp -a "$file" "$c/index/" || refuse_stage 1 "cannot back up $file"
      done
      ;;
    rc-local)
      [ ! -e "$home/boot" ] || cp -a "$home/boot" "$c/boot.old" || refuse_stage 1 "cannot back up $home/boot"
      ;;
    esac
    event "${c##*/}" backed-up "$path"
  done
}

# prestage: new content and backup beside every target, on its own file system. The last moment at which a full disk
# is a plain refusal.
prestage() {
  local c path old new content dir file
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    content_of "$c"
    make_directories "$c" "${path%/*}" || return 1
    cp "$content" "$new" && chown "$(value "$c/owner")" "$new" && chmod "$(value "$c/mode")" "$new" && sync "$new" || return 1
    [ "$(sha256_of "$new")" = "$(sha256_of "$content")" ] || return 1
    [ ! -e "$c/old" ] || { cp -a "$c/old" "$old" && sync "$old"; } || return 1
    case $(value "$c/after") in
    depmod)
      dir=/lib/modules/$(value "$tx/m/kernel")
      for file in "$c"/index/modules.*; do
        cp -a "$file" "$dir/.nicfix-$(value "$tx/m/id")-${file##*/}" || return 1
      done
      ;;
    rc-local)
      file=$home/.boot-$(value "$tx/m/id").new
      cp "$tx/nicfix.sh" "$file" && chmod 0700 "$file" && sync "$file" || return 1
      ;;
    esac
  done
  sync
}

make_directories() {
  [ ! -d "$2" ] || return 0
  make_directories "$1" "${2%/*}" && echo "$2" >>"$1/made" && sync "$1/made" && mkdir -m 0755 "$2"
}

# Whatever is left beside the targets when the transaction is over.
remove_prestaged() {
  local c path old new dir
  for c in "$tx"/c/*; do
    get "$c/kind"
    [ "$got" = write-file ] || continue
    beside "$c"
    [ ! -e "$new" ] && [ ! -e "$old" ] || rm -f "$new" "$old"
    case $(value "$c/after") in
    depmod)
      dir=/lib/modules/$(value "$tx/m/kernel")
      rm -f "$dir/.nicfix-$(value "$tx/m/id")-"*
      ;;
    rc-local) rm -f "$home/.boot-$(value "$tx/m/id").new" ;;
    esac
    is committed || remove_made_directories "$c"
  done
}
