/** One lane of sound: its blocks, and one canvas with the shapes of what is heard. */
import { type KeyboardEvent, memo, type PointerEvent, useEffect, useMemo, useRef } from 'react'
import type { Sound } from '../../../media.ts'
import styles from '../timeline.module.css'
import type { Block, Lane, Window } from '../timeline-layout.ts'
import { drawWave } from '../wave.ts'
import type { FadeSide } from './gestures.ts'
import { useSettled } from './use-settled.ts'

export type BlockHandlers = {
  press: (event: PointerEvent<HTMLElement>, block: Block) => void
  pressFade: (event: PointerEvent<HTMLElement>, block: Block, side: FadeSide) => void
  move: (event: PointerEvent<HTMLElement>) => void
  release: (event: PointerEvent<HTMLElement>) => void
  cancel: () => void
  key: (event: KeyboardEvent<HTMLElement>, block: Block) => void
  keyFade: (event: KeyboardEvent<HTMLElement>, block: Block, side: FadeSide) => void
}

/** The label stands above, the shape below it: neither is under the other. */
const WAVE_FROM_FOOT_PX = 3
const WAVE_PX = 12
/** Handles of fades stand on blocks that have room for both. */
const FADES_FROM_PX = 40
const SIDES = ['in', 'out'] as const

export const isBed = ({ lane }: Pick<Block, 'lane'>): boolean => lane === 'ambience' || lane === 'music'

export const LaneView = memo(function LaneView({
  lane,
  name,
  blocks,
  sounds,
  fps,
  scale,
  seen,
  contentPx,
  part,
  isEditable,
  handlers,
}: {
  lane: Lane
  name: string
  blocks: readonly Block[]
  sounds: ReadonlyMap<string, Sound>
  fps: number
  /** Pixels a second. */
  scale: number
  seen: Window
  contentPx: number
  /** The sound of this lane that is selected, by its place in the document. */
  part: string | null
  isEditable: boolean
  handlers: BlockHandlers
}) {
  const px = (frames: number): number => (frames / fps) * scale
  const drawn = blocks.filter(
    (block) => px(block.startFrame) < seen.to && px(block.startFrame + block.frames) > seen.from,
  )
  // One stop for Tab: the sound that is selected, else the first.
  const tabStop = drawn.find(({ path }) => path === part) ?? drawn[0]
  return (
    <section className={styles.lane} aria-label={name} data-lane={lane}>
      {drawn.map((block) => (
        <BlockView
          key={block.key}
          block={block}
          left={px(block.startFrame)}
          width={Math.max(4, px(block.frames) - 1)}
          startS={block.startFrame / fps}
          scale={scale}
          isSelected={block.path === part}
          isTabStop={block === tabStop}
          isEditable={isEditable}
          handlers={handlers}
        />
      ))}
      <Waves
        lane={lane}
        blocks={blocks}
        sounds={sounds}
        fps={fps}
        scale={scale}
        seen={seen}
        contentPx={contentPx}
      />
    </section>
  )
})

