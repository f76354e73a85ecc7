/* Generated from schemas/*.schema.json by tools/generate-types.ts: change the schemas, then run it again. */

// account-change-request.schema.json

/**
 * Body of PATCH /v1/account: what is named changes, the rest stays.
 */
export interface AccountChangeRequest {
  /**
   * How others see the person; null takes the name away.
   */
  name?: string | null
  /**
   * http or https address of a picture; null takes it away.
   */
  avatar_url?: string | null
}

// api-key-change-request.schema.json

/**
 * Body of PATCH /v1/auth/keys/:id.
 */
export interface ApiKeyChangeRequest {
  /**
   * For people.
   */
  name: string
}

// api-key-request.schema.json

/**
 * Body of POST /v1/auth/keys; the whole body may be left out.
 */
export interface ApiKeyRequest {
  /**
   * For people. Default: Default.
   */
  name?: string | null
  /**
   * Owner URN of what the key makes: the caller's own (default), a team of the caller, or the caller's membership in one.
   */
  owner?: string | null
  /**
   * What it opens. Default: `*`, which a starter's key cannot hold.
   *
   * @maxItems 50
   */
  scopes?: string[] | null
  /**
   * RFC 3339 time at which it ends by itself. Default: never.
   */
  expires_at?: string | null
}

// api-key.schema.json

/**
 * A credential for programs, without its secret.
 */
export interface ApiKey {
  /**
   * Id of the key.
   */
  id: string
  /**
   * Person whose rights it carries.
   */
  user_id: string
  /**
   * Owner URN of what it makes by default. The key of a team or membership opens that team alone.
   */
  owner: string
  /**
   * For people.
   */
  name: string
  /**
   * What every key begins with.
   */
  key_prefix: 'sk_live_'
  /**
   * What it opens; `*` is everything that its user may do.
   *
   * @minItems 1
   */
  scopes: (
    | 'generate'
    | 'jobs:read'
    | 'jobs:write'
    | 'assets:read'
    | 'assets:write'
    | 'projects:read'
    | 'projects:write'
    | 'team:read'
    | 'team:admin'
    | 'webhooks:read'
    | 'webhooks:write'
    | '*'
  )[]
  /**
   * When it was last used, to the minute.
   */
  last_used_at: string | null
  /**
   * When it ends by itself.
   */
  expires_at: string | null
  /**
   * When it was revoked; it is listed for 30 more days.
   */
  revoked_at: string | null
  /**
   * When it was made.
   */
  created_at: string
}

// asset.schema.json

/**
 * A file that somebody uploaded, for storyboards to use.
 */
export interface Asset {
  /**
   * Id of the asset: what a storyboard names.
   */
  id: string
  /**
   * Owner URN, such as framecast:user:<user id>.
   */
  owner: string
  /**
   * User who uploaded it.
   */
  uploaded_by: string
  /**
   * Project it belongs to, if any.
   */
  project_id: string | null
  /**
   * Name of the file.
   */
  filename: string
  /**
   * Where it is in the object store.
   */
  s3_key: string
  /**
   * Media type.
   */
  content_type:
    'image/jpeg' | 'image/png' | 'image/webp' | 'audio/mpeg' | 'audio/wav' | 'audio/ogg' | 'video/mp4'
  /**
   * Size: announced while pending, measured when ready.
   */
  size_bytes: number
  /**
   * pending until the upload is confirmed; a storyboard can use ready ones.
   */
  status: 'pending' | 'ready' | 'failed'
  metadata: AssetMetadata
  /**
   * When it was announced.
   */
  created_at: string
  /**
   * Last change.
   */
  updated_at: string
  /**
   * The file; only on single reads of ready assets.
   */
  download_url?: string
  /**
   * When that link ends.
   */
  download_url_expires_at?: string
  /**
   * A small picture (WebP, 320 pixels at most) of a ready picture or film; holds for an hour.
   */
  thumbnail_url?: string
  usage?: AssetUsage
}
/**
 * What was measured when the upload was confirmed.
 */
export interface AssetMetadata {
  /**
   * SHA-256 in hex.
   */
  sha256?: string
  /**
   * Width of a picture or film as it is shown, in pixels.
   */
  width?: number
  /**
   * Height of a picture or film as it is shown, in pixels.
   */
  height?: number
  /**
   * Frames of an animated picture.
   */
  frames?: number
  /**
   * Seconds that a sound or film plays.
   */
  duration?: number
  /**
   * Frames a second of a film.
   */
  fps?: number
  /**
   * Samples a second of the sound.
   */
  sample_rate?: number
  /**
   * Channels of the sound.
   */
  channels?: number
  /**
   * Shape of a sound in up to 200 even stretches: the lowest and highest sample of each, -1 to 1.
   *
   * @maxItems 200
   */
  peaks?: number[][]
  /**
   * Size of the small picture at `thumbnail_url`, in pixels.
   */
  thumbnail?: {
    /**
     * Its width.
     */
    width: number
    /**
     * Its height.
     */
    height: number
  }
}
/**
 * Where a file is used, as the storyboards are saved.
 */
export interface AssetUsage {
  /**
   * Scenes that name it.
   */
  scenes: number
  /**
   * Projects that name it, in a scene or for the whole film.
   */
  projects: number
  /**
   * The projects, those changed last first; at most 20.
   *
   * @maxItems 20
   *
   * Items: One project that uses it.
   */
  places: {
    /**
     * Id of the project.
     */
    project_id: string
    /**
     * Name of the project.
     */
    project_name: string
    /**
     * Scenes of it that name the file.
     */
    scene_ids: string[]
    /**
     * Whether it is named outside of scenes, as for a symbol or the music of the film.
     */
    whole_film: boolean
  }[]
}

// audit-entry.schema.json

/**
 * What somebody did to money, keys, members or things that are gone.
 */
export interface AuditEntry {
  /**
   * Id of the entry.
   */
  id: string
  /**
   * Team whose administrators read it; null for personal things.
   */
  team_id: string | null
  /**
   * Who did it; null for the operator at the command line and for the system.
   */
  actor_id: string | null
  /**
   * What kind of actor it was.
   */
  actor_kind: 'user' | 'operator' | 'system'
  /**
   * `<subject>.<what happened>`, such as `member.removed`.
   */
  action: string
  /**
   * What it happened to: user, team, api_key, ...
   */
  subject_type: string
  /**
   * Id of that.
   */
  subject_id: string | null
  /**
   * Facts worth keeping. Never a secret.
   */
  details: {
    [k: string]: unknown
  }
  /**
   * When.
   */
  created_at: string
}

// cached-stage.schema.json

/**
 * What of one stage is kept for reuse.
 */
export interface CachedStage {
  /**
   * What was made.
   */
  stage: 'clip' | 'voice' | 'join' | 'audio' | 'film'
  /**
   * How many.
   */
  entries: number
  /**
   * Their size.
   */
  bytes: number
  /**
   * How often they were reused.
   */
  hits: number
  /**
   * When the oldest was made; null when there is none.
   */
  oldest_created_at: string | null
  /**
   * When one was used last; null when there is none.
   */
  last_used_at: string | null
}

// caller.schema.json

/**
 * Who is asking, and by which credential.
 */
export interface Caller {
  /**
   * jwt: a session, by token or cookie, or a token of another issuer.
   */
  auth_method: 'jwt' | 'api_key'
  user: User
  /**
   * The key, when it is one.
   */
  api_key?: {
    /**
     * Id of the key.
     */
    id: string
    /**
     * Owner URN of what it makes by default. The key of a team or membership opens that team alone.
     */
    owner: string
    /**
     * For people.
     */
    name: string
    /**
     * What every key begins with.
     */
    key_prefix: 'sk_live_'
    /**
     * What it opens; `*` is everything that its user may do.
     *
     * @minItems 1
     */
    scopes: (
      | 'generate'
      | 'jobs:read'
      | 'jobs:write'
      | 'assets:read'
      | 'assets:write'
      | 'projects:read'
      | 'projects:write'
      | 'team:read'
      | 'team:admin'
      | 'webhooks:read'
      | 'webhooks:write'
      | '*'
    )[]
    /**
     * When it ends by itself.
     */
    expires_at: string | null
  }
  /**
   * Whether this person runs the installation: drains engines, sees to hosts. Only with `include=operator`.
   */
  is_operator?: boolean
}

// clone-request.schema.json

/**
 * Body of POST /v1/jobs/:id/clone; the whole body may be left out.
 */
export interface CloneRequest {
  /**
   * Owner URN of what is made. Default: the key's owner, else the caller.
   */
  owner?: string | null
}

// config.schema.json

/**
 * Every environment variable that Framecast reads. Documentation and .env.example are made from this file.
 */
