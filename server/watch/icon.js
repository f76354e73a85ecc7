/**
 * The tab's icon: the state by shape and colour, drawn as a small SVG in a data address. Pure.
 *
 * @import { State } from './state.d.ts'
 */

const ACCENT = '#3d86f5'
const GREY = '#8a8a8a'

/** @param {State} state */
export function iconOf(state) {
  const ring = (/** @type {string} */ colour, extra = '') =>
    `<circle cx='16' cy='16' r='12' fill='none' stroke='${colour}' stroke-width='5'${extra}/>`
  /** @type {string} */
  let shape
  if (state.status === 'completed') {
    shape = `<circle cx='16' cy='16' r='15' fill='#23884f'/><path d='M9 16.5l5 5 9-10' fill='none' stroke='#fff' stroke-width='4' stroke-linecap='round' stroke-linejoin='round'/>`
  } else if (state.status === 'failed') {
    shape = `<path d='M16 2.5L30.5 28h-29z' fill='#d63f36' stroke='#d63f36' stroke-width='2' stroke-linejoin='round'/><path d='M16 11v8M16 23.4v.2' stroke='#fff' stroke-width='3.6' stroke-linecap='round'/>`
  } else if (state.status === 'canceled') {
    shape = `${ring(GREY)}<path d='M8 24L24 8' stroke='${GREY}' stroke-width='5'/>`
  } else if (state.status === 'processing') {
    // In steps of four: the icon is 16 px wide, finer ones would only be work.
    const percent = Math.round(state.percent / 4) * 4
    shape = `${ring('#8a8a8a66')}${ring(ACCENT, ` pathLength='100' stroke-dasharray='${percent} 100' transform='rotate(-90 16 16)'`)}`
  } else {
    shape = ring(GREY, " stroke-dasharray='6 5'")
  }
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'>${shape}</svg>`)}`
}
