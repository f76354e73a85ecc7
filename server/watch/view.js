/**
 * Draws a state. Every value is set only when it has changed, so that drawing again costs nothing and moves nothing.
 *
 * @import { Picture, Scene, State } from './state.d.ts'
 */
import { iconOf } from './icon.js'
import { isOver, STAGES } from './state.js'
import {
  facts,
  STAGE_NAMES,
  sceneState,
  scenesReady,
  sceneWord,
  shortPrompt,
  tabTitle,
  twoDigits,
  verdict,
  wholePercent,
} from './words.js'

/** Pictures change at most this often in one place. */
const SWAP_MS = 500
/** Short breaks of the line are not shown. */
const QUIET_LOSS_MS = 3_000

/** @template {HTMLElement} [T=HTMLElement] @param {string} id @returns {T} */
export const at = (id) => /** @type {T} */ (document.getElementById(id))

/** @param {Element} element @param {string} name @param {string} value */
function attribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value)
}

/** @param {Element} element @param {string} text */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text
}

/** @param {HTMLElement} element @param {string} name @param {string} value */
function property(element, name, value) {
  if (element.style.getPropertyValue(name) !== value) element.style.setProperty(name, value)
}

/** @param {string} tag @param {string} [className] */
function make(tag, className = '') {
  const element = document.createElement(tag)
  if (className) element.className = className
  return element
}

/** @param {string} name */
function symbol(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'use'))
  setSymbol(svg, name)
  return svg
}

/** @param {Element} svg @param {string} name */
const setSymbol = (svg, name) =>
  attribute(/** @type {Element} */ (svg.firstElementChild), 'href', `#i-${name}`)

/**
 * A place for pictures that follow each other: the next one is loaded and decoded before it is shown, so nothing blinks.
 * @param {[HTMLImageElement, HTMLImageElement]} layers
 * @param {() => void} onBroken a picture could not be loaded: its link may have run out
 */
function pictureWell(layers, onBroken) {
  /** @type {{ picture: Picture, alt: string } | null} */
  let wish = null
  let shownAt = ''
  let brokenUrl = ''
  let brokenAt = ''
  let busy = false
  let [front, back] = layers

  // A picture gets a second chance by a fresh link, and no third: one that is gone for good is not asked for for ever.
  const isWorthTrying = (/** @type {Picture} */ { at, url }) =>
    at !== shownAt && url !== brokenUrl && `${at} twice` !== brokenAt && !document.hidden

  async function work() {
    busy = true
    while (wish && isWorthTrying(wish.picture)) {
      const { picture, alt } = wish
      back.src = picture.url
      try {
        await back.decode()
        back.alt = alt
        back.classList.add('shown')
        front.classList.remove('shown')
        front.alt = ''
        ;[front, back] = [back, front]
        shownAt = picture.at
        await new Promise((resolve) => setTimeout(resolve, SWAP_MS))
      } catch {
        brokenUrl = picture.url
        brokenAt = brokenAt === picture.at ? `${brokenAt} twice` : picture.at
        onBroken()
      }
    }
    busy = false
  }

  return {
    /** @param {Picture} picture @param {string} alt */
    show(picture, alt) {
      wish = { picture, alt }
      if (!busy) work()
    },
    /** Shape of the picture in front, width over height; 0 when there is none. */
    aspect: () => (shownAt && front.naturalHeight ? front.naturalWidth / front.naturalHeight : 0),
    isEmpty: () => shownAt === '',
  }
}

