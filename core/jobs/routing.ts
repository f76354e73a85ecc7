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

export type AutoRequest = {
  config: EngineSettings & Pick<Config, 'FRAMECAST_MODE' | 'DEFAULT_ENGINE'>
  /** Engines of which every server is known to be out of work. */
  down: ReadonlySet<EngineKind>
  isCloudAllowed: boolean
  /** What the team prefers; one that is not set up here is passed over. */
  defaultEngine: string | null
  /** Whether the job asks for another engine where its own is gone. */
  fallback: boolean
}

/**
 * Engines for a job that leaves the choice to us, best first: the team's default or the operator's, then by rank, those that are down
 * left out. What stands in for own servers that are down is held to the rules of falling back: no cloud that was not allowed, and
 * an animatic for a film only while a workflow is developed, or where it is asked for. When nothing else may step in, the
 * default comes back all the same, and is waited for.
 */
export function autoEngines({
  config,
  down,
  isCloudAllowed,
  defaultEngine,
  fallback,
}: AutoRequest): EngineKind[] {
  const present = enginesOf(config)
  const preferred = present.find((engine) => engine === defaultEngine)
  const first = preferred ?? config.DEFAULT_ENGINE ?? present[0]
  if (first === undefined || !present.includes(first)) return []
  const mayStandIn = (engine: EngineKind): boolean => {
    // Animatics cost nothing, films do.
    if (first === 'preview') return false
    if (isCloud(engine)) return isCloudAllowed
    if (engine !== 'preview') return true
    return config.FRAMECAST_MODE === 'developer' || (config.FRAMECAST_MODE === 'self-hosted' && fallback)
  }
  const others = present.filter((engine) => engine !== first && mayStandIn(engine))
  const up = [first, ...others].filter((engine) => !down.has(engine))
  return up.length > 0 ? up : [first]
}