export interface Config {
  /**
   * PostgreSQL 15 or newer, as a direct or session-mode connection (LISTEN is used).
   */
  DATABASE_URL: string
  /**
   * The same database as its owner, for `migrate`, workers and admin tasks. Then DATABASE_URL may be a login that owns nothing and is only a member of the role framecast_app. Default: DATABASE_URL.
   */
  DATABASE_OWNER_URL?: string
  /**
   * 32 random bytes in base64 (`openssl rand -base64 32`). Signs media links and cursors, seals the secrets of webhooks; keep it the same on every replica and back it up.
   */
  DATA_KEY: string
  /**
   * Address the server listens on. Loopback unless told otherwise.
   */
  HOST?: string
  /**
   * Port the server listens on; 0 takes a free one.
   */
  PORT?: number
  /**
   * Address people use to reach the server: links and media URLs begin with it. No slash at the end.
   */
  APP_BASE_URL?: string
  /**
   * Comma list of origins whose pages may call the API and open the WebSocket.
   */
  CORS_ORIGINS?: string
  /**
   * Comma list of networks (CIDR) whose X-Forwarded-For is believed when the caller's address is counted.
   */
  TRUSTED_PROXIES?: string
  /**
   * Whether requests are counted and limited.
   */
  RATE_LIMITS?: 'on' | 'off'
  /**
   * How films reach a browser: presigned URLs of the object store, or through the server where the store cannot be reached from the browser.
   */
  MEDIA_DELIVERY?: 'redirect' | 'proxy'
  /**
   * How long the server keeps serving after SIGTERM, while load balancers learn that it is going; then it finishes running requests and ends.
   */
  SHUTDOWN_GRACE_SECONDS?: number
  /**
   * How strict the installation is about what graphs may do: `developer` warns; `self-hosted` refuses what is neither shipped nor in ALLOWED_NODES; `production` also refuses packages of custom nodes. `self-hosted-production` is read as `self-hosted`.
   */
  FRAMECAST_MODE?: 'developer' | 'self-hosted' | 'self-hosted-production' | 'production'
  /**
   * Lowest level that is written. Logs are JSON lines on standard output.
   */
  LOG_LEVEL?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /**
   * Whether people have accounts with passwords here.
   */
  AUTH_LOCAL?: boolean
  /**
   * Who may sign up: anybody, people with an invitation, or nobody.
   */
  AUTH_LOCAL_SIGNUP?: 'open' | 'invite' | 'off'
  /**
   * Secret that signs sessions, at least 32 characters. Changing it ends every session. Default: one derived from DATA_KEY.
   */
  AUTH_SESSION_SECRET?: string
  /**
   * How long a session lasts.
   */
  AUTH_SESSION_TTL_SECONDS?: number
  /**
   * Secret of another issuer whose HS256 tokens are accepted, at least 32 characters.
   */
  AUTH_JWT_SECRET?: string
  /**
   * Key set of another issuer whose tokens (RS256, ES256, EdDSA) are accepted.
   */
  AUTH_JWKS_URL?: string
  /**
   * When set, tokens of others must name this issuer.
   */
  AUTH_JWT_ISSUER?: string
  /**
   * When set, tokens of others must name this audience.
   */
  AUTH_JWT_AUDIENCE?: string
  /**
   * Whether a changed email claim of another issuer changes the account.
   */
  AUTH_SYNC_EMAIL?: boolean
  /**
   * Mail server for invitations. Without one the links are shown to team administrators and logged.
   */
  SMTP_URL?: string
  /**
   * Sender of mail. Default: framecast@ the host of APP_BASE_URL.
   */
  MAIL_FROM?: string
  /**
   * Whether webhooks may use plain http.
   */
  WEBHOOK_ALLOW_INSECURE?: boolean
  /**
   * Comma list of private networks that webhooks may reach. Loopback, link-local and metadata addresses count only when they are listed one by one.
   */
  WEBHOOK_ALLOWED_CIDRS?: string
  /**
   * Connections a process keeps for queries; LISTEN, queue and heartbeat use a few more.
   */
  DATABASE_POOL_SIZE?: number
  /**
   * Object store as the server and the workers reach it. Any S3 will do.
   */
  S3_ENDPOINT: string
  /**
   * Object store as a browser reaches it; used in presigned URLs. Default: S3_ENDPOINT.
   */
  S3_PUBLIC_ENDPOINT?: string
  /**
   * Region name used in signatures.
   */
  S3_REGION?: string
  /**
   * Access key of the object store.
   */
  S3_ACCESS_KEY: string
  /**
   * Secret key of the object store.
   */
  S3_SECRET_KEY: string
  /**
   * Bucket name in the path (MinIO and most local stores) rather than in the host name.
   */
  S3_FORCE_PATH_STYLE?: boolean
  /**
   * Bucket for films, clips and uploads. Made at `migrate` when it is missing.
   */
  S3_BUCKET_OUTPUTS?: string
  /**
   * Bucket for the sounds that come with Framecast. Made at `migrate` when it is missing.
   */
  S3_BUCKET_SYSTEM?: string
  /**
   * Bytes of films and files a starter may keep; 0 sets no limit.
   */
  QUOTA_STARTER_BYTES?: number
  /**
   * Bytes a creator may keep outside of teams; 0 sets no limit.
   */
  QUOTA_CREATOR_BYTES?: number
  /**
   * Bytes a team may keep; 0 sets no limit.
   */
  QUOTA_TEAM_BYTES?: number
  /**
   * Clips and other reusable results go when they were not used for so many days and nothing needs them.
   */
  CACHE_UNUSED_DAYS?: number
  /**
   * Bytes of reusable results one person or team may keep; the longest unused go first. 0 sets no limit.
   */
  CACHE_MAX_BYTES?: number
  /**
   * enforce refuses a job the balance cannot pay; track records and never refuses; off charges nothing.
   */
  CREDITS_MODE?: 'enforce' | 'track' | 'off'
  /**
   * Balance of a new account.
   */
  SIGNUP_CREDITS?: number
  /**
   * Credits for one second of generated scene at 720p.
   */
  CREDITS_PER_SECOND?: number
  /**
   * Expected seconds of GPU time for one second of scene at 720p; used in time estimates.
   */
  GPU_SECONDS_PER_VIDEO_SECOND?: number
  /**
   * Engine for jobs that ask for `auto`. Default: the first of comfyui, runpod and preview that is set up.
   */
  DEFAULT_ENGINE?: 'comfyui' | 'runpod' | 'preview'
  /**
   * Workflow that `default` means on the comfyui engine. Empty: chosen by the memory of the servers; `framecast workflows` shows which and why.
   */
  DEFAULT_WORKFLOW?: string
  /**
   * Comma list of ComfyUI servers, one GPU each, on a private network.
   */
  COMFYUI_URLS?: string
  /**
   * Key of a RunPod account, for the runpod engine. Needs RUNPOD_ENDPOINT_ID.
   */
  RUNPOD_API_KEY?: string
  /**
   * Serverless endpoint that runs the worker-comfyui image.
   */
  RUNPOD_ENDPOINT_ID?: string
  /**
   * Address of RunPod’s API. Plain http is taken for this machine only.
   */
  RUNPOD_BASE_URL?: string
  /**
   * Scenes a worker has on the endpoint at once. As many as the endpoint may have workers makes sense.
   */
  RUNPOD_CONCURRENCY?: number
  /**
   * Memory of the endpoint’s graphics cards; it decides what the workflow `default` means there.
   */
  RUNPOD_VRAM_GB?: number
  /**
   * Workflow that `default` means on the runpod engine. Empty: chosen by RUNPOD_VRAM_GB.
   */
  RUNPOD_WORKFLOW?: string
  /**
   * Longest that one scene may run on the endpoint; RunPod stops and fails it then.
   */
  RUNPOD_EXECUTION_SECONDS?: number
  /**
   * Longest that a scene may wait for a worker of the endpoint, on top of its run. RunPod then forgets it.
   */
  RUNPOD_QUEUE_SECONDS?: number
  /**
   * When the answer to a submission was lost: how long its report is waited for before it is sent once more, which may be charged twice.
   */
  RUNPOD_RECONCILE_SECONDS?: number
  /**
   * Largest result that is fetched.
   */
  RUNPOD_RESULT_MAX_MB?: number
  /**
   * Comma list of networks that are not public and from which results may be fetched all the same, over plain http too. Everything else has to be public and https.
   */
  RUNPOD_RESULT_ALLOWED_CIDRS?: string
  /**
   * Address under which engines reach this server to report. Empty: APP_BASE_URL. Reports only save waiting; results are asked for in any case.
   */
  ENGINE_CALLBACK_BASE_URL?: string
  /**
   * At least 16 characters; the addresses handed to engines are signed with it. Server and workers need the same. Empty: engines are given no address to report to.
   */
  INTERNAL_TOKEN?: string
  /**
   * How long a scene waits for an engine of which no server answers, before another engine takes it over; for jobs with `options.fallback` only.
   */
  FALLBACK_AFTER_SECONDS?: number
  /**
   * Whether jobs with `options.fallback` may leave the studio’s own servers for a cloud engine. Where this is false, a team may still allow it for itself (setting `cloud_fallback`).
   */
  CLOUD_FALLBACK?: boolean
  /**
   * Address of the preview engine, which draws animatics on the CPU.
   */
  PREVIEW_URL?: string
  /**
   * Folder with the studio's own workflow templates, read beside the built-in ones.
   */
  WORKFLOWS_DIR?: string
  /**
   * Comma list of restricted model licences that the operator has read and accepted. Workflows whose weights are under others are not offered; `framecast workflows` shows the names.
   */
  ACCEPTED_LICENCES?: string
  /**
   * Comma list of node classes, or packages of custom nodes, that graphs may use beyond the shipped ones. Packages are never used in production mode.
   */
  ALLOWED_NODES?: string
  /**
   * Longest time a job may process; then it fails with `timeout` and is refunded.
   */
  JOB_TIMEOUT_SECONDS?: number
  /**
   * Who speaks dialogue: `offline` (on this machine, no network), `elevenlabs`, `openai` (any service with OpenAI's speech call), or `off` (captions only). Set it alike for server and workers.
   */
  VOICE_ENGINE?: 'offline' | 'elevenlabs' | 'openai' | 'off'
  /**
   * Address of the voice service, without /v1. Default: that of the provider.
   */
  VOICE_URL?: string
  /**
   * Key for the voice service. `elevenlabs` needs one; a service of your own may not.
   */
  VOICE_API_KEY?: string
  /**
   * Model of the voice service. Default: eleven_multilingual_v2, or tts-1 for `openai`.
   */
  VOICE_MODEL?: string
  /**
   * Voice ids for speakers whom VOICE_MAP does not name. Of a comma list each speaker gets one, the same in every film. Default: a few of the provider's own.
   */
  VOICE_DEFAULT?: string
  /**
   * JSON object that names the voice of a speaker: symbol name or audio asset id to voice id (`slt`, `rms`, `awb`, `kal16` for `offline`).
   */
  VOICE_MAP?: string
  /**
   * How fast everybody speaks; 1 is the voice's own pace.
   */
  VOICE_SPEED?: number
  /**
   * Lines that one worker has spoken at once. Keep the sum over workers below what your plan with the provider allows.
   */
  VOICE_CONCURRENCY?: number
  /**
   * Language of dialogue, as the caption track is marked: ISO 639-2, e.g. eng, deu, jpn; und when it varies.
   */
  CAPTIONS_LANGUAGE?: string
  /**
   * Comma list of the work this worker takes: plan, scene, voice, assemble, webhook, housekeeping.
   */
  WORKER_ROLES?: string
  /**
   * Scenes that one ComfyUI server is given at once, by all workers together. It works on one at a time; with 2 the next one waits there already.
   */
  COMFYUI_PLACES?: number
  /**
   * Scenes this worker drives at once. Default: one per engine host.
   */
  WORKER_CONCURRENCY?: number
  /**
   * Folder for temporary files. Default: a folder of ours in the system's temporary folder.
   */
  WORK_DIR?: string
  /**
   * Address the preview engine listens on. It has no authentication: keep it private.
   */
  PREVIEW_HOST?: string
  /**
   * Port the preview engine listens on.
   */
  PREVIEW_PORT?: number
  /**
   * Folder for the preview engine's files. Default: a folder of ours in the system's temporary folder.
   */
  PREVIEW_DATA_DIR?: string
  /**
   * ffmpeg to use. Default: the system's when it is new enough, else the one from npm.
   */
  FFMPEG_PATH?: string
  /**
   * ffprobe to use. Default: as for FFMPEG_PATH.
   */
  FFPROBE_PATH?: string
  /**
   * For tests: named places at which this process is to die or freeze. Leave empty.
   */
  FAULT_PLAN?: string
}

// engine-catalogue.schema.json

/**
 * What is installed on an engine.
 */
export interface EngineCatalogue {
  /**
   * Slug of the engine.
   */
  engine: string
  /**
   * SHA-256 of the list: another value, another list.
   */
  hash: string
  /**
   * When a worker read it.
   */
  fetched_at: string
  /**
   * By name.
   */
  node_classes: EngineNodeClass[]
}
export interface EngineNodeClass {
  /**
   * Class of the node.
   */
  name: string
  /**
   * Package of custom nodes that it comes from; null: ComfyUI's own.
   */
  pack: string | null
  /**
   * Files that may be chosen, by input.
   */
  files: {
    [k: string]: string[]
  }
}

// engine-health.schema.json

/**
 * How an engine does.
 */
export interface EngineHealth {
  /**
   * degraded: a look failed, others fill its queue, or its memory is full. down: three looks in a row failed, it rests after failures, or it is blocked. unknown: no worker has looked at it lately.
   */
  state: 'healthy' | 'degraded' | 'down' | 'unknown'
  /**
   * When a worker looked at it last; null: never.
   */
  checked_at: string | null
  /**
   * How long it took to answer, in milliseconds.
   */
  latency_ms: number | null
  /**
   * Prompts it works on, those of others too.
   */
  queue_running: number | null
  /**
   * Prompts that wait on it.
   */
  queue_pending: number | null
  /**
   * Graphics memory in bytes; null on a CPU.
   */
  vram_total: number | null
  /**
   * Of that, free; models that are kept loaded count as used.
   */
  vram_free: number | null
  /**
   * Its release.
   */
  version: string | null
  /**
   * What went wrong last; null while it is healthy.
   */
  last_error: string | null
}

// engine.schema.json

/**
 * A server that renders.
 */
