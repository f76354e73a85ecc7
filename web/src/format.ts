/** Times, lengths and counts in the words of the studio. Pure. */

/** `1 scene`, `2 scenes` */
export const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`

/** `0:07`, `1:00` */
export function clock(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** `00:00:20:18`: hours, minutes, seconds, frames. */
export function timecode(frame: number, fps: number): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const seconds = Math.floor(frame / fps)
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}:${two(frame % fps)}`
}

/** `14:02` today, `yesterday 14:02`, else `12 November`. */
export function when(time: number, now: number = Date.now()): string {
  const at = new Date(time)
  const hour = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  const day = (date: Date): number => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((day(new Date(now)) - day(at)) / 86_400_000)
  if (days === 0) return hour
  if (days === 1) return `yesterday ${hour}`
  return at.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    ...(at.getFullYear() === new Date(now).getFullYear() ? {} : { year: 'numeric' }),
  })
}

/** `today`, `yesterday`, `12 November` */
export function day(time: number, now: number = Date.now()): string {
  const text = when(time, now)
  return text.startsWith('yesterday') ? 'yesterday' : /^\d\d:\d\d$/.test(text) ? 'today' : text
}

/** `about 40 s`, `about 3 min` */
export const about = (seconds: number): string =>
  seconds < 55 ? `about ${Math.max(5, Math.ceil(seconds / 5) * 5)} s` : `about ${Math.ceil(seconds / 60)} min`
