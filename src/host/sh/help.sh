
# --- when a rollback cannot finish: say so wherever a person may look, with what to type -----------------------------------

cry_for_help() {
  local text
  [ -z "${cried:-}" ] || return 0
  cried=yes
  text=$(manual "$1")
  put "$tx/MANUAL.txt" "$text" 2>&3
  logger -p user.emerg -t nicfix "rollback of ${tx##*/} is not complete, see $tx/MANUAL.txt" 2>/dev/null || :
  # The text itself: the disk may be what failed.
  true 2>/dev/null >/dev/console && printf 'nicfix: %s\n' "$text" >/dev/console 2>/dev/null
  put_banner_up "$text" 2>&3
}

manual() {
  local c n=1 state_now nic setting option
  echo "nicfix run ${tx##*/} ($(value "$tx/m/playbook")) could not be rolled back completely. By hand, as root:"
  echo
  printf '%s\n' "$1" | sed 's/^/  still wrong: /'
  echo
  [ ! -e "$tx/hung" ] || echo "  0. A module command hangs inside the kernel: only a reboot ends it, and boots the old driver. Do the rest first."
  # Files before the driver: the one that is to be loaded again may be among them.
  # shellcheck disable=SC2046  # the directories one by one
  for c in $(reversed "$tx"/c/*); do
    case $(value "$c/kind") in
    write-file)
      state_now=$(unchanged_file "$c")
      if [ "$(value "$c/expect")" = absent ]; then
        echo "  $n. rm -f $(value "$c/path")   ($state_now)"
      elif holds "$c/old" "$c/expect"; then
        echo "  $n. cp -a $c/old $(value "$c/path")   ($state_now)"
      else
        echo "  $n. $(value "$c/path") from a backup of your own: the one in $c/old is damaged   ($state_now)"
      fi
      ;;
    swap-driver)
      state_now=$(loaded_build "$(value "$c/module")")
      echo "  $n. depmod -a; modprobe -r $(value "$c/module"); insmod $(value "$c/former-file") $(value "$c/options")   (now loaded: ${state_now:-none})"
      echo "     for each port: ifup --force NIC; ip link set NIC up   (as it was: $c/snapshot)"
      ;;
    set-nic)
      setting_words "$c"
      nic=$(nic_at "$(value "$c/pci")")
      get "$c/before"
      echo "  $n. ethtool $option $nic $got   (now: $(setting_of "$setting" "$nic" "$got"))"
      ;;
    run-command) echo "  $n. $(typed "$c/undo")  (if it was run: $([ -e "$c/touched" ] && echo yes || echo no))" ;;
    *) continue ;;
    esac
    n=$((n + 1))
  done
  echo "  $n. from the controller: nicfix rollback ${tx##*/} --host THIS-HOST   (tries again, proves, and unlocks)"
}

typed() { sed "s/'/'\\\\''/g; s/.*/'&'/" "$1" | tr '\n' ' '; }

unchanged_file() {
  local path old new
  beside "$1"
  if [ -z "$(unwritten "$1")" ]; then echo "is as it was"; else echo "is not as it was"; fi
}

# The banner that people see when they log in: a file of its own where there is a place for that, else lines in /etc/motd
# between two marks, so that they can be taken out again.
put_banner_up() {
  if [ -d /etc/motd.d ]; then
    put /etc/motd.d/nicfix "$1" && chmod 0644 /etc/motd.d/nicfix
  elif [ -f /etc/motd ] && ! grep -q '^# nicfix begin' /etc/motd; then
    cp -a /etc/motd /etc/.motd.nicfix && printf '# nicfix begin\n%s\n# nicfix end\n' "$1" >>/etc/.motd.nicfix &&
      sync /etc/.motd.nicfix && mv -f /etc/.motd.nicfix /etc/motd && sync /etc
  fi
}

take_banner_down() {
  [ -e "$tx/MANUAL.txt" ] || return 0
  rm -f /etc/motd.d/nicfix
  if grep -q '^# nicfix begin' /etc/motd 2>/dev/null; then
    cp -a /etc/motd /etc/.motd.nicfix && sed '/^# nicfix begin/,/^# nicfix end/d' /etc/motd >/etc/.motd.nicfix &&
      sync /etc/.motd.nicfix && mv -f /etc/.motd.nicfix /etc/motd
  fi
  mv -f "$tx/MANUAL.txt" "$tx/MANUAL.done.txt"
}
