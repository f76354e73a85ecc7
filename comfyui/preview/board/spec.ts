/** What a board shows. Text is as the author wrote it; nothing here is trusted. */
export type BoardSpec = {
  readonly title: string
  readonly sceneId: string
  readonly sceneNumber: number
  readonly scenesTotal: number
  /** The prompt with its @names unexpanded. */
  readonly prompt: string
  /** One line of facts, e.g. `5.0 s · fade in 0.5 s`. */
  readonly details: string
  /** Picture size in px, both even. */
  readonly width: number
  readonly height: number
  readonly frames: number
  readonly fps: number
  readonly seed: number
  /** Frames at which a closed group of pictures is wanted. */
  readonly cutFrames: readonly number[]
}