export interface Engine {
  /**
   * Its name here, made from its kind and address.
   */
  slug: string
  /**
   * What it is driven as.
   */
  kind: 'comfyui' | 'preview' | 'runpod'
  /**
   * Host and port, for people.
   */
  name: string
  /**
   * The team it belongs to; null: the installation's.
   */
  team_id: string | null
  /**
   * Whether it is configured.
   */
  enabled: boolean
  /**
   * An operator keeps work from it: it finishes what it has.
   */
  drain: boolean
  /**
   * Scenes it is given at once, by all workers together.
   */
  concurrency: number
  /**
   * Places of these that are taken.
   */
  in_use: number
  /**
   * Weights that were used last, and are likely still in memory.
   */
  loaded: string[]
  /**
   * What it can do.
   */
  capabilities: {
    /**
     * Stages of a render that it works in.
     */
    stages: string[]
    /**
     * Workflows that it has nodes and weights for.
     */
    workflows: string[]
  }
  health: EngineHealth
  /**
   * What failed there last, newest first.
   *
   * @maxItems 10
   *
   * Items: One failure.
   */
  recent_failures?: {
    /**
     * When.
     */
    at: string
    /**
     * What, for people.
     */
    message: string
  }[]
  /**
   * Its work now. Told with `include=standing`.
   */
  standing?: {
    /**
     * Since when it has not answered; null while it answers.
     */
    silent_since: string | null
    /**
     * Scenes that were on it when it fell silent, by where they went. An item: one server.
     *
     * Items: Scenes that one server took over.
     */
    moved: {
      /**
       * Name of the server that has them now.
       */
      to: string
      /**
       * How many.
       */
      scenes: number
    }[]
    /**
     * Scenes that it works on, the oldest first.
     *
     * Items: One scene.
     */
    running: {
      job: EngineJob | null
      /**
       * Id of the scene in its storyboard; null when the job is out of reach.
       */
      scene_id: string | null
      /**
       * Its place in the storyboard, from 1; null when the job is out of reach.
       */
      scene_number: number | null
      /**
       * Which try it is.
       */
      attempt: number
      /**
       * When it began.
       */
      since: string
    }[]
    /**
     * Jobs with scenes that this server could take, in the order in which they are taken; at most 20.
     *
     * @maxItems 20
     *
     * Items: One job.
     */
    waiting: {
      job: EngineJob | null
      /**
       * Scenes of it that are ready.
       */
      scenes: number
      /**
       * When the first became ready.
       */
      since: string
    }[]
  }
}
/**
 * A render within reach of whoever asks; null stands for one of somebody else.
 */
export interface EngineJob {
  /**
   * Id of the job.
   */
  id: string
  /**
   * Project it belongs to, if any.
   */
  project_id: string | null
  /**
   * Title of its storyboard; empty when it has none.
   */
  title: string
  /**
   * Owner URN.
   */
  owner: string
  /**
   * User who asked for it.
   */
  triggered_by: string
}

// estimate-request.schema.json

/**
 * Body of POST /v1/spec/estimate.
 */
export interface EstimateRequest {
  /**
   * The storyboard. Its own rules are those of storyboard.schema.json.
   */
  spec: {
    [k: string]: unknown
  }
  /**
   * Owner URN of what is made. Default: the key's owner, else the caller.
   */
  owner?: string | null
  /**
   * How to render, as in render-options.schema.json.
   */
  options?: {} | null
}

// estimate.schema.json

/**
 * What a render would cost and how long it would take.
 */
export interface Estimate {
  /**
   * Length of the film.
   */
  estimated_duration_seconds: number
  /**
   * Credits the render would take.
   */
  estimated_credits: number
  /**
   * From start to finished film.
   */
  estimated_generation_time_seconds: number
  /**
   * The same as a range: at least, at most. There once three like scenes were measured; the time is then a measured one, too.
   *
   * @minItems 2
   * @maxItems 2
   */
  estimated_generation_time_range?: number[]
  /**
   * Distinct scenes that play, in order of first play.
   */
  scenes: SceneEstimate[]
  /**
   * Warnings about the storyboard, and a balance that would not do; absent when there are none.
   */
  warnings?: EstimateWarning[]
}
export interface SceneEstimate {
  /**
   * Id of the scene.
   */
  id: string
  /**
   * Length in seconds.
   */
  duration: number
  /**
   * 0 for a clip that need not be rendered again.
   */
  credits: number
}
export interface EstimateWarning {
  /**
   * For people.
   */
  message: string
}

// evicted.schema.json

/**
 * What was let go.
 */
export interface Evicted {
  /**
   * How many entries.
   */
  entries: number
  /**
   * Their size.
   */
  bytes: number
}

// generate-request.schema.json

/**
 * Body of POST /v1/generate.
 */
export interface GenerateRequest {
  /**
   * The storyboard. Its own rules are those of storyboard.schema.json.
   */
  spec: {
    [k: string]: unknown
  }
  /**
   * Owner URN of what is made. Default: the key's owner, else the caller.
   */
  owner?: string | null
  /**
   * How to render, as in render-options.schema.json.
   */
  options?: {} | null
  /**
   * The same caller and key get the job made first, whatever the body says then.
   */
  idempotency_key?: string | null
}

// invitation-request.schema.json

/**
 * Body of POST /v1/teams/:id/invitations.
 */
export interface InvitationRequest {
  /**
   * Address of the person, as local@domain.tld.
   */
  email: string
  /**
   * What the new member will be. Owners are made by changing a member's role.
   */
  role: 'admin' | 'member' | 'viewer'
}

// invitation.schema.json

/**
 * A way into a team for one address.
 */
export interface Invitation {
  /**
   * Id of the invitation.
   */
  id: string
  /**
   * The team.
   */
  team_id: string
  /**
   * Who is invited; the account has to have this address.
   */
  email: string
  /**
   * What the new member will be.
   */
  role: 'admin' | 'member' | 'viewer'
  /**
   * pending can be accepted; all others are final.
   */
  state: 'pending' | 'accepted' | 'declined' | 'expired' | 'revoked'
  /**
   * User who invited.
   */
  invited_by: string
  /**
   * Until when it can be accepted.
   */
  expires_at: string
  /**
   * When it was made.
   */
  created_at: string
  /**
   * Link to pass on by hand. Only for those who administer the team, only while it is pending, and only where no mail server is configured.
   */
  accept_url?: string
}

// job-event.schema.json

/**
 * One entry of a job's record. As a server-sent event, `event_type` is the event's name, `payload` its data, and its id is <job_id>:<sequence>.
 */
export type JobEvent = {
  /**
   * Job it is about.
   */
  job_id: string
  /**
   * Number within the job, from 1 and without gaps.
   */
  sequence: number
  /**
   * Number within the installation; grows, with gaps.
   */
  position: number
  /**
   * completed, failed and canceled are the last event of their job.
   */
  event_type: 'queued' | 'started' | 'progress' | 'scene_complete' | 'completed' | 'failed' | 'canceled'
  /**
   * What happened; its fields depend on event_type.
   */
  payload: {
    [k: string]: unknown
  }
  /**
   * When it happened.
   */
  created_at: string
} & (
  | {
      event_type: 'queued'
      payload: QueuedPayload
    }
  | {
      event_type: 'started'
      payload: StartedPayload
    }
  | {
      event_type: 'progress'
      payload: JobProgress
    }
  | {
      event_type: 'scene_complete'
      payload: SceneCompletePayload
    }
  | {
      event_type: 'completed'
      payload: CompletedPayload
    }
  | {
      event_type: 'failed'
      payload: FailedPayload
    }
  | {
      event_type: 'canceled'
      payload: CanceledPayload
    }
)

/**
 * Nothing: the job is there.
 */
export interface QueuedPayload {}
export interface StartedPayload {
  /**
   * Worker that took the job up.
   */
  worker?: string
}
export interface SceneCompletePayload {
  /**
   * Id of the scene.
   */
  scene_id: string
  /**
   * Scenes whose clip is there.
   */
  scenes_completed: number
  /**
   * Distinct scenes that play.
   */
  scenes_total: number
  /**
   * Length of the clip in seconds.
   */
  duration: number
  /**
   * True when the clip was there already.
   */
  reused?: boolean
  /**
   * Its picture.
   */
  previews?: ScenePreview[]
}
export interface CompletedPayload {
  /**
   * Length of the film in seconds.
   */
  duration: number
  /**
   * Width and height of the picture.
   */
  resolution: string
  /**
   * Size of the film.
   */
  size_bytes: number
}
export interface FailedPayload {
  failure_type: 'system' | 'validation' | 'timeout'
  error: JobError
  /**
   * Credits given back.
   */
  credits_refunded: number
}
export interface CanceledPayload {
  /**
   * User who canceled.
   */
  canceled_by: string
  /**
   * Credits given back.
   */
  credits_refunded: number
}

// job.schema.json

/**
 * A render: what was asked for, how far it is, and what came of it. Links end an hour after they were read: read the job again for new ones.
 */
export interface Job {
  /**
   * Id of the job.
   */
  id: string
  /**
   * Owner URN, such as framecast:user:<user id>.
   */
  owner: string
  /**
   * User who asked for it.
   */
  triggered_by: string
  /**
   * Project it belongs to, if any.
   */
  project_id: string | null
  /**
   * completed, failed and canceled are final.
   */
  status: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'
  /**
   * The storyboard as it was accepted; it never changes.
   */
  spec_snapshot: {
    [k: string]: unknown
  }
  /**
   * How it is rendered, as in render-options.schema.json, with defaults filled in and `workflow` named.
   */
  options: {
    [k: string]: unknown
  }
  progress: JobProgress
  /**
   * The film; null until the job is completed.
   */
  output: JobOutput | null
  /**
   * Size of the film; null until there is one.
   */
  output_size_bytes: number | null
  /**
   * Why it failed; null unless it did.
   */
  error: JobError | null
  /**
   * Credits taken when it was accepted.
   */
  credits_charged: number
  /**
   * Kind of end of a failed or canceled job.
   */
  failure_type: 'system' | 'validation' | 'timeout' | 'canceled' | null
  /**
   * Credits given back.
   */
  credits_refunded: number
  /**
   * Key under which it was asked for.
   */
  idempotency_key: string | null
  /**
   * When a worker took it up.
   */
  started_at: string | null
  /**
   * When it came to its end, whichever.
   */
  completed_at: string | null
  /**
   * When it was accepted.
   */
  created_at: string
  /**
   * Last change.
   */
  updated_at: string
  /**
   * Engine that it was given to. Told with `include=standing`, as are the next three.
   */
  engine?: 'comfyui' | 'preview' | 'runpod'
  /**
   * Names of the servers that work on it now. Of an active job.
   */
  servers?: string[]
  /**
   * Its place among the jobs of its engine, of all owners; 1 is next, null while it does not wait. Of an active job.
   */
  queue_position?: number | null
  /**
   * Why nobody works on it; null while somebody does. Of an active job.
   */
  waiting_for?: {
    /**
     * jobs_ahead: others are before it. memory: it needs a larger graphics card. engine_down: no server of its engine can work. place: it is next.
     */
    reason: 'jobs_ahead' | 'memory' | 'engine_down' | 'place'
    /**
     * The same for people.
     */
    message: string
  } | null
}
/**
 * How far a job is. Fields appear as they become known.
 */
