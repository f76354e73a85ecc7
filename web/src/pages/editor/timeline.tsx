/** The film along time: shots to scale with what joins them, and the lanes of sound. */
import { useEffect, useMemo, useRef, useState } from 'react'
import type { RenderPlan } from '../../api/client.ts'
import { type JoinPlace, joinsOf } from '../../document/joins.ts'
import { needsTimeline, timesPlayed } from '../../document/shots.ts'
import type { DocumentStore, Snapshot } from '../../document/store.ts'
import { isOver, type LiveJob, shareOf } from '../../live/progress.ts'
import type { Player } from '../../player.ts'
import { Icon } from '../../ui/icon.tsx'
import { pictureOf, plannedOf, stateOf } from './board.tsx'
import { editingOf } from './inspector/editing.ts'
import { JoinDialog } from './inspector/join-button.tsx'
import { useMedia } from './inspector.tsx'
import { placesOf } from './places.ts'
import type { Selecting } from './selection.ts'
import { AddSound } from './timeline/add-sound.tsx'
import { AgainDialog } from './timeline/again-dialog.tsx'
import { bracketsOf, partOf } from './timeline/brackets.ts'
import { timelineEdits } from './timeline/edits.ts'
import type { Stage } from './timeline/gestures.ts'
import { Head } from './timeline/head.tsx'
import { LaneView } from './timeline/lane-view.tsx'
import { BracketView, JoinGlyph } from './timeline/overlays.tsx'
import { PlayheadLine, WholeFilm } from './timeline/parts.tsx'
import { Ruler } from './timeline/ruler.tsx'
import { ShotView } from './timeline/shot-view.tsx'
import { timelineKeys } from './timeline/timeline-keys.ts'
import { useGesture } from './timeline/use-gesture.ts'
import { useHandlers } from './timeline/use-handlers.ts'
import { useLayout } from './timeline/use-layout.ts'
import { useShotFocus } from './timeline/use-shot-focus.ts'
import { useZoom } from './timeline/use-zoom.ts'
import styles from './timeline.module.css'
import { edgesOf, placeAt, type Shot, snapTargets, TAIL_PX } from './timeline-layout.ts'
import { useFollow } from './use-follow.ts'
import { KeyCommand, useKeys } from './use-keys.tsx'

const LANES = [
  { lane: 'dialogue', name: 'Dialogue', icon: 'dialogue' },
  { lane: 'effects', name: 'Effects', icon: 'effects' },
  { lane: 'ambience', name: 'Ambience', icon: 'ambience' },
  { lane: 'music', name: 'Music', icon: 'music' },
] as const

type Asked = { shot: Shot; to: number; into: number | null }

/** A shot that is narrower has no room for the whole mark of a transition. */
const TIGHT_PX = 44

