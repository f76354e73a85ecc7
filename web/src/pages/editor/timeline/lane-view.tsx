/** One lane of sound: its blocks, and one canvas with the shapes of what is heard. */
import { type KeyboardEvent, memo, type PointerEvent, useEffect, useRef } from 'react'
import type { Sound } from '../../../media.ts'
import styles from '../timeline.module.css'
import type { Block, Lane, Window } from '../timeline-layout.ts'
import { drawWave } from '../wave.ts'

export type BlockHandlers = {
  press: (event: PointerEvent<HTMLElement>, block: Block) => void
  move: (event: PointerEvent<HTMLElement>) => void
  release: (event: PointerEvent<HTMLElement>) => void
  cancel: () => void
  key: (event: KeyboardEvent<HTMLElement>, block: Block) => void
}

/** The label stands above, the shape below it: neither is under the other. */
const WAVE_FROM_FOOT_PX = 3
const WAVE_PX = 12

export const LaneView = memo(function LaneView({
  lane,
  name,
  blocks,
  sounds,
  fps,
  scale,
  seen,
  contentPx,
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
  isEditable: boolean
  handlers: BlockHandlers
}) {
  const px = (frames: number): number => (frames / fps) * scale
  const drawn = blocks.filter(
    (block) => px(block.startFrame) < seen.to && px(block.startFrame + block.frames) > seen.from,
  )
  return (
    <section className={styles.lane} aria-label={name} data-lane={lane}>
      {drawn.map((block) => {
        const isMoved = isEditable && (lane === 'dialogue' || lane === 'effects')
        const at = (block.startFrame / fps).toFixed(1)
        return (
          <button
            type="button"
            key={block.key}
            className={styles.block}
            data-lane={lane}
            data-block={block.key}
            data-moved={isMoved}
            title={block.label}
            style={{ left: px(block.startFrame), width: Math.max(4, px(block.frames) - 1) }}
            onPointerDown={(event) => handlers.press(event, block)}
            onPointerMove={handlers.move}
            onPointerUp={handlers.release}
            onPointerCancel={handlers.cancel}
            onKeyDown={(event) => handlers.key(event, block)}
          >
            <span className={styles.blockName}>{block.label}</span>
            <span className="sr-only">starts at {at} seconds</span>
          </button>
        )
      })}
      <Waves
        lane={lane}
        blocks={drawn}
        sounds={sounds}
        fps={fps}
        scale={scale}
        seen={seen}
        contentPx={contentPx}
      />
    </section>
  )
})

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
  const left = seen.from
  const width = Math.max(1, Math.min(seen.to, contentPx) - left)
  useEffect(() => {
    const element = canvas.current
    const context = element?.getContext('2d')
    if (!element || !context) return
    const draw = (): void => {
      const density = devicePixelRatio || 1
      const height = element.clientHeight
      element.width = Math.round(width * density)
      element.height = Math.round(height * density)
      context.scale(density, density)
      context.fillStyle = getComputedStyle(element).color
      for (const block of blocks) {
        const peaks = block.assetId === null ? null : sounds.get(block.assetId)?.peaks
        if (!peaks || block.soundS === null) continue
        drawWave(
          context,
          { ...block, peaks, soundS: block.soundS, lengthS: block.frames / fps },
          {
            left: (block.startFrame / fps) * scale - left,
            top: height - WAVE_FROM_FOOT_PX - WAVE_PX,
            height: WAVE_PX,
            pxPerS: scale,
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
  }, [blocks, sounds, fps, scale, left, width])
  return <canvas ref={canvas} className={styles.waves} data-lane={lane} style={{ left, width }} />
}
