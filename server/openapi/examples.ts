/** Real replies, taken from an installation that rendered this storyboard with the preview engine; links are shortened. */
import type {
  Asset,
  Estimate,
  Job,
  JobProgress,
  NewWatchLink,
  Project,
  RenderPlan,
  SceneCompletePayload,
  SpokenLine,
  Status,
  Storyboard,
  SystemAsset,
  Ticket,
  Upload,
  UploadParts,
  UploadRequest,
  ValidationResult,
  WatchLink,
} from '../../schemas/types.ts'

export const USER_ID = '01a1fd5b-d836-765b-a1ea-5a8831b75f8f'
export const JOB_ID = '01a1fd5c-47cc-79d6-9150-23e412c86441'
export const TEAM_ID = '01a1fd5b-d837-7a10-8c55-30f7a4b1f9a2'
export const PROJECT_ID = '01a1fd5b-f2c4-7d2e-93b1-8f0f5c6a7d18'
export const LINK_ID = '01a1fd5c-95a4-718c-8ce8-871c294b0f92'
export const ASSET_ID = '01a1fd5d-d1d7-7383-a6a4-2bb61eb12517'

const MEDIA = `http://localhost:3000/media/user/${USER_ID}`
const JOB_MEDIA = `${MEDIA}/jobs/${JOB_ID}`
const FILM = `${JOB_MEDIA}/7410b6a88c99e2eb`
const LINK = '?expires=1795255680&signature=jXcIqitxVh9lln0M'

export const storyboard: Storyboard = {
  title: 'The lamp',
  scenes: [
    { id: 'stairs', prompt: '@keeper climbs a spiral staircase at dusk, lantern in hand', duration: 4 },
    { id: 'lamp', prompt: 'the great lamp wakes and sweeps the dark sea', duration: 3 },
  ],
  symbols: { keeper: { prompt: 'an old lighthouse keeper in a yellow coat' } },
  transitions: { default: { type: 'fade', duration: 0.5 } },
}

/** The same, as people write it. */
export const storyboardYaml = `title: The lamp
symbols:
  keeper: {prompt: an old lighthouse keeper in a yellow coat}
scenes:
  - {id: stairs, prompt: "@keeper climbs a spiral staircase at dusk, lantern in hand", duration: 4}
  - {id: lamp, prompt: the great lamp wakes and sweeps the dark sea, duration: 3}
transitions: {default: {type: fade, duration: 0.5}}
`

export const queuedJob: Job = {
  id: JOB_ID,
  owner: `framecast:user:${USER_ID}`,
  triggered_by: USER_ID,
  project_id: null,
  status: 'queued',
  spec_snapshot: { ...storyboard },
  options: {
    fps: 24,
    seed: null,
    draft: false,
    aspect: '16:9',
    engine: 'preview',
    workflow: 'preview-animatic',
    resolution: '480p',
  },
  progress: { phase: 'queued', percent: 0 },
  output: null,
  output_size_bytes: null,
  error: null,
  credits_charged: 0,
  failure_type: null,
  credits_refunded: 0,
  idempotency_key: 'lamp-take-1',
  started_at: null,
  completed_at: null,
  created_at: '2026-11-21T09:07:25.773Z',
  updated_at: '2026-11-21T09:07:25.773Z',
}

export const progress: JobProgress = {
  phase: 'generating',
  scenes: { stairs: 1 },
  percent: 45,
  scenes_total: 2,
  current_scene: 'stairs',
  scenes_reused: 0,
  scenes_completed: 0,
  previews: [
    {
      scene_id: 'stairs',
      url: `${JOB_MEDIA}/previews/1-1-4.jpg${LINK}`,
      generated_at: '2026-11-21T09:07:31.618Z',
    },
  ],
}

export const sceneComplete: SceneCompletePayload = {
  reused: false,
  duration: 4,
  scene_id: 'stairs',
  scenes_total: 2,
  scenes_completed: 1,
  previews: [
    {
      scene_id: 'stairs',
      url: `${JOB_MEDIA}/previews/1-1-poster.jpg${LINK}`,
      generated_at: '2026-11-21T09:07:33.409Z',
    },
  ],
}

