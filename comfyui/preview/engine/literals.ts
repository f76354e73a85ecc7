import { type NodeInfo, SELF_CHECKED } from './catalogue.ts'
import { convert, pythonRepr } from './python.ts'
import type { Json, JsonObject, NodeFault } from './types.ts'

export type ValidationContext = {
  readonly nodes: Readonly<Record<string, NodeInfo>>
  /** A class's own check; the text of what is wrong, or null. */
  readonly check: (classType: string, input: string, value: Json) => string | null
}

export const fault = (type: string, message: string, details: string, extra: JsonObject = {}): NodeFault => ({
  type,
  message,
  details,
  extra_info: extra,
})

/** Checks a value that is written in the graph, and converts it to the declared type. */
export function checkLiteral(
  classType: string,
  name: string,
  config: Json[],
  given: Json,
  context: ValidationContext,
): { value: Json } | { fault: NodeFault } {
  const [type, options] = [config[0]!, (config[1] ?? {}) as JsonObject]
  const raw = isWrapped(given) ? given.__value__! : given
  const converted = convert(String(type), raw)
  const place = { input_name: name, input_config: config, received_value: raw }
  if ('error' in converted) {
    const details = `${name}, ${typeof raw === 'string' ? raw : pythonRepr(raw)}, ${converted.error}`
    const message = `Failed to convert an input value to a ${String(type)} value`
    return {
      fault: fault('invalid_input_type', message, details, { ...place, exception_message: converted.error }),
    }
  }
  const { value } = converted
  if (typeof value === 'number') {
    const [min, max] = [options.min, options.max]
    if (typeof min === 'number' && value < min) {
      return {
        fault: fault('value_smaller_than_min', `Value ${value} smaller than min of ${min}`, name, {
          ...place,
          received_value: value,
        }),
      }
    }
    if (typeof max === 'number' && value > max) {
      return {
        fault: fault('value_bigger_than_max', `Value ${value} bigger than max of ${max}`, name, {
          ...place,
          received_value: value,
        }),
      }
    }
  }
  if (SELF_CHECKED[classType]?.includes(name)) {
    const wrong = context.check(classType, name, value)
    if (wrong === null) return { value }
    return {
      fault: fault('custom_validation_failed', 'Custom validation failed for node', `${name} - ${wrong}`, {
        input_name: name,
      }),
    }
  }
  const choices = Array.isArray(type)
    ? type
    : type === 'COMBO' && Array.isArray(options.options)
      ? options.options
      : null
  if (choices && !choices.includes(value)) {
    const many = choices.length > 20
    const list = many ? `(list of length ${choices.length})` : pythonRepr(choices)
    const extra = { ...place, input_config: many ? null : config }
    return {
      fault: fault(
        'value_not_in_list',
        'Value not in list',
        `${name}: ${pythonRepr(value)} not in ${list}`,
        extra,
      ),
    }
  }
  return { value }
}

const isWrapped = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, '__value__')
