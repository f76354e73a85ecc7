import type { Json, JsonObject } from './types.ts'

/** Definitions of the node classes, in the shape of `/object_info`. */
export type NodeInfo = {
  input: { required: Record<string, Json[]>; optional?: Record<string, Json[]>; hidden?: JsonObject }
  input_order: JsonObject
  is_input_list: boolean
  output: string[]
  output_is_list: boolean[]
  output_name: string[]
  name: string
  display_name: string
  description: string
  python_module: string
  category: string
  output_node: boolean
  has_intermediate_output: boolean
  search_aliases: string[]
}

/** Longest clip a board is filmed for. A scene lasts 30 s at most; this leaves room and still bounds a run. */
export const MAX_FRAMES = 3_600

const int = (fallback: number, min: number, max: number, extra: JsonObject = {}): Json[] => [
  'INT',
  { default: fallback, min, max, ...extra },
]
const text = (fallback: string, multiline = false): Json[] => ['STRING', { default: fallback, multiline }]
const IMAGES: Json[] = ['IMAGE', { tooltip: 'The images to save.' }]
const HIDDEN: JsonObject = { prompt: 'PROMPT', extra_pnginfo: 'EXTRA_PNGINFO' }

type Definition = Pick<NodeInfo, 'name' | 'display_name' | 'category' | 'output' | 'output_node'> &
  Partial<Pick<NodeInfo, 'description' | 'python_module' | 'output_name' | 'search_aliases'>> & {
    required: Record<string, Json[]>
    hidden?: JsonObject
  }

function define({ required, hidden, ...own }: Definition): NodeInfo {
  const order: JsonObject = { required: Object.keys(required) }
  if (hidden) order.hidden = Object.keys(hidden)
  return {
    input: hidden ? { required, hidden } : { required },
    input_order: order,
    is_input_list: false,
    output: own.output,
    output_is_list: own.output.map(() => false),
    output_name: own.output_name ?? own.output,
    name: own.name,
    display_name: own.display_name,
    description: own.description ?? '',
    python_module: own.python_module ?? 'nodes',
    category: own.category,
    output_node: own.output_node,
    has_intermediate_output: false,
    search_aliases: own.search_aliases ?? [],
  }
}

const FIXED: readonly NodeInfo[] = [
  define({
    name: 'FramecastAnimatic',
    display_name: 'Framecast Animatic',
    description:
      'Draws a scene as a moving board: its reference images or a picture of its mood, its prompt and its running time.',
    python_module: 'framecast.preview',
    category: 'framecast',
    output: ['VIDEO'],
    output_node: false,
    required: {
      title: text(''),
      scene_id: text(''),
      scene_number: int(1, 1, 1_000_000),
      scenes_total: int(1, 1, 1_000_000),
      prompt: text('', true),
      width: int(1_280, 64, 4_096, { step: 2 }),
      height: int(720, 64, 4_096, { step: 2 }),
      frames: int(120, 1, MAX_FRAMES),
      fps: int(24, 1, 60),
      seed: int(0, 0, Number.MAX_SAFE_INTEGER),
      cut_frames: text('0'),
      images: text(''),
      details: text(''),
    },
  }),
  define({
    name: 'SaveVideo',
    display_name: 'Save Video',
    description: 'Saves the input video to the output folder.',
    python_module: 'comfy_extras.nodes_video',
    category: 'video',
    output: ['VIDEO'],
    output_name: ['video'],
    output_node: true,
    required: {
      video: ['VIDEO', { tooltip: 'The video to save.' }],
      filename_prefix: text('video/ComfyUI'),
      format: ['COMBO', { default: 'auto', multiselect: false, options: ['auto', 'mp4'] }],
      codec: ['COMBO', { default: 'auto', multiselect: false, options: ['auto', 'h264'] }],
    },
    hidden: HIDDEN,
  }),
  define({
    name: 'EmptyImage',
    display_name: 'Empty Image',
    category: 'image',
    output: ['IMAGE'],
    output_node: false,
    required: {
      width: int(512, 1, 16_384, { step: 1 }),
      height: int(512, 1, 16_384, { step: 1 }),
      batch_size: int(1, 1, 4_096),
      color: int(0, 0, 16_777_215, { step: 1, display: 'color' }),
    },
  }),
  define({
    name: 'SaveImage',
    display_name: 'Save Image',
    description: 'Saves the input images to your ComfyUI output directory.',
    category: 'image',
    output: ['IMAGE'],
    output_name: ['images'],
    output_node: true,
    required: { images: IMAGES, filename_prefix: text('ComfyUI') },
    hidden: HIDDEN,
  }),
  define({
    name: 'PreviewImage',
    display_name: 'Preview Image',
    description: 'Saves the input images to the temporary folder.',
    category: 'image',
    output: ['IMAGE'],
    output_name: ['images'],
    output_node: true,
    required: { images: ['IMAGE'] },
    hidden: HIDDEN,
  }),
]

/** @param inputFiles names in the input folder, which LoadImage offers as its choices */
export function catalogue(inputFiles: readonly string[]): Record<string, NodeInfo> {
  const load = define({
    name: 'LoadImage',
    display_name: 'Load Image',
    category: 'image',
    output: ['IMAGE', 'MASK'],
    output_node: false,
    required: { image: [[...inputFiles], { image_upload: true }] },
  })
  return Object.fromEntries([...FIXED, load].map((info) => [info.name, info]))
}

/** Classes whose own check replaces the choice list of an input, as a real server's `VALIDATE_INPUTS` does. */
export const SELF_CHECKED: Readonly<Record<string, readonly string[]>> = { LoadImage: ['image'] }