/** One cell of the strip. @param {Scene} scene @param {() => void} onBroken */
function sceneCell(scene, onBroken) {
  const item = make('li', 'scene')
  const box = make('div', 'scene-box')
  const layers = /** @type {[HTMLImageElement, HTMLImageElement]} */ ([
    make('img', 'picture'),
    make('img', 'picture'),
  ])
  const label = make('div', 'scene-label')
  const number = make('span', 'scene-number')
  const prompt = make('span', 'scene-prompt')
  const mark = make('span', 'scene-mark')
  const icon = symbol('empty')
  const percent = make('span')
  const fill = make('div', 'scene-fill')
  const words = make('span', 'unseen')
  for (const layer of layers) layer.alt = ''
  attribute(label, 'aria-hidden', 'true')
  number.textContent = twoDigits(scene.number)
  prompt.textContent = shortPrompt(scene.prompt)
  item.title = `${scene.number}. ${shortPrompt(scene.prompt, 300)}`
  mark.append(icon, percent)
  label.append(number, mark, prompt)
  box.append(...layers, fill)
  item.append(box, label, words)
  const well = pictureWell(layers, onBroken)
  return {
    item,
    /** @param {Scene} now @param {State} state */
    draw(now, state) {
      const kind = sceneState(now, state)
      attribute(item, 'data-state', kind)
      attribute(item, 'data-newest', String(state.newest === now.id && !isOver(state)))
      setSymbol(icon, kind)
      write(percent, kind === 'running' ? `${Math.floor(now.fraction * 100)}%` : '')
      write(words, `Scene ${now.number}, ${sceneWord(now, state)}: ${shortPrompt(now.prompt)}`)
      property(fill, '--part', String(now.fraction))
      if (now.picture) well.show(now.picture, '')
    },
  }
}

