/**
 * The finished film: plays by itself without sound, keeps its place when its link has run out and a new one came.
 *
 * @import { Film } from './state.d.ts'
 */
import { at } from './view.js'

/** Links hold for an hour; a reader who comes back later gets new ones before he presses. */
const OLD_LINK_MS = 45 * 60_000
const TRIES = 3

/** @param {{ refresh: () => void, readAtMs: () => number }} hooks `refresh` reads the job again */
export function createFilm({ refresh, readAtMs }) {
  const video = /** @type {HTMLVideoElement} */ (at('film'))
  const sound = at('sound')
  const download = /** @type {HTMLAnchorElement} */ (at('download'))
  const sheet = /** @type {HTMLAnchorElement} */ (at('sheet'))
  const still = matchMedia('(prefers-reduced-motion: reduce)')
  let shown = false
  /** When the link that failed was read; 0: none failed. */
  let brokenReadMs = 0
  let tries = 0
  let placeS = 0
  let played = false
  let silent = false

  /** @param {string} url */
  function load(url) {
    brokenReadMs = 0
    video.src = url
    if (placeS > 0) video.currentTime = placeS
    // Not allowed to start by itself: the player's own button does it.
    if (played || !still.matches) video.play().catch(() => {})
  }

  video.addEventListener('error', () => {
    brokenReadMs = readAtMs()
    tries += 1
    at('trouble').hidden = tries <= TRIES
    if (tries <= TRIES) refresh()
  })
  video.addEventListener('timeupdate', () => {
    // Not the zero of a film that is being loaded again.
    if (video.readyState < 2) return
    placeS = video.currentTime
    tries = 0
  })
  video.addEventListener('playing', () => {
    played = true
    sound.hidden = silent || !video.muted
  })
  video.addEventListener('loadedmetadata', () => {
    if (video.videoHeight > 0) {
      at('watch').style.setProperty('--aspect', (video.videoWidth / video.videoHeight).toFixed(4))
    }
  })
  video.addEventListener('volumechange', () => {
    if (!video.muted) sound.hidden = true
  })
  sound.addEventListener('click', () => {
    video.muted = false
    sound.hidden = true
    video.focus()
    video.play().catch(() => {})
  })
  const renew = () => {
    if (shown && Date.now() - readAtMs() > OLD_LINK_MS) refresh()
  }
  for (const name of ['pointerenter', 'focusin']) at('links').addEventListener(name, renew)
  document.addEventListener('visibilitychange', renew)

  return {
    /** @param {Film | null} film @param {string} title */
    draw(film, title) {
      if (!film) return
      if (download.getAttribute('href') !== film.url) {
        download.href = film.url
        download.download = `${title}.mp4`
        if (film.contactSheetUrl) sheet.href = film.contactSheetUrl
        sheet.hidden = film.contactSheetUrl === null
        at('links').hidden = false
      }
      // Read again since: a new link, or the same one once more.
      if (brokenReadMs > 0 && readAtMs() > brokenReadMs && tries <= TRIES) load(film.url)
      if (shown) return
      shown = true
      silent = film.silent
      if (film.posterUrl) video.poster = film.posterUrl
      video.hidden = false
      load(film.url)
    },
  }
}