export interface JobProgress {
  /**
   * What is being done.
   */
  phase?: 'queued' | 'initializing' | 'generating' | 'stitching' | 'finalizing'
  /**
   * Share of the whole that is done; never falls. 100 is the finished film alone.
   */
  percent?: number
  /**
   * Distinct scenes that play.
   */
  scenes_total?: number
  /**
   * Scenes whose clip is there.
   */
  scenes_completed?: number
  /**
   * Scenes whose clip was there already, from an earlier render.
   */
  scenes_reused?: number
  /**
   * Seconds until the film is there, from how long like scenes took; absent until three were measured.
   */
  eta_seconds?: number
  /**
   * The same as a range: at least, at most.
   *
   * @minItems 2
   * @maxItems 2
   */
  eta_range?: number[]
  /**
   * Scene begun last.
   */
  current_scene?: string | null
  /**
   * A word on what is happening.
   */
  message?: string | null
  /**
   * How far each scene is, 0 to 1, by scene id; scenes that have not begun are left out.
   */
  scenes?: {
    [k: string]: number
  }
  /**
   * Newest picture of each scene.
   */
  previews?: ScenePreview[]
}
export interface ScenePreview {
  /**
   * Id of the scene.
   */
  scene_id: string
  /**
   * The picture.
   */
  url: string
  /**
   * When it was made.
   */
  generated_at: string
}
export interface JobOutput {
  /**
   * The film.
   */
  video_url: string
  /**
   * The clip of each distinct scene, as it was cut from.
   */
  scene_clips: SceneClip[]
  /**
   * A picture from the film.
   */
  thumbnail_url: string
  /**
   * Pictures of all scenes on one sheet.
   */
  contact_sheet_url: string
  /**
   * Captions as files, when there is dialogue; null otherwise.
   */
  captions: {
    /**
     * SubRip.
     */
    srt: string
    /**
     * WebVTT.
     */
    vtt: string
  } | null
  /**
   * The same files, to be saved under a name of their own; captions when there are some.
   */
  downloads?: {
    /**
     * The film.
     */
    video: string
    /**
     * Pictures of all scenes on one sheet.
     */
    contact_sheet: string
    /**
     * Captions, SubRip.
     */
    srt?: string
    /**
     * Captions, WebVTT.
     */
    vtt?: string
  }
  /**
   * Length of the film in seconds.
   */
  duration: number
  /**
   * Width and height of the picture.
   */
  resolution: string
  /**
   * Kind of file.
   */
  format: 'mp4'
  /**
   * Size of the film.
   */
  size_bytes: number
  /**
   * SHA-256 in hex.
   */
  sha256: string
  metadata: RenderMetadata
}
export interface SceneClip {
  /**
   * Id of the scene.
   */
  scene_id: string
  /**
   * The clip.
   */
  url: string
  /**
   * Length in seconds.
   */
  duration: number
  /**
   * SHA-256 of the clip in hex: two renders with the same one have the same pictures, bit for bit. Absent in films of earlier releases.
   */
  sha256?: string
}
/**
 * How the film was made.
 */
export interface RenderMetadata {
  sound: FilmSound
  /**
   * Workflow that makes the scenes.
   */
  model_used: string
  /**
   * Seed asked for; null when each scene chose its own.
   */
  seed: number | null
  /**
   * From the first worker's start to the finished film.
   */
  generation_time_ms: number
  /**
   * Frames of the film.
   */
  frames: number
  /**
   * Frames a second.
   */
  fps: number
  /**
   * Distinct scenes that play.
   */
  scenes_total: number
  /**
   * Scenes whose clip was there already.
   */
  scenes_reused: number
  /**
   * Places between shots that were encoded anew.
   */
  joins_encoded: number
  /**
   * Frames copied bit for bit from the clips.
   */
  frames_copied: number
  /**
   * Frames encoded when the film was put together.
   */
  frames_encoded: number
  /**
   * Seconds spent in each stage, by its name.
   */
  stages: {
    [k: string]: number
  }
  /**
   * Scenes that went from one engine to another, each time they did.
   *
   * Items: One such move.
   */
  fallbacks?: {
    /**
     * Id of the scene.
     */
    scene_id: string
    /**
     * Engine that could not make it.
     */
    from: string
    /**
     * Engine that it went to.
     */
    to: string
    /**
     * Why, as a code.
     */
    code: string
    /**
     * Why, for people.
     */
    message: string
  }[]
  /**
   * Ids of scenes that were sent to a cloud engine twice, and may have been charged for twice.
   */
  possible_double_charge?: string[]
  /**
   * The scenes as they play, in order. Absent in films of earlier releases.
   */
  shots?: FilmShot[]
  /**
   * Revision of the project's storyboard that was rendered; null for a film of no project.
   */
  spec_revision?: number | null
  /**
   * What is not quite as the storyboard asked.
   */
  warnings: string[]
}
/**
 * What the sound track holds, measured on the finished film.
 */
export interface FilmSound {
  /**
   * How loud the film was to be, as in options.loudness.
   */
  profile: 'web' | 'ebu-r128' | 'none'
  /**
   * Different sounds that are heard. 0: the track is silent.
   */
  sources: number
  /**
   * Integrated loudness in LUFS (EBU R 128); null for silence.
   */
  lufs: number | null
  /**
   * Highest true peak in dBTP; null for silence.
   */
  true_peak_db: number | null
}
/**
 * A scene as it plays. A scene that plays twice is there twice; where two are joined by a transition, both have its frames.
 */
export interface FilmShot {
  /**
   * Id of the scene.
   */
  scene_id: string
  /**
   * First frame of the film in which it is seen.
   */
  start_frame: number
  /**
   * Frames in which it is seen.
   */
  frames: number
}
export interface JobError {
  /**
   * Stable word for the cause, such as generation_failed, worker_lost or timeout.
   */
  code: string
  /**
   * What happened, for people.
   */
  message: string
  /**
   * Scene that it happened in, if one.
   */
  scene_id?: string
}

// log-in-request.schema.json

/**
 * Body of POST /v1/auth/login.
 */
export interface LogInRequest {
  /**
   * Address of the account.
   */
  email: string
  /**
   * Its password.
   */
  password: string
}

// log-in.schema.json

/**
 * A session that has just begun. Browsers get it as a cookie besides.
 */
export interface LogIn {
  /**
   * Bearer token of the session. Shown this once.
   */
  access_token: string
  /**
   * How the token is sent.
   */
  token_type: 'Bearer'
  /**
   * Seconds until the session ends.
   */
  expires_in: number
  user: User
}

// membership-change-request.schema.json

/**
 * Body of PATCH /v1/teams/:id/members/:user_id.
 */
export interface MembershipChangeRequest {
  /**
   * The new role.
   */
  role: 'owner' | 'admin' | 'member' | 'viewer'
}

// membership.schema.json

/**
 * One person's place in a team.
 */
export interface Membership {
  /**
   * Id of the membership.
   */
  id: string
  /**
   * The team.
   */
  team_id: string
  /**
   * The member.
   */
  user_id: string
  /**
   * What the member may do.
   */
  role: 'owner' | 'admin' | 'member' | 'viewer'
  /**
   * When the member came in.
   */
  created_at: string
  /**
   * Address of the member.
   */
  user_email: string
  /**
   * Name of the member, if given.
   */
  user_name: string | null
  /**
   * Picture of the member, if given.
   */
  user_avatar_url: string | null
}

// model-list.schema.json

export type Model = {
  /**
   * Name of the file. Only safetensors: other formats can run code when they are loaded.
   */
  file: string
  /**
   * Folder below the models folder of ComfyUI.
   */
  folder: string
  /**
   * Where it is fetched from.
   */
  url: string
  /**
   * Exact size, when it is known.
   */
  sizeBytes?: number
  /**
   * Size in GB (10^9 bytes) where the exact one is not known.
   */
  approxGb?: number
  /**
   * Published hash; null says that none is known, and that the file cannot be verified.
   */
  sha256: string | null
  /**
   * One of the licences above.
   */
  licence: string
  /**
   * Graphics memory of the smallest card that it is reported to run on, with ComfyUI moving parts to main memory, in GB; null: nothing is known.
   */
  vramGb: number | null
  /**
   * True when the source hands it out to signed-in people only: fetch it by hand.
   */
  gated?: boolean
  /**
   * What else should be known.
   */
  note?: string
} & Model1
export type Model1 = {
  [k: string]: unknown
}

/**
 * Model weights that workflows name: where they are, how large, under which licence. A studio puts its own into `models.yaml` in WORKFLOWS_DIR.
 */
export interface ModelList {
  /**
   * Form of this file.
   */
  version: 2
  /**
   * Licences by the name by which models refer to them and operators accept them.
   */
  licences: {
    [k: string]: Licence
  }
  /**
   * The weights.
   *
   * @maxItems 1000
   */
  models: Model[]
}
export interface Licence {
  /**
   * Full name.
   */
  name: string
  /**
   * Its text.
   */
  url?: string
  /**
   * True when it forbids or charges for some uses: its models are offered once the operator has named it in ACCEPTED_LICENCES.
   */
  restricted: boolean
  /**
   * What it restricts, in a sentence. Read the licence itself.
   */
  summary?: string
}

// new-api-key.schema.json

/**
 * A key that has just been made.
 */
export interface NewApiKey {
  api_key: ApiKey
  /**
   * The key itself. Shown this once; the database has only a hash of it.
   */
  raw_key: string
}

// new-project.schema.json

/**
 * Body of POST /v1/teams/:id/projects.
 */
export interface NewProject {
  /**
   * Name of the project.
   */
  name: string
  /**
   * A storyboard to begin with, at most 100 KB as compact JSON. It is kept as it is: what is wrong with it is said when it is checked or rendered.
   */
  spec?: {} | null
}

// new-watch-link.schema.json

/**
 * A link to one job's live page. The secret in `url` is shown this once.
 */
export interface NewWatchLink {
  /**
   * Id of the link.
   */
  id: string
  /**
   * The page. The token stays in the fragment, out of logs.
   */
  url: string
  /**
   * When it ends.
   */
  expires_at: string
}

// password-request.schema.json

/**
 * Body of POST /v1/auth/password.
 */
export interface PasswordRequest {
  /**
   * The password so far.
   */
  current_password: string
  /**
   * 10 to 200 characters, any.
   */
  new_password: string
}

// problem.schema.json

/**
 * Why a request was refused. Programs look at `code`, and at `reason` where cases of one code have to be told apart.
 */
export interface Problem {
  error: {
    /**
     * Stable word.
     */
    code:
      | 'MISSING_AUTHORIZATION'
      | 'INVALID_AUTHORIZATION'
      | 'INVALID_TOKEN'
      | 'INVALID_API_KEY'
      | 'USER_NOT_FOUND'
      | 'MISSING_EMAIL'
      | 'INVALID_CREDENTIALS'
      | 'INSUFFICIENT_TIER'
      | 'AUTHORIZATION_ERROR'
      | 'STORAGE_QUOTA_EXCEEDED'
      | 'INSUFFICIENT_CREDITS'
      | 'VALIDATION_ERROR'
      | 'NOT_FOUND'
      | 'METHOD_NOT_ALLOWED'
      | 'CONFLICT'
      | 'GONE'
      | 'PRECONDITION_FAILED'
      | 'PAYLOAD_TOO_LARGE'
      | 'UNSUPPORTED_MEDIA_TYPE'
      | 'UPGRADE_REQUIRED'
      | 'RATE_LIMIT_EXCEEDED'
      | 'INTERNAL_ERROR'
      | 'DATABASE_ERROR'
      | 'UNEXPECTED_ERROR'
      | 'SERIALIZATION_ERROR'
      | 'USER_LOAD_ERROR'
      | 'MEMBERSHIPS_LOAD_ERROR'
      | 'AUTH_ERROR'
      | 'USER_PROVISION_FAILED'
      | 'SERVICE_UNAVAILABLE'
    /**
     * What is wrong and what would be right, for people.
     */
    message: string
    /**
     * Stable word that tells cases of one code apart, such as database_unavailable or invalid_json.
     */
    reason?: string
    /**
     * More on it. For a refused storyboard: a validation result, as in validation-result.schema.json.
     */
    details?: {
      [k: string]: unknown
    }
    /**
     * Seconds to wait; on 429 only, and the same as the header Retry-After.
     */
    retryAfter?: number
  }
}

// project-changes.schema.json

/**
 * Body of PATCH /v1/projects/:id.
 */
export interface ProjectChanges {
  /**
   * New name.
   */
  name?: string
}

// project-spec.schema.json

/**
 * Body of PUT /v1/projects/:id/spec.
 */
export interface ProjectSpec {
  /**
   * The whole storyboard, at most 100 KB as compact JSON. It is kept as it is: what is wrong with it is said when it is checked or rendered.
   */
  spec: {}
}

// project.schema.json

/**
 * A storyboard that a team keeps and renders.
 */