export const completedJob: Job = {
  ...queuedJob,
  status: 'completed',
  progress: {
    phase: 'finalizing',
    scenes: { lamp: 1, stairs: 1 },
    percent: 100,
    scenes_total: 2,
    scenes_reused: 0,
    scenes_completed: 2,
    previews: [
      {
        scene_id: 'lamp',
        url: `${JOB_MEDIA}/previews/2-1-poster.jpg${LINK}`,
        generated_at: '2026-11-21T09:07:40.297Z',
      },
      {
        scene_id: 'stairs',
        url: `${JOB_MEDIA}/previews/1-1-poster.jpg${LINK}`,
        generated_at: '2026-11-21T09:07:33.386Z',
      },
    ],
  },
  output: {
    video_url: `${FILM}/final.mp4${LINK}`,
    scene_clips: [
      {
        scene_id: 'stairs',
        url: `${MEDIA}/clips/b505376b13d2a6b6666d6d1c63f42eca32511a225d75911f83fe8beb949e7e76.mp4${LINK}`,
        duration: 4,
        sha256: '9f1a6cf2a5e3c5d1d4bb1b7a1c0f6f3f6c6a0b7e2d9f4a8830f5b1c2d3e4f506',
      },
      {
        scene_id: 'lamp',
        url: `${MEDIA}/clips/3ba1f9760a24d618cc1a7658637a111f394065a3eec62d3b327a94c27b6eae10.mp4${LINK}`,
        duration: 3,
        sha256: '1c7de0a94b52f8e63d0a7f91b8c64e25a3d9f07b5e18c2469af03d7be581c64d',
      },
    ],
    thumbnail_url: `${FILM}/thumbnail.jpg${LINK}`,
    contact_sheet_url: `${FILM}/contact-sheet.png${LINK}`,
    captions: { srt: `${FILM}/captions.srt${LINK}`, vtt: `${FILM}/captions.vtt${LINK}` },
    downloads: {
      video: `${FILM}/final.mp4${LINK}`,
      contact_sheet: `${FILM}/contact-sheet.png${LINK}`,
      srt: `${FILM}/captions.srt${LINK}`,
      vtt: `${FILM}/captions.vtt${LINK}`,
    },
    duration: 6.5,
    resolution: '854x480',
    format: 'mp4',
    size_bytes: 281311,
    sha256: '7410b6a88c99e2eb679e5b50c94341a47510c9557dd65fcd8510943987d1483f',
    metadata: {
      fps: 24,
      seed: null,
      frames: 156,
      stages: { scenes: 14.198, waiting: 0.086, planning: 0.241, assembling: 5.094 },
      warnings: [],
      model_used: 'preview-animatic',
      scenes_total: 2,
      frames_copied: 144,
      joins_encoded: 1,
      scenes_reused: 0,
      frames_encoded: 12,
      sound: { profile: 'web', sources: 4, lufs: -14.1, true_peak_db: -1.6 },
      generation_time_ms: 19619,
      shots: [
        { scene_id: 'stairs', start_frame: 0, frames: 96 },
        { scene_id: 'lamp', start_frame: 84, frames: 72 },
      ],
      spec_revision: null,
    },
  },
  output_size_bytes: 281311,
  started_at: '2026-11-21T09:07:25.859Z',
  completed_at: '2026-11-21T09:07:45.545Z',
  updated_at: '2026-11-21T09:07:45.545Z',
}

export const project: Project = {
  id: PROJECT_ID,
  team_id: TEAM_ID,
  created_by: USER_ID,
  name: 'The lamp',
  status: 'draft',
  spec: { ...storyboard },
  spec_revision: 1,
  created_at: '2026-11-21T09:05:11.204Z',
  updated_at: '2026-11-21T09:05:11.204Z',
}

export const renderedProject: Project = {
  ...project,
  status: 'completed',
  updated_at: '2026-11-21T09:07:45.545Z',
  latest_job: {
    id: JOB_ID,
    status: 'completed',
    created_at: '2026-11-21T09:07:25.773Z',
    completed_at: '2026-11-21T09:07:45.545Z',
  },
}

export const validStoryboard: ValidationResult = { valid: true, errors: [], warnings: [] }

