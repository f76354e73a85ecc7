/**
 * The live viewer: `/watch/<job id>#<token>`. Ties the connection, the state and the page together.
 *
 * @import { Action } from './state.d.ts'
 */
import { follow } from './connection.js'
import { createFilm } from './film.js'
import { initialState, isOver, reduce } from './state.js'
import { at, createView } from './view.js'
import { announcement } from './words.js'

const jobId = decodeURIComponent(location.pathname.split('/')[2] ?? '')
// After `#`, the part of an address that a browser sends to nobody.
const token = location.hash.slice(1)

let state = initialState(jobId)
let spoken = state
let due = false

const connection = follow({ jobId, token, state: () => state, dispatch })
const hooks = {
  refresh: connection.refresh,
  onBroken: connection.refresh,
  serverNowMs: connection.serverNowMs,
  readAtMs: connection.readAtMs,
}
const view = createView(hooks)
const film = createFilm(hooks)

/** @param {Action} action */
function dispatch(action) {
  const next = reduce(state, action)
  if (next === state) return
  state = next
  if (due) return
  due = true
  // Once a frame; a hidden tab has no frames, and its title and icon go on.
  if (document.hidden) setTimeout(draw, 250)
  else requestAnimationFrame(draw)
}

function draw() {
  due = false
  view.draw(state)
  film.draw(state.film, state.title)
  const words = announcement(spoken, state)
  if (words) at('live').textContent = words
  spoken = state
}

draw()
// The time that goes by, and the loss that has lasted long enough to be shown.
setInterval(() => {
  if (!document.hidden && (!isOver(state) || state.link === 'lost')) draw()
}, 1_000)
// Another link pasted into this tab differs after `#` only, which loads nothing by itself.
addEventListener('hashchange', () => location.reload())
document.addEventListener('visibilitychange', draw)
