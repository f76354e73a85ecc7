/** The film along time: shots to scale with what joins them, and the lanes of sound. */
import { type PointerEvent, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { withMoved, withValue } from '../../document/text.ts'
import { clock, timecode } from '../../format.ts'
import { isOver, type LiveJob, shareOf } from '../../live/progress.ts'
import type { Player } from '../../player.ts'
import { Button } from '../../ui/controls.tsx'
import { pictureOf } from './board.tsx'
import styles from './timeline.module.css'
import { layoutOf, rulerSteps, snapped, stepsTo, type TimelineLayout } from './timeline-layout.ts'

const LEAST_PX_PER_S = 2
const MOST_PX_PER_S = 240
const SNAP_PX = 8
/** A press that moves less is a click. */
const DRAG_AFTER_PX = 4
const LANES = [
  { lane: 'dialogue', name: 'Dialogue' },
  { lane: 'effects', name: 'Effects' },
  { lane: 'ambience', name: 'Ambience' },
  { lane: 'music', name: 'Music' },
] as const

type Shot = TimelineLayout['plan']['shots'][number]

type Drag =
  | { kind: 'move'; index: number; fromX: number; byPx: number }
  | { kind: 'trim'; index: number; fromX: number; byPx: number }

export function Timeline({
  store,
  snapshot,
  job,
  player,
  selected,
  onSelect,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  job: LiveJob | undefined
  player: Player
  selected: string | undefined
  onSelect: (sceneId: string) => void
  canEdit: boolean
}) {
  const { fps } = player
  const isSound = snapshot.checked !== null && snapshot.checked.errors.length === 0
  const [last, setLast] = useState<TimelineLayout | null>(null)
  const fresh = useMemo(
    () => (isSound ? layoutOf(snapshot.document, fps as 16 | 24 | 30) : null),
    [isSound, snapshot.document, fps],
  )
  // While something is wrong with the text, the timeline stays what it was.
  useEffect(() => {
    if (fresh) setLast(fresh)
  }, [fresh])
  const layout = fresh ?? last
  const scroller = useRef<HTMLDivElement>(null)
  const [pxPerS, setPxPerS] = useState<number | null>(null)
  const [width, setWidth] = useState(800)
  const [drag, setDrag] = useState<Drag | null>(null)
  const isEditable = canEdit && isSound

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 800))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  useEffect(() => player.setFrames(layout?.plan.frames ?? 1), [player, layout])

  const fit = layout ? Math.max(LEAST_PX_PER_S, (width - 24) / layout.plan.durationS) : 40
  const scale = pxPerS ?? Math.min(MOST_PX_PER_S, fit)
  const px = (frames: number): number => (frames / fps) * scale
  const toFrames = (pixels: number): number => (pixels / scale) * fps

  const zoom = (to: number): void => setPxPerS(Math.max(LEAST_PX_PER_S, Math.min(MOST_PX_PER_S, to)))

  useEffect(() => {
    const element = scroller.current
    if (!element) return
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      const at = event.clientX - element.getBoundingClientRect().left + element.scrollLeft
      const next = Math.max(LEAST_PX_PER_S, Math.min(MOST_PX_PER_S, scale * Math.exp(-event.deltaY / 300)))
      setPxPerS(next)
      // What is under the pointer stays there.
      requestAnimationFrame(() => {
        element.scrollLeft += at * (next / scale - 1)
      })
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => element.removeEventListener('wheel', onWheel)
  }, [scale])

  if (!layout)
    return (
      <section className={styles.timeline} aria-label="Timeline">
        <div className={styles.head}>Timeline</div>
        <div ref={scroller} className={styles.empty}>
          Shots stand here, to scale, once there is a scene without a fault.
        </div>
      </section>
    )

  const { plan, blocks } = layout
  const { labelS, tickS } = rulerSteps(scale)

  /** Index in `scenes` when there is no written timeline, else in `timeline`; null for a shot inside a group. */
  const place = ({ path }: Shot): { list: 'scenes' | 'timeline'; index: number } | null => {
    const match = /^(scenes|timeline)\[(\d+)\](?:\.scene)?$/.exec(path)
    return match ? { list: match[1] as 'scenes' | 'timeline', index: Number(match[2]) } : null
  }

  const trimmed = (shot: Shot, byPx: number): number => {
    const scene = snapshot.document.scenes?.find((one) => one.id === shot.sceneId)
    const wholeFrames = Math.round((scene?.duration ?? 1) * fps)
    const end = shot.startFrame + shot.frames + Math.round(toFrames(byPx))
    const targets = [player.state().frame, ...Array.from({ length: 31 }, (_, s) => shot.startFrame + s * fps)]
    const near = snapped(end, targets, toFrames(SNAP_PX))
    const frames = wholeFrames + Math.round(near - shot.startFrame - shot.frames)
    return Math.max(1, Math.min(30, Math.round((frames / fps) * 1000) / 1000))
  }

  const dropAt = (shot: Shot, byPx: number): number => {
    const middle = shot.startFrame + shot.frames / 2 + toFrames(byPx)
    const index = plan.shots.findIndex((other) => middle < other.startFrame + other.frames / 2)
    const before = index === -1 ? plan.shots.length : index
    return before > shot.index ? before - 1 : before
  }

  const press = (event: PointerEvent<HTMLElement>, shot: Shot, kind: Drag['kind']): void => {
    if (event.button !== 0) return
    event.stopPropagation()
    onSelect(shot.sceneId)
    if (kind === 'move') player.seek(shot.startFrame)
    if (!isEditable) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setDrag({ kind, index: shot.index, fromX: event.clientX, byPx: 0 })
  }
  const move = (event: PointerEvent<HTMLElement>): void => {
    if (drag) setDrag({ ...drag, byPx: event.clientX - drag.fromX })
  }
  const release = (): void => {
    if (!drag) return
    setDrag(null)
    if (Math.abs(drag.byPx) < DRAG_AFTER_PX) return
    const shot = plan.shots[drag.index]!
    if (drag.kind === 'trim') {
      const at = snapshot.document.scenes?.findIndex((scene) => scene.id === shot.sceneId) ?? -1
      if (at >= 0)
        store.edit(
          `change the duration of ${shot.sceneId}`,
          withValue(snapshot.text, ['scenes', at, 'duration'], trimmed(shot, drag.byPx)),
        )
      return
    }
    const from = place(shot)
    const to = plan.shots[dropAt(shot, drag.byPx)]
    const target = to && place(to)
    if (from && target && from.list === target.list && from.index !== target.index)
      store.edit('move a shot', withMoved(snapshot.text, [from.list], from.index, target.index))
  }

  const scrub = (event: PointerEvent<HTMLElement>): void => {
    if (event.type === 'pointerdown') event.currentTarget.setPointerCapture(event.pointerId)
    else if (event.buttons === 0) return
    const { left } = event.currentTarget.getBoundingClientRect()
    player.seek(toFrames(event.clientX - left))
  }

  const overlapAfter = new Map(plan.joins.map((join) => [join.after, join]))

  return (
    <section className={styles.timeline} aria-label="Timeline">
      <div className={styles.head}>
        <TimeOf player={player} />
        <span className={styles.keys}>Left and Right: a frame. Alt and the arrows: move the shot.</span>
        <span style={{ marginLeft: 'auto' }} />
        <Button look="plain" onClick={() => setPxPerS(null)}>
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
        <div className={styles.names} aria-hidden="true">
          <span />
          <span>Shots</span>
          {LANES.map(({ name }) => (
            <span key={name}>{name}</span>
          ))}
        </div>
        <div ref={scroller} className={styles.lanes}>
          <div className={styles.content} style={{ width: px(plan.frames) + 24 }}>
            <div className={`${styles.ruler} tabular`} onPointerDown={scrub} onPointerMove={scrub}>
              {stepsTo(plan.durationS, tickS).map((seconds) => (
                <i key={seconds} style={{ left: seconds * scale }} />
              ))}
              {stepsTo(plan.durationS, labelS).map((seconds) => (
                <span key={seconds} style={{ left: seconds * scale }}>
                  {clock(seconds)}
                </span>
              ))}
            </div>
            <div className={styles.lane} role="listbox" aria-label="Shots">
              {plan.shots.map((shot) => {
                const before = overlapAfter.get(shot.index - 1)
                const after = overlapAfter.get(shot.index)
                // An overlap is split at its middle, so that shots stand side by side.
                const start = shot.startFrame + (before && shot.index > 0 ? before.frames / 2 : 0)
                const end =
                  shot.startFrame +
                  shot.frames -
                  (after && shot.index < plan.shots.length - 1 ? after.frames / 2 : 0)
                const mine = drag?.index === shot.index && Math.abs(drag.byPx) >= DRAG_AFTER_PX ? drag : null
                const picture = pictureOf(job, shot.sceneId)
                return (
                  <div
                    key={`${shot.index} ${shot.sceneId}`}
                    role="option"
                    tabIndex={shot.sceneId === selected ? 0 : -1}
                    className={styles.shot}
                    aria-selected={shot.sceneId === selected}
                    data-dragged={mine?.kind === 'move'}
                    style={{
                      left: px(start),
                      width: Math.max(2, px(end - start) - 1 + (mine?.kind === 'trim' ? mine.byPx : 0)),
                      transform: mine?.kind === 'move' ? `translateX(${mine.byPx}px)` : undefined,
                    }}
                    onPointerDown={(event) => press(event, shot, 'move')}
                    onPointerMove={move}
                    onPointerUp={release}
                    onPointerCancel={() => setDrag(null)}
                    onFocus={() => onSelect(shot.sceneId)}
                  >
                    <span
                      className={styles.shotPicture}
                      style={picture ? { backgroundImage: `url(${JSON.stringify(picture)})` } : undefined}
                    />
                    {job && shareOf(job, shot.sceneId) > 0 && !isOver(job) ? (
                      <span className={styles.shotBar} aria-hidden="true">
                        <i style={{ width: `${shareOf(job, shot.sceneId) * 100}%` }} />
                      </span>
                    ) : null}
                    <span className={`${styles.shotName} tabular`}>
                      <span>
                        <span className="sr-only">Shot </span>
                        {String(shot.index + 1).padStart(2, '0')}{' '}
                        <span className={px(end - start) > 56 ? '' : 'sr-only'}>{shot.sceneId}</span>
                      </span>
                      <span className={px(end - start) > 110 ? '' : 'sr-only'}>
                        {(shot.frames / fps).toFixed(1)}
                        <span className="sr-only">
                          {' '}
                          seconds, starts at {(shot.startFrame / fps).toFixed(1)}
                        </span>
                      </span>
                    </span>
                    {isEditable ? (
                      <span
                        className={styles.edge}
                        onPointerDown={(event) => press(event, shot, 'trim')}
                        onPointerMove={move}
                        onPointerUp={release}
                        onPointerCancel={() => setDrag(null)}
                      />
                    ) : null}
                    {mine?.kind === 'trim' ? (
                      <span className={`${styles.tip} tabular`} style={{ left: 8 }}>
                        {trimmed(shot, mine.byPx).toFixed(1)} s
                      </span>
                    ) : null}
                  </div>
                )
              })}
              {plan.joins.map((join) => {
                const shot = plan.shots[Math.max(0, join.after)]!
                const at =
                  join.after < 0
                    ? 0
                    : shot.startFrame +
                      shot.frames -
                      (join.after === plan.shots.length - 1 ? 0 : join.frames / 2)
                return (
                  <span
                    key={join.after}
                    className={styles.join}
                    style={{ left: px(at) }}
                    title={`${join.type}, ${(join.frames / fps).toFixed(1)} s`}
                  >
                    ⋈
                  </span>
                )
              })}
            </div>
            {LANES.map(({ lane, name }) => (
              <section key={lane} className={styles.lane} aria-label={name}>
                {blocks
                  .filter((block) => block.lane === lane)
                  .map((block) => (
                    <button
                      type="button"
                      key={block.key}
                      className={styles.block}
                      data-lane={lane}
                      title={block.label}
                      style={{ left: px(block.startFrame), width: Math.max(4, px(block.frames) - 1) }}
                      onClick={() => (block.sceneId ? onSelect(block.sceneId) : undefined)}
                    >
                      {block.label}
                    </button>
                  ))}
              </section>
            ))}
            <PlayheadLine player={player} scale={scale} scroller={scroller} />
          </div>
        </div>
      </div>
    </section>
  )
}

function TimeOf({ player }: { player: Player }) {
  const { frame } = useSyncExternalStore(player.subscribe, player.state)
  return <span className={`${styles.time} tabular`}>{timecode(frame, player.fps)}</span>
}

/** Moves by transform alone, without the timeline being drawn again. */
function PlayheadLine({
  player,
  scale,
  scroller,
}: {
  player: Player
  scale: number
  scroller: React.RefObject<HTMLDivElement | null>
}) {
  const line = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const show = (): void => {
      const { frame, playing } = player.state()
      const at = (frame / player.fps) * scale
      if (line.current) line.current.style.transform = `translateX(${at}px)`
      const box = scroller.current
      // Playing past the edge turns the page.
      if (box && playing && (at > box.scrollLeft + box.clientWidth || at < box.scrollLeft))
        box.scrollLeft = at - 24
    }
    show()
    return player.subscribe(show)
  }, [player, scale, scroller])
  return <div ref={line} className={styles.playhead} />
}