/** @param {{ onBroken: () => void, serverNowMs: () => number }} hooks */
export function createView({ onBroken, serverNowMs }) {
  const root = at('watch')
  const frame = at('frame')
  const strip = at('scenes')
  const stages = at('stages')
  const layers = /** @type {HTMLImageElement[]} */ ([...frame.querySelectorAll(':scope > img')])
  const well = pictureWell(
    [/** @type {HTMLImageElement} */ (layers[0]), /** @type {HTMLImageElement} */ (layers[1])],
    onBroken,
  )
  const icon = /** @type {HTMLLinkElement} */ (at('icon'))
  const marks = STAGES.map((stage) => {
    const item = make('li')
    const svg = symbol('empty')
    const name = make('span')
    item.append(svg, name)
    stages.append(item)
    return { stage, item, svg, name }
  })
  /** @type {Map<string, ReturnType<typeof sceneCell>>} */
  let cells = new Map()
  let lostSinceMs = 0

  /** @param {State} state */
  function drawStages(state) {
    stages.hidden = isOver(state) || state.status === null
    const current = STAGES.indexOf(state.stage)
    marks.forEach(({ stage, item, svg, name }, index) => {
      const kind =
        index < current ? 'ready' : index > current ? 'empty' : stage === 'waiting' ? 'empty' : 'running'
      attribute(item, 'data-state', index === current ? 'current' : index < current ? 'passed' : 'ahead')
      if (index === current) attribute(item, 'aria-current', 'step')
      else item.removeAttribute('aria-current')
      setSymbol(svg, kind)
      write(
        name,
        index === current && index > 0 ? `${STAGE_NAMES[stage]} ${wholePercent(state)}%` : STAGE_NAMES[stage],
      )
    })
  }

  /** @param {State} state */
  function drawStrip(state) {
    if (cells.size === 0 && state.scenes.length > 0) {
      cells = new Map(state.scenes.map((scene) => [scene.id, sceneCell(scene, onBroken)]))
      // Rows as even as they can be: 26 scenes are two rows of 13, not 25 and one.
      const isDense = cells.size > 24
      const rows = Math.ceil(cells.size / (isDense ? 25 : 12))
      attribute(strip, 'data-dense', String(isDense))
      property(strip, '--columns', String(Math.ceil(cells.size / rows)))
      property(strip, '--rows', String(rows))
      strip.replaceChildren(...[...cells.values()].map(({ item }) => item))
    }
    for (const scene of state.scenes) cells.get(scene.id)?.draw(scene, state)
  }

  /** @param {State} state */
  function drawPicture(state) {
    const scene = state.scenes.find(({ id }) => id === state.newest)
    if (scene?.picture && !state.film) {
      well.show(scene.picture, `Scene ${scene.number}: ${shortPrompt(scene.prompt)}`)
    }
    const plate = at('plate-scene')
    plate.hidden = !scene || isOver(state) || well.isEmpty()
    if (scene) {
      write(
        plate,
        scene.fraction === 1
          ? `${twoDigits(scene.number)} · ready`
          : `${twoDigits(scene.number)} · preview ${Math.floor(scene.fraction * 100)}%`,
      )
    }
    if (!state.film) property(root, '--aspect', (well.aspect() || state.aspect).toFixed(4))
  }

  /** @param {State} state */
  function drawCard(state) {
    const { title, text } = verdict(state)
    const opening = state.status === null && !state.refusal
    const unreachable = opening && lostSinceMs > 0 && Date.now() - lostSinceMs >= QUIET_LOSS_MS
    if (state.refusal) write(at('card-title'), title)
    else write(at('card-title'), unreachable ? 'Framecast cannot be reached' : state.title)
    if (state.refusal) write(at('card-text'), text)
    else if (opening) write(at('card-text'), unreachable ? 'Trying again by itself.' : '')
    else
      write(
        at('card-text'),
        isOver(state) ? title : state.status === 'queued' ? text : 'The first picture is on its way.',
      )
    at('card').hidden = !state.refusal && !well.isEmpty()
  }

  /** @param {State} state */
  function drawVerdict(state) {
    const { tone, title, text } = verdict(state)
    const over = isOver(state) && !state.refusal
    const line = at('verdict')
    line.hidden = !over
    attribute(line, 'data-tone', tone)
    write(/** @type {Element} */ (line.lastElementChild), over ? title : '')
    const name = state.status === 'completed' ? 'ready' : state.status === 'failed' ? 'failed' : 'canceled'
    setSymbol(/** @type {Element} */ (line.firstElementChild), name)
    at('cause').hidden = !over || !text
    write(at('cause'), over ? text : '')
  }

  /** @param {State} state */
  function drawLink(state) {
    if (state.link !== 'lost') lostSinceMs = 0
    else lostSinceMs ||= Date.now()
    const leftMs = lostSinceMs ? QUIET_LOSS_MS - (Date.now() - lostSinceMs) : 0
    const plate = at('plate-link')
    const lost = lostSinceMs > 0 && leftMs <= 0 && state.status !== null && !state.refusal
    const slow = state.link === 'polling' && !isOver(state)
    plate.hidden = !lost && !slow
    if (lost) write(plate, navigator.onLine ? 'Reconnecting' : 'No network. Reconnecting when it is back')
    else if (slow) write(plate, 'Updated every few seconds')
    attribute(root, 'data-link', lost ? 'lost' : 'ok')
  }

  /** @param {State} state */
  function drawFacts(state) {
    const texts = state.status === null || state.refusal ? [] : facts(state, serverNowMs())
    const list = at('facts')
    while (list.children.length > texts.length) list.lastElementChild?.remove()
    while (list.children.length < texts.length) list.append(make('li'))
    texts.forEach((text, index) => {
      write(/** @type {Element} */ (list.children[index]), text)
    })
  }

  /** @param {State} state */
  function drawTab(state) {
    const title = tabTitle(state)
    if (document.title !== title) document.title = title
    const href = iconOf(state)
    if (icon.getAttribute('href') !== href) icon.setAttribute('href', href)
  }

  return {
    /** @param {State} state */
    draw(state) {
      drawTab(state)
      attribute(root, 'data-view', state.refusal ? 'refused' : (state.status ?? 'opening'))
      if (state.title) write(at('title'), state.title)
      drawLink(state)
      drawStrip(state)
      drawStages(state)
      drawPicture(state)
      drawCard(state)
      drawVerdict(state)
      drawFacts(state)
      const bar = at('bar')
      const percent = wholePercent(state)
      bar.hidden = state.status === null || state.status === 'completed' || state.refusal !== null
      attribute(bar, 'data-over', String(isOver(state)))
      attribute(bar, 'aria-valuenow', String(percent))
      attribute(
        bar,
        'aria-valuetext',
        `${percent} percent, ${scenesReady(state)} of ${state.scenes.length} scenes ready`,
      )
      property(at('bar-fill'), '--part', String(state.percent / 100))
    },
  }
}