function BlockView({
  block,
  left,
  width,
  startS,
  scale,
  isSelected,
  isTabStop,
  isEditable,
  handlers,
}: {
  block: Block
  left: number
  width: number
  startS: number
  scale: number
  isSelected: boolean
  isTabStop: boolean
  isEditable: boolean
  handlers: BlockHandlers
}) {
  const { key, lane, label, volume, sceneId } = block
  const isUnder = isBed(block)
  const fades = { in: block.fadeInS, out: block.fadeOutS }
  const follow = {
    onPointerMove: handlers.move,
    onPointerUp: handlers.release,
    onPointerCancel: handlers.cancel,
  }
  return (
    <>
      <button
        type="button"
        className={styles.block}
        data-lane={lane}
        data-block={key}
        data-scene={sceneId ?? ''}
        data-drag={!isEditable ? undefined : isUnder ? 'volume' : 'time'}
        aria-pressed={isSelected}
        tabIndex={isTabStop ? 0 : -1}
        title={isUnder ? `${label}, ${Math.round(volume * 100)} %` : label}
        style={{ left, width }}
        onPointerDown={(event) => handlers.press(event, block)}
        onKeyDown={(event) => handlers.key(event, block)}
        {...follow}
      >
        {isUnder ? (
          <>
            {SIDES.map((side) => (
              <span
                key={side}
                className={styles.slope}
                data-slope={side}
                aria-hidden="true"
                style={{ width: Math.max(1, Math.min(width, fades[side] * scale)) }}
              />
            ))}
            <span
              className={styles.volume}
              data-volume=""
              aria-hidden="true"
              style={{ top: `${(1 - volume) * 100}%` }}
            />
          </>
        ) : null}
        <span className={styles.blockName}>{label}</span>
        <span className="sr-only">
          starts at {startS.toFixed(1)} seconds
          {isUnder ? `, volume ${Math.round(volume * 100)} percent` : ''}
        </span>
      </button>
      {isUnder && isEditable && width >= FADES_FROM_PX
        ? SIDES.map((side) => {
            const fadePx = Math.min(width, fades[side] * scale)
            return (
              <span
                key={side}
                role="slider"
                tabIndex={isSelected ? 0 : -1}
                className={styles.fade}
                data-fade={`${key} ${side}`}
                data-on={isSelected}
                aria-label={`Fade ${side} of ${label}`}
                aria-valuemin={0}
                aria-valuemax={Math.round((width / scale) * 10) / 10}
                aria-valuenow={fades[side]}
                aria-valuetext={`${fades[side].toFixed(1)} seconds`}
                title={`Fade ${side} ${fades[side].toFixed(1)} s`}
                style={{ left: side === 'in' ? left + fadePx : left + width - fadePx }}
                onPointerDown={(event) => handlers.pressFade(event, block, side)}
                onKeyDown={(event) => handlers.keyFade(event, block, side)}
                {...follow}
              />
            )
          })
        : null}
    </>
  )
}

function Waves({
  lane,
  blocks,
  sounds,
  fps,
  scale,
  seen,
  contentPx,
}: {
  lane: Lane
  blocks: readonly Block[]
  sounds: ReadonlyMap<string, Sound>
  fps: number
  scale: number
  seen: Window
  contentPx: number
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  // While the scale changes, what was drawn is stretched; it is drawn anew once the hand rests.
  const drawn = useSettled(
    useMemo(
      () => ({ scale, left: seen.from, width: Math.max(1, Math.min(seen.to, contentPx) - seen.from) }),
      [scale, seen, contentPx],
    ),
  )
  const stretch = scale / drawn.scale
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    const { left, width } = drawn
    const draw = (): void => {
      const density = devicePixelRatio || 1
      const height = element.clientHeight
      element.width = Math.round(width * density)
      element.height = Math.round(height * density)
      context.scale(density, density)
      context.fillStyle = getComputedStyle(element).color
      for (const block of blocks) {
        const from = (block.startFrame / fps) * drawn.scale - left
        if (from > width || from + (block.frames / fps) * drawn.scale < 0) continue
        const peaks = block.assetId === null ? null : sounds.get(block.assetId)?.peaks
        if (!peaks || block.soundS === null) continue
        drawWave(
          context,
          { ...block, peaks, soundS: block.soundS, lengthS: block.frames / fps },
          {
            left: from,
            top: height - WAVE_FROM_FOOT_PX - WAVE_PX,
            height: WAVE_PX,
            pxPerS: drawn.scale,
          },
          { from: 0, to: width },
        )
      }
    }
    draw()
    // Colours are those of the theme.
    const theme = matchMedia('(prefers-color-scheme: light)')
    const observer = new MutationObserver(draw)
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    theme.addEventListener('change', draw)
    return () => {
      observer.disconnect()
      theme.removeEventListener('change', draw)
    }
  }, [blocks, sounds, fps, drawn])
  return (
    <canvas
      ref={canvas}
      className={styles.waves}
      data-lane={lane}
      style={{
        left: 0,
        width: drawn.width,
        transform: `translateX(${drawn.left * stretch}px) scaleX(${stretch})`,
      }}
    />
  )
}