export interface Project {
  /**
   * Id of the project.
   */
  id: string
  /**
   * Team it belongs to.
   */
  team_id: string
  /**
   * User who made it.
   */
  created_by: string
  /**
   * Name of the project.
   */
  name: string
  /**
   * rendering while a job of it is active; completed once a film of it is there.
   */
  status: 'draft' | 'rendering' | 'completed' | 'archived'
  /**
   * The storyboard as it was saved, valid or not; null before there is one.
   */
  spec: {
    [k: string]: unknown
  } | null
  /**
   * Counts changes of the storyboard. The ETag of a reply is "r<spec_revision>".
   */
  spec_revision: number
  /**
   * When it was made.
   */
  created_at: string
  /**
   * Last change, of its status too.
   */
  updated_at: string
  /**
   * Newest render of it; on single reads only.
   */
  latest_job?: LatestJob | null
}
/**
 * A render in short.
 */
export interface LatestJob {
  /**
   * Id of the job.
   */
  id: string
  /**
   * completed, failed and canceled are final.
   */
  status: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'
  /**
   * When it was asked for.
   */
  created_at: string
  /**
   * When it came to its end, whichever.
   */
  completed_at: string | null
}

// received-invitation.schema.json

/**
 * An invitation as the invited person sees it.
 */
export interface ReceivedInvitation {
  /**
   * Id of the invitation.
   */
  id: string
  /**
   * The team.
   */
  team_id: string
  /**
   * Who is invited; the account has to have this address.
   */
  email: string
  /**
   * What the new member will be.
   */
  role: 'admin' | 'member' | 'viewer'
  /**
   * pending can be accepted; all others are final.
   */
  state: 'pending' | 'accepted' | 'declined' | 'expired' | 'revoked'
  /**
   * User who invited.
   */
  invited_by: string
  /**
   * Until when it can be accepted.
   */
  expires_at: string
  /**
   * When it was made.
   */
  created_at: string
  /**
   * Name of the team.
   */
  team_name: string
}

// render-options.schema.json

/**
 * How a storyboard is rendered. At most 8192 bytes as compact JSON. Every field may be left out or null; unknown fields are kept.
 */
export type RenderOptionsBody = {
  /**
   * Who makes the pictures: auto (the operator's default), preview (a CPU animatic, 0 credits), comfyui (GPU hosts), runpod.
   */
  engine?: 'auto' | 'preview' | 'comfyui' | 'runpod' | null
  /**
   * Short side of the picture.
   */
  resolution?: '480p' | '720p' | '1080p' | null
  /**
   * Shape of the picture.
   */
  aspect?: '16:9' | '9:16' | '1:1' | null
  /**
   * Frames a second.
   */
  fps?: 16 | 24 | 30 | null
  /**
   * Whole number from 0 to 9007199254740991: the same seed gives the same pictures. Chosen for each scene when missing.
   */
  seed?: number | null
  /**
   * Name of the workflow that generates scenes; `default` is the engine's own choice.
   */
  workflow?: string | null
  /**
   * Whether another engine may make a scene that the chosen one cannot: never an animatic in production, and a cloud engine instead of own servers only where the operator or the team allows it. The price stays.
   */
  fallback?: boolean | null
  /**
   * Quicker and rougher, at half the price.
   */
  draft?: boolean | null
  /**
   * Burns a slate with title, scene, shot and take into the first second of each shot: true, or an object that names the take. Those frames are encoded, not copied.
   */
  slate?:
    | boolean
    | {
        /**
         * Number of the take, 1 to 999.
         */
        take?: number | null
      }
    | null
  /**
   * What becomes of dialogue as text: soft (a caption track in the film, and files beside it), burn (drawn into the picture instead of the track; those frames are encoded, not copied), off (no captions at all).
   */
  captions?: 'soft' | 'burn' | 'off' | null
  /**
   * Burns the film's time code (HH:MM:SS:FF) and the scene's id into every frame. All frames are encoded, none is copied.
   */
  timecode?: boolean | null
  /**
   * What may be taken from the cache: use (whatever is known), refresh (render again and replace what is known), bypass (render again and store nothing), only (render nothing: refused when a clip is missing).
   */
  cache?: 'use' | 'refresh' | 'bypass' | 'only' | null
  /**
   * Ids of the scenes to render; the clips of all others must be known already. All scenes when missing.
   *
   * @minItems 1
   * @maxItems 100
   */
  scenes?: string[] | null
  /**
   * How loud the film is: web (-14 LUFS, as video platforms play), ebu-r128 (-23 LUFS, for broadcasting), none (as mixed). True peaks stay below -1 dBTP in any case.
   */
  loudness?: 'web' | 'ebu-r128' | 'none' | null
} | null

// render-plan-request.schema.json

/**
 * Body of POST /v1/projects/:id/render-plan; the whole body may be left out.
 */
export interface RenderPlanRequest {
  /**
   * As `options.scenes`: ids of the scenes to render.
   *
   * @minItems 1
   * @maxItems 100
   */
  scenes?: string[] | null
  /**
   * How to render, as in render-options.schema.json.
   */
  options?: {} | null
}

// render-plan.schema.json

/**
 * What a render would do with each scene, and what it would take. Nothing is queued, spent or reserved.
 */
export interface RenderPlan {
  /**
   * Every scene of the storyboard, in its order.
   */
  scenes: PlannedScene[]
  totals: PlanTotals
  /**
   * What is made and what is reused, stage by stage: clips, spoken lines, transitions, the mix, the film.
   */
  stages: PlannedStage[]
  /**
   * All of it in one sentence, for people.
   */
  summary: string
  /**
   * Why a render with these options would be refused; null when it would be accepted.
   */
  refusal: PlanRefusal | null
  /**
   * Warnings about the storyboard, and a balance that would not do.
   */
  warnings: PlanWarning[]
}
export interface PlannedScene {
  /**
   * Id of the scene.
   */
  scene_id: string
  /**
   * What would be made.
   */
  stage: 'clip'
  /**
   * reuse: its clip is known. render: its clip is made. locked: its chosen take is kept. skip: it does not play, or is left out by `scenes` and not known.
   */
  action: 'reuse' | 'render' | 'locked' | 'skip'
  /**
   * Why: for a scene to be rendered, the first input that differs from when it was rendered last.
   */
  reason:
    | 'cached'
    | 'prompt_changed'
    | 'negative_prompt_changed'
    | 'reference_image_changed'
    | 'duration_changed'
    | 'resolution_changed'
    | 'frame_rate_changed'
    | 'seed_changed'
    | 'engine_changed'
    | 'model_changed'
    | 'workflow_changed'
    | 'board_changed'
    | 'encoder_changed'
    | 'inputs_changed'
    | 'never_rendered'
    | 'evicted'
    | 'refresh'
    | 'bypass'
    | 'not_played'
    | 'not_ready'
  /**
   * Content key of its clip; null for a scene that does not play.
   */
  key: string | null
  /**
   * Engine that would make it.
   */
  engine: string
  estimate: StageEstimate
}
export interface StageEstimate {
  /**
   * Seconds of generating; 0 when nothing is made.
   */
  seconds: number
  /**
   * Credits.
   */
  cost: number
}
export interface PlanTotals {
  /**
   * Scenes to render.
   */
  render: number
  /**
   * Scenes whose clip is known.
   */
  reuse: number
  /**
   * Scenes that keep their chosen take.
   */
  locked: number
  /**
   * Scenes left out.
   */
  skip: number
  /**
   * What the render would be charged.
   */
  credits: number
  /**
   * From start to finished film.
   */
  seconds: number
  /**
   * The same as a range: at least, at most; null until three like scenes were measured.
   *
   * @minItems 2
   * @maxItems 2
   */
  range: number[] | null
  /**
   * Length of the film.
   */
  film_seconds: number
}
export interface PlannedStage {
  /**
   * clip: scenes. voice: lines of dialogue, each wording once. join: transitions. sound: the mix. film: putting it together.
   */
  stage: 'clip' | 'voice' | 'join' | 'sound' | 'film'
  /**
   * How many are made.
   */
  render: number
  /**
   * How many are there already.
   */
  reuse: number
  /**
   * Seconds of work, added up; all but clips are a rough figure, and are made while clips are generated.
   */
  seconds: number
  /**
   * Credits; only clips cost some.
   */
  credits: number
}
export interface PlanRefusal {
  /**
   * For programs.
   */
  reason: 'cache_miss' | 'scenes_not_ready'
  /**
   * For people.
   */
  message: string
  /**
   * Scenes whose clip would have to be rendered.
   */
  scenes: string[]
}
export interface PlanWarning {
  /**
   * For people.
   */
  message: string
}

// render-request.schema.json

/**
 * Body of POST /v1/projects/:id/render; the whole body may be left out.
 */
export interface RenderRequest {
  /**
   * How to render, as in render-options.schema.json.
   */
  options?: {} | null
}

// session.schema.json

/**
 * A log-in of a person that has not ended.
 */
export interface Session {
  /**
   * Id of the session.
   */
  id: string
  /**
   * What logged in, in words, such as `Firefox on Linux`; `unknown` where it did not say.
   */
  device: string
  /**
   * Network address that it logged in from.
   */
  address: string | null
  /**
   * Whether it is the session that asks.
   */
  is_current: boolean
  /**
   * When it logged in.
   */
  created_at: string
  /**
   * When it last asked for something, to the minute.
   */
  last_seen_at: string
  /**
   * When it ends by itself.
   */
  expires_at: string
}

// set-up-request.schema.json

/**
 * Body of POST /v1/auth/setup.
 */
export interface SetUpRequest {
  /**
   * What follows the # in the set-up link that a new installation prints.
   */
  token: string
  /**
   * Address of the first operator.
   */
  email: string
  /**
   * 10 to 200 characters, any.
   */
  password: string
  /**
   * How others see the person.
   */
  name?: string | null
}

// sign-up-request.schema.json

/**
 * Body of POST /v1/auth/signup.
 */
export interface SignUpRequest {
  /**
   * Address of the person, as local@domain.tld. One account an address.
   */
  email: string
  /**
   * 10 to 200 characters, any.
   */
  password: string
  /**
   * How others see the person.
   */
  name?: string | null
  /**
   * From the link of an invitation to this address: the account is a creator and a member of the team at once.
   */
  invitation_token?: string | null
}

// spec-request.schema.json

/**
 * Body of POST /v1/spec/validate.
 */
export interface SpecRequest {
  /**
   * The storyboard. Its own rules are those of storyboard.schema.json.
   */
  spec: {
    [k: string]: unknown
  }
}

// spoken-line.schema.json

/**
 * A line of dialogue as it was spoken for an earlier render.
 */
export interface SpokenLine {
  scene_id: string
  /**
   * Place in the scene's `audio.dialogue`.
   */
  index: number
  speaker: string | null
  text: string
  /**
   * Measured, without silence at either end.
   */
  duration_seconds: number
  /**
   * Shape of the sound in even stretches: the lowest and highest sample of each, -1 to 1. Null for a line that was spoken before shapes were kept.
   *
   * @maxItems 200
   */
  peaks: number[][] | null
  /**
   * The sound, FLAC, to be heard for an hour.
   */
  url: string
  url_expires_at: string
}

// status.schema.json

/**
 * How the installation is doing.
 */
export interface Status {
  /**
   * ok when every component is.
   */
  status: 'ok' | 'degraded'
  /**
   * Version of the server.
   */
  version: string
  /**
   * The server's time.
   */
  time: string
  components: {
    database: ComponentStatus
    storage: ComponentStatus
    queue: ComponentStatus
    renderer: ComponentStatus
  }
  /**
   * Steps that wait for a worker.
   */
  queue_depth: number
  /**
   * Workers that were heard of in the last 20 seconds.
   */
  workers: number
}
export interface ComponentStatus {
  status: 'ok' | 'degraded' | 'down'
  /**
   * What is wrong.
   */
  detail?: string
}

// storyboard.schema.json

/**
 * A bed of sound.
 */
export type AudioRef = {
  asset_id: AudioAssetId
  volume?: Volume
  /**
   * Seconds from silence to full volume.
   */
  fade_in?: number | null
  /**
   * Seconds from full volume to silence.
   */
  fade_out?: number | null
  /**
   * Repeat the sound until its place ends (with a 50 ms crossfade); otherwise silence follows its end.
   */
  loop?: boolean | null
} | null
/**
 * Id of a sound: a system sound (asset_sfx_..., asset_ambient_..., asset_music_..., asset_transition_...) or an uploaded audio file.
 */
