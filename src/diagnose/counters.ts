/** What a counter is a sign of. Drivers have a name of their own for most of them. */
export type CounterGroup =
  | 'crc'
  | 'alignment'
  | 'symbol'
  | 'fault'
  | 'fec'
  | 'late-collision'
  | 'tx-carrier'
  | 'length'
  | 'pause'
  | 'missed'
  | 'allocation'
  | 'stack-drop'
  | 'tx-timeout'
  | 'carrier'
  | 'backlog-drop'
  | 'time-squeeze'
  | 'udp-buffer'

type Row = { readonly group: CounterGroup | null; readonly names: RegExp; readonly meaning: string }

/**
 * Names as the kernel has them in /sys/class/net/X/statistics (include/uapi/linux/if_link.h), and as `ethtool -S` of
 * each driver has them; i40e puts "port." before its own, ice ".nic" behind.
 */
const rows: readonly Row[] = [
  {
    group: 'crc',
    names: /^(?:rx_)?(?:crc|fcs)_err(?:or)?s?(?:_phy|_frames)?$/,
    meaning: 'frames that arrived damaged: cable, optics, duplex',
  },
  {
    group: 'alignment',
    names: /^(?:rx_)?(?:align(?:ment)?_err(?:or)?s?|frame_errors)$/,
    meaning: 'frames that did not end on a byte: cable, duplex',
  },
  {
    group: 'symbol',
    names: /^(?:illegal_bytes|rx_(?:pcs_)?symbol_err(?:or)?s?(?:_phy)?)$/,
    meaning: 'symbols on the wire that mean nothing: signal',
  },
  {
    group: 'fault',
    names: /^mac_(?:local|remote)_faults$/,
    meaning: 'times that one direction of the link was not heard',
  },
  {
    group: 'fec',
    names: /fec_?uncorrect(?:ed|able)|FecUncorrect/i,
    meaning: 'blocks that FEC could not correct',
  },
  {
    group: 'late-collision',
    names: /^(?:tx_abort_late_coll|(?:tx_)?late_collisions?|tx_window_errors)$/,
    meaning: 'collisions that come too late: duplex of both ends differs',
  },
  {
    group: 'tx-carrier',
    names: /^tx_carrier_(?:sense_)?err(?:or)?s?$/,
    meaning: 'frames during which the carrier was lost',
  },
  {
    group: 'length',
    names: /^rx_length_errors$/,
    meaning: 'frames longer or shorter than they may be: MTU of both ends',
  },
  {
    group: 'pause',
    names:
      /^(?:[rt]x_flow_control_xo(?:n|ff)|link_xo(?:n|ff)_[rt]x|[rt]x_pause(?:_ctrl_phy|_frames)?|tx_xo(?:n|ff)_sent|rx_xo(?:n|ff)_rcvd)$/,
    meaning: 'pause frames: one end asks the other to wait',
  },
  {
    group: 'missed',
    names:
      /^(?:rx_missed_errors|rx_no_buffer_count|rx_no_dma_resources|rx_out_of_buffer|rx_discards_phy|rx_fw_discards|port\.rx_(?:dropped|discards)|rx_(?:dropped|discards)\.nic)$/,
    meaning: 'frames that found no free descriptor or buffer: the ring is full',
  },
  {
    group: 'allocation',
    names:
      /^(?:rx_alloc_fail(?:ed)?|alloc_rx_(?:buff|page)_failed|rx_skb_alloc_discards|rx_buff_alloc_err)$/,
    meaning: 'times that the driver got no memory for its ring',
  },
  {
    group: 'stack-drop',
    names: /^rx_dropped$/,
    meaning: 'frames that the stack had no use for, after the port received them well',
  },
  {
    group: 'tx-timeout',
    names: /^(?:tx_timeout(?:_count)?|tx-\d+\.tx_timeout)$/,
    meaning: 'times that a transmit queue stood still',
  },
  { group: 'carrier', names: /^carrier_changes$/, meaning: 'times that the link came or went' },
  {
    group: 'backlog-drop',
    names: /^softnet\.dropped$/,
    meaning: 'packets that found the backlog of a processor full',
  },
  {
    group: 'time-squeeze',
    names: /^softnet\.time_squeeze$/,
    meaning: 'receive rounds that ended with work left',
  },
  {
    group: 'udp-buffer',
    names: /^udp6?\.RcvbufErrors$/,
    meaning: 'packets that found the buffer of their socket full',
  },
  {
    group: null,
    names: /^rx_fifo_errors$/,
    meaning:
      '"fifo" of /proc/net/dev; hardly a driver of fast ports counts here, so that 0 proves nothing',
  },
  {
    group: null,
    names: /^rx_over_errors$/,
    meaning: '"overruns": FIFO of the adapter, not its ring; part of "frame" in /proc/net/dev',
  },
  {
    group: null,
    names: /^rx_errors$/,
    meaning: 'sum of damaged frames; which kind is in the others',
  },
  { group: null, names: /^rx_packets$/, meaning: 'frames received' },
  { group: null, names: /^tx_packets$/, meaning: 'frames sent' },
  { group: null, names: /^rx_bytes$/, meaning: 'bytes received' },
  { group: null, names: /^tx_bytes$/, meaning: 'bytes sent' },
  {
    group: null,
    names: /^tx_dropped$/,
    meaning: 'frames that the stack could not hand to the port: its queue was full',
  },
  {
    group: null,
    names: /^collisions$/,
    meaning: 'collisions: ordinary at half duplex, impossible at full',
  },
  { group: null, names: /^multicast$/, meaning: 'multicast frames received' },
]

function findRow(name: string): Row | undefined {
  const plain = name.replace(/^port\./, '').replace(/\.nic$/, '')
  // The port's own count of what it dropped is another matter than the stack's.
  return rows.find(({ names }) => names.test(name)) ?? rows.find(({ names }) => names.test(plain))
}

export const groupOf = (counter: string): CounterGroup | null => findRow(counter)?.group ?? null

/** In a few words; '' where nicfix has none for it. */
export const meaningOf = (counter: string): string => findRow(counter)?.meaning ?? ''

/** Counters of the host, of which a port has none. */
export const isOfHost = (counter: string): boolean => /^(?:softnet|udp6?)\./.test(counter)
