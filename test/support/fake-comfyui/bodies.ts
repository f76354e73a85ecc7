/** Fixed answers of the fake server. */
import type { ServerResponse } from 'node:http'
import type { Json } from './catalogue.ts'

export function reply(res: ServerResponse, status: number, type: string, body: string): void {
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) })
  res.end(body)
}

export const refused = (type: string, message: string, details: string): Json => ({
  error: { type, message, details, extra_info: {} },
  node_errors: {},
})
export const WRONG_ID =
  'prompt_id must be a UUID string in canonical lowercase hyphenated form; omit it to let the server generate one'
export const failedValidation = {
  type: 'prompt_outputs_failed_validation',
  message: 'Prompt outputs failed validation',
  details: '',
  extra_info: {},
}
export const missingInput = {
  errors: [
    {
      type: 'required_input_missing',
      message: 'Required input is missing',
      details: 'images',
      extra_info: { input_name: 'images' },
    },
  ],
  dependent_outputs: ['other'],
  class_type: 'SaveImage',
}
export const missingModel = {
  errors: [
    {
      type: 'value_not_in_list',
      message: 'Value not in list',
      details: "unet_name: 'a.safetensors' not in []",
      extra_info: { input_name: 'unet_name', input_config: null, received_value: 'a.safetensors' },
    },
  ],
  dependent_outputs: ['save'],
  class_type: 'UNETLoader',
}