export type AudioAssetId = string
/**
 * Loudness from 0 (silent) to 1 (full). However loud a sound was recorded, 1 is the level of its kind.
 */
export type Volume = number | null
/**
 * How the symbol sounds. Needed if it speaks.
 */
export type Voice = {
  asset_id: AudioAssetId
} | null
/**
 * cut: at once. fade: through a colour. dissolve: one picture melts into the other. wipe: a moving edge. blur, zoom, flash, glitch: effects. custom: drawn from its effects, else a dissolve.
 */
export type TransitionType =
  'cut' | 'fade' | 'dissolve' | 'wipe' | 'blur' | 'zoom' | 'flash' | 'glitch' | 'custom'
/**
 * Details of the type, at most 2048 bytes as compact JSON. wipe: direction; zoom: factor; fade: color. Others are kept.
 */
export type TransitionParams = {
  /**
   * Where the edge moves to.
   */
  direction?: 'left' | 'right' | 'up' | 'down' | null
  /**
   * How far the zoom goes: 2 is twice as near. Above 0, at most 10.
   */
  factor?: number | null
  /**
   * Colour between the scenes: #rgb, #rrggbb or one of black, white, gray, red, orange, yellow, green, blue, purple, brown.
   */
  color?: string | null
  [k: string]: unknown
} | null
/**
 * A sound centred on the join.
 */
export type TransitionAudio = {
  asset_id: AudioAssetId
  volume?: Volume
} | null
/**
 * What is heard in this scene. Sound past its end is cut, except effects, which may ring on for 1 s.
 */
export type SceneAudio = {
  ambient?: AudioRef
  music?: AudioRef
  /**
   * Up to 10 effects.
   *
   * @maxItems 10
   */
  sfx?: Sfx[] | null
  /**
   * Up to 5 lines.
   *
   * @maxItems 5
   */
  dialogue?: Dialogue[] | null
} | null
/**
 * Seconds, 0 or more.
 */
export type Seconds = number | null
/**
 * For every join that has none of its own.
 */
export type DefaultTransition = string | Transition | null
/**
 * The name of a preset, one of the built-in names (cut, fade, dissolve, wipe, blur, zoom, flash, glitch), or a transition written out.
 */
export type TransitionRef = string | Transition | null
/**
 * Scenes played in order with a treatment.
 */
export type Flashback = {
  /**
   * Ids of the scenes, at least one.
   *
   * @minItems 1
   *
   * Items: A scene's id.
   */
  scenes: string[]
  treatment?: Treatment
} | null
/**
 * How a flashback looks.
 */
export type Treatment = {
  desaturate?: Unit
  /**
   * Dark edges.
   */
  vignette?: boolean | null
  grain?: Unit
  blur?: Unit
} | null
/**
 * A number from 0 to 1.
 */
export type Unit = number | null
/**
 * Scenes shortened to their middle and played in quick succession.
 */
export type Montage = {
  /**
   * Ids of the scenes, at least one.
   *
   * @minItems 1
   *
   * Items: A scene's id.
   */
  scenes: string[]
  /**
   * How much of each scene plays: slow 100 %, medium 60 %, fast 35 %.
   */
  pace?: 'slow' | 'medium' | 'fast' | null
  transition?: TransitionRef
} | null

/**
 * A film in writing: scenes with prompts and lengths, the people and places they share, sound, transitions and playing order. Whole document at most 102,400 bytes as compact JSON; scene durations at most 300 s together. Optional fields may be left out or null. Unknown fields are kept and give a warning.
 */
export interface Storyboard {
  /**
   * Address of this schema, for editors of JSON files; means nothing to a render.
   */
  $schema?: string | null
  /**
   * Name of the film, 1 to 200 characters.
   */
  title: string
  /**
   * Look and mood of the whole film: added to every scene.
   */
  global_prompt?: {
    /**
     * Put after every scene's prompt; up to 2000 characters.
     */
    positive?: string | null
    /**
     * What no scene should show; up to 2000 characters.
     */
    negative?: string | null
  } | null
  /**
   * Sound under the whole film. A scene's own music or ambient replaces it for that scene.
   */
  global_audio?: {
    music?: AudioRef
    ambient?: AudioRef
  } | null
  /**
   * People, places and things by name. Write @name in a scene's prompt to use one. Up to 20; names are 1 to 64 letters, digits or underscores.
   */
  symbols?: {
    [k: string]: StoryboardSymbol
  } | null
  /**
   * Transitions by name, to be used wherever a transition is asked for. Up to 20. The names cut, fade, dissolve, wipe, blur, zoom, flash and glitch work without being defined.
   */
  transition_presets?: {
    [k: string]: Transition
  } | null
  /**
   * What is filmed: 1 to 50 scenes. Played by `order`, then as written, unless there is a timeline.
   *
   * @minItems 1
   * @maxItems 50
   */
  scenes: Scene[]
  /**
   * What joins two scenes. Keys: `default`, or `a->b` for the join from scene a to scene b. A transition on the timeline goes before both; without any it is a cut.
   */
  transitions?: {
    default?: DefaultTransition
    [k: string]: TransitionRef | DefaultTransition | undefined
  } | null
  /**
   * Playing order, up to 100 elements, each with exactly one of scene, transition, flashback, montage. A scene may play many times; it is generated once. Without a timeline (or with an empty one) all scenes play by `order`.
   *
   * @maxItems 100
   */
  timeline?: TimelineElement[] | null
}
/**
 * A person, place or thing that scenes name with @.
 */
export interface StoryboardSymbol {
  /**
   * Text put in place of @name, 1 to 1000 characters. Names in it are not expanded.
   */
  prompt: string
  /**
   * Added to the negative prompt of scenes that use the symbol; up to 1000 characters.
   */
  negative?: string | null
  /**
   * Up to 8 pictures of the symbol.
   *
   * @maxItems 8
   */
  reference_images?: ReferenceImage[] | null
  voice?: Voice
}
/**
 * A picture that shows the symbol to the image or video model.
 */
export interface ReferenceImage {
  /**
   * Id of an uploaded image asset; or, in a storyboard file rendered from the command line, `file:` and a path relative to the storyboard (`file:images/mara.jpg`, no `..`): the command uploads the file and puts the asset's id in this place.
   */
  id: string
  /**
   * Filled in when a storyboard is read; ignored when it is written.
   */
  url?: string | null
  /**
   * How strongly the picture counts, from 0 to 1.
   */
  weight?: number | null
}
/**
 * How one scene becomes the next. Every type but cut overlaps the two scenes by its duration, cut down to half of the shorter scene.
 */
export interface Transition {
  type: TransitionType
  /**
   * Seconds, 0 to 5. A cut has none.
   */
  duration?: number | null
  params?: TransitionParams
  /**
   * Up to 5, applied in this order on top of what the type does.
   *
   * @maxItems 5
   */
  effects?: TransitionEffect[] | null
  audio?: TransitionAudio
}
/**
 * A value that changes during the transition. One that starts from rest shapes the picture that goes, one that comes to rest the picture that comes, any other both.
 */
export interface TransitionEffect {
  /**
   * What changes: opacity, blur, glow, zoom, rotate, x, y, brightness, contrast, saturation, hue, noise or rgb_split. Others are kept, and left out of the picture.
   */
  name: string
  /**
   * Value at the start; at rest when missing (opacity: 0).
   */
  from?: number | null
  /**
   * Value at the end; at rest when missing.
   */
  to?: number | null
  /**
   * How it moves from one to the other.
   */
  easing?: 'linear' | 'ease_in' | 'ease_out' | 'ease_in_out' | null
}
/**
 * One continuous picture.
 */
export interface Scene {
  /**
   * Name of the scene, unique: 1 to 64 letters, digits, underscores or hyphens.
   */
  id: string
  /**
   * What the camera sees and does, 1 to 2000 characters. @name puts in a symbol. In YAML, text that starts with @ needs quotes.
   */
  prompt: string
  /**
   * Length in seconds, 1 to 30. Over 10 s picture quality may drop.
   */
  duration: number
  /**
   * Sort key when there is no timeline; scenes without one come last, as written.
   */
  order?: number | null
  audio?: SceneAudio
}
/**
 * A sound at a moment of the scene. It may ring into the next scene by 1 s.
 */
export interface Sfx {
  asset_id: AudioAssetId
  /**
   * What sets it off, in words (up to 200 characters): a hint for placing it when `start` is missing.
   */
  trigger?: string | null
  start?: Seconds
  volume?: Volume
}
/**
 * A spoken line. Its text always becomes a caption.
 */
export interface Dialogue {
  /**
   * What is said, 1 to 500 characters.
   */
  text: string
  /**
   * Name of the symbol that speaks, without @. The symbol needs a voice.
   */
  speaker?: string | null
  start?: Seconds
  volume?: Volume
}
/**
 * Exactly one of scene, transition, flashback, montage.
 */
export interface TimelineElement {
  /**
   * Id of the scene to play.
   */
  scene?: string | null
  transition?: TransitionRef
  flashback?: Flashback
  montage?: Montage
}

// system-asset.schema.json

/**
 * A sound that comes with Framecast: the same for everybody, and never changed.
 */
export interface SystemAsset {
  /**
   * Id of the sound: what a storyboard names.
   */
  id: string
  /**
   * What it is for: single sounds, the air of a place, music, or joins between scenes.
   */
  category: 'sfx' | 'ambient' | 'music' | 'transition'
  /**
   * Name for people.
   */
  name: string
  /**
   * What is heard.
   */
  description: string
  /**
   * Length in seconds, as a decimal in text.
   */
  duration_seconds: string | null
  /**
   * Where it is in the bucket of the system sounds.
   */
  s3_key: string
  /**
   * Media type.
   */
  content_type: string
  /**
   * Size of the file.
   */
  size_bytes: number
  /**
   * Words to find it by.
   */
  tags: string[]
  /**
   * When it was installed.
   */
  created_at: string
  /**
   * The sound, to listen to; only on single reads.
   */
  preview_url?: string
  /**
   * When that link ends.
   */
  preview_url_expires_at?: string
  /**
   * Shape of the sound in up to 200 even stretches: the lowest and highest sample of each, -1 to 1. Absent for a sound that was installed before shapes were kept.
   *
   * @maxItems 200
   */
  peaks?: number[][]
}

// team-change-request.schema.json

/**
 * Body of PATCH /v1/teams/:id; what is left out stays.
 */
export interface TeamChangeRequest {
  /**
   * New name; not blank.
   */
  name?: string
  /**
   * Replaces all settings; at most 64 KiB as JSON.
   */
  settings?: {
    [k: string]: unknown
  }
}

// team-request.schema.json

/**
 * Body of POST /v1/teams.
 */
export interface TeamRequest {
  /**
   * Name of the team; not blank.
   */
  name: string
  /**
   * Name for addresses: lower-case letters, digits, single hyphens within. Default: made from the name.
   */
  slug?: string | null
  /**
   * Credits that the team begins with. Where credits are enforced, only an operator may give any.
   */
  initial_credits?: number | null
}

// team.schema.json

/**
 * People who work together.
 */
export interface Team {
  /**
   * Id of the team.
   */
  id: string
  /**
   * Name, as people see it.
   */
  name: string
  /**
   * Name for addresses; never changes.
   */
  slug: string
  /**
   * Balance that the team's renders draw on.
   */
  credits: number
  /**
   * Bytes of the team's files and films.
   */
  ephemeral_storage_bytes: number
  /**
   * Whatever the team's programs keep here.
   */
  settings: {
    [k: string]: unknown
  }
  /**
   * When it was made.
   */
  created_at: string
  /**
   * Last change.
   */
  updated_at: string
  /**
   * The caller's role.
   */
  user_role: 'owner' | 'admin' | 'member' | 'viewer' | null
  /**
   * Owner URN of the caller's private work in the team.
   */
  user_urn: string | null
}

