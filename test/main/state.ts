import { guestExec } from '../../src/lab/lab.ts'

/** What a boot, or a driver that is loaded later, depends on. */
const places =
  '/boot /lib/modules/ /etc/network /etc/systemd/network /etc/rc.local /etc/modprobe.d /etc/systemd/system /var/lib/nicfix/boot /var/lib/nicfix/boot.d /var/lib/nicfix/boot.attempt*'

// Sums that tell a change; md5sum takes an emulated processor an eighth of the time of sha256sum.
const listFiles = `{
  find ${places} -printf '%p %y %m %u:%g %l\\n'
  find ${places} -type f -print0 | xargs -0 md5sum
} 2>/dev/null | sort`

// The time of the last change of what a file holds or is: no sum, so it takes a moment only.
const listTimes = `find ${places} -printf '%p %y %m %u:%g %l %C@\\n' 2>/dev/null | sort`

const listNetwork = `
  for nic in /sys/class/net/*; do
    nic=\${nic##*/}
    echo "$nic $(cat /sys/class/net/$nic/address) mtu $(cat /sys/class/net/$nic/mtu) carrier $(cat /sys/class/net/$nic/carrier 2>&1)" \\
      "master $(basename "$(readlink /sys/class/net/$nic/master)")"
    ethtool -i $nic | sed -n 's/^version: /  version /p'
    ip -4 -o addr show dev $nic | sed 's/  */ /g; s/^[0-9]*://'
  done 2>/dev/null
  ip -4 route | sed 's/ *$//' | sort`

async function ask(host: string, sh: string, timeoutMs = 180_000): Promise<string> {
  const { code, out } = await guestExec(host, sh, timeoutMs)
  if (code !== 0) throw new Error(`${host}: ${sh} ended with ${code}: ${out}`)
  return out.trim()
}

/** Answers a question to the host past its network; throws when the command fails. */
export const see = ask

/** Every file of the boot path with its content, mode, owner and link target, a line each. */
export const readFiles = (host: string): Promise<string> => ask(host, listFiles)

/** The same as times, where nothing at all may have been touched: what was put back as it was differs too. */
export const readTimes = (host: string): Promise<string> => ask(host, listTimes)

/** Ports, drivers, bridges, IPv4 addresses and routes. */
export const readNetwork = (host: string): Promise<string> => ask(host, listNetwork)

/** All of it: what "as before" means. */
export const readState = async (host: string): Promise<string> =>
  `${await readNetwork(host)}\n${await readFiles(host)}`

/** The driver's version by `ethtool -i`, nothing when the port is gone. */
export const readVersion = (host: string, nic: string): Promise<string> =>
  ask(host, `ethtool -i ${nic} 2>/dev/null | sed -n 's/^version: //p'`)

/** Build-id of the module that is in the kernel. */
export const readLoadedBuild = (host: string, module: string): Promise<string> =>
  ask(
    host,
    `od -An -v -tx1 /sys/module/${module}/notes/.note.gnu.build-id | tr -d ' \\n' | tail -c 40`,
  )

/** Autonegotiation, RX and TX of pause frames, as "on off off". */
export const readPause = (host: string, nic: string): Promise<string> =>
  ask(host, `ethtool -a ${nic} | awk 'NF == 2 { printf "%s%s", gap, $2; gap = " " }'`)

/** Transactions that have not ended, and the lock; nothing where the host is free. */
export const readOpen = (host: string): Promise<string> =>
  ask(
    host,
    `cd /var/lib/nicfix 2>/dev/null || exit 0
    ls -d lock tx/*.part tx/*/token/staged tx/*/token/pending tx/*/token/confirmed tx/*/token/rollback tx/*/token/failed 2>/dev/null
    exit 0`,
  )

/** The state token of every transaction, as "ID committed". */
export const readTokens = (host: string): Promise<string> =>
  ask(host, `ls -d /var/lib/nicfix/tx/*/token/* 2>/dev/null | sed 's,.*/tx/\\(.*\\)/token/,\\1 ,'`)
