/**
 * The storyboard's schema compiled when the studio is built: browsers get the validator and no schema compiler, and need
 * no permission to make code out of text.
 */
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import type { Plugin } from 'vite'
import schema from '../schemas/storyboard.schema.json' with { type: 'json' }

const MODULE = 'virtual:precompiled-schema'

/** Stands in for ajv in the modules that check storyboards: its `compile` hands out what was compiled here. */
export function precompiledSchema(): Plugin {
  return {
    name: 'precompiled-schema',
    enforce: 'pre',
    resolveId: (id) => (id === 'ajv/dist/2020.js' || id === MODULE ? `\0${MODULE}` : null),
    load(id) {
      if (id !== `\0${MODULE}`) return null
      const ajv = new Ajv2020({
        allErrors: true,
        verbose: true,
        allowUnionTypes: true,
        ownProperties: true,
        code: { source: true, esm: true },
      })
      ajv.addVocabulary(['x-rule', 'enumDescriptions'])
      ajv.addSchema(schema, 'storyboard')
      const code = (standalone as unknown as { default: typeof standalone.default }).default(ajv, {
        validateStoryboardSchema: 'storyboard',
      })
      // The compiler writes CommonJS calls for its two helpers, also in a module.
      const helpers = new Map<string, string>()
      const body = code.replace(/require\("([^"]+)"\)/g, (_, from: string) => {
        const name = helpers.get(from) ?? `helper${helpers.size}`
        helpers.set(from, name)
        return name
      })
      const imports = [...helpers].map(([from, name]) => `import * as ${name} from ${JSON.stringify(from)};`)
      return `${imports.join('\n')}\n${body}\nexport class Ajv2020 { addVocabulary() {} compile() { return validateStoryboardSchema } }`
    },
  }
}
