/** The tab's icon: how a render stands by shape and colour, drawn as a small SVG in a data address. Pure. */
import type { Job } from '../../../schemas/types.ts'

const ACCENT = '#3d86f5'
const GREY = '#8a8a8a'

const ring = (colour: string, more = ''): string =>
  `<circle cx='16' cy='16' r='12' fill='none' stroke='${colour}' stroke-width='5'${more}/>`

const TICK = `<circle cx='16' cy='16' r='15' fill='#23884f'/><path d='M9 16.5l5 5 9-10' fill='none' stroke='#fff' stroke-width='4' stroke-linecap='round' stroke-linejoin='round'/>`
const TRIANGLE = `<path d='M16 2.5L30.5 28h-29z' fill='#d63f36' stroke='#d63f36' stroke-width='2' stroke-linejoin='round'/><path d='M16 11v8M16 23.4v.2' stroke='#fff' stroke-width='3.6' stroke-linecap='round'/>`

/** Null for a render that was canceled: the studio's own icon. */
export function tabIcon(status: Job['status'], percent: number): string | null {
  if (status === 'canceled') return null
  // In steps of four: the icon is 16 px wide, finer ones would only be work.
  const part = Math.round(percent / 4) * 4
  const shapes = {
    queued: ring(GREY, " stroke-dasharray='6 5'"),
    processing: `${ring('#8a8a8a66')}${ring(ACCENT, ` pathLength='100' stroke-dasharray='${part} 100' transform='rotate(-90 16 16)'`)}`,
    completed: TICK,
    failed: TRIANGLE,
  }
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>${shapes[status]}</svg>`)}`
}
