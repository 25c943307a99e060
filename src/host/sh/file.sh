
# --- write-file ---------------------------------------------------------------------------------------------------------
# `old` is the durable backup; the copies beside the target are there so that doing and undoing are one rename each, which
# needs no free block.
beside() { # CHANGE-DIR: $path, and $old and $new beside it
  new=${tx##*/}
  new=${new%.part}-${1##*/}
  get "$1/path"
  path=$got
  old=${path%/*}/.nicfix-$new.old
  new=${path%/*}/.nicfix-$new.new
}

content_of() { # CHANGE-DIR: $content; there is no such file where the target is to go
  content=$1/content
  [ -e "$1/from" ] || return 0
  get "$1/from"
  content=$tx/c/$got/out/
  get "$1/output"
  content=$content$got
}

apply_write_file() {
  local path old new content
  beside "$1"
  content_of "$1"
  holds "$path" "$1/expect" || same "$path" "$content" || { echo "$path was changed by someone else"; return 1; }
  if [ -e "$1/gone" ]; then rm -f "$path"; elif [ -e "$new" ]; then mv -f "$new" "$path"; fi ||
    { echo "cannot write or remove $path"; return 1; }
  sync "${path%/*}" || { echo "cannot sync ${path%/*}"; return 1; }
  after_write "$1"
}

after_write() {
  get "$1/after"
  case $got in
  depmod)
    bounded 300 depmod -a "$kernel" && sync || { echo "depmod failed: $(last_words)"; return 1; }
    ;;
  rc-local)
    mv -f "$home/.boot-${tx##*/}.new" "$home/boot" 2>/dev/null
    sync "$home"
    [ -x "$home/boot" ] || { echo "$home/boot is missing"; return 1; }
    ;;
  esac
}

verify_write_file() {
  local path old new content now
  beside "$1"
  content_of "$1"
  same "$content" "$path" || { echo "$path has sha256 $sum"; return 1; }
  now=$(mode_and_owner_of "$path")
  [ -e "$1/gone" ] || [ "$now" = "$(value "$1/mode") $(value "$1/owner")" ] || { echo "$path has mode and owner $now"; return 1; }
  get "$1/after"
  [ "$got" != rc-local ] || [ -x "$home/boot" ] || { echo "$home/boot is missing"; return 1; }
  [ "$got" = depmod ] || return 0
  now=${path##*/}
  now=$(modinfo -n "${now%%.ko*}")
  content=$path
  [ ! -e "$1/gone" ] || content=$(value "$1/instead")
  [ "$(readlink -f "$now")" = "$(readlink -f "$content")" ] || { echo "depmod prefers $now"; return 1; }
}

# is_untouched CHANGE-DIR: a file that was never written by us. The log may be what is damaged; but until the rename that
# writes the target, the new file lies beside it, and one that is to go is still there.
is_untouched() {
  local path old new
  get "$1/kind"
  [ "$got" = write-file ] || return 1
  beside "$1"
  if [ -e "$1/gone" ]; then holds "$path" "$1/expect"; else [ -e "$new" ]; fi
}

undo_write_file() {
  local path old new content now
  beside "$1"
  content_of "$1"
  [ ! -e "$new" ] || rm -f "$new"
  if ! holds "$path" "$1/expect"; then
    [ "$sum" != unreadable ] || { echo "$path cannot be read"; return 1; }
    # Neither ours nor the old one: somebody edited it meanwhile, and what they wrote is kept.
    if [ "$sum" != absent ] && ! holds "$path" "$1/new.sum" && ! same "$content" "$path"; then
      mv -f "$path" "$path.nicfix-conflict.${tx##*/}" && event "${1##*/}" note "$path was edited by someone else: kept as $path.nicfix-conflict.${tx##*/}"
    fi
    get "$1/expect"
    if [ "$got" = absent ]; then
      rm -f "$path"
    else
      bring_backup "$1" || return 1
      mv -f "$old" "$path" || { echo "cannot rename $old to $path"; return 1; }
    fi
    sync "${path%/*}"
  fi
  now=$(undo_after "$1") || now=${now:-$cut_off}
  remove_made_directories "$1"
  [ -z "$now" ] || { echo "$now"; return 1; }
  unwritten "$1"
}

# bring_backup: a whole $old beside the target. A backup that is not the file it was must not replace anything.
bring_backup() {
  if holds "$old" "$1/expect"; then
    get "$1/old.mode"
    [ "$(mode_and_owner_of "$old")" != "$got" ] || return 0
  fi
  if ! holds "$1/old" "$1/expect"; then
    echo "the backup of $path is damaged: $1/old"
    return 1
  fi
  cp -a "$1/old" "$old" && sync "$old" || { echo "cannot bring the backup of $path into place"; return 1; }
}

# Is the file as it was? Content, mode and owner, or absence.
unwritten() {
  local now
  holds "$path" "$1/expect" || { echo "$path has sha256 $sum, had $got"; return 1; }
  [ "$sum" != absent ] || return 0
  now=$(mode_and_owner_of "$path")
  get "$1/old.mode"
  [ "$now" = "$got" ] || { echo "$path has mode and owner $now"; return 1; }
}

# index_sum CHANGE-DIR: of all files of the backup of the module index.
index_sum() { (cd "$1/index" && sha256sum modules.* | sha256sum) 2>/dev/null || :; }

undo_after() {
  local file dir beside
  get "$1/after"
  case $got in
  depmod)
    get "$tx/m/kernel"
    dir=/lib/modules/$got
    get "$1/index.sum"
    if [ "$(index_sum "$1")" != "$got" ]; then
      # The module itself is gone by now, so an index that is made anew serves as well as the old one.
      bounded 300 depmod -a "${dir##*/}" && sync
      echo "the backup of the module index is damaged: $1/index, depmod was asked for a new one"
      return
    fi
    for file in "$1"/index/modules.*; do
      [ -e "$file" ] || continue
      same "$file" "$dir/${file##*/}" && continue
      beside=$dir/.nicfix-${tx##*/}-${file##*/}
      same "$file" "$beside" || cp -a "$file" "$beside" 2>&3
      mv -f "$beside" "$dir/${file##*/}" 2>&3
      same "$file" "$dir/${file##*/}" || echo "$dir/${file##*/} is not as it was"
    done
    # What a depmod that was cut off has left, or made anew.
    for file in "$dir"/modules.*; do
      [ ! -f "$file" ] || [ ! -d "$1/index" ] || [ -e "$1/index/${file##*/}" ] || rm -f "$file"
    done
    sync "$dir"
    ;;
  rc-local)
    if ! holds "$1/boot.old" "$1/boot.sum"; then
      echo "the backup of $home/boot is damaged: $1/boot.old"
    elif [ -e "$1/boot.old" ]; then
      same "$1/boot.old" "$home/boot" || { cp -a "$1/boot.old" "$home/.boot.old" && mv -f "$home/.boot.old" "$home/boot"; } 2>&3
      same "$1/boot.old" "$home/boot" || echo "$home/boot is not as it was"
    else
      rm -f "$home/boot" "$home"/boot.attempt-*
      rm -rf "${home:?}/boot.log.d"
      [ ! -e "$home/boot" ] && [ ! -e "$home/boot.log.d" ] || echo "$home/boot or its log is still there"
    fi
    sync "$home"
    ;;
  esac
  return 0
}

remove_made_directories() {
  local dir
  [ -e "$1/made" ] || return 0
  # Parents come first in the list: gone through once for each line, also the last of them is empty in time. One that
  # somebody else uses by now stays. No pipe: its processes could be killed, and nobody would know.
  while read -r _; do
    while read -r dir; do [ ! -d "$dir" ] || rmdir "$dir" 2>/dev/null; done <"$1/made"
  done <"$1/made"
  return 0
}
