const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** Rates as a row of bars, each as high as its share of the highest; '' where there are less than two. */
export function plot(course: readonly number[], width = 32): string {
  if (course.length < 2) return ''
  const points = course.length > width ? squeeze(course, width) : course
  const most = Math.max(...points)
  const last = bars.length - 1
  return points.map(each => bars[most > 0 ? Math.round((each / most) * last) : 0]).join('')
}

/** The highest of each part: a burst must not get lost. */
function squeeze(course: readonly number[], width: number): number[] {
  return Array.from({ length: width }, (_, at) => {
    const from = Math.floor((at * course.length) / width)
    const to = Math.max(from + 1, Math.floor(((at + 1) * course.length) / width))
    return Math.max(...course.slice(from, to))
  })
}

/** "0.25/s", "12/s", "3.4k/s", "1.2M/s". */
export function tellPerSecond(rate: number): string {
  if (rate >= 1e6) return `${(rate / 1e6).toFixed(1)}M/s`
  if (rate >= 1e3) return `${(rate / 1e3).toFixed(1)}k/s`
  return `${rate >= 10 || Number.isInteger(rate) ? Math.round(rate) : rate.toFixed(2)}/s`
}
