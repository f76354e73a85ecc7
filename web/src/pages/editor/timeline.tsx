/** The film along time: shots to scale with what joins them, and the lanes of sound. */
import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react'
import { type Change, pathOf } from '../../document/edit.ts'
import { type JoinPlace, joinsOf, ORIGIN_WORDS } from '../../document/joins.ts'
import { movedSound } from '../../document/sounds.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { withMoved } from '../../document/text.ts'
import { clock } from '../../format.ts'
import { isOver, type LiveJob, shareOf } from '../../live/progress.ts'
import type { Player } from '../../player.ts'
import { Button, IconButton } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icon.tsx'
import { pictureOf } from './board.tsx'
import { editingOf } from './inspector/editing.ts'
import { JoinDialog, joinWords } from './inspector/join-button.tsx'
import { useMedia } from './inspector.tsx'
import { type Selecting, selecting } from './selection.ts'
import { AddSound } from './timeline/add-sound.tsx'
import { LaneView } from './timeline/lane-view.tsx'
import { PlayheadLine, TimeOf, WholeFilm } from './timeline/parts.tsx'
import { ShotView } from './timeline/shot-view.tsx'
import { useWindow } from './timeline/use-window.ts'
import styles from './timeline.module.css'
import {
  type Block,
  dropPlace,
  edgesOf,
  heldDuration,
  layoutOf,
  placeAt,
  rulerSteps,
  snapped,
  stepsTo,
  type Target,
  type TimelineLayout,
} from './timeline-layout.ts'

const LEAST_PX_PER_S = 2
const MOST_PX_PER_S = 240
const ZOOM_STEP = 1.4
const SNAP_PX = 8
/** A press that moves less is a click. */
const DRAG_AFTER_PX = 4
/** Room after the last shot. */
const TAIL_PX = 24
/** Room that a time on the ruler takes. */
const LABEL_PX = 32
const LANES = [
  { lane: 'dialogue', name: 'Dialogue', icon: 'dialogue' },
  { lane: 'effects', name: 'Effects', icon: 'effects' },
  { lane: 'ambience', name: 'Ambience', icon: 'ambience' },
  { lane: 'music', name: 'Music', icon: 'music' },
] as const
const WHERE_PEOPLE_TYPE =
  'input:not([type="range"]), textarea, select, [contenteditable], [role="menu"], [role="dialog"]'

type Shot = TimelineLayout['plan']['shots'][number]

type Drag = {
  fromX: number
  byPx: number
  began: boolean
  /** The target that it was drawn to last. */
  held: Target | null
} & (
  | { kind: 'move'; shot: Shot; to: number }
  | { kind: 'trim'; shot: Shot; seconds: number }
  | { kind: 'sound'; block: Block; frame: number }
)

const held = (value: number): number => Math.max(LEAST_PX_PER_S, Math.min(MOST_PX_PER_S, value))

