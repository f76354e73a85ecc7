/** Which engine does the work, and which may step in for it. Pure. */
import type { Config, EngineKind } from '../platform/config.ts'

type EngineSettings = Pick<Config, 'COMFYUI_URLS' | 'RUNPOD_API_KEY' | 'PREVIEW_URL'>

/** The engines that are set up, best first: own servers, then a cloud endpoint, then animatics. */
export function enginesOf(config: EngineSettings): EngineKind[] {
  const isPresent: Record<EngineKind, boolean> = {
    comfyui: config.COMFYUI_URLS.length > 0,
    runpod: config.RUNPOD_API_KEY !== '',
    preview: config.PREVIEW_URL !== '',
  }
  return (Object.keys(isPresent) as EngineKind[]).filter((kind) => isPresent[kind])
}

export const isCloud = (engine: string): boolean => engine === 'runpod'

export type FallbackRequest = {
  config: EngineSettings & Pick<Config, 'FRAMECAST_MODE'>
  /** Engines that the scene had already, the present one among them. */
  tried: readonly EngineKind[]
  /** Whether the operator or the team lets work leave the studio's own servers. */
  isCloudAllowed: boolean
}

/**
 * Engines that may take over a scene, best first. Work never goes from own servers to a cloud unless that is allowed,
 * and in production an animatic never stands in for a scene.
 */
export function standIns({ config, tried, isCloudAllowed }: FallbackRequest): EngineKind[] {
  const wasAtHome = tried.some((engine) => !isCloud(engine))
  return enginesOf(config).filter(
    (engine) =>
      !tried.includes(engine) &&
      !(isCloud(engine) && wasAtHome && !isCloudAllowed) &&
      !(engine === 'preview' && config.FRAMECAST_MODE === 'production'),
  )
}
