
# --- build-module: everything in the transaction's own directory -------------------------------------------------------

# build NN: source.tar.gz -> out/module.ko, checked. Nothing of the running system is touched: plain `make`, never the
# driver's own install target, which rewrites the initramfs.
build() {
  local c="$tx/c/$1" module src ko
  module=$(value "$c/module")
  [ "$(value "$c/kernel")" = "$kernel" ] || { echo "the running kernel is $kernel"; return 1; }
  rm -rf "$c/build" "$c/out"
  mkdir "$c/build" "$c/out" || return 1
  holds "$c/source.tar.gz" "$c/sha256" || { echo "the source is not the one of the plan"; return 1; }
  # As this script makes files, and not as the archive says: nothing of it is to be setuid, or written by others.
  tar -xzf "$c/source.tar.gz" --no-same-owner --no-same-permissions -C "$c/build" 2>>"$c/build.log" || { echo "the source is not a tar.gz"; return 1; }
  src=$(source_dir "$c/build") || { echo "the source has no Makefile in src/ or at its top"; return 1; }
  # Debug information would be stripped off again, and costs a third of the time.
  KCFLAGS=-g0 nice -n 5 make -C "$src" "BUILD_KERNEL=$kernel" "KVER=$kernel" "-j$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)" \
    </dev/null >>"$c/build.log" 2>&1 || {
    echo "make failed"
    grep -E 'error|Error|No such file' "$c/build.log" | tail -n 5
    return 1
  }
  ko=$(find "$c/build" -name "$module.ko" -type f | head -n 2)
  [ -n "$ko" ] && [ "$(printf '%s\n' "$ko" | wc -l)" -eq 1 ] || { echo "make did not leave one $module.ko"; return 1; }
  strip -d -o "$c/out/module.ko" "$ko" 2>>"$c/build.log" || { echo "strip -d failed"; return 1; }
  grep -E '"[^"]+" \[.*\] undefined!' "$c/build.log" && { echo "symbols are undefined"; return 1; }
  fit_to_load "$c/out/module.ko" "$module" "$(value "$c/version")" "$kernel" || return 1
  describe "$c" || return 1
  sync
}

source_dir() {
  local dir
  for dir in "$1"/*/src "$1/src" "$1"/* "$1"; do
    [ -f "$dir/Makefile" ] || continue
    echo "$dir"
    return
  done
  return 1
}

# fit_to_load FILE MODULE VERSION KERNEL: what the kernel would find out too late, or (vermagic under MODVERSIONS) not at all.
fit_to_load() {
  local file="$1" found stock
  readelf -S -W "$file" 2>/dev/null | grep -q ' SYMTAB ' || {
    echo "no symbol table: the module was stripped of it (plain strip instead of strip -d), the kernel would refuse it"
    return 1
  }
  found=$(modinfo -F vermagic "$file")
  [ "${found%% *}" = "$4" ] || { echo "built for kernel ${found%% *}, running is $4"; return 1; }
  stock=$(modinfo -F vermagic "$2" 2>/dev/null)
  [ -z "$stock" ] || [ "$found" = "$stock" ] || { echo "vermagic is '$found', the kernel's own modules have '$stock'"; return 1; }
  found=$(modinfo -F version "$file")
  [ "$found" = "$3" ] || { echo "the source makes version '${found:-none}', expected '$3'"; return 1; }
  stock=$(modinfo -n "$2" 2>/dev/null)
  case $stock in
  *.ko)
    if readelf -S -W "$stock" | grep -q ' __versions ' && ! readelf -S -W "$file" | grep -q ' __versions '; then
      echo "the module carries no symbol versions: Module.symvers is missing from the kernel headers"
      return 1
    fi
    ;;
  esac
  [ -n "$(file_build "$file")" ] || { echo "the module has no build-id to prove it by"; return 1; }
}

# describe CHANGE-DIR: the facts that were not known before, for the controller and for the boot hook.
describe() {
  local c="$1" file="$1/out/module.ko" build vermagic size stock former=
  build=$(file_build "$file")
  vermagic=$(modinfo -F vermagic "$file")
  size=$(stat -c %s "$file")
  for former in "$tx"/c/*; do
    get "$former/kind"
    [ "$got" != swap-driver ] || break
    former=
  done
  stock=$(stock_file "$former")
  sum_of "$file"
  [ -n "$build" ] && [ -n "$vermagic" ] && [ -n "$size" ] && [ "$sum" != unreadable ] || { echo "the module cannot be described"; return 1; }
  {
    tell version "$c/version"
    echo "sha256 $sum"
    echo "build-id $build"
    echo "size $size"
    echo "vermagic $vermagic"
  } >"$c/result" || return 1
  {
    tell module "$c/module"
    tell kernel "$c/kernel"
    tell version "$c/version"
    tell file "$c/target"
    echo "sha256 $sum"
    echo "build-id $build"
    tell source "$c/sha256"
    tell options "$former/options"
    echo "former $stock"
  } >"$c/out/record"
}

tell() { # WORD FILE
  get "$2"
  echo "$1 $got"
}

# The file that the boot hook falls back to: the one the driver was loaded from before, unless that is the very file that
# is replaced; then the kernel's own.
stock_file() {
  get "$1/former-file"
  case $got in
  "/lib/modules/$kernel/kernel/"*) echo "$got" ;;
  *)
    get "$1/module"
    find "/lib/modules/$kernel/kernel" -name "$got.ko*" | head -n 1
    ;;
  esac
}
