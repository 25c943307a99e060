/** When a line was logged, as far as it says. */
export type Moment = {
  /** The time as it stands in the log: "28573.723606", "Thu Nov  5 16:44:42 2020". */
  readonly text: string
  /** Seconds on the line's own clock, for distances between lines; null where the log gives no whole time. */
  readonly seconds: number | null
  /** Seconds since the boot, or of the calendar: only moments of the same clock can be compared. */
  readonly clock: 'uptime' | 'calendar'
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function uptime(text: string): Moment {
  return { text, seconds: Number(text), clock: 'uptime' }
}

/** A time that the log has only in parts, such as `dmesg -H`: shown, and never calculated with. */
export const vague = (text: string): Moment => ({ text, seconds: null, clock: 'calendar' })

/** "2020-11-05T16:44:42,123456+01:00", with a blank for the T, without fraction or zone (then UTC is taken). */
export function isoTime(text: string): Moment {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:(Z)|([+-])(\d\d):?(\d\d))?/.exec(
      text,
    )
  if (!match) return vague(text)
  const [, year, month, day, hour, minute, second, fraction = '0', , sign, east, eastMinutes] =
    match
  const [y, mo, d, h, mi, s] = [year, month, day, hour, minute, second].map(Number)
  const offset = sign === undefined ? 0 : (Number(east) * 60 + Number(eastMinutes)) * 60
  const utc = Date.UTC(y!, mo! - 1, d, h, mi, s) / 1000 + Number(`0.${fraction}`)
  return calendar(text, utc - (sign === '-' ? -offset : offset))
}

/** "Nov  5 16:44:42", with a year where the log has one. Without, it is 2000: only distances are of use then. */
export function dayTime(text: string): Moment {
  const match = /([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d):(\d\d(?:\.\d+)?)(?: +(\d{4}))?/.exec(
    text,
  )
  if (!match) return vague(text)
  const day = startOfDay(match[1]!, match[2]!, match[6] ?? '2000')
  const seconds = Number(match[3]) * 3600 + Number(match[4]) * 60 + Number(match[5])
  return day === null ? vague(text) : calendar(text, day + seconds)
}

/** The day that was asked for last: lines of a log are mostly of the same one. */
let lastDay = { key: '', seconds: null as number | null }

function startOfDay(month: string, day: string, year: string): number | null {
  const key = `${month} ${day} ${year}`
  if (key === lastDay.key) return lastDay.seconds
  const at = months.indexOf(month)
  const seconds = at === -1 ? null : Date.UTC(Number(year), at, Number(day)) / 1000
  lastDay = { key, seconds }
  return seconds
}

const calendar = (text: string, seconds: number): Moment => ({
  text,
  seconds: Number.isFinite(seconds) ? seconds : null,
  clock: 'calendar',
})