// ticket.schema.json

/**
 * Lets one WebSocket in.
 */
export interface Ticket {
  /**
   * Goes into the query of /v1/ws, once.
   */
  ticket: string
  /**
   * When it ends: 30 seconds after it was made.
   */
  expires_at: string
}

// upgrade-request.schema.json

/**
 * Body of POST /v1/account/upgrade.
 */
export interface UpgradeRequest {
  /**
   * Tier to become: creator.
   */
  target_tier: 'starter' | 'creator'
}

// upload-parts.schema.json

/**
 * A pending file in parts: which have arrived, and where to send the others.
 */
export interface UploadParts {
  /**
   * In the order of their bytes; together they are the file.
   */
  parts: {
    number: number
    /**
     * Where its first byte stands in the file.
     */
    start: number
    size_bytes: number
    /**
     * It has arrived whole and need not be sent again.
     */
    received: boolean
    /**
     * Signed address in the object store; null once it has arrived.
     */
    upload_url: string | null
  }[]
  /**
   * How to send a part.
   */
  upload_method: 'PUT'
  /**
   * Headers to send with each, by name.
   */
  upload_headers: {
    [k: string]: string
  }
  /**
   * When the addresses end; ask again for new ones.
   */
  expires_at: string
}

// upload-request.schema.json

/**
 * Body of POST /v1/assets/upload-url.
 */
export interface UploadRequest {
  /**
   * Name of the file, without a path.
   */
  filename: string
  /**
   * image/jpeg, image/png, image/webp, audio/mpeg, audio/wav, audio/ogg or video/mp4.
   */
  content_type: string
  /**
   * Size of the file in bytes; at most 50 MiB.
   */
  size_bytes: number
  /**
   * Owner URN of what is made. Default: the team of the project, else the key's owner, else the caller.
   */
  owner?: string | null
  /**
   * Project that the file belongs to: it goes when the project goes.
   */
  project_id?: string | null
}

// upload.schema.json

/**
 * An asset that waits for its file, and where to send it.
 */
export interface Upload {
  asset: Asset
  /**
   * Signed address in the object store.
   */
  upload_url: string
  /**
   * How to send the file.
   */
  upload_method: 'PUT'
  /**
   * Headers to send with it, by name.
   */
  upload_headers: {
    [k: string]: string
  }
  /**
   * When the address ends.
   */
  expires_at: string
}

// usage-days.schema.json

/**
 * What renders of an owner took, by day, by person and by project. Counted from renders that are still there.
 */
export interface UsageDays {
  /**
   * Owner URN.
   */
  owner: string
  /**
   * The first day, UTC.
   */
  from: string
  /**
   * The last day, UTC.
   */
  to: string
  /**
   * Every day, oldest first; a render counts on the day it was asked for.
   */
  days: UsageDay[]
  /**
   * Who asked for them; those who cost most first.
   */
  people: UsagePerson[]
  /**
   * What for; those that cost most first.
   */
  projects: UsageProject[]
}
/**
 * One day.
 */
export interface UsageDay {
  /**
   * The day, UTC.
   */
  day: string
  /**
   * Renders, whatever became of them.
   */
  renders_count: number
  /**
   * What they cost: charged less given back.
   */
  credits: number
  /**
   * Seconds that engines worked on their scenes; the preview engine needs no GPU and is not counted.
   */
  gpu_seconds: number
}
/**
 * One person.
 */
export interface UsagePerson {
  /**
   * Who asked.
   */
  user_id: string
  /**
   * Name or email; null for somebody who has left.
   */
  name: string | null
  /**
   * Renders, whatever became of them.
   */
  renders_count: number
  /**
   * What they cost: charged less given back.
   */
  credits: number
  /**
   * Seconds that engines worked on their scenes; the preview engine needs no GPU and is not counted.
   */
  gpu_seconds: number
}
/**
 * One project.
 */
export interface UsageProject {
  /**
   * The project; null for renders without one.
   */
  project_id: string | null
  /**
   * Its name; null for renders without one.
   */
  name: string | null
  /**
   * Renders, whatever became of them.
   */
  renders_count: number
  /**
   * What they cost: charged less given back.
   */
  credits: number
  /**
   * Seconds that engines worked on their scenes; the preview engine needs no GPU and is not counted.
   */
  gpu_seconds: number
}

// usage.schema.json

/**
 * What an owner has used in a month.
 */
export interface Usage {
  /**
   * Owner URN.
   */
  owner: string
  /**
   * The month, UTC.
   */
  period: string
  /**
   * Renders that were completed.
   */
  renders_count: number
  /**
   * Seconds of film, each render rounded up.
   */
  render_seconds: number
  /**
   * Credits charged for renders that were begun.
   */
  credits_used: number
  /**
   * Credits given back for renders that failed or were canceled.
   */
  credits_refunded: number
  /**
   * Charged less given back. A refund counts in the month it is given.
   */
  net_credits: number
  /**
   * Authenticated requests.
   */
  api_calls: number
  /**
   * When one of these last changed; requests are added every few seconds.
   */
  updated_at: string
}

// user.schema.json

/**
 * A person with an account.
 */
export interface User {
  /**
   * Id of the person.
   */
  id: string
  /**
   * Address, as it was given. Compared without case.
   */
  email: string
  /**
   * How others see the person.
   */
  name: string | null
  /**
   * Address of a picture.
   */
  avatar_url: string | null
  /**
   * starter: own renders; creator: teams and projects as well.
   */
  tier: 'starter' | 'creator'
  /**
   * Balance of the person.
   */
  credits: number
  /**
   * Bytes of films and files that the person keeps outside of teams.
   */
  ephemeral_storage_bytes: number
  /**
   * When the person became a creator.
   */
  upgraded_at: string | null
  /**
   * When the account was made.
   */
  created_at: string
  /**
   * When the account last changed.
   */
  updated_at: string
}

// validation-result.schema.json

/**
 * What is wrong with a storyboard, and what is doubtful. At most 200 of each.
 */
export interface ValidationResult {
  /**
   * True when there are no errors: it can be rendered.
   */
  valid: boolean
  /**
   * What has to be put right.
   *
   * @maxItems 200
   */
  errors: StoryboardError[]
  /**
   * What may not be meant.
   *
   * @maxItems 200
   */
  warnings: StoryboardWarning[]
}
export interface StoryboardError {
  /**
   * Place in the storyboard, such as scenes[0].duration; empty for the whole.
   */
  path: string
  /**
   * What is wrong and what would be right, for people.
   */
  message: string
  /**
   * Stable word: rule and fault, such as V10_scene_unknown.
   */
  code: string
  /**
   * The value that is wrong; long texts are cut, objects left out.
   */
  value?: string | number | boolean | null
  /**
   * Values that would be right.
   */
  valid_values?: (string | number)[]
  /**
   * Limit that was passed.
   */
  limit?: number
  /**
   * Line in the text that was sent, from 1. Places are given for YAML only.
   */
  line?: number
  /**
   * Column, from 1.
   */
  column?: number
  /**
   * One past the end, on the same line.
   */
  endColumn?: number
  /**
   * That line.
   */
  source?: string
  /**
   * Column within `source` when the line is too long to be given whole.
   */
  sourceColumn?: number
}
export interface StoryboardWarning {
  /**
   * Place in the storyboard.
   */
  path: string
  /**
   * What may not be meant, for people.
   */
  message: string
  /**
   * Stable word.
   */
  code: string
  /**
   * Line in the text that was sent, from 1. Places are given for YAML only.
   */
  line?: number
  /**
   * Column, from 1.
   */
  column?: number
  /**
   * One past the end, on the same line.
   */
  endColumn?: number
  /**
   * That line.
   */
  source?: string
  /**
   * Column within `source` when the line is too long to be given whole.
   */
  sourceColumn?: number
}

// watch-link-request.schema.json

/**
 * Body of POST /v1/jobs/:id/watch-links; the whole body may be left out.
 */
export interface WatchLinkRequest {
  /**
   * Seconds until the link ends. Default: 86400, a day.
   */
  expires_in?: number | null
}

// watch-link.schema.json

/**
 * A link to one job's live page, without its secret.
 */
export interface WatchLink {
  /**
   * Id of the link.
   */
  id: string
  /**
   * User who made it.
   */
  created_by: string
  /**
   * When it ends.
   */
  expires_at: string
  /**
   * When it was revoked.
   */
  revoked_at: string | null
}

// webhook-change-request.schema.json

/**
 * Body of PATCH /v1/webhooks/:id: what is left out stays as it is.
 */
export interface WebhookChangeRequest {
  /**
   * As when it was made.
   */
  url?: string
  /**
   * Events to be told of, each once; replaces those before.
   *
   * @minItems 1
   */
  events?: ('job.queued' | 'job.started' | 'job.progress' | 'job.completed' | 'job.failed' | 'job.canceled')[]
  /**
   * Whether events are sent.
   */
  is_active?: boolean
}

// webhook-delivery.schema.json

/**
 * One event on its way to one webhook.
 */
export interface WebhookDelivery {
  /**
   * Id of the delivery, the same at every attempt.
   */
  id: string
  /**
   * Webhook it goes to.
   */
  webhook_id: string
  /**
   * Job it tells of; null for a test, and once the job is deleted.
   */
  job_id: string | null
  /**
   * What happened.
   */
  event_type:
    | 'job.queued'
    | 'job.started'
    | 'job.progress'
    | 'job.completed'
    | 'job.failed'
    | 'job.canceled'
    | 'webhook.test'
  /**
   * pending waits for its first attempt, attempting is being sent, retrying waits for its next attempt.
   */
  status: 'pending' | 'attempting' | 'retrying' | 'delivered' | 'failed'
  payload: WebhookEvent
  /**
   * HTTP status of the last answer; null without one.
   */
  response_status: number | null
  /**
   * The first 10,240 characters of the last answer, or why there was none.
   */
  response_body: string | null
  /**
   * Attempts so far.
   */
  attempts: number
  /**
   * Attempts at most.
   */
  max_attempts: number
  /**
   * When it is tried again.
   */
  next_retry_at: string | null
  /**
   * When it was delivered.
   */
  delivered_at: string | null
  /**
   * When the event happened.
   */
  created_at: string
  /**
   * Headers that were sent last; null when nothing was sent yet.
   */
  request_headers?: {
    [k: string]: string
  } | null
  /**
   * Milliseconds to the last answer, or until there was none.
   */
  response_ms?: number | null
}

// webhook-event.schema.json

/**
 * Body that a webhook receives.
 */
export interface WebhookEvent {
  /**
   * What happened.
   */
  event:
    | 'job.queued'
    | 'job.started'
    | 'job.progress'
    | 'job.completed'
    | 'job.failed'
    | 'job.canceled'
    | 'webhook.test'
  /**
   * When it happened.
   */
  timestamp: string
  /**
   * The same at every attempt: what came before can be told by it.
   */
  delivery_id: string
  job?: WebhookJob
  webhook?: TestedWebhook
}
/**
 * What an event tells of a job.
 */