export function Timeline({
  store,
  snapshot,
  plan,
  job,
  player,
  chosen,
  part,
  onSelect,
  onSelectAll,
  onPart,
  owner,
  canEdit,
}: {
  store: DocumentStore
  snapshot: Snapshot
  plan: RenderPlan | undefined
  job: LiveJob | undefined
  player: Player
  chosen: readonly { id: string }[]
  /** The sound that is selected, by its place in the document. */
  part: string | null
  onSelect: (sceneId: string, how?: Selecting) => void
  onSelectAll: (sceneIds: readonly string[]) => void
  onPart: (path: string) => void
  /** Owner of the files that can be named. */
  owner: string
  canEdit: boolean
}) {
  const { fps } = player
  const { document } = snapshot
  const media = useMedia(owner, snapshot, job)
  const { layout, isSound } = useLayout(snapshot, fps, media.sounds)
  const isEditable = canEdit && isSound
  const editing = editingOf(store, snapshot, { isEditable, owner, part, ...media })
  const [isSnapping, setSnapping] = useState(true)
  const [opened, setOpened] = useState<number | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const [said, setSaid] = useState('')
  const content = useRef<HTMLDivElement>(null)
  const plate = useRef<HTMLSpanElement>(null)
  const snap = useRef<HTMLDivElement>(null)
  const insert = useRef<HTMLDivElement>(null)
  const fill = useRef<HTMLDivElement>(null)
  const boxMark = useRef<HTMLDivElement>(null)
  const zoom = useZoom(player, layout?.plan.durationS ?? null)
  const hand = useGesture({ plate, snap, insert })
  const focus = useShotFocus(content)
  const { box, seen, scale, px } = zoom

  useEffect(() => player.setFrames(layout?.plan.frames ?? 1), [player, layout])

  const edges = useMemo(() => (layout ? edgesOf(layout.plan) : []), [layout])
  const lanes = useMemo(
    () =>
      LANES.map((lane) => ({
        ...lane,
        blocks: layout?.blocks.filter((block) => block.lane === lane.lane) ?? [],
      })),
    [layout],
  )
  const joins = useMemo(() => joinsOf(document), [document])
  const times = useMemo(() => timesPlayed(document), [document])
  const brackets = useMemo(() => (layout ? bracketsOf(document, layout.plan.shots) : []), [document, layout])
  const parts = useMemo(
    () => layout?.plan.shots.map((shot) => partOf(shot, layout.plan.clips)) ?? [],
    [layout],
  )
  const shots = layout?.plan.shots ?? []
  const chosenIds = chosen.map(({ id }) => id)
  const selected = chosenIds.at(-1)
  /** Width of a shot; before the first and after the last there is room. */
  const widthAt = (index: number): number => {
    const edge = edges[index]
    return edge ? px(edge.end - edge.start) : Number.POSITIVE_INFINITY
  }
  const places = useMemo(
    () =>
      placesOf(
        layout?.plan.shots.map(({ sceneId, startFrame, frames }) => ({
          sceneId,
          start: startFrame,
          frames,
        })) ?? [],
      ),
    [layout],
  )
  useFollow(player, places, selected)
  const edits = timelineEdits(editing, layout, setSaid)

  /** The shot that keys work on: the one with the focus, else that of the selected scene at the playhead. */
  const active = (): Shot | undefined => {
    const focused = globalThis.document.activeElement?.closest<HTMLElement>('[data-shot]')?.dataset.shot
    if (focused !== undefined) return shots[Number(focused)]
    const here = layout ? placeAt(layout.plan, player.state().frame)?.shot : undefined
    return here?.sceneId === selected ? here : shots.find(({ sceneId }) => sceneId === selected)
  }
  const playAgain = ({ shot, to, into }: Asked): void => {
    setAsked(null)
    edits.playAgain(shot, to, into)
  }
  const handlers = useHandlers({
    hand,
    edits,
    player,
    shots,
    isEditable,
    chosen: chosenIds,
    onSelect,
    onSelectAll,
    onPart,
    onAgain: (shot, to, into) => {
      if (needsTimeline(document)) setAsked({ shot, to, into })
      else playAgain({ shot, to, into })
    },
    focused: focus.focused,
    focusShot: (index) => {
      const shot = shots[index]
      if (!shot) return
      onSelect(shot.sceneId)
      player.seek(shot.startFrame)
      focus.focus(index)
    },
    stage: (): Stage | null =>
      layout && content.current
        ? {
            root: content.current,
            layout,
            edges,
            brackets,
            px,
            toFrames: zoom.toFrames,
            targets: (except) => (isSnapping ? snapTargets(layout, player.state(), except) : []),
          }
        : null,
    fill: () => fill.current,
    box: () => boxMark.current,
  })
  const keys = timelineKeys({
    shots,
    active,
    canChange: isEditable && shots.length > 0,
    edits,
    hand,
    zoom,
    fps,
    onSnapping: () => setSnapping((on) => !on),
    onNothing: () => onSelect(''),
    onJoin: (shot) => setOpened(joins.find(({ after }) => after === shot.index)?.after ?? shot.index - 1),
    onAgain: (shot) => {
      const again = { shot, to: shot.index + 1, into: null }
      if (needsTimeline(document)) setAsked(again)
      else playAgain(again)
    },
  })
  useKeys(keys)

  if (!layout)
    return (
      <section className={styles.timeline} aria-label="Timeline">
        <div className={styles.head}>Timeline</div>
        <div className={styles.empty}>Shots stand here, to scale, once there is a scene without a fault.</div>
      </section>
    )

  const { plan: film } = layout
  const contentPx = px(film.frames) + TAIL_PX
  const isSeen = (from: number, to: number): boolean => px(from) < seen.to && px(to) > seen.from
  const tabStop = active()?.index ?? 0
  const overlaps = new Set(film.joins.map(({ after }) => after))
  const stateAt = ({ sceneId }: Shot): string => stateOf(job, plannedOf(plan, sceneId), sceneId)
  const openedJoin = opened === null ? undefined : joins.find(({ after }) => after === opened)
  const placeOf = ({ after }: JoinPlace): number =>
    after < 0 ? 0 : after === shots.length - 1 ? film.frames : (edges[after]?.end ?? 0)

  return (
    <section className={styles.timeline} aria-label="Timeline" data-brackets={brackets.length > 0}>
      <Head player={player} zoom={zoom} isSnapping={isSnapping} onSnapping={() => setSnapping(!isSnapping)} />
      {keys.map((key) => (
        <KeyCommand key={key.id} command={key} group="Timeline" />
      ))}
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
                plan={film}
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
            frames={film.frames}
            selected={
              new Set(shots.flatMap(({ sceneId, index }) => (chosenIds.includes(sceneId) ? [index] : [])))
            }
            changed={new Set(shots.flatMap((shot) => (stateAt(shot) === 'changed' ? [shot.index] : [])))}
            contentPx={contentPx}
            box={box}
          />
          <div ref={zoom.setBox} className={styles.lanes}>
            <div
              ref={content}
              className={styles.content}
              style={{ width: contentPx }}
              onPointerDown={handlers.pressLanes}
              onPointerMove={handlers.shots.move}
              onPointerUp={handlers.shots.release}
              onPointerCancel={handlers.shots.cancel}
            >
              <Ruler
                durationS={film.durationS}
                scale={scale}
                seen={seen}
                contentPx={contentPx}
                onSeek={(seconds) => player.seek(seconds * fps)}
              />
              <div className={styles.lane}>
                {brackets
                  .filter(({ first, last }) => isSeen(edges[first]!.start, edges[last]!.end))
                  .map((bracket) => {
                    const { element, first, last } = bracket
                    return (
                      <BracketView
                        key={element}
                        bracket={bracket}
                        left={px(edges[first]!.start)}
                        width={px(edges[last]!.end - edges[first]!.start) - 1}
                        onSelect={() =>
                          onSelectAll(shots.slice(first, last + 1).map(({ sceneId }) => sceneId))
                        }
                      />
                    )
                  })}
                <div className={styles.shots} role="listbox" aria-multiselectable="true" aria-label="Shots">
                  {shots.map((shot) => {
                    const { index, sceneId } = shot
                    const edge = edges[index]!
                    // The one that Tab goes to is always there.
                    if (!isSeen(edge.start, edge.end) && index !== tabStop) return null
                    const bracket = brackets.find(({ first, last }) => index >= first && index <= last)
                    return (
                      <ShotView
                        key={`${index} ${sceneId}`}
                        index={index}
                        name={sceneId}
                        left={px(edge.start)}
                        width={Math.max(2, px(edge.end - edge.start) - 1)}
                        seconds={shot.frames / fps}
                        startS={shot.startFrame / fps}
                        picture={pictureOf(job, sceneId)}
                        share={job && !isOver(job) ? shareOf(job, sceneId) : 0}
                        state={stateAt(shot)}
                        group={bracket?.words ?? null}
                        partFrom={parts[index]?.from ?? null}
                        partTo={parts[index]?.to ?? null}
                        times={times.get(sceneId) ?? 1}
                        isSelected={chosenIds.includes(sceneId)}
                        isTabStop={index === tabStop}
                        isEditable={isEditable}
                        handlers={handlers.shots}
                      />
                    )
                  })}
                </div>
                {joins
                  .filter((join) => isSeen(placeOf(join) - 1, placeOf(join) + 1))
                  .map((join) => (
                    <JoinGlyph
                      key={join.after}
                      join={join}
                      left={px(placeOf(join))}
                      isCut={!overlaps.has(join.after)}
                      isTight={widthAt(join.after) < TIGHT_PX || widthAt(join.after + 1) < TIGHT_PX}
                      isTabStop={join.after === tabStop}
                      isEditable={isEditable}
                      onOpen={() => setOpened(join.after)}
                      onRemove={() => edits.removeJoin(join)}
                    />
                  ))}
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
                  part={blocks.some(({ path }) => path === part) ? part : null}
                  isEditable={isEditable}
                  handlers={handlers.blocks}
                />
              ))}
              <div ref={fill} className={styles.fill} hidden />
              <div ref={boxMark} className={styles.boxed} hidden />
              <div ref={insert} className={styles.insertLine} hidden />
              <div ref={snap} className={styles.snapLine} hidden />
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
      {asked ? (
        <AgainDialog
          sceneId={asked.shot.sceneId}
          onClose={() => setAsked(null)}
          onYes={() => playAgain(asked)}
        />
      ) : null}
    </section>
  )
}