export function Timeline({
  store,
  snapshot,
  job,
  player,
  chosen,
  onSelect,
  owner,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  job: LiveJob | undefined
  player: Player
  chosen: readonly { id: string }[]
  onSelect: (sceneId: string, how?: Selecting) => void
  /** Owner of the files that can be named. */
  owner: string
  canEdit: boolean
}) {
  const { fps } = player
  const media = useMedia(owner)
  const isSound = snapshot.checked !== null && snapshot.checked.errors.length === 0
  const [last, setLast] = useState<TimelineLayout | null>(null)
  const fresh = useMemo(
    () => (isSound ? layoutOf(snapshot.document, fps as 16 | 24 | 30, media.sounds) : null),
    [isSound, snapshot.document, fps, media.sounds],
  )
  // While something is wrong with the text, the timeline stays what it was.
  useEffect(() => {
    if (fresh) setLast(fresh)
  }, [fresh])
  const layout = fresh ?? last
  const [seen, box, setBox] = useWindow()
  const [pxPerS, setPxPerS] = useState<number | null>(null)
  const [isSnapping, setSnapping] = useState(true)
  const [opened, setOpened] = useState<number | null>(null)
  const [said, setSaid] = useState('')
  const content = useRef<HTMLDivElement>(null)
  const plate = useRef<HTMLSpanElement>(null)
  const snapLine = useRef<HTMLDivElement>(null)
  const drag = useRef<Drag | null>(null)
  const request = useRef(0)
  const anchor = useRef<{ seconds: number; screenPx: number } | null>(null)
  const isEditable = canEdit && isSound

  useEffect(() => player.setFrames(layout?.plan.frames ?? 1), [player, layout])

  const fit = layout ? Math.max(LEAST_PX_PER_S, (seen.width - TAIL_PX) / layout.plan.durationS) : 40
  const scale = pxPerS ?? Math.min(MOST_PX_PER_S, fit)
  const px = (frames: number): number => (frames / fps) * scale
  const toFrames = (pixels: number): number => (pixels / scale) * fps

  /** What is at `screenPx` of the box stays there. */
  const zoom = (to: number, screenPx?: number): void => {
    if (!box) return
    const at = screenPx ?? px(player.state().frame) - box.scrollLeft
    const onScreen = at >= 0 && at <= box.clientWidth ? at : box.clientWidth / 2
    anchor.current = { seconds: (box.scrollLeft + onScreen) / scale, screenPx: onScreen }
    setPxPerS(held(to))
  }
  useLayoutEffect(() => {
    if (box && anchor.current) box.scrollLeft = anchor.current.seconds * scale - anchor.current.screenPx
    anchor.current = null
  }, [box, scale])

  const edges = useMemo(() => (layout ? edgesOf(layout.plan) : []), [layout])
  const lanes = useMemo(
    () =>
      LANES.map((lane) => ({
        ...lane,
        blocks: layout?.blocks.filter((block) => block.lane === lane.lane) ?? [],
      })),
    [layout],
  )
  const joins = useMemo(() => joinsOf(snapshot.document), [snapshot.document])
  const groups = useMemo(
    () =>
      layout?.plan.shots.map(({ path }) =>
        path.includes('.flashback.') ? 'Flashback' : path.includes('.montage.') ? 'Montage' : null,
      ) ?? [],
    [layout],
  )
  const editing = editingOf(store, snapshot, { isEditable, owner, ...media })

  const change = (name: string, changes: readonly Change[]): void => {
    if (changes.length > 0) editing.change(name, ...changes)
  }
  const shots = layout?.plan.shots ?? []
  const chosenIds = new Set(chosen.map(({ id }) => id))
  const selected = chosen.at(-1)?.id
  const scenes = snapshot.document.scenes ?? []

  /** Index in `scenes` when there is no written timeline, else in `timeline`; null for a shot inside a group. */
  const place = ({ path }: Shot): { list: 'scenes' | 'timeline'; index: number } | null => {
    const match = /^(scenes|timeline)\[(\d+)\](?:\.scene)?$/.exec(path)
    return match ? { list: match[1] as 'scenes' | 'timeline', index: Number(match[2]) } : null
  }
  /** The shot that keys work on: the one with the focus, else that of the selected scene at the playhead. */
  const active = (): Shot | undefined => {
    const focused = document.activeElement?.closest<HTMLElement>('[data-shot]')?.dataset.shot
    if (focused !== undefined) return shots[Number(focused)]
    const here = layout ? placeAt(layout.plan, player.state().frame)?.shot : undefined
    return here?.sceneId === selected ? here : shots.find(({ sceneId }) => sceneId === selected)
  }
  /** The shot that will have the focus in a moment. */
  const going = useRef<number | null>(null)
  const focusShot = (index: number): void => {
    const shot = shots[index]
    if (!shot) return
    onSelect(shot.sceneId)
    player.seek(shot.startFrame)
    const find = (): HTMLElement | null | undefined =>
      content.current?.querySelector<HTMLElement>(`[data-shot="${index}"]`)
    const there = find()
    if (there) {
      going.current = null
      there.focus()
      return
    }
    // It comes into view, and with it to life, only now; keys that are pressed meanwhile count from it.
    going.current = index
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        if (going.current !== index) return
        going.current = null
        find()?.focus()
      }),
    )
  }

  const moveShot = (shot: Shot, to: number): void => {
    const from = place(shot)
    const other = shots[to]
    const target = other && place(other)
    if (!from || !target || from.list !== target.list || from.index === target.index) {
      if (!from) setSaid('A shot of a flashback or montage is moved in the source.')
      return
    }
    const { text, document } = store.snapshot()
    const list: readonly unknown[] = document[from.list] ?? []
    const order = list.toSpliced(from.index, 1).toSpliced(target.index, 0, list[from.index])
    store.edit(`move ${shot.sceneId}`, withMoved(text, [from.list], from.index, target.index), {
      ...document,
      [from.list]: order,
    })
    setSaid(`Moved ${shot.sceneId} to ${to + 1} of ${shots.length}.`)
  }
  const othersS = (sceneId: string): number =>
    scenes.reduce((sum, scene) => sum + (scene.id === sceneId ? 0 : Number(scene.duration) || 0), 0)
  const setDuration = (shot: Shot, seconds: number): void => {
    const at = scenes.findIndex((scene) => scene.id === shot.sceneId)
    if (at >= 0 && scenes[at]?.duration !== seconds)
      change(`change the duration of ${shot.sceneId}`, [{ path: ['scenes', at, 'duration'], value: seconds }])
  }
  const nudgeDuration = (shot: Shot, byFrames: number): void => {
    const duration = scenes.find((scene) => scene.id === shot.sceneId)?.duration ?? 1
    const { seconds, stop } = heldDuration(duration + byFrames / fps, othersS(shot.sceneId))
    setDuration(shot, seconds)
    setSaid(stop ?? `${shot.sceneId} lasts ${seconds.toFixed(2)} s.`)
  }
  const moveSound = (block: Block, frame: number): void => {
    const to = layout && placeAt(layout.plan, Math.max(0, Math.round(frame)))
    if (!to) return
    const changes = movedSound(snapshot.document, block.path, {
      sceneId: to.shot.sceneId,
      sceneS: to.sceneS,
    })
    if ('refusal' in changes) setSaid(changes.refusal)
    else {
      change(`move “${block.label}”`, changes)
      setSaid(`“${block.label}” starts at ${to.sceneS.toFixed(2)} s of ${to.shot.sceneId}.`)
    }
  }

  const targets = (except: Block | null): Target[] => {
    const { frame, from, to } = player.state()
    return [
      { frame, name: 'playhead' },
      ...shots.map((shot) => ({ frame: shot.startFrame, name: 'cut' })),
      { frame: layout?.plan.frames ?? 0, name: 'end' },
      ...(from === null ? [] : [{ frame: from, name: 'in' }]),
      ...(to === null ? [] : [{ frame: to, name: 'out' }]),
      ...(layout?.blocks ?? [])
        .filter((block) => block !== except && block.path !== except?.path)
        .map((block) => ({ frame: block.startFrame, name: 'sound' })),
      ...stepsTo(layout?.plan.durationS ?? 0, 1).map((s) => ({ frame: s * fps, name: 'whole second' })),
    ]
  }

  /** Shows a drag by moving what is there already; the document changes when it is dropped. */
  const showDrag = (): void => {
    request.current = 0
    const now = drag.current
    const root = content.current
    if (!now?.began || !root) return
    const shotAt = (index: number) => root.querySelector<HTMLElement>(`[data-shot="${index}"]`)
    let words = ''
    let plateAt = 0
    let line: Target | null = null
    if (now.kind === 'move') {
      const { index } = now.shot
      const edge = edges[index]!
      const width = px(edge.end - edge.start)
      now.to = dropPlace(edges, index, (edge.start + edge.end) / 2 + toFrames(now.byPx))
      for (const other of shots) {
        const element = shotAt(other.index)
        if (!element) continue
        const isPassed =
          other.index !== index &&
          other.index >= Math.min(index, now.to) &&
          other.index <= Math.max(index, now.to)
        element.dataset.parting = String(other.index !== index)
        element.style.transform =
          other.index === index
            ? `translateX(${now.byPx}px)`
            : isPassed
              ? `translateX(${now.to > index ? -width : width}px)`
              : ''
      }
      shotAt(index)?.setAttribute('data-dragged', 'true')
      words = `To place ${now.to + 1} of ${shots.length}`
      plateAt = px(edge.start) + now.byPx
    } else if (now.kind === 'trim') {
      const { shot } = now
      const duration = scenes.find((scene) => scene.id === shot.sceneId)?.duration ?? 1
      const share = shot.frames / Math.max(1, Math.round(duration * fps))
      const end = shot.startFrame + shot.frames + toFrames(now.byPx)
      const near = isSnapping
        ? snapped(end, targets(null), toFrames(SNAP_PX), now.held)
        : { frame: end, target: null }
      now.held = near.target
      line = near.target
      const wanted = (near.frame - shot.startFrame) / share / fps
      const { seconds, stop } = heldDuration(wanted, othersS(shot.sceneId))
      now.seconds = seconds
      const byPx = (seconds - duration) * share * scale
      const edge = edges[shot.index]!
      const element = shotAt(shot.index)
      if (element) element.style.width = `${Math.max(2, px(edge.end - edge.start) - 1 + byPx)}px`
      for (const other of shots)
        if (other.index > shot.index) {
          const after = shotAt(other.index)
          if (after) after.style.transform = `translateX(${byPx}px)`
        }
      words = stop ?? `${duration.toFixed(1)} → ${seconds.toFixed(1)} s, will render`
      plateAt = px(edge.start) + 8
    } else {
      const { block } = now
      const to = block.startFrame + toFrames(now.byPx)
      const near = isSnapping
        ? snapped(to, targets(block), toFrames(SNAP_PX), now.held)
        : { frame: to, target: null }
      now.held = near.target
      line = near.target
      now.frame = Math.max(0, Math.min((layout?.plan.frames ?? 1) - 1, Math.round(near.frame)))
      const element = root.querySelector<HTMLElement>(
        `[data-lane="${block.lane}"] [data-block="${CSS.escape(block.key)}"]`,
      )
      if (element) {
        element.style.transform = `translateX(${px(now.frame - block.startFrame)}px)`
        element.setAttribute('data-dragged', 'true')
      }
      const there = layout && placeAt(layout.plan, now.frame)
      words = there ? `${there.sceneS.toFixed(1)} s of ${there.shot.sceneId}` : ''
      plateAt = px(now.frame)
    }
    if (plate.current) {
      plate.current.hidden = false
      plate.current.textContent = line ? `${words}, at the ${line.name}` : words
      plate.current.style.transform = `translateX(${Math.max(0, plateAt)}px)`
    }
    if (snapLine.current) {
      snapLine.current.hidden = line === null
      if (line) snapLine.current.style.transform = `translateX(${px(line.frame)}px)`
    }
  }
  const putBack = (): void => {
    drag.current = null
    cancelAnimationFrame(request.current)
    request.current = 0
    for (const element of content.current?.querySelectorAll<HTMLElement>('[data-shot], [data-block]') ?? []) {
      element.style.transform = ''
      element.removeAttribute('data-dragged')
      delete element.dataset.parting
      const edge = edges[Number(element.dataset.shot)]
      if (edge) element.style.width = `${shotWidth(edge)}px`
    }
    if (plate.current) plate.current.hidden = true
    if (snapLine.current) snapLine.current.hidden = true
  }
  const shotWidth = ({ start, end }: { start: number; end: number }): number =>
    Math.max(2, px(end - start) - 1)

  const begin = (event: PointerEvent<HTMLElement>, next: Drag): void => {
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = next
  }
  const move = (event: PointerEvent<HTMLElement>): void => {
    const now = drag.current
    if (!now) return
    now.byPx = event.clientX - now.fromX
    now.began ||= Math.abs(now.byPx) >= DRAG_AFTER_PX
    if (now.began) request.current ||= requestAnimationFrame(showDrag)
  }
  const release = (): void => {
    if (!drag.current) return
    if (request.current) {
      cancelAnimationFrame(request.current)
      showDrag()
    }
    const done = drag.current
    putBack()
    if (!done.began) return
    if (done.kind === 'move') moveShot(done.shot, done.to)
    else if (done.kind === 'trim') setDuration(done.shot, done.seconds)
    else if (done.frame !== done.block.startFrame) moveSound(done.block, done.frame)
  }
  const START = { byPx: 0, began: false, held: null }
  const pressShot = (event: PointerEvent<HTMLElement>, index: number, kind: 'move' | 'trim'): void => {
    const shot = shots[index]
    if (!shot) return
    if (event.button !== 0) {
      putBack()
      return
    }
    event.stopPropagation()
    const how = selecting(event)
    if (how !== 'only' || shot.sceneId !== selected || chosen.length > 1) onSelect(shot.sceneId, how)
    if (kind === 'move' && how === 'only') {
      const { frame } = player.state()
      if (frame < shot.startFrame || frame >= shot.startFrame + shot.frames) player.seek(shot.startFrame)
    }
    if (!isEditable || how !== 'only') return
    begin(
      event,
      kind === 'move'
        ? { ...START, fromX: event.clientX, kind, shot, to: index }
        : { ...START, fromX: event.clientX, kind, shot, seconds: 0 },
    )
  }
  const pressBlock = (event: PointerEvent<HTMLElement>, block: Block): void => {
    if (event.button !== 0) {
      putBack()
      return
    }
    if (block.sceneId !== null) onSelect(block.sceneId)
    else onSelect('')
    if (isEditable && (block.lane === 'dialogue' || block.lane === 'effects'))
      begin(event, { ...START, fromX: event.clientX, kind: 'sound', block, frame: block.startFrame })
  }
  const keyShot = (event: KeyboardEvent<HTMLElement>, focused: number): void => {
    const index = going.current ?? focused
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const to = {
      ArrowLeft: index - 1,
      ArrowUp: index - 1,
      ArrowRight: index + 1,
      ArrowDown: index + 1,
      Home: 0,
      End: shots.length - 1,
    }[event.key]
    if (event.key === 'Enter')
      document.querySelector<HTMLElement>('aside[aria-label="Scene"] textarea')?.focus()
    else if (to !== undefined) focusShot(Math.max(0, Math.min(shots.length - 1, to)))
    else return
    event.preventDefault()
  }
  const keyBlock = (event: KeyboardEvent<HTMLElement>, block: Block): void => {
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (event.key === 'Enter') onSelect(block.sceneId ?? '')
    else if (!isEditable) return
    else if (event.key === 'Delete')
      editing.change(`remove “${block.label}”`, { path: pathOf(block.path), value: undefined })
    else if (step !== 0 && event.altKey && (block.lane === 'dialogue' || block.lane === 'effects'))
      moveSound(block, block.startFrame + step * (event.shiftKey ? fps / 2 : 1))
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  const latest = useRef({ pressShot, pressBlock, keyShot, keyBlock, move, release, putBack })
  latest.current = { pressShot, pressBlock, keyShot, keyBlock, move, release, putBack }
  // The same functions each time, so that shots are not drawn again for them.
  const shotHandlers = useMemo(
    () => ({
      press: (event: PointerEvent<HTMLElement>, index: number, kind: 'move' | 'trim') =>
        latest.current.pressShot(event, index, kind),
      move: (event: PointerEvent<HTMLElement>) => latest.current.move(event),
      release: () => latest.current.release(),
      cancel: () => latest.current.putBack(),
      key: (event: KeyboardEvent<HTMLElement>, index: number) => latest.current.keyShot(event, index),
    }),
    [],
  )
  const blockHandlers = useMemo(
    () => ({
      press: (event: PointerEvent<HTMLElement>, block: Block) => latest.current.pressBlock(event, block),
      move: (event: PointerEvent<HTMLElement>) => latest.current.move(event),
      release: () => latest.current.release(),
      cancel: () => latest.current.putBack(),
      key: (event: KeyboardEvent<HTMLElement>, block: Block) => latest.current.keyBlock(event, block),
    }),
    [],
  )

  const onKey = (event: globalThis.KeyboardEvent): void => {
    const target = event.target as HTMLElement
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || target.closest(WHERE_PEOPLE_TYPE)) return
    const shot = active()
    const half = Math.round(fps / 2)
    const isArrow = event.key === 'ArrowLeft' || event.key === 'ArrowRight'
    if (event.altKey) {
      if (!isArrow || !shot || !isEditable || target.closest('[data-card]')) return
      moveShot(shot, shot.index + (event.key === 'ArrowLeft' ? -1 : 1))
    } else if (event.key === 'Escape') {
      if (drag.current) putBack()
      else onSelect('')
    } else if (event.key === '+' || event.key === '=') zoom(scale * ZOOM_STEP)
    else if (event.key === '-') zoom(scale / ZOOM_STEP)
    else if (event.key === '0') setPxPerS(null)
    else if (event.key.toLowerCase() === 's') setSnapping((on) => !on)
    else if (event.key.toLowerCase() === 't' && shot && isEditable)
      setOpened(joins.find(({ after }) => after === shot.index)?.after ?? shot.index - 1)
    else if (shot && isEditable && event.key === '[') nudgeDuration(shot, -1)
    else if (shot && isEditable && event.key === ']') nudgeDuration(shot, 1)
    else if (shot && isEditable && event.key === '{') nudgeDuration(shot, -half)
    else if (shot && isEditable && event.key === '}') nudgeDuration(shot, half)
    else return
    event.preventDefault()
  }
  const onWheel = (event: WheelEvent): void => {
    if ((!event.ctrlKey && !event.metaKey) || !box) return
    event.preventDefault()
    zoom(scale * Math.exp(-event.deltaY / 300), event.clientX - box.getBoundingClientRect().left)
  }
  const listeners = useRef({ onKey, onWheel })
  listeners.current = { onKey, onWheel }
  useEffect(() => {
    const key = (event: globalThis.KeyboardEvent): void => listeners.current.onKey(event)
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  }, [])
  useEffect(() => {
    if (!box) return
    const wheel = (event: WheelEvent): void => listeners.current.onWheel(event)
    box.addEventListener('wheel', wheel, { passive: false })
    return () => box.removeEventListener('wheel', wheel)
  }, [box])

  if (!layout)
    return (
      <section className={styles.timeline} aria-label="Timeline">
        <div className={styles.head}>Timeline</div>
        <div className={styles.empty}>Shots stand here, to scale, once there is a scene without a fault.</div>
      </section>
    )

  const { plan } = layout
  const { labelS, tickS } = rulerSteps(scale)
  const contentPx = px(plan.frames) + TAIL_PX
  const inWindow = (from: number, to: number): boolean => px(from) < seen.to && px(to) > seen.from
  const tabStop = active()?.index ?? 0
  const overlaps = new Map(plan.joins.map((join) => [join.after, join]))

  const scrub = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    else if (event.buttons === 0) return
    const { left } = event.currentTarget.getBoundingClientRect()
    player.seek(toFrames(event.clientX - left))
  }
  const openedJoin = opened === null ? undefined : joins.find(({ after }) => after === opened)
  const placeOf = ({ after }: JoinPlace): number =>
    after < 0 ? 0 : after === plan.shots.length - 1 ? plan.frames : (edges[after]?.end ?? 0)

  return (
    <section className={styles.timeline} aria-label="Timeline">
      <div className={styles.head}>
        <TimeOf player={player} />
        <IconButton
          icon="snap"
          label={isSnapping ? 'Snapping is on (S)' : 'Snapping is off (S)'}
          aria-pressed={isSnapping}
          onClick={() => setSnapping(!isSnapping)}
        />
        <span className={styles.keys}>
          <kbd>←</kbd> <kbd>→</kbd> frame <kbd>Alt</kbd> <kbd>→</kbd> move shot <kbd>[</kbd> <kbd>]</kbd>{' '}
          shorten, lengthen <kbd>T</kbd> transition
        </span>
        <span style={{ marginLeft: 'auto' }} />
        <Button look="plain" title="All of the film (0)" onClick={() => setPxPerS(null)}>
          Fit
        </Button>
        <input
          className={styles.zoom}
          type="range"
          aria-label="Zoom"
          min={Math.log(LEAST_PX_PER_S)}
          max={Math.log(MOST_PX_PER_S)}
          step={0.01}
          value={Math.log(scale)}
          onChange={(event) => zoom(Math.exp(Number(event.target.value)))}
        />
      </div>
      <div className={styles.scroll}>
        <div className={styles.names}>
          <span>Whole film</span>
          <span />
          <span>
            <Icon name="film" />
            Shots
          </span>
          {LANES.map(({ lane, name, icon }) => (
            <span key={lane}>
              <Icon name={icon} />
              {name}
              <AddSound
                lane={lane}
                editing={editing}
                plan={plan}
                player={player}
                onAdded={onSelect}
                say={setSaid}
              />
            </span>
          ))}
        </div>
        <div className={styles.right}>
          <WholeFilm
            edges={edges}
            frames={plan.frames}
            selected={
              new Set(plan.shots.filter((shot) => chosenIds.has(shot.sceneId)).map(({ index }) => index))
            }
            contentPx={contentPx}
            box={box}
          />
          <div ref={setBox} className={styles.lanes}>
            <div ref={content} className={styles.content} style={{ width: contentPx }}>
              <div className={`${styles.ruler} tabular`} onPointerDown={scrub} onPointerMove={scrub}>
                {stepsTo(plan.durationS, tickS)
                  .filter((seconds) => inWindow(seconds * fps, (seconds + 1) * fps))
                  .map((seconds) => (
                    <i key={seconds} style={{ left: seconds * scale }} />
                  ))}
                {stepsTo(plan.durationS, labelS)
                  .filter((seconds) => inWindow(seconds * fps, (seconds + labelS) * fps))
                  .filter((seconds) => seconds * scale + LABEL_PX <= contentPx)
                  .map((seconds) => (
                    <span key={seconds} style={{ left: seconds * scale }}>
                      {clock(seconds)}
                    </span>
                  ))}
              </div>
              <div className={styles.lane}>
                <div className={styles.shots} role="listbox" aria-multiselectable="true" aria-label="Shots">
                  {plan.shots.map((shot) => {
                    const edge = edges[shot.index]!
                    // The one that Tab goes to is always there.
                    if (!inWindow(edge.start, edge.end) && shot.index !== tabStop) return null
                    return (
                      <ShotView
                        key={`${shot.index} ${shot.sceneId}`}
                        index={shot.index}
                        name={shot.sceneId}
                        left={px(edge.start)}
                        width={shotWidth(edge)}
                        seconds={shot.frames / fps}
                        startS={shot.startFrame / fps}
                        picture={pictureOf(job, shot.sceneId)}
                        share={job && !isOver(job) ? shareOf(job, shot.sceneId) : 0}
                        group={groups[shot.index] ?? null}
                        isSelected={chosenIds.has(shot.sceneId)}
                        isTabStop={shot.index === tabStop}
                        isEditable={isEditable}
                        handlers={shotHandlers}
                      />
                    )
                  })}
                </div>
                {joins
                  .filter((join) => inWindow(placeOf(join) - 1, placeOf(join) + 1))
                  .map((join) => {
                    const drawn = overlaps.get(join.after)
                    const names = `${join.from?.scene.id ?? 'black'} to ${join.to?.scene.id ?? 'black'}`
                    return (
                      <button
                        key={join.after}
                        type="button"
                        className={styles.join}
                        data-cut={drawn === undefined}
                        tabIndex={join.after === tabStop ? 0 : -1}
                        disabled={!isEditable}
                        style={{ left: px(placeOf(join)) }}
                        title={`${joinWords(join)}. ${ORIGIN_WORDS[join.origin]}`}
                        aria-label={`Transition from ${names}: ${joinWords(join)}. ${ORIGIN_WORDS[join.origin]}`}
                        onClick={() => setOpened(join.after)}
                      >
                        <Icon name="join" size={12} />
                      </button>
                    )
                  })}
              </div>
              {lanes.map(({ lane, name, blocks }) => (
                <LaneView
                  key={lane}
                  lane={lane}
                  name={name}
                  blocks={blocks}
                  sounds={media.sounds}
                  fps={fps}
                  scale={scale}
                  seen={seen}
                  contentPx={contentPx}
                  isEditable={isEditable}
                  handlers={blockHandlers}
                />
              ))}
              <div ref={snapLine} className={styles.snapLine} hidden />
              <span ref={plate} className={`${styles.tip} tabular`} hidden />
              <PlayheadLine player={player} scale={scale} box={box} />
            </div>
          </div>
        </div>
      </div>
      <p className="sr-only" role="status">
        {said}
      </p>
      {openedJoin ? (
        <JoinDialog
          editing={editing}
          join={openedJoin}
          pictureOf={(sceneId) => pictureOf(job, sceneId)}
          onClose={() => setOpened(null)}
        />
      ) : null}
    </section>
  )
}
