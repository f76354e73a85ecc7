/** From a server's words to a typed failure. Pure. */
import { ComfyError, cleanText } from './errors.ts'

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

const MODEL_FILE = /\.(safetensors|sft|ckpt|pth?|bin|gguf|onnx)$/i

/** True for a literal that names a model's weights. */
export const isModelFile = (value: unknown): value is string =>
  typeof value === 'string' && MODEL_FILE.test(value)

type NodeProblem = { nodeId: string; classType: string; type: string; text: string; received: unknown }

function* problemsOf(nodeErrors: unknown): Generator<NodeProblem> {
  if (!isObject(nodeErrors)) return
  for (const [nodeId, node] of Object.entries(nodeErrors)) {
    if (!isObject(node) || !Array.isArray(node.errors)) continue
    for (const error of node.errors) {
      if (!isObject(error)) continue
      const extra = isObject(error.extra_info) ? error.extra_info : {}
      const text = [asText(error.message), asText(error.details)].filter(Boolean).join(': ')
      yield {
        nodeId,
        classType: asText(node.class_type),
        type: asText(error.type),
        text,
        received: extra.received_value,
      }
    }
  }
}

/**
 * Why a graph was refused: from the body of a 400 to POST /prompt, or from the `node_errors` of a 200.
 * A refusal repeats on every attempt, unless an input file is all that is missing.
 */
export function classifyRejection(body: unknown): ComfyError {
  const root = isObject(body) ? body : {}
  const error = isObject(root.error) ? root.error : {}
  const type = asText(error.type)
  const message = asText(error.message)
  const extra = isObject(error.extra_info) ? error.extra_info : {}
  const permanent = { retryable: false }

  // Releases before 0.12 said `invalid_prompt` for a missing class, with the name in the message only.
  if (
    type === 'missing_node_type' ||
    (type === 'invalid_prompt' && /does not exist|class_type/.test(message))
  ) {
    const name = asText(extra.class_type) || /node (\S+) does not exist/.exec(message)?.[1]
    return name
      ? new ComfyError('missing_node', `The server has no node "${cleanText(name, 80)}".`, permanent)
      : new ComfyError('workflow_invalid', `The graph was refused: ${cleanText(message)}`, permanent)
  }
  const problems = [...problemsOf(root.node_errors)]
  const missing = problems.filter((p) => p.type === 'value_not_in_list' && isModelFile(p.received))
  if (missing.length > 0) {
    const names = [...new Set(missing.map((p) => cleanText(p.received, 120)))].slice(0, 5).join(', ')
    return new ComfyError('missing_model', `The server does not have the model ${names}.`, permanent)
  }
  const absent = problems.find((p) => p.type === 'custom_validation_failed' && /^Load/.test(p.classType))
  if (absent && problems.length === 1)
    return new ComfyError(
      'engine_rejected',
      `An input file is not on the server: ${cleanText(absent.text)}`,
      {
        retryable: true,
      },
    )
  const first = problems[0]
  const where = first ? ` (node ${cleanText(first.nodeId, 40)}, ${cleanText(first.classType, 60)})` : ''
  const why = cleanText(
    first?.text || [message, asText(error.details)].filter(Boolean).join(': ') || 'no reason given',
  )
  return new ComfyError('workflow_invalid', `The graph was refused: ${why}${where}`, permanent)
}

/** Mistakes in graph or input: the same graph fails the same way again. */
const DETERMINISTIC =
  /(^|\.)(ValueError|TypeError|KeyError|IndexError|AttributeError|NotImplementedError|AssertionError|FileNotFoundError|UnidentifiedImageError|SafetensorError|ZeroDivisionError)$/

/** A node's failure, from the data of an `execution_error` message. */
export function classifyExecutionError(data: unknown): ComfyError {
  const error = isObject(data) ? data : {}
  const type = asText(error.exception_type)
  const text = asText(error.exception_message)
  const node = cleanText(error.node_type, 60) || 'a node'
  if (/OutOfMemoryError$/.test(type) || /^(Allocation on device|CUDA out of memory)/.test(text))
    return new ComfyError('out_of_memory', `The GPU ran out of memory in ${node}.`, { retryable: true })
  const message = `${node} failed: ${cleanText(text) || cleanText(type, 80) || 'no reason given'}`
  // After these the process is beyond help: every later job fails too until it is restarted.
  if (/illegal memory access|device-side assert|CUDA error|cudaError/i.test(text))
    return new ComfyError('node_failed', message, { retryable: true, hostAtFault: true })
  return new ComfyError('node_failed', message, { retryable: !DETERMINISTIC.test(type) })
}