export interface WebhookJob {
  /**
   * Id of the job.
   */
  id: string
  /**
   * Owner URN. In job.queued, job.started, job.completed.
   */
  owner?: string
  /**
   * Project it renders. In job.queued, job.started, job.completed.
   */
  project_id?: string | null
  /**
   * User who started it. In job.queued and job.started.
   */
  triggered_by?: string
  /**
   * Status after the event.
   */
  status: 'queued' | 'processing' | 'completed' | 'failed' | 'canceled'
  /**
   * system, validation or timeout. In job.failed.
   */
  failure_type?: string | null
  /**
   * User who canceled it. In job.canceled.
   */
  canceled_by?: string | null
  error?: JobError
  /**
   * How far it has come. In job.progress, job.failed (phase, percent, scenes_completed) and job.canceled (percent).
   */
  progress?: {
    /**
     * queued, initializing, generating, stitching or finalizing.
     */
    phase?: string | null
    /**
     * 0 to 100.
     */
    percent: number | null
    /**
     * Scenes of the film.
     */
    scenes_total?: number | null
    /**
     * Scenes that are ready.
     */
    scenes_completed?: number | null
    /**
     * Id of a scene that is being made.
     */
    current_scene?: string | null
  }
  /**
   * The film. In job.completed.
   */
  output?: {
    /**
     * Link to the film that holds for an hour from the attempt; null when the film was deleted, and in a delivery that has not been attempted.
     */
    video_url: string | null
    /**
     * Link to its picture, alike.
     */
    thumbnail_url: string | null
    /**
     * Seconds.
     */
    duration: number | null
    /**
     * Such as 1920x1080.
     */
    resolution: string | null
    /**
     * Size of the film.
     */
    size_bytes: number | null
  }
  /**
   * Credits charged. In the events that end a job.
   */
  credits_charged?: number
  /**
   * Credits given back. In job.failed and job.canceled.
   */
  credits_refunded?: number
  /**
   * In job.queued and job.started.
   */
  created_at?: string
  /**
   * In job.completed.
   */
  started_at?: string | null
  /**
   * In the events that end a job.
   */
  completed_at?: string | null
}
/**
 * The webhook that is tested.
 */
export interface TestedWebhook {
  /**
   * Id of the webhook.
   */
  id: string
  /**
   * Its team.
   */
  team_id: string
}

// webhook-request.schema.json

/**
 * Body of POST /v1/teams/:id/webhooks.
 */
export interface WebhookRequest {
  /**
   * https address on the public internet, or in a network that the operator has opened. No user, password or fragment.
   */
  url: string
  /**
   * Events to be told of, each once.
   *
   * @minItems 1
   */
  events: ('job.queued' | 'job.started' | 'job.progress' | 'job.completed' | 'job.failed' | 'job.canceled')[]
}

// webhook-secret.schema.json

/**
 * A webhook together with its secret, which is told only here.
 */
export interface WebhookSecret {
  webhook: Webhook
  /**
   * Key of the signatures: these 64 characters as they are.
   */
  secret: string
}

// webhook.schema.json

/**
 * What happened to a render. `job.progress` comes at most once a second.
 */
export type WebhookEventType =
  'job.queued' | 'job.started' | 'job.progress' | 'job.completed' | 'job.failed' | 'job.canceled'

/**
 * An address of a team that is told of its renders.
 */
export interface Webhook {
  /**
   * Id of the webhook.
   */
  id: string
  /**
   * Team whose renders it is told of.
   */
  team_id: string
  /**
   * User who made it.
   */
  created_by: string
  /**
   * Where events are sent.
   */
  url: string
  /**
   * Events it asks for.
   *
   * @minItems 1
   */
  events: WebhookEventType[]
  /**
   * Whether events are sent. What happens in the meantime is not sent later.
   */
  is_active: boolean
  /**
   * When an event was delivered last.
   */
  last_triggered_at: string | null
  /**
   * When it was made.
   */
  created_at: string
  /**
   * Last change, or last delivery.
   */
  updated_at: string
}

// websocket-command.schema.json

/**
 * What a client says on a WebSocket: one JSON object in each text frame, at most 16 KiB.
 */
export type WebSocketCommand = SubscribeCommand | UnsubscribeCommand | PingCommand

export interface SubscribeCommand {
  type: 'subscribe'
  /**
   * The client's own id of its message.
   */
  id: string
  /**
   * job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
  /**
   * Replays events after this sequence of a job, or after this position on project and team channels, at most 1000, before live ones. Without it: live ones alone.
   */
  after?: number | null
}
export interface UnsubscribeCommand {
  type: 'unsubscribe'
  /**
   * The client's own id of its message.
   */
  id: string
  /**
   * job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
}
export interface PingCommand {
  type: 'ping'
  /**
   * The client's own id of its message.
   */
  id?: string
}

// websocket-message.schema.json

/**
 * What the server says on a WebSocket: one JSON object in each text frame.
 */
export type WebSocketMessage =
  | AckMessage
  | EventMessage
  | ErrorMessage
  | EngineHealthMessage
  | PongMessage
  | LaggedMessage
  | SpecChangedMessage
  | PresenceMessage
export type EventMessage = {
  type: 'event'
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
} & JobEvent

export interface AckMessage {
  type: 'ack'
  /**
   * The client's own id of its message.
   */
  id: string
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
  subscribed: boolean
  /**
   * On job channels: the job's newest event; null after unsubscribe.
   */
  last_sequence?: number | null
  /**
   * On project and team channels: the position up to which everything has been sent to whoever followed; null after unsubscribe.
   */
  last_position?: number | null
}
export interface ErrorMessage {
  type: 'error'
  /**
   * The client's own id of its message.
   */
  id?: string
  code: 'BAD_MESSAGE' | 'NOT_FOUND' | 'FORBIDDEN' | 'GONE' | 'TOO_MANY_SUBSCRIPTIONS' | 'RATE_LIMITED'
  /**
   * For people.
   */
  message: string
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel?: string
}
/**
 * On the channel engines: a server does better or worse than before, or was drained or resumed. Not replayed: read the engines after subscribing.
 */
export interface EngineHealthMessage {
  type: 'engine.health'
  channel: 'engines'
  /**
   * Slug of the engine.
   */
  slug: string
  /**
   * How it does now.
   */
  state: 'healthy' | 'degraded' | 'down' | 'unknown'
  /**
   * An operator keeps work from it.
   */
  drain: boolean
  /**
   * What went wrong last; null while it is healthy.
   */
  last_error: string | null
}
export interface PongMessage {
  type: 'pong'
  /**
   * The client's own id of its message.
   */
  id?: string
  /**
   * The server's time.
   */
  time: string
}
export interface LaggedMessage {
  type: 'lagged'
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
  /**
   * Progress events left out because the reader was slow; the next one says it all again.
   */
  dropped: number
}
/**
 * On project channels: somebody saved another storyboard. Not replayed: read the project.
 */
export interface SpecChangedMessage {
  type: 'spec_changed'
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
  /**
   * Its revision now.
   */
  revision: number
  /**
   * User who saved it; null when that was not heard of in time.
   */
  by: string | null
}
/**
 * On project channels: who follows the project right now, after subscribing and whenever it changes.
 */
export interface PresenceMessage {
  type: 'presence'
  /**
   * Channel it is about: job:<id>, project:<id>, team:<id> or engines.
   */
  channel: string
  /**
   * Ids of users, each once.
   */
  users: string[]
}

// workflow.schema.json

export type Transform = {
  op: 'multiple_of' | 'frames' | 'offset' | 'wrap' | 'scale' | 'uploaded_name'
} & Transform1
export type Transform1 =
  | {
      op: 'multiple_of'
      n: number
    }
  | {
      op: 'frames'
      stride: number
      offset: number
    }
  | {
      op: 'offset'
      by: number
    }
  | {
      op: 'wrap'
      before: string
      after: string
    }
  | {
      op: 'scale'
      by: number
    }
  | {
      op: 'uploaded_name'
    }

/**
 * A ComfyUI graph with typed parameters and outputs. Put a file like this into WORKFLOWS_DIR to add a workflow; no code is needed.
 */
export interface Workflow {
  /**
   * Address of this schema, for editors.
   */
  $schema?: string
  /**
   * Name by which jobs choose the workflow. `core-` is kept for built-in ones.
   */
  slug: string
  /**
   * Name for people.
   */
  name: string
  /**
   * What it makes, on which hardware, under which licence.
   */
  description?: string
  /**
   * What goes in and what comes out.
   */
  category:
    | 'text-to-image'
    | 'image-to-image'
    | 'text-to-video'
    | 'image-to-video'
    | 'video-to-video'
    | 'upscale'
    | 'interpolate'
    | 'audio'
    | 'other'
  /**
   * Words to find it by.
   *
   * @maxItems 16
   */
  tags?: string[]
  /**
   * Kind of server that runs it.
   */
  engine: 'comfyui' | 'preview'
  /**
   * Oldest ComfyUI release that runs it.
   */
  min_version?: string
  /**
   * Packages of node classes beyond those of ComfyUI itself. The workflow is hidden while no server has them.
   *
   * @maxItems 16
   */
  custom_nodes?: NodePack[]
  /**
   * Smallest graphics memory that it is known to run with, in GB, where its size and length ask for more than its weights do (see models.yaml).
   */
  vram_gb?: number
  /**
   * Main memory the server should have, in GB: weights are streamed from it. Default: 1.5 times the size of all weights.
   */
  ram_gb?: number
  /**
   * From this much graphics memory on, `default` may mean this workflow; among those that may, the highest figure wins. Only for workflows that make scenes from a prompt alone, under licences without conditions.
   */
  default_from_vram_gb?: number
  /**
   * Slug of the quicker workflow that is taken instead when a job asks for a draft. It must make the same kind of scenes.
   */
  draft?: string
  /**
   * Picture sizes the model was trained for. The one nearest in shape to the film is asked for, and the clip is fitted to the film afterwards. Leave out for a model that takes any size.
   *
   * @minItems 1
   * @maxItems 32
   */
  sizes?: Size[]
  still?: Still
  /**
   * The graph in API form, as the editor's "Export (API)" writes it.
   */
  graph: {
    [k: string]: Node
  }
  /**
   * What may be filled in, and where.
   *
   * @maxItems 64
   */
  parameters: Parameter[]
  /**
   * Which nodes give results. Exactly one is primary.
   *
   * @minItems 1
   * @maxItems 16
   */
  outputs: Output[]
}
export interface NodePack {
  name: string
  /**
   * Where the package is kept.
   */
  url: string
  licence?: string
  /**
   * Classes of the package that the graph uses.
   *
   * @minItems 1
   * @maxItems 200
   */
  classes: string[]
}
export interface Size {
  width: number
  height: number
}
/**
 * The primary output is one picture, and Framecast moves it for as long as the scene lasts.
 */
export interface Still {
  /**
   * A slow drift with a zoom; the direction follows the seed.
   */
  move: 'pan_zoom'
  /**
   * How much closer the nearest moment is than the farthest.
   */
  zoom: number
}
export interface Node {
  /**
   * Class of the node.
   */
  class_type: string
  /**
   * Values, or links as [node id, output index].
   */
  inputs: {}
  /**
   * Titles for people.
   */
  _meta?: {}
}
export interface Parameter {
  name: string
  /**
   * Where the value comes from when a scene is rendered. `custom` parameters named title, scene_id, scene_number, scenes_total, written_prompt, cut_frames, reference_images or details are filled in too.
   */
  role:
    | 'prompt'
    | 'negative_prompt'
    | 'seed'
    | 'width'
    | 'height'
    | 'frames'
    | 'fps'
    | 'duration'
    | 'reference_image'
    | 'end_image'
    | 'mask'
    | 'reference_video'
    | 'audio'
    | 'steps'
    | 'cfg'
    | 'strength'
    | 'model'
    | 'lora'
    | 'custom'
  type: 'string' | 'text' | 'integer' | 'number' | 'boolean' | 'enum' | 'image' | 'video' | 'audio'
  /**
   * A required parameter has no default.
   */
  required?: boolean
  default?: string | number | boolean
  min?: number
  max?: number
  step?: number
  /**
   * Longest text, 2000 unless given.
   */
  max_length?: number
  /**
   * Choices of an enum.
   *
   * @minItems 1
   * @maxItems 200
   */
  values?: string[]
  /**
   * @minItems 1
   * @maxItems 8
   */
  targets: Target[]
  /**
   * Nodes that are taken out of the graph, with the links to them, when there is no value. Every target must be one of them, and what is linked to them must be able to do without.
   *
   * @minItems 1
   * @maxItems 16
   */
  remove_if_absent?: string[]
}
export interface Target {
  node_id: string
  input: string
  transform?: Transform
}
export interface Output {
  name: string
  node_id: string
  kind: 'image' | 'video' | 'audio'
  primary: boolean
}