export const faultyStoryboard: ValidationResult = {
  valid: false,
  errors: [
    {
      path: 'scenes[0].prompt',
      message: '@kepper is no symbol; the symbols are keeper. Did you mean @keeper?',
      code: 'V14_symbol_unknown',
      value: 'kepper',
      valid_values: ['keeper'],
      line: 5,
      column: 27,
      endColumn: 34,
      source:
        '  - {id: stairs, prompt: "@kepper climbs a spiral staircase at dusk, lantern in hand", duration: 4}',
    },
    {
      path: 'scenes[1].duration',
      message:
        'scenes[1].duration must be 1 to 30 seconds; found -3. A montage can play less of a longer scene.',
      code: 'V5_out_of_range',
      value: -3,
      limit: 1,
      line: 6,
      column: 80,
      endColumn: 82,
      source: '  - {id: lamp, prompt: the great lamp wakes and sweeps the dark sea, duration: -3}',
    },
  ],
  warnings: [
    {
      path: 'symbols.keeper',
      message: 'the symbol keeper is never used; write @keeper in a prompt, or remove it.',
      code: 'unused_symbol',
      line: 3,
      column: 3,
      endColumn: 9,
      source: '  keeper: {prompt: an old lighthouse keeper in a yellow coat}',
    },
  ],
}

export const estimate: Estimate = {
  estimated_duration_seconds: 6.5,
  estimated_credits: 0,
  estimated_generation_time_seconds: 34,
  scenes: [
    { id: 'stairs', duration: 4, credits: 0 },
    { id: 'lamp', duration: 3, credits: 0 },
  ],
}

const SHA = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
export const spokenLine: SpokenLine = {
  scene_id: 'lamp',
  index: 0,
  speaker: 'keeper',
  text: 'Who is there?',
  duration_seconds: 0.86,
  peaks: [
    [-0.12, 0.1],
    [-0.61, 0.58],
    [-0.2, 0.24],
  ],
  url: `${MEDIA}/voices/4a0b1a6b.flac?expires=1795255800&signature=b0a9cXq2Kc1v8sQe`,
  url_expires_at: '2026-11-21T10:09:07.896Z',
}

export const renderPlan: RenderPlan = {
  scenes: [
    {
      scene_id: 'stairs',
      stage: 'clip',
      action: 'reuse',
      reason: 'cached',
      key: SHA,
      engine: 'preview',
      estimate: { seconds: 0, cost: 0 },
    },
    {
      scene_id: 'lamp',
      stage: 'clip',
      action: 'render',
      reason: 'prompt_changed',
      key: 'fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9',
      engine: 'preview',
      estimate: { seconds: 3, cost: 0 },
    },
  ],
  totals: {
    render: 1,
    reuse: 1,
    locked: 0,
    skip: 0,
    credits: 0,
    seconds: 33,
    range: null,
    film_seconds: 6.5,
  },
  stages: [
    { stage: 'clip', render: 1, reuse: 1, seconds: 3, credits: 0 },
    { stage: 'voice', render: 0, reuse: 2, seconds: 0, credits: 0 },
    { stage: 'join', render: 1, reuse: 0, seconds: 2, credits: 0 },
    { stage: 'sound', render: 0, reuse: 1, seconds: 0, credits: 0 },
    { stage: 'film', render: 1, reuse: 0, seconds: 2.3, credits: 0 },
  ],
  summary: '1 scene will render, 1 reused, 0 credits, about 33 s',
  refusal: null,
  warnings: [],
}

export const status: Status = {
  status: 'ok',
  version: '0.1.0',
  time: '2026-11-21T09:07:25.406Z',
  components: {
    database: { status: 'ok' },
    storage: { status: 'ok' },
    queue: { status: 'ok' },
    renderer: { status: 'ok' },
  },
  queue_depth: 0,
  workers: 1,
}

export const newWatchLink: NewWatchLink = {
  id: '01a1fd5c-95a4-718c-8ce8-871c294b0f92',
  url: `http://localhost:3000/watch/${JOB_ID}#86irYcTT7Rkk-g8D1LEIjWVLynhsSP9vEdlXGzUVXbI`,
  expires_at: '2026-11-22T09:07:45.700Z',
}

export const watchLinks: WatchLink[] = [
  {
    id: '01a1fd5c-95a4-718c-8ce8-871c294b0f92',
    created_by: USER_ID,
    expires_at: '2026-11-22T09:07:45.700Z',
    revoked_at: null,
  },
]

export const ticket: Ticket = {
  ticket: 'arVlOeYHNlMHqzNaip6XNcJ5B4Omod5JzClMsv1hKJQ',
  expires_at: '2026-11-21T09:08:15.810Z',
}

export const uploadRequest: UploadRequest = {
  filename: 'boat.jpg',
  content_type: 'image/jpeg',
  size_bytes: 19528,
}

const pendingAsset: Asset = {
  id: ASSET_ID,
  owner: `framecast:user:${USER_ID}`,
  uploaded_by: USER_ID,
  project_id: null,
  filename: 'boat.jpg',
  s3_key: `user/${USER_ID}/assets/${ASSET_ID}/boat.jpg`,
  content_type: 'image/jpeg',
  size_bytes: 19528,
  status: 'pending',
  metadata: {},
  created_at: '2026-11-21T09:09:06.647Z',
  updated_at: '2026-11-21T09:09:06.647Z',
}

export const upload: Upload = {
  asset: pendingAsset,
  upload_url: `http://localhost:9000/framecast-outputs/user/${USER_ID}/assets/${ASSET_ID}/incoming/boat.jpg?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&X-Amz-Signature=294fcce32e3b1c03`,
  upload_method: 'PUT',
  upload_headers: { 'Content-Type': 'image/jpeg' },
  expires_at: '2026-11-21T09:22:46.179Z',
}

export const uploadParts: UploadParts = {
  parts: [
    { number: 1, start: 0, size_bytes: 4194304, received: true, upload_url: null },
    {
      number: 2,
      start: 4194304,
      size_bytes: 1048576,
      received: false,
      upload_url: `http://localhost:9000/framecast-outputs/user/${USER_ID}/assets/${ASSET_ID}/incoming/boat.mp4~2?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=900&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&X-Amz-Signature=0c56d2c5c7d0b5a1`,
    },
  ],
  upload_method: 'PUT',
  upload_headers: { 'Content-Type': 'application/octet-stream' },
  expires_at: '2026-11-21T09:22:46.179Z',
}

export const readyAsset: Asset = {
  ...pendingAsset,
  status: 'ready',
  metadata: {
    width: 800,
    height: 600,
    sha256: 'fa6d245981889d67a64f9cc6afb2d0ab8467acc60fccceffe33f44366cc2fda7',
    thumbnail: { width: 320, height: 240 },
  },
  updated_at: '2026-11-21T09:09:07.890Z',
  download_url: `${MEDIA}/assets/${ASSET_ID}/boat.jpg?expires=1795255800&filename=boat.jpg&signature=jXcIqitxVh9lln0M`,
  download_url_expires_at: '2026-11-21T10:09:07.896Z',
  thumbnail_url: `${MEDIA}/assets/${ASSET_ID}/made/thumbnail.webp?expires=1795255800&signature=q1YxFqD2u0hT3m5c`,
}

const stairSteps: SystemAsset = {
  id: 'asset_sfx_footsteps',
  category: 'sfx',
  name: 'Footsteps',
  description: 'Walking',
  duration_seconds: '1.800',
  s3_key: 'assets/sfx/asset_sfx_footsteps.ogg',
  content_type: 'audio/ogg',
  size_bytes: 21904,
  tags: ['human', 'movement', 'walking', 'ambient'],
  peaks: [
    [-0.02, 0.03],
    [-0.41, 0.38],
    [-0.06, 0.05],
  ],
  created_at: '2026-11-21T09:02:11.482Z',
}

export const systemAssets: SystemAsset[] = [
  stairSteps,
  {
    ...stairSteps,
    id: 'asset_sfx_footsteps_running',
    name: 'Footsteps Running',
    description: 'Running',
    duration_seconds: '1.200',
    s3_key: 'assets/sfx/asset_sfx_footsteps_running.ogg',
    size_bytes: 14873,
    tags: ['human', 'movement', 'running', 'fast'],
    created_at: '2026-11-21T09:02:11.671Z',
  },
]

export const systemAsset: SystemAsset = {
  ...stairSteps,
  preview_url: `http://localhost:3000/media/system/assets/sfx/asset_sfx_footsteps.ogg${LINK}`,
  preview_url_expires_at: '2026-11-22T09:07:45.700Z',
}
